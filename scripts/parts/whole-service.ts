/** The service and the pretend world in one process, over HTTP both ways, on a database in memory. */
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { type App, buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { createHttp } from '../../src/http/server.ts'
import {
  DEFAULT_PROFILES,
  makeParameters,
  type SandboxParameters,
  type SandboxProfiles,
} from '../../src/sandbox/parameters.ts'
import type { SandboxCrypto } from '../../src/sandbox/registry.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { runWorker } from '../../src/worker/worker.ts'
import { type HisCall, hisCalls } from './his-calls.ts'
import { sandboxEnvironment } from './sandbox-environment.ts'

export interface WholeService {
  readonly app: App
  readonly sandbox: Sandbox
  readonly parameters: SandboxParameters
  readonly serviceUrl: string
  readonly his: HisCall
  /** Of a command that is run beside it. */
  readonly environment: Readonly<Record<string, string>>
  /** Time goes on by so much at once, for the service and for everybody around it. */
  readonly leap: (ms: number) => void
  readonly stop: () => Promise<void>
}

export interface WholeServiceWish {
  readonly parameters?: SandboxParameters
  readonly profiles?: Partial<SandboxProfiles>
  /** Beside what fits the sandbox. */
  readonly environment?: Readonly<Record<string, string>>
  readonly patientSecret?: string
  /** The folder where settlement files are kept, once the sandbox serves them. */
  readonly settlementFilesIn?: string
  /** Another SM2 for the sandbox than its own, where thousands are signed and books are looked at. */
  readonly sandboxCrypto?: SandboxCrypto
  /** How far the clock of everybody else is behind ours and HIS's. */
  readonly skewMs?: number
  /** What all their clocks show at first; else the time it is. */
  readonly startsAt?: number
  /** Hears each named commit, and may turn the clock there. */
  readonly committed?: (name: string, leap: (ms: number) => void) => void
}

export async function startWholeService(wish: WholeServiceWish = {}): Promise<WholeService> {
  const parameters = wish.parameters ?? makeParameters(secureRandom, { alipay: true })
  const clock = systemClock()
  let leapt = wish.startsAt === undefined ? 0 : wish.startsAt - clock.now()
  const now = (): number => clock.now() + leapt
  const theirs = (): number => now() - (wish.skewMs ?? 0)
  const sandbox = await startSandbox({
    parameters,
    profiles: { ...DEFAULT_PROFILES, ...wish.profiles },
    ...(wish.settlementFilesIn !== undefined && { sftp: { bank: 0, insurance: 0 } }),
    ...(wish.sandboxCrypto && { crypto: wish.sandboxCrypto }),
    timeScale: 0.01,
    now: theirs,
  })
  const leap = (ms: number): void => void (leapt += ms)
  const { server, url: serviceUrl } = await listening()
  const fitting = sandboxEnvironment(parameters, {
    sandboxUrl: sandbox.url,
    publicUrl: serviceUrl,
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: randomBytes(16).toString('hex'),
    patientSecret: wish.patientSecret ?? randomBytes(32).toString('hex'),
    ...settlementFiles(sandbox, wish.settlementFilesIn),
  })
  const environment = { ...fitting, ...wish.environment }
  const { app, stop } = await buildApp(readSettings(environment), {
    clock: { now, sleep: clock.sleep },
    random: secureRandom,
    committed: (name) => wish.committed?.(name, leap),
  })
  const atRest = atWork(app, server)
  return {
    app,
    sandbox,
    parameters,
    serviceUrl,
    his: hisCalls(serviceUrl, parameters, now),
    environment,
    leap: (ms) => {
      leap(ms)
      app.wake()
    },
    stop: async () => {
      await atRest()
      await stop()
      await sandbox.stop()
    },
  }
}

const settlementFiles = ({ hosts }: Sandbox, folder: string | undefined) =>
  folder !== undefined && hosts !== null && { settlementFiles: { ports: hosts.ports, folder } }

/** Listens, and works by itself. @returns what ends both */
function atWork(app: App, server: Server): () => Promise<void> {
  const http = createHttp(app)
  server.on('request', (request, response) => http.emit('request', request, response))
  let stopping = false
  const working = runWorker(app, () => stopping)
  return async () => {
    stopping = true
    app.wake()
    await working
    server.closeAllConnections()
    server.close()
  }
}

/** The address is known before the service is built: its own settings name it. */
async function listening(): Promise<{ server: Server; url: string }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  return { server, url: `http://127.0.0.1:${address.port}` }
}
