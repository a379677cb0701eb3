/** What a run puts up and takes down: keys, a folder, databases, processes. */
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeParameters, type SandboxParameters } from '../../src/sandbox/parameters.ts'
import { sandboxEnvironment } from '../parts/sandbox-environment.ts'
import { type Child, startChild } from './children.ts'
import { type BenchDatabase, openBenchDatabases } from './databases.ts'

export const PATIENT_SECRET = 'bench-patient-secret-0123456789abcdef'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

type Environment = Record<string, string>

export interface Rig {
  readonly parameters: SandboxParameters
  readonly folder: string
  readonly database: () => Promise<BenchDatabase>
  readonly environment: (from: { databaseUrl: string; sandboxUrl?: string }) => Promise<Environment>
  readonly start: (...wish: Parameters<typeof startChild>) => Promise<Child>
  /** The pretend upstreams in a process of their own, handed the fast crypto. */
  readonly startSandbox: () => Promise<Child>
}

/** Everything is put away whatever happens, processes first. */
export async function withRig<T>(work: (rig: Rig) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-bench-'))
  const databases = openBenchDatabases()
  const children: Child[] = []
  const parameters = makeParameters(() => randomInt(2 ** 32) / 2 ** 32)
  const file = join(folder, 'parameters.json')
  writeFileSync(file, JSON.stringify(parameters), { mode: 0o600 })
  const start: Rig['start'] = async (...wish) => {
    const child = await startChild(...wish)
    children.push(child)
    return child
  }
  const rig: Rig = {
    parameters,
    folder,
    database: databases.create,
    environment: (from) => environmentOf(parameters, from),
    start,
    startSandbox: () => start('sandbox-process.ts', { arguments: [file] }),
  }
  const tidy = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.stop()))
    await databases.close()
    rmSync(folder, { recursive: true, force: true })
  }
  const interrupted = (): void => void tidy().finally(() => process.exit(130))
  for (const signal of SIGNALS) process.once(signal, interrupted)
  try {
    return await work(rig)
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted)
    await tidy()
  }
}

async function environmentOf(
  parameters: SandboxParameters,
  from: { databaseUrl: string; sandboxUrl?: string },
): Promise<Environment> {
  return {
    ...sandboxEnvironment(parameters, {
      // Nobody listens there: an endpoint that is measured alone calls nobody.
      sandboxUrl: from.sandboxUrl ?? 'http://127.0.0.1:9',
      publicUrl: `http://127.0.0.1:${await freePort()}`,
      databaseUrl: from.databaseUrl,
      keyEncryptionKey: '0123456789abcdef0123456789abcdef',
      patientSecret: PATIENT_SECRET,
    }),
    LIMIT_PER_IP: '100000000',
    LIMIT_PER_DEVICE: '100000000',
    LIMIT_PER_DEVICE_PAYING: '100000000',
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/**
 * As `npm run serve` starts the service; the yardstick is started alike. V8 lets a heap grow to
 * several times what lives in it (some 40 MiB) and keeps the pages: both limits only say otherwise.
 */
export const SERVICE_FLAGS: readonly string[] = [
  '--max-semi-space-size=16',
  '--max-old-space-size=256',
]

/** `--cpu-prof` for the process under measurement, when somebody wants to know where the time goes. */
export function profiling(folder: string | null): string[] {
  return folder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}
