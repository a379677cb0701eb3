import type { App } from '../../app.ts'
import type { Order } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import type * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import type { InsuranceRefundNotice } from '../../upstreams/bank.ts'
import { type Outcome, unknown } from '../../upstreams/upstream.ts'
import { moveRefund } from './advance-refund.ts'
import { askAPerson } from '../background.ts'
import type { HeldOrder } from '../held-order.ts'
import { end, perform } from '../perform.ts'

const REPEATED_FOR_MS = 7 * 86_400_000

/**
 * Table 3, step 6 (SC-R06): the channel learns through the bank that the insurance part went back,
 * under the self-pay refund's number. Repeated until acknowledged, for seven days even when it is
 * refused; it undoes nothing of steps 4-5.
 */
export async function notifyRefund(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
): Promise<void> {
  const refund = await refunds.runningOf(app.db, held.order.id)
  // The money went on under another number, or was taken back: that one's notice follows then.
  if (refund?.state !== 'notifying' || refund.number !== intent.number) {
    await end(app, held, intent, { state: 'dead', answer: 'no longer the refund’s number' })
    return
  }
  const notice = noticeOf(held.order, refund)
  const send = async (): Promise<Outcome<void>> => {
    const heard = await app.bank.noticeInsuranceRefund(notice)
    const mayPass = app.clock.now() - intent.createdAt < REPEATED_FOR_MS
    return heard.kind === 'refused' && mayPass ? unknown(`refused: ${heard.code}`) : heard
  }
  await perform<void>(app, held, {
    effect: 'notify-refund',
    number: intent.number,
    send,
    learn: () => ({
      also: (trx) => {
        const done = { ...refund.done, notification: app.clock.now() }
        return moveRefund(trx, refund, { state: 'refunded', done })
      },
    }),
    refuse: ({ message }) => ({
      also: async (trx) => {
        await moveRefund(trx, refund, { state: 'refunded' })
        await askAPerson(app, trx, {
          kind: 'refund-notice-refused',
          order: held.order,
          sentence: `款项已全部退回，但退费结果通知七天内均被拒绝（${message}），支付渠道仍显示已支付，请联系银行。`,
          actions: ['note'],
        })
      },
    }),
  })
}

function noticeOf({ attempt }: Order, refund: Refund): InsuranceRefundNotice {
  const { insurance: refundedAt = refund.done['self-pay'] } = refund.done
  if (attempt.mixTradeNo === null || refundedAt === undefined)
    throw new Error(`${refund.id}: nothing to notify of`)
  return {
    mixTradeNo: attempt.mixTradeNo,
    refundNo: refund.number,
    bankRefundNo: refund.bankRefundNo,
    outTradeNo: attempt.outTradeNo,
    bankOrderNo: attempt.bankOrderNo,
    amounts: refund.amounts,
    refundedAt,
  }
}
