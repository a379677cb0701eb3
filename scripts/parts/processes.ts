/** Child processes that say when they are ready, and free ports for them. */
import { type ChildProcess, fork } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const MESSAGE = z.object({ ready: z.string().optional(), committed: z.string().optional() })

/** Half of a start is compiling, and the matrix starts a hundred services. */
export const COMPILED = fileURLToPath(
  new URL('../../node_modules/.cache/compiled', import.meta.url),
)

export interface Running {
  readonly url: string
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<void>
  readonly kill: () => void
  readonly stop: () => Promise<void>
}

/** @throws Error with what the child said when it ends before it is ready. */
export async function run(
  script: URL,
  options: {
    arguments: readonly string[]
    environment: Readonly<Record<string, string>>
    heard?: (commit: string) => void
  },
): Promise<Running> {
  const child = fork(fileURLToPath(script), [...options.arguments], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await readiness(child, options.heard ?? (() => {}))
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const tooLong = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(tooLong)
  }
  return { url, ended, kill: () => void child.kill('SIGKILL'), stop }
}

function readiness(child: ChildProcess, heard: (commit: string) => void): Promise<string> {
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(-4_000)))
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`ended (${code ?? signal}): ${said}`)))
    child.on('message', (raw: unknown) => {
      const message = MESSAGE.parse(raw)
      if (message.committed !== undefined) heard(message.committed)
      if (message.ready !== undefined) resolve(message.ready)
    })
  })
}

/** `wished` when it is free, else any other. */
export async function freePort(wished = 0): Promise<number> {
  const taken = await tryPort(wished)
  return taken ?? (await tryPort(0)) ?? wished
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? null) : null))
    })
  })
}
