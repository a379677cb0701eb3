/** A service's books in front of the SFTP hosts of the pretend bank and bureau. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll } from 'vitest'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import {
  type SettlementHosts,
  startSettlementHosts,
} from '../../src/sandbox/settlement-files/hosts.ts'
import { createShelf } from '../../src/sandbox/settlement-files/shelf.ts'
import { connectSettlementFiles } from '../../src/wiring/settlement-files.ts'
import { busyDay } from '../sandbox/settlement-files/bank-day.ts'
import { seededRandom } from './random.ts'

const folders: string[] = []
const running: SettlementHosts[] = []

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-settlement-'))
  folders.push(folder)
  return folder
}

export function environmentFor(
  parameters: ReturnType<typeof makeParameters>,
  settlementFiles: { ports: SettlementHosts['ports']; folder: string },
): Record<string, string> {
  return sandboxEnvironment(parameters, {
    sandboxUrl: 'http://127.0.0.1:1',
    publicUrl: 'http://127.0.0.1:2',
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
    patientSecret: 'x'.repeat(32),
    settlementFiles,
  })
}

/** What `given` leaves unset is as in the demonstration; pauses are counted, nobody waits. */
export function booksFor(environment: Record<string, string>) {
  const pauses: number[] = []
  const logged: unknown[] = []
  const sleeps: (() => Promise<void>)[] = []
  const settings = readSettings(environment)
  const books = connectSettlementFiles({
    settings,
    clock: {
      ...systemClock(),
      sleep: async (ms) => {
        pauses.push(ms)
        await sleeps.shift()?.()
      },
    },
    random: seededRandom(),
    log: pino({ base: null }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    engine: 'native',
    send: () => Promise.reject(new Error('nobody is called over HTTP')),
    recordExchange: () => {},
  })
  const book = (name: 'bank' | 'insurance') => {
    const found = books.get(name)
    if (found === undefined) throw new Error(`no ${name}`)
    return found
  }
  return {
    settings,
    books,
    bank: book('bank'),
    insurance: book('insurance'),
    pauses,
    sleeps,
    logged,
  }
}

/** The busy day of the bank, its hosts, and the hospital's books in front of them. */
export async function settlementRig(given: Record<string, string> = {}) {
  const parameters = makeParameters(seededRandom(3))
  const day = await busyDay(parameters)
  const shelf = createShelf(day.bank)
  const hosts = await startSettlementHosts(day.bank, shelf, { bank: 0, insurance: 0 })
  running.push(hosts)
  const folder = newFolder()
  const environment = { ...environmentFor(parameters, { ports: hosts.ports, folder }), ...given }
  return { ...day, parameters, shelf, hosts, folder, environment, ...booksFor(environment) }
}

afterAll(async () => {
  await Promise.all(running.splice(0).map((hosts) => hosts.stop()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})
