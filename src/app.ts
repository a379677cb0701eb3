import type { Clock } from './clock.ts'
import type { FileBook } from './config/settlement-files.ts'
import { ConfigError, type LegacyLink, legacyLinks, type Settings } from './config.ts'
import { sealer } from './crypto/seal.ts'
import { selfTest } from './crypto/self-test.ts'
import { sm3Hex } from './crypto/sm3.ts'
import { createLogger, currentTrace, type Logger } from './logger.ts'
import { businessDate, type Random } from './payment/numbers.ts'
import * as clearingBank from './store/clearing-bank.ts'
import { type Db, migrate, openDatabase } from './store/database.ts'
import * as exchanges from './store/exchanges.ts'
import * as nonces from './store/nonces.ts'
import type { RecordExchange } from './upstreams/exchange.ts'
import type { CertificatesInUse } from './upstreams/certificates.ts'
import type { InboundLink } from './upstreams/his/inbound.ts'
import { httpSend, type Send } from './upstreams/http-client.ts'
import { type Breakers, createBreakers } from './upstreams/breaker.ts'
import type { OneCardLink } from './upstreams/one-card.ts'
import type { HospitalSystem } from './upstreams/upstream.ts'
import { type Roles, watchedRoles } from './upstreams/watched.ts'
import { connectBank } from './wiring/banks.ts'
import { certificatesInUse } from './wiring/certificates.ts'
import { connectChannels } from './wiring/channels.ts'
import { connectHis } from './wiring/his.ts'
import { connectHrssPay } from './wiring/hrss-pay.ts'
import { connectInsurance } from './wiring/insurance.ts'
import { connectMidPlatform, connectRefundAuthorisation } from './wiring/mid-platform.ts'
import { connectOneCard } from './wiring/one-card.ts'
import { connectOneCode } from './wiring/one-code.ts'
import { connectSettlementFiles, type SettlementBook } from './wiring/settlement-files.ts'
import { allowedTargets } from './wiring/targets.ts'
import type { Wire } from './wiring/wire.ts'

export type { FileBook, SettlementBook }

/** Every part, built once and by hand; flows take it as their first argument. */
export interface App extends Roles {
  readonly settings: Settings
  readonly legacyLinks: readonly LegacyLink[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly db: Db
  readonly his: HospitalSystem
  /** What this process has learnt about who answers. */
  readonly breakers: Breakers
  readonly hisCalls: InboundLink
  /** Null: the hospital has not joined the one-card platform. */
  readonly oneCard: OneCardLink | null
  /** By book; one is missing where the hospital receives no such files. */
  readonly settlementFiles: ReadonlyMap<FileBook, SettlementBook>
  readonly certificates: CertificatesInUse
  /** How often each alarm was raised by this process; its names are ours, so they are few. */
  readonly alarms: Map<string, number>
  /** SM3, lower-case hex: how codes and states are remembered without being kept. */
  readonly hash: (text: string) => string
  readonly traceId: () => string | null
  /** Tells whoever waits on this order that it has a new version. */
  readonly changed: (orderId: string) => void
  /** Resolves at the next change of this order in this process, or after `ms`. */
  readonly nextChange: (orderId: string, ms: number) => Promise<void>
  /** Something is due now: the worker need not wait for its next look. */
  readonly wake: () => void
  readonly woken: (ms: number) => Promise<void>
  /** Work that outlives its request; awaited when the process stops, its errors are logged. */
  readonly inBackground: (what: string, work: () => Promise<void>) => void
}

export interface Parts {
  readonly clock: Clock
  readonly random: Random
  /** How requests leave; a simulation replaces it. */
  readonly send?: Send
  /** Called after each named commit; a rehearsal kills the process here. */
  readonly committed?: (name: string) => void
}

/** A running service's parts; `stop` waits for what runs in the background and closes the store. */
export interface BuiltApp {
  readonly app: App
  readonly stop: () => Promise<void>
}

/**
 * @throws Error when a known answer of the cryptography fails or a key cannot be read; ConfigError
 * when orders are open at another bank than `BANK`.
 */
export async function buildApp(settings: Settings, parts: Parts): Promise<BuiltApp> {
  const { clock, random } = parts
  const log = createLogger(settings.LOG_LEVEL)
  const engine = checkedEngine(log)
  warnOfLegacy(settings, { log, today: businessDate(clock.now()) })
  const columns = sealer(settings.keyEncryptionKey, (size) => randomBytes(random, size))
  const db = openDatabase(settings.DATABASE_URL.reveal(), {
    sealer: columns,
    ...(parts.committed && { committed: parts.committed }),
  })
  await migrate(db)
  await stayAtTheBank(db, { settings, now: clock.now() })
  const send = parts.send ?? httpSend({ allowed: allowedTargets(settings) })
  return assemble(settings, { clock, random, log, engine, db, send })
}

/** What stands when a process begins to build its parts; the processes of a simulation share a database. */
export interface Ground extends Pick<Wire, 'clock' | 'random' | 'log' | 'engine' | 'send'> {
  readonly db: Db
}

/** @throws Error when a key cannot be read */
export function assemble(settings: Settings, ground: Ground): BuiltApp {
  const { clock, random, log, db } = ground
  const background = createBackground(log)
  const recordExchange = exchangeRecorder({ db, clock, background })
  const wire: Wire = { settings, ...ground, recordExchange }
  const seenBefore = async (nonce: string): Promise<boolean> =>
    !(await nonces.remember(db, sm3Hex(nonce), clock.now() + NONCES_KEPT_MS))
  const breakers = breakersOf(settings, { clock, log })
  const app: App = {
    settings,
    legacyLinks: legacyLinks(settings),
    clock,
    random,
    log,
    db,
    ...linksOf(wire, seenBefore),
    ...watchedRoles(rolesOf(wire), breakers),
    breakers,
    settlementFiles: connectSettlementFiles(wire),
    certificates: certificatesInUse(settings),
    alarms: new Map(),
    hash: sm3Hex,
    traceId: currentTrace,
    ...createBells(clock),
    inBackground: background.run,
  }
  const stop = async (): Promise<void> => {
    await background.idle()
    await db.q.destroy()
  }
  return { app, stop }
}

const randomBytes = (random: Random, size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)))

