/** The two sides of a run: one sandbox process, and service processes that may die and come back. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { randomInt } from 'node:crypto'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { sandboxEnvironment } from '../parts/sandbox-environment.ts'
import { type BankName, BANKS } from './banks.ts'
import { type Database, type DatabaseKind, openDatabases } from './databases.ts'
import { freePort, run, type Running } from '../parts/processes.ts'
import { startWireTap, type WireTap } from './wire-tap.ts'

/** The standard's times and the sandbox's own waits, all divided by `timeScale`. */
function scaledSchedule(timeScale: number): Record<string, string> {
  const scaled = (ms: number): string => String(Math.round(ms / timeScale))
  return {
    SCHEDULE_FIRST_DELAY_MS: scaled(20_000),
    SCHEDULE_PERIOD_MS: scaled(5_000),
    SCHEDULE_WINDOW_MS: scaled(60_000),
    SCHEDULE_QUESTION_TIMEOUT_MS: scaled(4_000),
    SCHEDULE_TAIL_GAPS_MS: [30_000, 60_000, 120_000, 300_000].map(scaled).join(','),
    SCHEDULE_TAIL_PERIOD_MS: scaled(600_000),
    SCHEDULE_TAIL_END_MS: scaled(7_200_000),
    RETRY_FIRST_MS: scaled(1_000),
  }
}

const USUAL = {
  LIMIT_PER_IP: '1000000',
  LIMIT_PER_DEVICE: '1000000',
  LIMIT_PER_DEVICE_PAYING: '1000000',
  // Rows whose upstream is silent on purpose share a process with all the others.
  BREAKER_FAILURES: '1000000',
}

/**
 * Calls keep their unscaled patience, for a loaded machine is not a slow bank; where a process is
 * killed its lease must end soon all the same.
 */
export const MORTAL = { CALL_TIMEOUT_MS: '4000', LEASE_MS: '5000' }

export const PATIENT_SECRET = 'matrix-patient-secret-0123456789abcdef'

export interface ServiceWish {
  readonly settings?: Readonly<Record<string, string>>
  readonly dieAfter?: { readonly commit: string; readonly nth: number }
  /** Loses the first, or nth, answer to this call (method and path). */
  readonly lose?: { readonly call: RegExp; readonly nth?: number; readonly andDie: boolean }
  readonly heard?: (commit: string) => void
}

export interface Service {
  readonly url: string
  readonly database: Database
  readonly deaths: () => number
  /** `npm run work-items` with these words beside the service: what it printed. */
  readonly operate: Operate
  readonly stop: () => Promise<void>
}

/** @throws Error when the command could not do it. */
export type Operate = (words: readonly string[], key?: string) => Promise<string>

export interface Stage {
  readonly sandboxUrl: string
  readonly startService: (wish: ServiceWish) => Promise<Service>
  readonly close: () => Promise<void>
}

export async function openStage(options: {
  database: DatabaseKind
  serverUrl: string
  timeScale: number
  bank: BankName
}): Promise<Stage> {
  const { timeScale } = options
  const databases = openDatabases(options.database, options.serverUrl)
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-sandbox-'))
  const parameters = makeParameters(() => randomInt(2 ** 32) / 2 ** 32, { alipay: true })
  const file = join(folder, 'parameters.json')
  writeFileSync(file, JSON.stringify(parameters), { mode: 0o600 })
  const sandbox = await run(new URL('sandbox-process.ts', import.meta.url), {
    arguments: [file, String(1 / timeScale), '0', BANKS[options.bank].family],
    environment: {},
  })
  let services = 0
  const startService = async (wish: ServiceWish): Promise<Service> => {
    services += 1
    const operator = `JL${String(services).padStart(3, '0')}`
    const environment = (from: { sandboxUrl: string; publicUrl: string; databaseUrl: string }) => ({
      ...sandboxEnvironment(parameters, {
        ...from,
        keyEncryptionKey: '0123456789abcdef0123456789abcdef',
        patientSecret: PATIENT_SECRET,
      }),
      ...scaledSchedule(timeScale),
      ...USUAL,
      ...BANKS[options.bank].settings,
      ...((wish.dieAfter || wish.lose?.andDie) && MORTAL),
      // The newest sign-in of an operator wins: every service signs in under a name of its own.
      INSURANCE_OPERATOR: operator,
      ...wish.settings,
    })
    return supervised({
      wish,
      environment,
      sandboxUrl: sandbox.url,
      database: await databases.create(),
    })
  }
  const close = async (): Promise<void> => {
    await sandbox.stop()
    await databases.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { sandboxUrl: sandbox.url, startService, close }
}

interface Supervision {
  readonly wish: ServiceWish
  readonly sandboxUrl: string
  readonly database: Database
  readonly environment: (from: {
    sandboxUrl: string
    publicUrl: string
    databaseUrl: string
  }) => Record<string, string>
}

/** A service that dies is started again on the same port and database, as an init system would. */
export async function supervised(from: Supervision): Promise<Service> {
  const { wish, database } = from
  const state: { running: Running | null; deaths: number; stopping: boolean } = {
    running: null,
    deaths: 0,
    stopping: false,
  }
  const tap = await tapped(from, () => state.running?.kill())
  const publicUrl = `http://127.0.0.1:${await freePort()}`
  const environment = from.environment({
    publicUrl,
    sandboxUrl: tap?.url ?? from.sandboxUrl,
    databaseUrl: database.url,
  })
  const start = async (args: readonly string[]): Promise<void> => {
    const { heard } = wish
    const running = await run(new URL('../parts/service-process.ts', import.meta.url), {
      arguments: args,
      environment,
      ...(heard && { heard }),
    })
    state.running = running
    void running.ended.then(() => {
      if (state.stopping) return
      state.deaths += 1
      restarting = start([])
      // Heard by `stop`: a row whose service never comes back ends the run, cleaned up.
      restarting.catch(() => {})
    })
  }
  let restarting = start(wish.dieAfter ? [wish.dieAfter.commit, String(wish.dieAfter.nth)] : [])
  await restarting
  const stop = async (): Promise<void> => {
    state.stopping = true
    await restarting
    await state.running?.stop()
    await tap?.close()
    await database.drop()
  }
  const operate = operatorsOf(environment)
  return { url: publicUrl, database, deaths: () => state.deaths, operate, stop }
}

const WORK_ITEMS = fileURLToPath(new URL('../work-items.ts', import.meta.url))
const execute = promisify(execFile)

function operatorsOf(environment: Readonly<Record<string, string>>): Operate {
  return async (words, key = '') => {
    const env = { PATH: process.env['PATH'], ...environment, OPERATOR_KEY: key }
    return (await execute(process.execPath, [WORK_ITEMS, ...words, '--json'], { env })).stdout
  }
}

async function tapped(from: Supervision, kill: () => void): Promise<WireTap | null> {
  const { lose } = from.wish
  if (lose === undefined) return null
  return startWireTap({
    target: from.sandboxUrl,
    lose: lose.call,
    nth: lose.nth ?? 1,
    lost: () => {
      if (lose.andDie) kill()
    },
  })
}
