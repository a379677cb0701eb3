import type { App } from '../app.ts'
import {
  type Decisive,
  isResult,
  judgeLegs,
  type LegReport,
  type Verdict,
} from '../payment/legs.ts'
import { automaticRefundNo, settlementNo } from '../payment/numbers.ts'
import type { Order } from '../payment/order.ts'
import { isFinal } from '../payment/states.ts'
import * as intents from '../store/intents.ts'
import * as orders from '../store/orders.ts'
import * as transactionRecords from '../store/transaction-records.ts'
import * as workItems from '../store/work-items.ts'
import { askAPerson, later, letGoLater, REVIEW_ACTIONS, revokeLater } from './background.ts'
import { endReview } from './operators/end-review.ts'
import { type Evidence, isAboutThisOrder } from './evidence.ts'
import { type HeldOrder, type Step, takeStep } from './held-order.ts'
import { stopRevoking } from './paid-after-revoke.ts'
import { cashOrderOf, closeSelfPayOrder } from './self-pay-order.ts'

/**
 * - `result`: the order has its end, or had the same one before · `not-a-result`: keep asking
 * - `close-self-pay`: the overall order failed while its cash order lives: close it, ask again
 * - `disagrees`: a result that contradicts the end already reached: ask once more (SC-H03)
 */
export type Settled = 'result' | 'not-a-result' | 'close-self-pay' | 'disagrees'

/**
 * Where callback, query, patient and day-end all arrive (invariant 5). Numbers and every amount
 * must match; the leg table decides; pending never overwrites an end.
 */
export async function settle(app: App, held: HeldOrder, evidence: Evidence): Promise<Settled> {
  const { order } = held
  if (!isAboutThisOrder(order, evidence.state)) {
    app.log.error(
      { orderId: order.id, source: evidence.source },
      'evidence does not match the order',
    )
    return 'not-a-result'
  }
  const { verdict, alarm } = judgeLegs(evidence.state.legs)
  if (alarm)
    app.log.error({ orderId: order.id, legs: evidence.state.legs, verdict }, 'unlisted legs')
  const reviewed = order.state === 'needs-review' && evidence.reviewed === true
  if (order.state === 'needs-review' && isResult(verdict) && !reviewed)
    await toldWhileInReview(app, held, evidence)
  if (order.state === 'closed' && (await reopened(app, held, { ...evidence, verdict })))
    return 'result'
  if (order.state !== 'awaiting-payment' && order.state !== 'processing' && !reviewed)
    return afterTheEnd(order, verdict, evidence.state.legs)
  if (verdict === 'failed' || verdict === 'close-self-pay')
    return settleFailure(app, held, { ...evidence, verdict })
  if (verdict === 'ask-again') {
    if (!reviewed) await noteProgress(app, held, evidence)
    return 'not-a-result'
  }
  return decide(app, held, { ...evidence, verdict })
}

async function decide(
  app: App,
  held: HeldOrder,
  evidence: Evidence & { verdict: Decisive },
): Promise<Settled> {
  const { order } = held
  const { verdict } = evidence
  const step = stepOf(app, order, verdict, evidence)
  if (order.state === 'needs-review')
    return (await endReview(app, held, { verdict, step })) ? 'result' : 'disagrees'
  await takeStep(app, held, step)
  return 'result'
}

/**
 * Money that arrives after a close is never lost. Only the bank's answer to a question re-opens:
 * paid, where no other order has the bill by now; own money alone goes back. Anything else is
 * disputed, and a person decides.
 */
async function reopened(
  app: App,
  held: HeldOrder,
  evidence: Evidence & { verdict: Verdict },
): Promise<boolean> {
  const { order } = held
  const { source, verdict } = evidence
  if (source !== 'query' || (verdict !== 'paid' && verdict !== 'refund-self-pay')) return false
  if (verdict === 'paid' && (await orders.holderOf(app.db, order.billNo)) !== null) return false
  const step = stepOf(app, order, verdict, evidence)
  await takeStep(app, held, {
    ...step,
    what: `${step.what}-after-close`,
    also: async (trx) => {
      await intents.suspend(trx, order.id)
      await step.also?.(trx)
    },
  })
  return true
}

/** Recorded; where a person has ended the review already, somebody must look again. */
async function toldWhileInReview(app: App, held: HeldOrder, evidence: Evidence): Promise<void> {
  const { order } = held
  await takeStep(app, held, {
    what: 'told-while-in-review',
    detail: { source: evidence.source, legs: evidence.state.legs },
    also: async (trx) => {
      if (await workItems.anyOpen(trx, order.id)) return
      await askAPerson(app, trx, {
        kind: 'results-disagree',
        opensAgain: true,
        order,
        sentence: '人工核对结束之后，银行又给出了这笔订单的支付结果，请再次核对资金。',
        actions: REVIEW_ACTIONS,
      })
    },
  })
}

/**
 * Nothing is `failed` while a cash order may still be paid: it is closed and asked first, because
 * the payer may try again on the same prepay (docs/rulings.md 2.4, 3.1). What the bank then holds
 * decides.
 */
async function settleFailure(
  app: App,
  held: HeldOrder,
  evidence: Evidence & { verdict: 'failed' | 'close-self-pay' },
): Promise<Settled> {
  const { order } = held
  const ordered = cashOrderOf(order)
  if (ordered && evidence.cash === undefined && evidence.verdict === 'close-self-pay')
    return 'close-self-pay'
  const cash = ordered ? (evidence.cash ?? (await closeSelfPayOrder(app, ordered))) : 'closed'
  const insuranceFailed = evidence.state.legs.insurance === 'fail'
  if (cash === 'open') return 'not-a-result'
  const ifPaid = insuranceFailed ? 'refund-self-pay' : 'review'
  const verdict = cash === 'paid' ? ifPaid : 'failed'
  return decide(app, held, { ...evidence, verdict })
}

