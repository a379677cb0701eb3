import type { App } from '../../app.ts'
import { HRSS_STATE_RULES, type HrssPayment } from '../../payment/hrss-payment.ts'
import type { HrssOrderState, HrssPayStatus } from '../../upstreams/hrss-pay.ts'
import type { Db } from '../../store/database.ts'
import { askAPersonAbout, type HeldPayment, keepBill, takePaymentStep } from './held-payment.ts'

/** Asked, and whatever is answered is settled. @returns what it said; null when it said nothing */
export async function askThePlatform(
  app: App,
  held: HeldPayment,
  why: string,
): Promise<HrssPayStatus | null> {
  const { mchOrderId, payOrderId } = held.payment
  await takePaymentStep(app, held, {
    what: 'hrss-asked',
    changes: { askedAt: app.clock.now() },
    detail: { why },
  })
  const answer = await held.platform.order({ mchOrderId, payOrderId })
  if (answer.kind !== 'done') return null
  await settleHrss(app, held, answer.value)
  return answer.value.status
}

/**
 * Notice and question alike end here. Paid is only what has our number and our amount (RS-77), paid
 * never goes back (RS-59), and whatever contradicts goes to a person.
 */
export async function settleHrss(app: App, held: HeldPayment, told: HrssOrderState): Promise<void> {
  const { payment } = held
  if (isOfAnother(payment, told))
    return review(app, held, '人社支付平台给出的订单号与此前不同，请与平台核对。')
  switch (told.status) {
    case 'paid':
      return settlePaid(app, held, told)
    case 'failed':
      return end(app, held, { to: 'failed', told })
    case 'cancelled':
      return end(app, held, { to: 'closed', told })
    case 'abnormal':
      if (payment.paidAt !== null) return
      return review(
        app,
        held,
        '人社支付平台称该订单“异常交易”，系统继续查询，请与平台核实。',
        numberOf(payment, told),
      )
    case 'waiting':
    case 'paying':
      return stands(app, held, told)
    case 'unknown':
      app.log.warn({ paymentId: payment.id }, 'hrss-pay: a state on no list')
  }
}

/** Another order of the platform's under our number: asking about ours would never tell of it. */
export const isOfAnother = ({ payOrderId }: HrssPayment, told: HrssOrderState): boolean =>
  payOrderId !== null && told.payOrderId !== payOrderId

async function settlePaid(app: App, held: HeldPayment, told: HrssOrderState): Promise<void> {
  const { payment } = held
  if (payment.paidAt !== null) return
  if (told.amountFen !== payment.amountFen)
    return review(
      app,
      held,
      '人社支付平台称已支付，但金额与本院订单不符，请人工核对这笔资金。',
      numberOf(payment, told),
    )
  const paidAt = told.paidAt ?? app.clock.now()
  const { payOrderId } = told
  if (!HRSS_STATE_RULES[payment.state].holdsBill)
    return review(app, held, '订单结束后仍收到付款，请核对账单是否已另行支付，并办理退款。', {
      paidAt,
      payOrderId,
    })
  await takePaymentStep(app, held, {
    what: 'hrss-paid',
    changes: { state: 'paid', paidAt, payOrderId, writeBack: 'waiting' },
    detail: { payOrderId },
  })
}

/** Without it nobody could ask any more. */
const numberOf = ({ payOrderId: known }: HrssPayment, { payOrderId }: HrssOrderState) =>
  known === null && payOrderId !== null ? { payOrderId } : {}

async function end(
  app: App,
  held: HeldPayment,
  { to, told }: { to: 'failed' | 'closed'; told: HrssOrderState },
): Promise<void> {
  const { payment } = held
  if (payment.paidAt !== null) {
    app.log.error({ paymentId: payment.id, told: told.status }, 'hrss-pay: paid, and now it is not')
    return
  }
  if (!HRSS_STATE_RULES[payment.state].holdsBill) return
  await takePaymentStep(app, held, {
    what: `hrss-${to}`,
    changes: { state: to, payOrderId: told.payOrderId },
  })
}

/** The number of an order whose answer was lost: from now on it can be asked for and closed. */
async function stands(app: App, held: HeldPayment, { payOrderId }: HrssOrderState): Promise<void> {
  const { state, way } = held.payment
  if (state !== 'ordering') return
  // Its cashier was lost with the answer; what was presented opens on the patient's own phone.
  const to = way === 'presented' ? 'waiting' : 'closing'
  await takePaymentStep(app, held, {
    what: 'hrss-order-found',
    changes: { state: to, payOrderId },
    detail: { payOrderId },
  })
}

async function review(
  app: App,
  held: HeldPayment,
  sentence: string,
  learnt: { paidAt?: number; payOrderId?: string | null } = {},
): Promise<void> {
  const { payment } = held
  const known = payment.state === 'needs-review'
  if (known && Object.keys(learnt).length === 0) return
  const ask = (db: Db) => askAPersonAbout(app, db, { payment, kind: 'results-disagree', sentence })
  // All of it was given back: nothing of ours is open, and yet there is money.
  if (payment.state === 'refunded') return ask(app.db)
  await takePaymentStep(app, held, {
    what: 'hrss-disputed',
    changes: { state: 'needs-review', ...learnt },
    also: async (trx) => {
      // After its end the bill was free: whoever has not taken it since must not take it now.
      if (!HRSS_STATE_RULES[payment.state].holdsBill) await keepBill(trx, payment, app.clock.now())
      await ask(trx)
    },
  })
}
