/** A counter on a virtual clock: the real adapters in front of the pretend centre and acquirer, without sockets. */
import { fen } from '../../src/payment/money.ts'
import type { OneCodeWish } from '../../src/flows/one-code/payment.ts'
import {
  payByOneCode,
  resumeOneCodePayments,
  takeChargeNotice,
} from '../../src/flows/one-code/payment.ts'
import type { OneCodePayment } from '../../src/payment/one-code.ts'
import type { Bill } from '../../src/payment/order.ts'
import { billOf, counterOf } from '../../src/sandbox/his-bills.ts'
import { createOneCodeCenter } from '../../src/sandbox/one-code/center.ts'
import { createCollection } from '../../src/sandbox/one-code/collection.ts'
import type { SandboxContext } from '../../src/sandbox/registry.ts'
import type { SandboxUpstream } from '../../src/sandbox/world.ts'
import type { Db } from '../../src/store/database.ts'
import * as payments from '../../src/store/one-code-payments.ts'
import type { Exchange } from '../../src/upstreams/exchange.ts'
import type { HttpReply, HttpRequest, Send } from '../../src/upstreams/http-client.ts'
import { done } from '../../src/upstreams/upstream.ts'
import { connectOneCode } from '../../src/wiring/one-code.ts'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { sandboxContext, sendTo } from '../upstreams/stub.ts'
import { hisStub, testApp, testBill, type TestApp, testSettings } from './app.ts'
import { seededRandom } from './random.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface CounterOptions {
  readonly db?: Db
  readonly clock?: VirtualClock
  readonly context?: SandboxContext
  /** Of an earlier process: the same centre and acquirer, who remember. */
  readonly outside?: Outside
  readonly settings?: Record<string, string>
  /** Stands between the service and everybody it calls. */
  readonly between?: (request: HttpRequest, send: Send) => Promise<HttpReply>
  readonly seed?: number
}

interface Outside {
  readonly upstreams: readonly SandboxUpstream[]
  /** Whom notices reach: the process that lives. */
  readonly line: { app: TestApp | null }
}

export type Counter = Awaited<ReturnType<typeof openCounter>>

/** A sandbox whose clock is the test's. */
export function counterContext(clock: VirtualClock): SandboxContext {
  const context = sandboxContext()
  return { ...context, world: { ...context.world, now: clock.now, timeScale: 1 } }
}

export function counterSettings(context: SandboxContext): Record<string, string> {
  const environment = sandboxEnvironment(context.parameters, {
    sandboxUrl: 'https://sandbox',
    publicUrl: 'https://hospital.example',
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: '000102030405060708090a0b0c0d0e0f',
    patientSecret: 'x'.repeat(32),
  })
  const { oneCode, insurance } = context.parameters
  const own = Object.entries(environment).filter(([name]) => /^(ONE_CODE|COLLECTION)_/.test(name))
  return {
    ...Object.fromEntries(own),
    PUBLIC_URL: 'https://hospital.example',
    INSURANCE_ORG_CODE: oneCode.orgCodg,
    INSURANCE_ORG_NAME: insurance.orgName,
  }
}

export async function openCounter(options: CounterOptions = {}) {
  const clock = options.clock ?? new VirtualClock()
  const given = options.context ?? counterContext(clock)
  const context = given
  const outside = options.outside ?? outsideOf(given)
  const settings = { ...counterSettings(context), ...options.settings }
  const sent: HttpRequest[] = []
  const exchanges: Exchange[] = []
  const deliver: Send = async (request) => {
    const { pathname } = new URL(request.url)
    const upstream = outside.upstreams.find(({ prefix }) => pathname.startsWith(`${prefix}/`))
    if (upstream === undefined) throw new Error(request.url)
    return sendTo(upstream)(request)
  }
  const between = options.between ?? ((request: HttpRequest, send: Send) => send(request))
  const send: Send = async (request) => {
    sent.push(request)
    return between(request, deliver)
  }
  const his: { bill: (billNo: string) => Bill | null } = {
    bill: (billNo) => billAt(context, billNo),
  }
  const app: TestApp = await testApp({
    clock,
    settings,
    random: seededRandom(options.seed ?? 1),
    ...(options.db && { db: options.db }),
    his: hisStub({
      bill: async (billNo) => {
        const bill = his.bill(billNo)
        return bill ? done(bill) : { kind: 'absent' }
      },
    }),
    oneCode: connectOneCode({
      settings: testSettings(settings),
      clock,
      random: seededRandom(5),
      log: (await testApp()).log,
      engine: 'native',
      send,
      recordExchange: (exchange) => void exchanges.push(exchange),
    }),
  })
  outside.line.app = app
  return {
    app,
    clock,
    context,
    outside,
    his,
    sent,
    exchanges,
    ...counterActions(app, context, sent),
  }
}

