/** Orders that were paid, and the cash proof of a day. */
import type { Order, OrderChanges } from '../../src/payment/order.ts'
import { cashProof } from '../../src/reconciliation/cash-proof.ts'
import * as cashMovements from '../../src/store/cash-movements.ts'
import type { Db } from '../../src/store/database.ts'
import * as events from '../../src/store/events.ts'
import { storedOrder } from '../support/orders.ts'
import { NOON } from '../reconciliation/rows.ts'

export const NEXT = '2026-11-20'
export const HOUR_MS = 3_600_000
const PAID: OrderChanges = { state: 'paid', selfPay: 'paid', insurance: 'settled' }

interface Times {
  readonly t0: number | null
  readonly knownAt: number
}

let orders = 0

export async function paidOrder(db: Db, { t0, knownAt }: Times, changes: Partial<Order> = {}) {
  orders += 1
  const order = await storedOrder(
    db,
    { ...PAID, createdAt: NOON - HOUR_MS, paidAt: NOON, ...changes },
    { t0, outTradeNo: `J${orders}`, payOrdId: `PAY${orders}` },
  )
  const to = changes.state ?? 'paid'
  const event = { orderId: order.id, what: 'x', from: null, detail: {}, traceId: null }
  await events.append(db, { ...event, version: 2, at: knownAt - 1, to: 'processing' })
  await events.append(db, { ...event, version: 3, at: knownAt, to })
  await events.append(db, { ...event, version: 4, at: knownAt + HOUR_MS, to: 'refunding' })
  return order
}

export const proofOf = async (db: Db, date: string) =>
  cashProof(date, await cashMovements.heldBefore(db, date), await cashMovements.of(db, date))

export const shown = async (db: Db, date: string) =>
  (await proofOf(db, date)).legs
    .slice(0, 2)
    .map((leg) => [
      leg.openingFen,
      leg.paymentsFen,
      leg.refundsFen,
      leg.adjustmentsFen,
      leg.closingFen,
    ])
