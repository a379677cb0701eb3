import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import type { Leg } from '../payment/legs.ts'
import { legsUnpaid } from '../payment/order.ts'
import { STATES } from '../payment/states.ts'
import * as intents from '../store/intents.ts'
import { type Asked, askTheBank } from './ask-the-bank.ts'
import { later, letGoLater } from './background.ts'
import type { Evidence } from './evidence.ts'
import { type HeldOrder, holdOrder, takeStep } from './held-order.ts'
import { isRevokedByNow, revokeUpload } from './revoke-upload.ts'
import { cashOrderOf, closeSelfPayOrder } from './self-pay-order.ts'

export type Leaving = NonNullable<Evidence['leaving']>

const WAIT_MS = 9_000

/**
 * The patient leaves. Over only when nothing can be paid any more, and the bank itself said so
 * where an order stands there; until then the answer is that the payment is under way.
 * @throws AppError `order-not-found`, `already-paid`, `payment-in-progress`
 */
export async function cancelOrder(app: App, orderId: string): Promise<void> {
  const state = await holdOrder(app, { orderId, waitMs: WAIT_MS }, async (held) => {
    await leaveOrder(app, held, 'cancelled')
    return held.order.state
  })
  switch (state) {
    case 'closed':
    case 'failed':
    case 'refunded':
      return
    case 'paid':
      throw new AppError('already-paid')
    case 'needs-review':
    case 'refunding':
      throw new AppError('payment-in-progress', '这笔订单正在退款或核对，不能取消。')
    case 'created':
    case 'pre-settling':
    case 'pre-settled':
    case 'ordering':
    case 'awaiting-payment':
    case 'processing':
    case null:
      throw new AppError('payment-in-progress', '支付结果正在确认，暂时不能取消，请勿重复付款。')
  }
}

/**
 * When the schedule is over nobody asks by itself any more: who asks then, day-end or a person,
 * leaves an order past its life too, or it would hold its bill for ever.
 */
export async function leaveIfExpired(app: App, held: HeldOrder): Promise<void> {
  if (app.clock.now() >= held.order.expiresAt) await leaveOrder(app, held, 'expired')
}

/** Closes the order if that is safe now; changes nothing where it is not. */
export async function leaveOrder(app: App, held: HeldOrder, why: Leaving): Promise<void> {
  const { state } = held.order
  if (state === 'created' || state === 'pre-settled') await close(app, held, why)
  if (STATES[state].recovery === 'ask-the-bank') await closeAtTheBank(app, held, why)
}

/**
 * Ask, close, ask. With own money the cash order is what is closed. Without, there is no close at
 * the bank: 6401 is the close, because a revoked upload cannot be settled.
 */
async function closeAtTheBank(app: App, held: HeldOrder, why: Leaving): Promise<void> {
  const before = await askTheBank(app, held, { why: 'close', after: { leaving: why } })
  if (before.settled === 'result') return
  const ordered = cashOrderOf(held.order)
  const cash = ordered && (await closeSelfPayOrder(app, ordered))
  const closed = cash === null ? await revokeNow(app, held) : cash === 'closed'
  if (!closed) return
  const done = { leaving: why, ...(cash && { cash }) }
  const after = await askTheBank(app, held, { why: 'close', after: done })
  if (after.settled !== 'result' && isUnpaid(after)) await close(app, held, why)
}

/** Said so by the bank: silence, garbage and a leg that may have been paid are no such word. */
function isUnpaid({ legs }: Asked): boolean {
  return legs !== null && UNPAID.has(legs.selfPay) && UNPAID.has(legs.insurance)
}

const UNPAID: ReadonlySet<Leg> = new Set(['none', 'pending', 'fail'])

/** @returns whether the bureau has revoked the upload */
export async function revokeNow(app: App, held: HeldOrder): Promise<boolean> {
  const { order } = held
  const { payOrdId } = order.attempt
  if (payOrdId === null) return false
  await later(app, app.db, { effect: 'revoke-upload', number: payOrdId, order })
  const intent = await intents.find(app.db, 'revoke-upload', payOrdId)
  if (intent?.state === 'open') await revokeUpload(app, held, intent)
  const now = await intents.find(app.db, 'revoke-upload', payOrdId)
  return now?.state === 'refused' ? isRevokedByNow(app, held, now) : now?.state === 'done'
}

async function close(app: App, held: HeldOrder, why: Leaving): Promise<void> {
  const { order } = held
  await takeStep(app, held, {
    what: why,
    order: { state: 'closed', ...legsUnpaid(order) },
    also: (trx) => letGoLater(app, trx, order),
  })
}