function outsideOf(context: SandboxContext): Outside {
  const line: Outside['line'] = { app: null }
  const post: SandboxContext['world']['post'] = async (_, { headers, body }) => {
    const raw = { headers, body: Buffer.from(body) }
    // Nobody answers for a process that is dead.
    if (line.app !== null) await takeChargeNotice(line.app, raw).catch(() => null)
    return { status: 0, headers: {}, body: '' }
  }
  const listening = { ...context, world: { ...context.world, post } }
  return { line, upstreams: [createOneCodeCenter(listening), createCollection(listening)] }
}

function counterActions(app: TestApp, context: SandboxContext, sent: readonly HttpRequest[]) {
  let scans = 0
  /** The patient shows the code; what the scanner's decoder gives HIS. */
  const scan = (billNo: string): string => {
    scans += 1
    const bill = billOf(context, billNo)
    if (!bill) throw new Error(billNo)
    const token = `EC${String(scans).padStart(30, '0')}`
    context.registry.ecTokens.set(token, { billNo, person: bill.patient })
    return token
  }
  const wishOf = (billNo: string): OneCodeWish => ({ billNo, token: scan(billNo), ...DESK })
  return {
    scan,
    wishOf,
    /** Begins, lets every clock run that is waited for, and tells what became of it. */
    pay: (billNo: string, changes: Partial<OneCodeWish> = {}): Promise<OneCodePayment> =>
      app.clock.run(payByOneCode(app, { ...wishOf(billNo), ...changes })),
    calls: (name: string): HttpRequest[] => sent.filter(({ url }) => url.endsWith(name)),
    collected: (billNo: string): number => context.world.ledger.balance(billNo, 'bank'),
    payment: async (id: string): Promise<OneCodePayment> => {
      const payment = await payments.byId(app.db, id)
      if (!payment) throw new Error(id)
      return payment
    },
  }
}

export const DESK = {
  desk: '门诊1号窗',
  operatorId: 'C0101',
  operatorName: '收费员甲',
  deviceId: '00-16-3E-00-00-01',
  deviceIp: '10.20.1.15',
} as const

/** As the HIS adapter reads it. */
export function billAt(context: SandboxContext, billNo: string): Bill | null {
  const bill = billOf(context, billNo)
  if (!bill) return null
  const totalFen = fen(bill.totalFen)
  const told: { counter?: { insurance: 'settled' | 'later' | 'none' } & Record<string, number> } =
    JSON.parse(JSON.stringify(counterOf(bill)))
  const { counter } = told
  const share = counter && {
    insurance: counter.insurance,
    totalFen,
    fundFen: fen(counter['fundFen']),
    accountFen: fen(counter['accountFen']),
    otherFen: fen(counter['otherFen']),
    selfPayFen: fen(counter['selfPayFen']),
  }
  return testBill({ billNo, totalFen, status: bill.status, ...(share && { counter: share }) })
}

export const LOST: HttpReply = { kind: 'unknown', cause: 'timeout' }

export const counterBill = (suffix: string): string => `MZ20261121000001-${suffix}`

export async function paidAtCounter(suffix: string, options: CounterOptions = {}) {
  const counter = await openCounter(options)
  const payment = await counter.pay(counterBill(suffix))
  return { counter, payment, collected: counter.collected(counterBill(suffix)) }
}

/** The worker's part, a look a second. */
export async function workUntil({ app, clock }: Counter, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    await clock.run(resumeOneCodePayments(app))
    await clock.advance(1_000)
  }
}
