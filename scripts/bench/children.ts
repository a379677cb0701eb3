/** Processes of a run, as the parent sees them: each says when it is ready and answers questions. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const MESSAGE = z.union([
  z.object({ ready: z.string() }),
  z.object({ id: z.number(), result: z.unknown() }),
  z.object({ id: z.number(), error: z.string() }),
])

export interface Child {
  /** What it said when it was ready: mostly its address. */
  readonly ready: string
  readonly ask: <T>(command: string, shape: z.ZodType<T>, argument?: unknown) => Promise<T>
  readonly stop: () => Promise<void>
  /** As if the power had failed. */
  readonly kill: () => void
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<unknown>
}

/** @throws Error with what the child said when it ends before it is ready. */
export async function startChild(
  script: string,
  options: {
    arguments?: readonly string[]
    environment?: Readonly<Record<string, string>>
    nodeOptions?: readonly string[]
    /** Nobody wants to hear what it complains about. */
    silent?: boolean
  } = {},
): Promise<Child> {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const child = fork(path, [...(options.arguments ?? [])], {
    env: { PATH: process.env['PATH'], ...options.environment },
    stdio: [
      'ignore',
      ...Array.from({ length: 2 }, () => (options.silent ? 'ignore' : 'inherit')),
      'ipc',
    ],
    execArgv: [...(options.nodeOptions ?? [])],
  })
  const ended = once(child, 'exit')
  const { ready, ask } = await conversation(child, script)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const tooLong = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(tooLong)
  }
  return { ready, ask, stop, kill: () => void child.kill('SIGKILL'), ended }
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

function conversation(child: ChildProcess, script: string): Promise<Pick<Child, 'ready' | 'ask'>> {
  const waiting = new Map<number, Waiting>()
  let asked = 0
  const ask: Child['ask'] = (command, shape, argument) =>
    new Promise((resolve, reject) => {
      const id = (asked += 1)
      waiting.set(id, { resolve: (value) => resolve(shape.parse(value)), reject })
      child.send({ id, command, argument })
    })
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => {
      const ended = new Error(`${script} ended (${code ?? signal})`)
      reject(ended)
      for (const { reject: refuse } of waiting.values()) refuse(ended)
    })
    child.on('message', (raw: unknown) => {
      const message = MESSAGE.parse(raw)
      if ('ready' in message) {
        resolve({ ready: message.ready, ask })
        return
      }
      const asker = waiting.get(message.id)
      waiting.delete(message.id)
      if ('error' in message) asker?.reject(new Error(`${script}: ${message.error}`))
      else asker?.resolve(message.result)
    })
  })
}
