import type { App } from '../app.ts'
import type { Order } from '../payment/order.ts'
import { REFUNDS } from '../payment/refunds.ts'
import type { Db } from '../store/database.ts'
import * as intents from '../store/intents.ts'
import * as refunds from '../store/refunds.ts'
import { takenBack } from './advance-refund.ts'
import { later } from './background.ts'
import type { HeldOrder } from './held-order.ts'
import { end } from './perform.ts'

const RECHECKS = 7

/** In the commit that learned from the bank that the money is back. */
export const recheckLater = (app: App, trx: Db, order: Order, number: string): Promise<void> =>
  later(app, trx, {
    effect: 'recheck-refund',
    number,
    order,
    afterMs: app.settings.REFUND_RECHECK_MS,
  })

/**
 * A refund that the bank has confirmed may still come back (a closed card, a rejected transfer).
 * It is asked about once a day for seven days; only "failed" is news, silence changes nothing.
 */
export async function recheckRefund(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
): Promise<void> {
  const { order } = held
  const { outTradeNo } = order.attempt
  if (outTradeNo === null) throw new Error(`${order.id}: refund without a cash order`)
  const known = await refunds.ofOrder(app.db, order.id)
  const refund = known.find(({ number }) => number === intent.number) ?? null
  const answer = await app.bank.refund({ outTradeNo, refundNo: intent.number })
  const call = { effect: intent.effect, number: intent.number }
  // One refund an order runs at a time: while another does, this news waits for tomorrow.
  const alone = known.every((one) => one === refund || !REFUNDS[one.state].running)
  const failed = answer.kind === 'done' && answer.value.status === 'failed'
  if (alone && failed) {
    const changes = takenBack(app, order, refund, intent.number)
    await end(app, held, call, { state: 'done', answer: 'taken back', ...changes })
    return
  }
  const now = app.clock.now()
  if (!failed && intent.tries + 1 >= RECHECKS) {
    await end(app, held, call, { state: 'done', answer: null })
    return
  }
  const again = {
    dueAt: now + app.settings.REFUND_RECHECK_MS,
    answer: answer.kind,
    tries: intent.tries + 1,
  }
  await intents.postpone(app.db, intent, { ...again, owner: held.owner })
}
