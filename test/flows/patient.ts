/** What happens to the hospital from outside: the patient's steps and the bank's callbacks. */
import { asAuthCode } from '../../src/payment/authorisation.ts'
import { startAuthorisation } from '../../src/flows/authorise.ts'
import { openOrder, type Opening } from '../../src/flows/open-order.ts'
import { pay } from '../../src/flows/pay.ts'
import { preSettle } from '../../src/flows/pre-settle.ts'
import { requestRefund } from '../../src/flows/refunds/request-refund.ts'
import { takeNotice } from '../../src/flows/take-notice.ts'
import type { Leg, LegReport, Overall } from '../../src/payment/legs.ts'
import { fen } from '../../src/payment/money.ts'
import type { Order } from '../../src/payment/order.ts'
import type { Refund } from '../../src/payment/refunds.ts'
import type { Acknowledgement, MixedState, Notice } from '../../src/upstreams/bank.ts'
import type { Cashier } from '../../src/upstreams/upstream.ts'
import type { Process, World } from '../support/flow-world.ts'
import { PATIENT } from './people.ts'

export const WISH: Opening = {
  billNo: 'B1',
  channel: 'wechat',
  surface: 'mini-program',
  payMode: 'insurance',
  subject: 'user-1',
  userId: 'openid-1',
  patientIds: [PATIENT.patientId],
  clientIp: '10.0.0.1',
  deviceId: 'device-1',
}

export interface Scene {
  readonly world: World
  readonly at: Process
}

export async function opens({ world, at }: Scene, wish: Partial<Opening> = {}): Promise<Order> {
  const { order } = await world.run(openOrder(at.app, { ...WISH, ...wish }))
  return order
}

/** A fresh jump to the authorisation page: the one-use state it carries. */
export async function jumps({ world, at }: Scene, orderId: string): Promise<string> {
  const jump = await world.run(startAuthorisation(at.app, await world.order(orderId)))
  return jump.state
}

interface Return {
  readonly orderId: string
  readonly state: string
  readonly code: string
}

/** For several at once: the clock has one driver, who runs them together. */
export function returning({ at }: Scene, { orderId, state, code }: Return): Promise<boolean> {
  return preSettle(at.app, { orderId, state, authCode: asAuthCode(code), location: null })
}

export function comesBack(scene: Scene, from: Return): Promise<boolean> {
  return scene.world.run(returning(scene, from))
}

/** Steps 3-7 with a code that was never used before. */
export async function authorises(scene: Scene, orderId: string, code = 'C1'): Promise<boolean> {
  return comesBack(scene, { orderId, state: await jumps(scene, orderId), code })
}

export function pays({ world, at }: Scene, orderId: string): Promise<Cashier | null> {
  return world.run(pay(at.app, orderId))
}

/** An order that the real flows brought to this state, at this very instant. */
export async function paidUpTo(
  scene: Scene,
  state: 'created' | 'pre-settled' | 'awaiting-payment',
  wish: Partial<Opening> = {},
): Promise<Order> {
  const { id } = await opens(scene, wish)
  if (state !== 'created' && wish.payMode !== 'self-pay') await authorises(scene, id)
  if (state === 'awaiting-payment') await pays(scene, id)
  const order = await scene.world.order(id)
  if (order.state !== state) throw new Error(`${order.state} instead of ${state}`)
  return order
}

/** An order at T0 with a worker beside it. */
export async function atT0(scene: Scene, wish: Partial<Opening> = {}) {
  const order = await paidUpTo(scene, 'awaiting-payment', wish)
  scene.at.work()
  // Its first look is over: a bell that rings during a look is heard only at the next one.
  await scene.world.clock.settle()
  const t0 = order.attempt.t0
  if (t0 === null) throw new Error('no T0')
  return { id: order.id, order, t0 }
}

// ---------------------------------------------------------------- what the bank says

export const legs = (overall: Overall, selfPay: Leg, insurance: Leg): LegReport => ({
  overall,
  selfPay,
  insurance,
})
export const PAID = legs('success', 'success', 'success')
export const PENDING = legs('created', 'pending', 'pending')
export const FAILED = legs('fail', 'fail', 'fail')
export const CASH_ONLY_PAID = legs('fail', 'success', 'fail')
export const IMPOSSIBLE = legs('fail', 'fail', 'success')

