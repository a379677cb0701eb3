/**
 * The hospital's side on a real database with a clock of ours: processes that live, die and come
 * back, in front of an outside world of stubs. `test/flows/patient.ts` walks through it.
 */
import { randomBytes } from 'node:crypto'
import { type App, breakersOf } from '../../src/app.ts'
import { readSettings, type Settings } from '../../src/config.ts'
import { sm3Hex } from '../../src/crypto/sm3.ts'
import { createLogger, currentTrace } from '../../src/logger.ts'
import type { Scenario } from '../../src/payment/amounts.ts'
import type { Order } from '../../src/payment/order.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import type { Db } from '../../src/store/database.ts'
import * as intents from '../../src/store/intents.ts'
import * as orders from '../../src/store/orders.ts'
import * as workItems from '../../src/store/work-items.ts'
import type { Bank } from '../../src/upstreams/bank.ts'
import type { Channel } from '../../src/upstreams/upstream.ts'
import { watchedRoles } from '../../src/upstreams/watched.ts'
import { runWorker } from '../../src/worker/worker.ts'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { type Outside, outsideWorld } from '../flows/outside.ts'
import { amountsOf } from '../flows/people.ts'
import { bells, type Rest } from './bells.ts'
import { type OpenFresh, secondHandle } from './database.ts'
import { type DueRest, dueRest } from './due-rest.ts'
import { seededRandom } from './random.ts'
import { databaseIsBusy, VirtualClock } from './virtual-clock.ts'

export interface WorldOptions {
  readonly scenario?: Scenario
  readonly queryByOutTradeNo?: boolean
  readonly noticesOwnMoney?: boolean
  readonly environment?: Record<string, string>
  /** Else the worker looks when there is something to find. */
  readonly lookEveryMs?: number
  readonly settlementFiles?: App['settlementFiles']
}

/** One service process. `kill` is a power cut: it says nothing to anybody any more. */
export interface Process {
  readonly app: App
  work(): void
  kill(): void
  /** As `main` stops: no new work, what runs is finished. */
  stop(): Promise<void>
  readonly working: () => boolean
}

export interface ProcessOptions {
  readonly committed?: (name: string) => void
  /** A handle of its own on the same data, as another process has. */
  readonly db?: Db
}

export type World = Awaited<ReturnType<typeof flowWorld>>

export async function flowWorld(openFresh: OpenFresh, options: WorldOptions = {}) {
  const clock = new VirtualClock()
  const db = await openFresh()
  clock.alsoWaitsFor(databaseIsBusy(db))
  const looks = dueRest(clock)
  const outside = outsideWorld(clock)
  outside.platform.split = amountsOf(options.scenario ?? 'mixed')
  let processes = 0
  const start = (how: ProcessOptions = {}): Process => {
    processes += 1
    looks.watch(how.db ?? db)
    return startProcess({ clock, looks, db: how.db ?? db, outside, options, seed: processes, how })
  }
  return {
    clock,
    db,
    outside,
    start,
    /** Another machine on the same database (on SQLite: the same handle). */
    startElsewhere: (): Process => {
      const other = secondHandle(db)
      clock.alsoWaitsFor(databaseIsBusy(other))
      return start({ db: other })
    },
    run: <T>(work: Promise<T>): Promise<T> => clock.run(work),
    order: (id: string) => orderById(db, id),
    intents: (id: string) => intents.ofOrder(db, id),
    workItems: () => workItems.list(db, 'open'),
  }
}

async function orderById(db: Db, id: string): Promise<Order> {
  const order = await orders.byId(db, id)
  if (!order) throw new Error(`no order ${id}`)
  return order
}

// ---------------------------------------------------------------- processes

interface Birth {
  readonly clock: VirtualClock
  readonly db: Db
  readonly looks: DueRest
  readonly outside: Outside
  readonly options: WorldOptions
  readonly seed: number
  readonly how: ProcessOptions
}

const parameters = makeParameters(seededRandom(7))

function settingsOf(options: WorldOptions): Settings {
  const environment = sandboxEnvironment(parameters, {
    sandboxUrl: 'http://127.0.0.1:1',
    publicUrl: 'http://127.0.0.1:2',
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: randomBytes(16).toString('hex'),
    patientSecret: 'x'.repeat(32),
  })
  return readSettings({ ...environment, ...options.environment })
}

