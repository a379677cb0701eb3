/** How an order in review comes to an end: by what the bank says now, or because nothing is held. */
import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { patientOf } from '../../payment/attempt.ts'
import type { Leg } from '../../payment/legs.ts'
import { legsUnpaid } from '../../payment/order.ts'
import { STATES } from '../../payment/states.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import type { InsurancePhase } from '../../upstreams/upstream.ts'
import { askTheBank } from '../ask-the-bank.ts'
import { letGoLater } from '../background.ts'
import { type HeldOrder, takeStep } from '../held-order.ts'
import { revokeNow } from '../leave-order.ts'
import { automaticRefundIsOut } from '../refunds/ask-own-money.ts'
import { cashOrderOf, closeSelfPayOrder } from '../self-pay-order.ts'
import { tellWhereItIsBooked } from '../write-back.ts'

/** What came of it, as one Chinese sentence; `over` when the order has left the review. */
export interface Reviewed {
  readonly over: boolean
  readonly said: string
}

const stays = (why: string): Reviewed => ({ over: false, said: `${why}，订单仍在人工核对中。` })

function mustBeInReview({ order }: HeldOrder): void {
  if (order.state !== 'needs-review') throw new AppError('invalid-request', '订单不在人工核对中。')
}

/** The bank is asked now; only its definite answer about this order moves it (invariant 5). */
export async function settleAsBankSays(app: App, held: HeldOrder): Promise<Reviewed> {
  mustBeInReview(held)
  const { settled } = await askTheBank(app, held, { why: 'refresh', after: { reviewed: true } })
  switch (settled) {
    case 'result':
      return { over: true, said: `已按银行结果了结：${STATES[held.order.state].text}。` }
    case 'disagrees':
      return stays('银行结果与已退款、同一账单的另一订单或部分入账相矛盾')
    case 'not-a-result':
    case 'close-self-pay':
      return stays('银行没有给出可据以了结的结果')
  }
}

/**
 * Ask, revoke, close, ask (docs/rulings.md 3.1): nothing is sent before bank and 6301 have both said
 * that nothing is held, and the order is over only when the bank has said so again.
 */
export async function closeVerified(
  app: App,
  held: HeldOrder,
  by: Readonly<Record<string, string>>,
): Promise<Reviewed> {
  mustBeInReview(held)
  if ((await refunds.runningOf(app.db, held.order.id)) !== null) return stays('还有未完的退费')
  if (await automaticRefundIsOut(app, held.order)) return stays('自费退款还没有确认退回')
  if (!(await bankHoldsNothing(app, held))) return stays('银行没有确认未收款')
  if (!(await bureauHoldsNothing(app, held))) return stays('医保中台（6301、6401）没有确认未结算')
  const cash = cashOrderOf(held.order)
  const end = cash === null ? 'closed' : await closeSelfPayOrder(app, cash)
  if (end !== 'closed' && end !== 'returned') return stays('自费订单没有确认关闭或退回')
  if (!(await bankHoldsNothing(app, held))) return stays('银行没有再次确认未收款')
  const { order } = held
  const wentBack = order.selfPay === 'refunded' || order.insurance === 'refunded'
  await takeStep(app, held, {
    what: 'closed-verified',
    detail: by,
    order: { state: wentBack ? 'refunded' : 'closed', ...legsUnpaid(order) },
    also: async (trx) => {
      if (!wentBack) await tellWhereItIsBooked(app, trx, order)
      await letGoLater(app, trx, order)
      const effects = ['revoke-upload', 'release-bill'] as const
      await intents.resume(trx, order.id, { effects, at: app.clock.now() })
    },
  })
  return { over: true, said: '银行与医保中台均确认未收款，订单已关闭，账单随后释放。' }
}

const HOLDS_NOTHING: ReadonlySet<Leg> = new Set(['none', 'pending', 'fail', 'refund'])

/** An order whose number was never heard cannot be asked for: that is no answer. */
async function bankHoldsNothing(app: App, held: HeldOrder): Promise<boolean> {
  const { mixTradeNo, institutionNo } = held.order.attempt
  if (mixTradeNo === null && institutionNo === null) return true
  const { legs } = await askTheBank(app, held, { why: 'close' })
  return legs !== null && HOLDS_NOTHING.has(legs.selfPay) && HOLDS_NOTHING.has(legs.insurance)
}

const NOT_SETTLED: Record<InsurancePhase, 'revoke' | 'nothing' | 'held'> = {
  saved: 'revoke',
  'pre-settled': 'revoke',
  revoked: 'nothing',
  refunded: 'nothing',
  failed: 'nothing',
  settling: 'held',
  settled: 'held',
  unknown: 'held',
}

/** What is not yet settled is revoked first: a bank that says "pending" could settle it later. */
export async function bureauHoldsNothing(app: App, held: HeldOrder): Promise<boolean> {
  const { attempt } = held.order
  const { payOrdId, payToken } = attempt
  if (payOrdId === null || payToken === null) return true
  const answer = await app.insurer.query({ payOrdId, payToken, ...patientOf(attempt) })
  if (answer.kind !== 'done') return false
  const next = NOT_SETTLED[answer.value.phase]
  return next === 'revoke' ? revokeNow(app, held) : next === 'nothing'
}
