/** One storm from its beginning to the comparison of all books. */
import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import knex, { type Knex } from 'knex'
import { DEFAULT_PROFILES } from '../../src/sandbox/parameters.ts'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { fastCrypto } from '../bench/fast-crypto.ts'
import { type Rig, withRig } from '../bench/rig.ts'
import { hisCalls } from '../parts/his-calls.ts'
import { readBooks } from '../simulate/books.ts'
import { type Chance, chanceOf } from '../simulate/chance.ts'
import type { Violation } from '../simulate/invariants.ts'
import { sideBySide } from './books.ts'
import { wrongWith } from './checks.ts'
import type { OwnMysql } from './own-mysql.ts'
import { type Errand, type Heard, type Town, visit } from './patients.ts'
import { type Services, startServices } from './services.ts'
import { settled } from './settled.ts'

export interface Wish {
  readonly seed: number
  readonly payments: number
  readonly refunds: number
  readonly processes: number
  /** From the first patient to the last comparison. */
  readonly longestMs: number
  /** Between two deaths of a service process, of the database: least and most. */
  readonly killEveryMs: readonly [number, number]
  /** Of service processes; null: for as long as there are patients. */
  readonly mostKills: number | null
  readonly restartEveryMs: readonly [number, number]
  readonly say: (line: string) => void
}

/** Where the database lives; one that others use is never killed. */
export type Server = Pick<OwnMysql, 'url'> & Partial<Pick<OwnMysql, 'kill' | 'start'>>

export interface Outcome {
  readonly seed: number
  readonly payments: number
  readonly refunds: number
  readonly refundsAccepted: number
  readonly processesKilled: number
  readonly databaseKilled: number
  readonly unanswered: number
  readonly states: Readonly<Record<string, number>>
  readonly loadMs: number
  readonly settledMs: number
  readonly isSettled: boolean
  readonly violations: readonly Violation[]
}

/** Share of the time in which patients come and everything is killed; the rest is for settling. */
const STORM_SHARE = 0.7
/** What nobody comes back for must come to its end within the rest. */
const LIFE_SHARE = 0.15
const AT_ONCE = 16
/** A payment with insurance costs several times the work of own money, and two cores must do thousands. */
const INSURED = 0.1

export function runChaos(server: Server, wish: Wish): Promise<Outcome> {
  return withRig(async (rig) => {
    const sandbox = await startSandbox({
      parameters: rig.parameters,
      profiles: DEFAULT_PROFILES,
      timeScale: 0.01,
      crypto: fastCrypto(),
    })
    const name = `jianlian_chaos_${process.pid}_${wish.seed}`
    const database = await createDatabase(server.url, name)
    const started = {
      count: wish.processes,
      databaseUrl: database.url,
      sandboxUrl: sandbox.url,
      orderLifeMs: Math.round(wish.longestMs * LIFE_SHARE),
    }
    const services = await startServices(rig, started)
    try {
      return await through({ server, wish, rig, sandbox, services, q: database.q })
    } finally {
      await services.stop()
      await sandbox.stop()
      await database.drop()
    }
  })
}

interface Place {
  readonly server: Server
  readonly wish: Wish
  readonly rig: Rig
  readonly sandbox: Sandbox
  readonly services: Services
  readonly q: Knex
}