function startProcess(birth: Birth): Process {
  const { clock, outside, options, seed, how } = birth
  const life = { alive: true, stopping: false }
  const kill = (): void => {
    life.alive = false
  }
  const { lookEveryMs } = options
  const rest: Rest | undefined =
    lookEveryMs === undefined
      ? birth.looks.on(birth.db)
      : (bell) => Promise.race([bell, clock.sleep(lookEveryMs)])
  let background = Promise.resolve()
  const settings = settingsOf(options)
  const log = createLogger('silent')
  const breakers = breakersOf(settings, { clock, log })
  const { his, ...roles } = rolesOf(outside, options, life)
  const app: App = {
    legacyLinks: [],
    settings,
    clock,
    random: seededRandom(seed),
    log,
    db: mortal(birth.db, life, how.committed),
    his,
    ...watchedRoles({ ...roles, oneCode: null, hrssPay: null }, breakers),
    breakers,
    hisCalls: {
      check: async () => ({ trusted: true, nonce: 'nonce' }),
      sign: () => ({}),
      openField: (text) => text,
    },
    oneCard: null,
    settlementFiles: options.settlementFiles ?? new Map(),
    certificates: { servers: [], hosts: [], authorities: [], keys: [] },
    alarms: new Map(),
    hash: sm3Hex,
    traceId: currentTrace,
    ...bells(clock, rest),
    inBackground: (_, work) => {
      background = Promise.allSettled([background, work()]).then(() => {})
    },
  }
  let worker: Promise<void> | null = null
  return {
    app,
    kill,
    work: () => {
      worker = runWorker(app, () => life.stopping || !life.alive).finally(() => (worker = null))
    },
    stop: async () => {
      life.stopping = true
      app.wake()
      await worker
      await background
    },
    working: () => worker !== null,
  }
}

/** The dead neither read nor write: whatever still runs in a killed process ends at its next word. */
function mortal(db: Db, life: { alive: boolean }, committed?: (name: string) => void): Db {
  const breathe = (): void => {
    if (!life.alive) throw new Error('the process is dead')
  }
  const q = new Proxy(db.q, {
    apply: (target, self, words) => {
      breathe()
      return Reflect.apply(target, self, words)
    },
    get: (target, name) => {
      if (name !== 'client') breathe()
      return Reflect.get(target, name)
    },
  })
  return { ...db, q, committed: committed ?? db.committed }
}

function rolesOf(outside: Outside, options: WorldOptions, life: { alive: boolean }) {
  const from =
    <Q, A>(line: { call: (question: Q) => Promise<A> }) =>
    async (question: Q): Promise<A> => {
      if (!life.alive) throw new Error('the process is dead')
      return line.call(question)
    }
  const channel: Channel = {
    authorisation: from(outside.authorisation),
    exchange: ({ authCode, userId }) => from(outside.exchange)({ code: authCode.reveal(), userId }),
    cashierIsPage: false,
    cashier: ({ mixTradeNo, prepay }) => {
      if (!prepay) return { method: 'requestMedicalInsurancePay', mixTradeNo }
      const { prepayId: _, ...shown } = prepay
      return { method: 'requestMedicalInsurancePay', mixTradeNo, ...shown }
    },
  }
  return {
    channels: { wechat: channel, alipay: { ...channel, cashierIsPage: true, cashier: pageOf } },
    insuredPersons: {
      operator: 'OP1',
      signIn: () => from(outside.signIn)(null),
      person: from(outside.person),
    },
    insurer: {
      composeUpload: (upload: unknown) => JSON.stringify(upload),
      upload: from(outside.upload),
      order: from(outside.order),
      query: from(outside.query),
      revoke: from(outside.revoke),
      refund: from(outside.refundInsurance),
      readNotice: (body: Buffer) => JSON.parse(body.toString()),
      acknowledge: (believed: boolean) => (believed ? 'yes' : 'no'),
    },
    refundAuthorisation: { authorise: from(outside.authoriseRefund) },
    his: {
      bill: from(outside.bill),
      hold: (billNo: string, orderId: string, until: number) =>
        from(outside.hold)({ billNo, orderId, until }),
      release: (billNo: string, orderId: string) => from(outside.release)({ billNo, orderId }),
      writeBack: from(outside.writeBack),
      settlement: (_: string, settlementNo: string) => from(outside.settlement)(settlementNo),
      refundCheck: (billNo: string, refundNo: string) =>
        from(outside.refundCheck)({ billNo, refundNo }),
      writeBackRefund: from(outside.writeBackRefund),
      ledger: from(outside.ledger),
    },
    bank: bankOf(outside, options, from),
  }
}

const pageOf: Channel['cashier'] = ({ page }) =>
  page === null ? null : { method: 'page', url: page }

function bankOf(
  outside: Outside,
  options: WorldOptions,
  from: <Q, A>(line: { call: (question: Q) => Promise<A> }) => (question: Q) => Promise<A>,
): Bank {
  return {
    profile: {
      name: 'icbc',
      noticeMediaType: 'application/x-www-form-urlencoded',
      queryByOutTradeNo: options.queryByOutTradeNo ?? false,
      noticesOwnMoney: options.noticesOwnMoney ?? false,
      merchantNo: '0200',
      institutionNumberTemplate: '{merchantNo}{yyyyMMddHHmmss}{seq:6}',
    },
    placeSelfPayOrder: from(outside.placeSelfPay),
    selfPayOrder: from(outside.selfPay),
    closeSelfPayOrder: from(outside.closeSelfPay),
    placeMixedOrder: from(outside.placeMixed),
    mixedOrder: from(outside.askMixed),
    refundSelfPay: from(outside.refund),
    refund: from(outside.askRefund),
    noticeInsuranceRefund: from(outside.noticeRefund),
    readNotice: ({ body }) => JSON.parse(body.toString()),
    acknowledge: (_, accepted) => ({
      contentType: 'text/plain',
      headers: {},
      body: accepted ? 'yes' : 'no',
    }),
  }
}
