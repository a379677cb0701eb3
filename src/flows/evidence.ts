/** What may decide an order, and whether it is about this one. */
import { type Amounts, insuranceFen } from '../payment/amounts.ts'
import type { Order } from '../payment/order.ts'
import type { MixedState } from '../upstreams/bank.ts'
import type { CashOrderEnd } from './self-pay-order.ts'

/** A verified callback or a query's answer: only these are evidence (SC-H02). */
export interface Evidence {
  readonly source: 'callback' | 'query'
  readonly state: MixedState
  /** How the cash order stands, once it was asked and closed because the overall order failed. */
  readonly cash?: CashOrderEnd
  /** Why we closed it ourselves: the bank's "failed" is then our own doing. */
  readonly leaving?: 'cancelled' | 'expired'
  /** Two people have decided that what the bank says now ends the review. */
  readonly reviewed?: true
}

/** Numbers, total and every part that is told are this order's. */
export function isAboutThisOrder(order: Order, state: MixedState): boolean {
  const { mixTradeNo, institutionNo } = order.attempt
  const numbers =
    state.mixTradeNo === mixTradeNo &&
    (state.institutionNo === null || state.institutionNo === institutionNo)
  // What does not even tell the total, and the own money where some was ordered, proves nothing.
  const total = state.amounts.totalFen !== undefined
  const cash = order.amounts.selfPayFen === 0 || state.amounts.selfPayFen !== undefined
  return (
    numbers && total && cash && partsAgree(order.amounts, state.amounts) && legsFit(order, state)
  )
}

/** An ordered leg cannot be missing, and one that was not cannot appear (docs/rulings.md 2.1). */
function legsFit(order: Order, { legs }: MixedState): boolean {
  const cash = order.amounts.selfPayFen > 0
  const insurance = insuranceFen(order.amounts) > 0
  if (cash !== (legs.selfPay !== 'none') && legs.selfPay !== 'unknown') return false
  if (insurance) return legs.insurance !== 'none'
  return order.attempt.mixPayType !== 'CASH_ONLY' || legs.insurance === 'none'
}

const PARTS = ['totalFen', 'fundFen', 'accountFen', 'otherFen', 'selfPayFen'] as const

/** Part by part; a part that is not told is not compared (SC-P11). */
function partsAgree(expected: Amounts, told: Partial<Amounts>): boolean {
  return PARTS.every((part) => told[part] === undefined || told[part] === expected[part])
}