/** What is open is known at its own bank alone, and so is money that comes late (docs/rulings.md 3.2). */
async function stayAtTheBank(db: Db, at: { settings: Settings; now: number }): Promise<void> {
  const { BANK: to, ORDER_LIFE_MS: longestLifeMs, schedule } = at.settings
  const overBefore = at.now - longestLifeMs - schedule.tailEndMs
  const elsewhere = await clearingBank.moveTo(db, { to, overBefore })
  if (elsewhere === null) return
  await db.q.destroy()
  const { bank, orders, justOver, notices } = elsewhere
  const open = [
    [orders, '笔未了结的订单'],
    [justOver, '笔刚结束、仍可能到账的订单'],
    [notices, '条未处理的通知'],
  ] as const
  const named = open.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  throw new ConfigError(`BANK 须保持 ${bank}：那里还有 ${named.join('、')}，全部了结之后才能更换。`)
}

function checkedEngine(log: Logger) {
  const { sm2Engine } = selfTest()
  if (sm2Engine !== 'native') log.warn('OpenSSL has no SM2 here: signatures are far slower')
  return sm2Engine
}

function warnOfLegacy(settings: Settings, at: { log: Logger; today: string }): void {
  for (const legacy of legacyLinks(settings)) {
    if (legacy.deadline >= at.today) at.log.warn(legacy, 'legacy protection')
    else at.log.error(legacy, 'legacy protection is past its deadline')
  }
}

/** Those who call us as well, each message once. */
const linksOf = (wire: Wire, seen: (message: string) => Promise<boolean>) => ({
  ...connectHis(wire, seen),
  oneCard: connectOneCard(wire, seen),
})

const rolesOf = (wire: Wire): Roles => ({
  channels: connectChannels(wire),
  insuredPersons: connectInsurance(wire),
  insurer: connectMidPlatform(wire),
  refundAuthorisation: connectRefundAuthorisation(wire),
  bank: connectBank(wire),
  oneCode: connectOneCode(wire),
  hrssPay: connectHrssPay(wire),
})

export const breakersOf = (settings: Settings, from: { clock: Clock; log: Logger }): Breakers =>
  createBreakers({
    rules: { failures: settings.BREAKER_FAILURES, restMs: settings.BREAKER_REST_MS },
    now: from.clock.now,
    changed: (upstream, to) => {
      if (to === 'open') from.log.error({ upstream }, 'no answer any more: new orders are spared')
      else from.log.info({ upstream }, 'answers again')
    },
  })

const NONCES_KEPT_MS = 86_400_000

interface Background {
  readonly run: App['inBackground']
  readonly idle: () => Promise<void>
}

function createBackground(log: Logger): Background {
  const running = new Set<Promise<void>>()
  return {
    run: (what, work) => {
      const job: Promise<void> = work()
        .catch((error: unknown) => log.error({ err: error, what }, 'background work failed'))
        .finally(() => running.delete(job))
      running.add(job)
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

/** Exchanges are evidence, not state: they are written in small batches, never in a call's way. */
const WRITE_EVERY_MS = 25

function exchangeRecorder(from: { db: Db; clock: Clock; background: Background }): RecordExchange {
  let waiting: exchanges.ExchangeRow[] = []
  return (exchange) => {
    waiting.push({ status: null, durationMs: null, ...exchange, traceId: currentTrace() })
    if (waiting.length > 1) return
    from.background.run('record exchanges', async () => {
      await from.clock.sleep(WRITE_EVERY_MS)
      const rows = waiting
      waiting = []
      await exchanges.append(from.db, rows)
    })
  }
}

/** Who waits for what inside this process: patients for a change, the worker for due work. */
function createBells(clock: Clock): Pick<App, 'changed' | 'nextChange' | 'wake' | 'woken'> {
  const waiting = new Map<string, Set<() => void>>()
  const ring = (name: string): void => {
    for (const wakeUp of waiting.get(name) ?? []) wakeUp()
    waiting.delete(name)
  }
  const heard = async (name: string, ms: number): Promise<void> => {
    const bell = Promise.withResolvers<void>()
    const listeners = waiting.get(name) ?? new Set()
    waiting.set(name, listeners.add(bell.resolve))
    await Promise.race([bell.promise, clock.sleep(ms)])
    listeners.delete(bell.resolve)
    if (listeners.size === 0 && waiting.get(name) === listeners) waiting.delete(name)
  }
  return {
    changed: (orderId) => ring(orderId),
    nextChange: heard,
    wake: () => ring(''),
    woken: (ms) => heard('', ms),
  }
}
