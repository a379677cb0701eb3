/** `node sandbox-process.ts parameters.json timeScale port`: the pretend upstreams as a child. */
import { readFileSync } from 'node:fs'
import { DEFAULT_PROFILES, type SandboxParameters } from '../../src/sandbox/parameters.ts'
import { startSandbox } from '../../src/sandbox/server.ts'

const [file = '', scale = '1', port = '0'] = process.argv.slice(2)
const parameters: SandboxParameters = JSON.parse(readFileSync(file, 'utf8'))
const sandbox = await startSandbox({
  port: Number(port),
  parameters,
  timeScale: Number(scale),
  // Only a service whose own profile says so asks by institution number; the others never do.
  profiles: { ...DEFAULT_PROFILES, icbc: { ...DEFAULT_PROFILES.icbc, queryByOutTradeNo: true } },
})
process.send?.({ ready: sandbox.url })

process.on('SIGINT', () => {})
process.on('SIGTERM', () => void sandbox.stop().then(() => process.exit(0)))
process.once('disconnect', () => process.exit(1))
