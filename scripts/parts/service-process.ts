/**
 * `node service-process.ts [commit] [nth]`: the service as a child of the demonstration, the matrix
 * and the canary. With a commit's name it dies by SIGKILL right after the nth commit of that name, as
 * if the power had failed there; production's `main.ts` knows nothing of this.
 */
import { startService } from '../../src/main.ts'

const [dieAfter = null, nthText = '1'] = process.argv.slice(2)
let left = Number(nthText)

function committed(name: string): void {
  process.send?.({ committed: name })
  if (name !== dieAfter) return
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

const service = await startService(process.env, { committed })
process.send?.({ ready: service.url })

let stopping = false
function stop(): void {
  if (stopping) process.exit(130)
  stopping = true
  void service.stop().then(() => process.exit(0))
}
process.on('SIGTERM', stop)
// Ctrl+C reaches the whole group of a terminal: the parent decides, and tells by SIGTERM.
process.on('SIGINT', () => {})
process.once('disconnect', () => process.exit(1))