export function says(order: Order, told: LegReport, changes: Partial<MixedState> = {}): MixedState {
  return {
    mixTradeNo: order.attempt.mixTradeNo ?? 'MIX1',
    institutionNo: order.attempt.institutionNo,
    legs: told,
    amounts: order.amounts,
    paidAt: null,
    failReason: null,
    ...changes,
  }
}

/** A query's answer about this order. */
export const answers = (order: Order, told: LegReport, changes: Partial<MixedState> = {}) => {
  const value = says(order, told, changes)
  return () => ({ kind: 'done', value }) as const
}

/** The money moves at the bank; nobody is told yet. */
export function happens({ world }: Scene, order: Order, told: LegReport): void {
  const { institutionNo, outTradeNo } = order.attempt
  const mixed = world.outside.mixed.get(institutionNo ?? '')
  if (mixed) mixed.legs = told
  const cash = world.outside.cash.get(outTradeNo ?? '')
  if (cash && told.selfPay === 'success') cash.status = 'paid'
}

export function hears({ world, at }: Scene, notice: Notice): Promise<Acknowledgement> {
  const kind = notice.kind === 'self-pay' ? 'self-pay' : 'mixed-order'
  const raw = {
    kind,
    path: '/callbacks',
    headers: {},
    body: Buffer.from(JSON.stringify(notice)),
  } as const
  return world.run(takeNotice(at.app, raw))
}

export async function callsBack(
  scene: Scene,
  state: MixedState,
  messageId = 'M1',
): Promise<Acknowledgement> {
  const ack = await hears(scene, { kind: 'mixed-order', verified: true, messageId, state })
  await scene.world.clock.settle()
  return ack
}

export async function tellsSelfPay(scene: Scene, order: Order, paid = true): Promise<void> {
  const outTradeNo = order.attempt.outTradeNo ?? ''
  await hears(scene, { kind: 'self-pay', verified: true, messageId: 'S1', outTradeNo, paid })
  await scene.world.clock.settle()
}

/** Instants of these calls in seconds after T0. */
export function seconds(line: { said: readonly { at: number }[] }, t0: number): number[] {
  return line.said.map(({ at }) => (at - t0) / 1000)
}

/** Time passes until so many seconds after T0. */
export const after = (world: World, t0: number, second: number): Promise<void> =>
  world.clock.advanceTo(t0 + second * 1000)

// ---------------------------------------------------------------- one who never gives up

const ENDS = ['paid', 'refunded', 'failed', 'closed', 'needs-review']
const TURNS = 40

/** A patient who never gives up: whatever the order wants next, once a few seconds, until its end. */
export async function untilTheEnd(scene: Scene, told = PAID): Promise<void> {
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const state = await nextStep(scene, turn, told)
    if (ENDS.includes(state)) return
    await scene.world.clock.advance(3_000)
  }
}

async function nextStep(scene: Scene, turn: number, told: typeof PAID): Promise<string> {
  const { id } = (await existing(scene)) ?? (await opens(scene))
  const order = await scene.world.order(id)
  switch (order.state) {
    case 'created':
      await authorises(scene, id, `C${turn}`).catch(() => {})
      break
    case 'pre-settled':
    case 'ordering':
      await pays(scene, id).catch(() => {})
      break
    case 'awaiting-payment':
    case 'processing':
      happens(scene, order, told)
      await callsBack(scene, says(order, told))
      break
    case 'pre-settling':
    case 'paid':
    case 'refunding':
    case 'refunded':
    case 'failed':
    case 'closed':
    case 'needs-review':
      break
  }
  return (await scene.world.order(id)).state
}

export async function existing({ world }: Scene): Promise<{ id: string } | undefined> {
  return world.db.q('orders').orderBy('id', 'desc').first<{ id: string } | undefined>('id')
}

/** The hospital asks for everything back. */
export const asksForRefund = (
  { world, at }: Scene,
  orderId: string,
  amount: number | null = null,
): Promise<Refund> =>
  world.run(
    requestRefund(at.app, {
      orderId,
      refundNo: 'H1',
      amountFen: amount === null ? null : fen(amount),
      reason: '未就诊',
      requestedBy: 'his',
      requester: '窗口',
    }),
  )
