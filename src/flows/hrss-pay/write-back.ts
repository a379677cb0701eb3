import type { App } from '../../app.ts'
import { allSelfPay } from '../../payment/amounts.ts'
import { nextTellingAt, type HrssRefundRow } from '../../payment/hrss-payment.ts'
import { settlementNo } from '../../payment/numbers.ts'
import * as refunds from '../../store/hrss-refunds.ts'
import { askAPersonAbout, type HeldPayment, letGo, takePaymentStep } from './held-payment.ts'

/** What HIS has not taken by then has somebody who hears of it; it is told all the same. */
const OVERDUE_MS = 3_600_000

/** The bill is HIS's again once HIS knows, or will not take it. */
export async function writeBackHrss(app: App, held: HeldPayment): Promise<void> {
  const { payment } = held
  if (payment.writeBack !== 'waiting' || payment.paidAt === null) return
  const outcome = await app.his.writeBack({
    settlementNo: settlementNo(payment.id),
    billNo: payment.billNo,
    orderId: payment.id,
    scenario: 'self-pay-only',
    amounts: allSelfPay(payment.amountFen),
    mixTradeNo: payment.payOrderId ?? payment.mchOrderId,
    payOrdId: null,
    paidAt: payment.paidAt,
  })
  if (outcome.kind !== 'done' && outcome.kind !== 'refused') {
    const sentence =
      '患者已通过人社支付平台付款，但超过一小时仍未能写回医院系统，系统仍在重试，请核对账单状态。'
    return tellIfOverdue(app, held, { since: payment.paidAt, sentence })
  }
  await takePaymentStep(app, held, {
    what: `hrss-write-back-${outcome.kind}`,
    changes: { writeBack: outcome.kind },
    also: async (trx) => {
      await letGo(trx, payment)
      if (outcome.kind === 'refused')
        await askAPersonAbout(app, trx, {
          payment,
          kind: 'write-back-refused',
          sentence: '患者已通过人社支付平台付款，但医院系统拒绝写回，请核对账单并办理退款。',
        })
    },
  })
}

/** Of each refund that is back, under HIS's own number; first HIS must know of the payment. */
export async function writeBackRefunds(app: App, held: HeldPayment): Promise<void> {
  const now = app.clock.now()
  for (const refund of await refunds.ofPayment(app.db, held.payment.id))
    if (refund.writeBack === 'waiting' && (refund.dueAt ?? now) <= now)
      await writeBackRefund(app, held, refund)
}

async function writeBackRefund(app: App, held: HeldPayment, refund: HrssRefundRow): Promise<void> {
  const { payment } = held
  const { refundNo, amountFen } = refund
  const since = refund.returnedAt ?? refund.createdAt
  if (payment.writeBack === 'refused') return note(app, held, { refund, writeBack: 'none' })
  if (payment.writeBack === 'waiting') return later(app, held, refund)
  const outcome = await app.his.writeBackRefund({
    refundNo,
    settlementNo: settlementNo(payment.id),
    billNo: payment.billNo,
    amounts: allSelfPay(amountFen),
    refundedAt: since,
  })
  if (outcome.kind === 'done') return note(app, held, { refund, writeBack: 'done' })
  if (outcome.kind === 'refused') {
    const sentence = `款项已由人社支付平台退回患者，但医院系统拒绝退费入账（${outcome.message}），请核对账单与票据。`
    await askAPersonAbout(app, app.db, { payment, kind: 'refund-write-back-refused', sentence })
    return note(app, held, { refund, writeBack: 'refused' })
  }
  const sentence =
    '款项已由人社支付平台退回患者，但超过一小时仍未能写回医院系统，系统仍在重试，请核对账单状态。'
  await tellIfOverdue(app, held, { since, sentence })
  await later(app, held, refund)
}

async function tellIfOverdue(
  app: App,
  { payment }: HeldPayment,
  { since, sentence }: { since: number; sentence: string },
): Promise<void> {
  if (app.clock.now() - since > OVERDUE_MS)
    await askAPersonAbout(app, app.db, { payment, kind: 'write-back-overdue', sentence })
}

const later = (app: App, held: HeldPayment, refund: HrssRefundRow): Promise<void> => {
  const since = refund.returnedAt ?? refund.createdAt
  const dueAt = nextTellingAt(since, app.clock.now(), app.settings.RETRY_FIRST_MS)
  return takePaymentStep(app, held, {
    what: 'hrss-refund-write-back-later',
    detail: { number: refund.number },
    also: (trx) => refunds.change(trx, refund, { dueAt }),
  })
}

const note = (
  app: App,
  held: HeldPayment,
  { refund, writeBack }: { refund: HrssRefundRow; writeBack: 'none' | 'done' | 'refused' },
): Promise<void> =>
  takePaymentStep(app, held, {
    what: `hrss-refund-write-back-${writeBack}`,
    detail: { number: refund.number },
    also: (trx) => refunds.change(trx, refund, { writeBack, dueAt: null }),
  })
