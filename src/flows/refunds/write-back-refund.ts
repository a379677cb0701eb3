import type { App } from '../../app.ts'
import { settlementNo } from '../../payment/numbers.ts'
import { nextMoney } from '../../payment/refunds.ts'
import type { Intent } from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import { askAPerson } from '../background.ts'
import type { HeldOrder } from '../held-order.ts'
import { end, perform } from '../perform.ts'

/**
 * HIS learns that all parts are back; it is told for days, and its refusal gets an owner. What the
 * bank took back meanwhile is told once it is back again.
 */
export async function writeBackRefund(app: App, held: HeldOrder, intent: Intent): Promise<void> {
  const { order } = held
  const refund = await refunds.byRefundNo(app.db, intent.number)
  if (!refund) throw new Error(`${order.id}: no refund ${intent.number}`)
  const { done, amounts, refundNo } = refund
  if (nextMoney(refund) !== null) {
    await end(app, held, intent, { state: 'dead', answer: 'taken back by the bank' })
    return
  }
  await perform<void>(app, held, {
    effect: 'write-back-refund',
    number: intent.number,
    send: () =>
      app.his.writeBackRefund({
        refundNo,
        settlementNo: settlementNo(order.id),
        billNo: order.billNo,
        amounts,
        refundedAt: Math.max(done.insurance ?? 0, done['self-pay'] ?? 0),
      }),
    learn: () => ({}),
    refuse: ({ message }) => ({
      also: (trx) =>
        askAPerson(app, trx, {
          kind: 'refund-write-back-refused',
          opensAgain: true,
          order,
          sentence: `款项已退回患者，但医院系统拒绝退费入账（${message}），请核对账单与票据。`,
          actions: ['note'],
        }),
    }),
  })
}
