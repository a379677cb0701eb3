import type { App } from '../../app.ts'
import type { BackgroundEffect } from '../../payment/effects.ts'
import type { Decisive } from '../../payment/legs.ts'
import type { Order } from '../../payment/order.ts'
import * as intents from '../../store/intents.ts'
import * as orders from '../../store/orders.ts'
import * as refunds from '../../store/refunds.ts'
import { type HeldOrder, type Step, takeStep } from '../held-order.ts'
import { automaticRefundIsOut } from '../refunds/ask-own-money.ts'
import { tellWhereItIsBooked } from '../write-back.ts'

/** What was suspended for the review and goes on after it. */
const GOES_ON: Record<Exclude<Decisive, 'review'>, readonly BackgroundEffect[]> = {
  paid: [],
  failed: ['revoke-upload', 'release-bill'],
  'refund-self-pay': ['refund-self-pay', 'revoke-upload'],
}

/**
 * What the bank said when two people asked it to decide. A bill is not paid beside another order of
 * it, a refund that was confirmed is not owed again, and a refund that stopped has actions of its own.
 * @returns whether the review is over
 */
export async function endReview(
  app: App,
  held: HeldOrder,
  { verdict, step }: { verdict: Decisive; step: Step },
): Promise<boolean> {
  const { order } = held
  if (verdict === 'review' || (await refunds.runningOf(app.db, order.id)) !== null) return false
  const holder = verdict === 'paid' ? await orders.holderOf(app.db, order.billNo) : null
  const isReturned =
    (order.refundPromise !== null && order.refundPromise.confirmedAt !== null) ||
    order.refundedFen === order.amounts.totalFen
  if ((holder !== null && holder.id !== order.id) || isReturned) return false
  if (verdict === 'paid' && (await mayStillReturn(app, order))) return false
  if (verdict === 'failed' && (await automaticRefundIsOut(app, order))) return false
  if (verdict === 'refund-self-pay' && (await isOverAtTheBank(app, order))) return false
  await takeStep(app, held, {
    ...step,
    what: `${step.what}-after-review`,
    also: async (trx) => {
      await step.also?.(trx)
      if (verdict === 'failed') await tellWhereItIsBooked(app, trx, order)
      await intents.resume(trx, order.id, { effects: GOES_ON[verdict], at: app.clock.now() })
    },
  })
  return true
}

/** Taken back after it had ended: it goes on under another number (`refund-again`), not by resuming. */
async function isOverAtTheBank(app: App, { id }: Order): Promise<boolean> {
  const known = await intents.ofOrder(app.db, id)
  const own = known.filter(({ effect }) => effect === 'refund-self-pay')
  return own.length > 0 && own.every(({ state }) => state !== 'open')
}

/** Own money that was on its way back (§8 a) is not the hospital's before the bank calls it failed. */
async function mayStillReturn(app: App, { id, attempt }: Order): Promise<boolean> {
  const { outTradeNo } = attempt
  const known = await intents.ofOrder(app.db, id)
  for (const { effect, number: refundNo, state, sent } of known) {
    if (effect !== 'refund-self-pay' || state !== 'open' || sent === 0) continue
    const answer = outTradeNo === null ? null : await app.bank.refund({ outTradeNo, refundNo })
    if (answer?.kind !== 'done' || answer.value.status !== 'failed') return true
  }
  return false
}