async function through(place: Place): Promise<Outcome> {
  const { wish, sandbox, services, q } = place
  const { say } = wish
  const began = Date.now()
  const heard: Heard = { paid: new Set(), askedFen: new Map(), accepted: new Set(), unanswered: 0 }
  let isCalm = false
  const isOver = (): boolean => isCalm || Date.now() - began > wish.longestMs * STORM_SHARE
  const raging = storm(place, isOver)
  // Without a database nobody pays any more; what went wrong is thrown below.
  raging.catch(() => (isCalm = true))
  await everybody(place, { heard, isOver })
  const loadMs = Date.now() - began
  isCalm = true
  const { processesKilled, databaseKilled } = await raging
  say(`${heard.paid.size} paid after ${seconds(loadMs)} s; waiting until everything has settled`)
  const isSettled = await settled(q, began + wish.longestMs)
  const books = await readBooks(q)
  const states = Object.fromEntries(
    [...Map.groupBy(books.orders, ({ state }) => state)].map(([state, all]) => [state, all.length]),
  )
  const violations = wrongWith(sideBySide(sandbox.bank, books), heard)
  const own = services.endedByThemselves()
  return {
    seed: wish.seed,
    payments: heard.paid.size,
    refunds: books.refunds.filter(({ state }) => state === 'refunded').length,
    refundsAccepted: heard.accepted.size,
    processesKilled,
    databaseKilled,
    unanswered: heard.unanswered,
    states,
    loadMs,
    settledMs: Date.now() - began - loadMs,
    isSettled,
    violations: [
      ...violations,
      ...(own > 0 ? [{ billNo: null, rule: 'no process ends by itself', what: `${own} did` }] : []),
    ],
  }
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(0)

// ---------------------------------------------------------------- the storm

async function storm({ server, services, wish }: Place, isOver: () => boolean) {
  const chance = chanceOf(wish.seed)
  const restart = server.kill && server.start && { kill: server.kill, start: server.start }
  const [processesKilled, databaseKilled] = await Promise.all([
    every({ chance, between: wish.killEveryMs, most: wish.mostKills, isOver }, async () =>
      services.kill(chance.between(0, wish.processes)),
    ),
    restart
      ? every({ chance, between: wish.restartEveryMs, most: null, isOver }, async () => {
          await restart.kill()
          await pause(chance.between(0, 1_000))
          await restart.start()
        })
      : 0,
  ])
  return { processesKilled, databaseKilled }
}

interface Strikes {
  readonly chance: Chance
  readonly between: readonly [number, number]
  readonly most: number | null
  readonly isOver: () => boolean
}

/** A slow machine needs its time: of so many parts of it, one may be spent on coming back. */
const PARTS = 4

/** @param strike resolves when what was struck is back. @returns how often it struck */
async function every(
  { chance, between: [least, most], most: mostTimes, isOver }: Strikes,
  strike: () => Promise<void>,
): Promise<number> {
  let restMs = 0
  for (let times = 0; ; times += 1) {
    const until = Date.now() + Math.max(restMs, chance.between(least, most))
    while (Date.now() < until && !isOver()) await pause(50)
    if (isOver() || times === mostTimes) return times
    const struckAt = Date.now()
    await strike()
    restMs = (PARTS - 1) * (Date.now() - struckAt)
  }
}

// ---------------------------------------------------------------- the patients

async function everybody(
  { wish, sandbox, services, rig }: Place,
  from: Pick<Town, 'heard' | 'isOver'>,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 * AT_ONCE })
  const chance = chanceOf(wish.seed + 1)
  const his = services.urls.map((url) => hisCalls(url, rig.parameters))
  const { urls } = services
  const town: Town = { ...from, services: urls, his, sandboxUrl: sandbox.url, agent, chance }
  const errands = errandsOf(sandbox, wish, chance)
  const patient = async (): Promise<void> => {
    for (let next = errands.next(); !next.done && !from.isOver(); next = errands.next())
      await visit(town, next.value)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, patient))
  agent.destroy()
}

/** The refunds are spread evenly over all. */
function* errandsOf(
  { context }: Sandbox,
  { payments, refunds }: Wish,
  chance: Chance,
): Generator<Errand> {
  for (let at = 0; at < payments; at += 1) {
    const split = chance.hits(INSURED) ? chance.pick(['M', 'M', 'I']) : 'S'
    const billNo = `MZ20261120${String(at).padStart(6, '0')}-${split}`
    const { patientId } = addBill(context, { billNo, businessType: 'consultation' })
    const wantsRefund =
      Math.floor(((at + 1) * refunds) / payments) > Math.floor((at * refunds) / payments)
    yield { billNo, patientId, payMode: split === 'S' ? 'self-pay' : 'insurance', wantsRefund }
  }
}

async function createDatabase(serverUrl: string, name: string) {
  const server = knex({ client: 'mysql2', connection: serverUrl, pool: { min: 0, max: 1 } })
  await server.raw('create database ??', [name])
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const q = knex({ client: 'mysql2', connection: url.href, pool: { min: 0, max: 2 } })
  const drop = async (): Promise<void> => {
    await q.destroy()
    await server.raw('drop database if exists ??', [name])
    await server.destroy()
  }
  return { url: url.href, q, drop }
}