/** What each end of an order was decided by. */
const VERDICT_OF_STATE: Partial<Record<Order['state'], Verdict>> = {
  paid: 'paid',
  failed: 'failed',
  closed: 'failed',
  refunding: 'refund-self-pay',
  refunded: 'refund-self-pay',
}

function afterTheEnd(order: Order, verdict: Verdict, legs: LegReport): Settled {
  if (!isResult(verdict)) return 'not-a-result'
  if (isGivingBack(order) && (verdict === 'paid' || showsRefund(legs))) return 'result'
  if (order.state === 'needs-review' || VERDICT_OF_STATE[order.state] === verdict) return 'result'
  return isFinal(order.state) || order.state === 'refunding' ? 'disagrees' : 'not-a-result'
}

/** A paid order whose money was asked back: the bank may tell the time before or after it. */
const isGivingBack = ({ paidAt, state, refundedFen }: Order): boolean =>
  paidAt !== null && (state === 'refunding' || refundedFen > 0)

const showsRefund = ({ overall, selfPay, insurance }: LegReport): boolean =>
  [overall, selfPay, insurance].includes('refund')

/** Own money was seen at the bank while the insurance is still settling: nobody pays twice now. */
async function noteProgress(app: App, held: HeldOrder, { state, source }: Evidence): Promise<void> {
  const seen = state.legs.selfPay === 'success' && held.order.selfPay === 'waiting'
  if (!seen) return
  await takeStep(app, held, {
    what: 'self-pay-seen',
    detail: { source },
    order: { state: 'processing', selfPay: 'paid' },
  })
}

/** A leg that was never ordered stays `none`. */
function moved<T extends string>(leg: T | 'none', to: T): T | 'none' {
  return leg === 'none' ? 'none' : to
}

function stepOf(app: App, order: Order, verdict: Decisive, evidence: Evidence): Step {
  const { legs, failReason } = evidence.state
  const detail = { source: evidence.source, legs, ...(failReason !== null && { failReason }) }
  switch (verdict) {
    case 'paid':
      return paid(app, order, evidence, detail)
    case 'failed':
      return failed(app, order, evidence, detail)
    case 'refund-self-pay':
      return refundOwed(app, order, detail)
    case 'review':
      return {
        what: 'needs-review',
        detail,
        order: { state: 'needs-review' },
        also: async (trx) => {
          await intents.suspend(trx, order.id)
          await askAPerson(app, trx, {
            kind: 'impossible-legs',
            opensAgain: true,
            order,
            sentence:
              '银行返回的自费与医保结果组合不应出现，未做任何动作，请与银行和医保中台核对。',
            // Ending it is a decision about money: with a refund on offer it takes two people.
            actions: REVIEW_ACTIONS,
          })
        },
      }
  }
}

type Detail = Readonly<Record<string, unknown>>

function paid(app: App, order: Order, { state }: Evidence, detail: Detail): Step {
  const now = app.clock.now()
  return {
    what: 'paid',
    detail,
    order: {
      state: 'paid',
      paidAt: state.paidAt ?? now,
      selfPay: moved(order.selfPay, 'paid'),
      insurance: state.legs.insurance === 'none' ? 'none' : moved(order.insurance, 'settled'),
      hisWriteBack: order.hisWriteBack === 'refused' ? 'refused' : 'waiting',
    },
    also: async (trx) => {
      const told = { effect: 'write-back', number: settlementNo(order.id) } as const
      // Told or given up before a review ended as not paid: HIS is asked what it has by now.
      const again = order.hisWriteBack !== 'refused' && (await intents.reopen(trx, told, now))
      if (!again) await later(app, trx, { ...told, order })
      await stopRevoking(app, trx, order)
      await transactionRecords.resolve(trx, order.id, now)
    },
  }
}

function failed(app: App, order: Order, { leaving }: Evidence, detail: Detail): Step {
  return {
    what: leaving ?? 'failed',
    detail,
    order: {
      state: leaving === undefined ? 'failed' : 'closed',
      selfPay: moved(order.selfPay, 'failed'),
      insurance: moved(order.insurance, 'failed'),
    },
    also: async (trx) => {
      await letGoLater(app, trx, order)
      await transactionRecords.resolve(trx, order.id, app.clock.now())
    },
  }
}

/**
 * SC-X01, SC-X02: the intent to give the own money back stands in the very commit that learned of
 * it, under a number made from the order alone; the insurance settled nothing (SC-X04).
 */
function refundOwed(app: App, order: Order, detail: Detail): Step {
  const now = app.clock.now()
  return {
    what: 'refund-owed',
    detail,
    order: {
      state: 'refunding',
      selfPay: 'refunding',
      insurance: moved(order.insurance, 'failed'),
      refundPromise: order.refundPromise ?? {
        amountFen: order.amounts.selfPayFen,
        promisedAt: now,
        sentAt: null,
        confirmedAt: null,
      },
    },
    also: async (trx) => {
      const number = automaticRefundNo(order.id, order.attempt.no)
      await later(app, trx, { effect: 'refund-self-pay', number, order })
      // Suspended by a review that ended as closed.
      await intents.resume(trx, order.id, { effects: ['refund-self-pay'], at: now })
      await revokeLater(app, trx, order)
      await transactionRecords.resolve(trx, order.id, now)
    },
  }
}
