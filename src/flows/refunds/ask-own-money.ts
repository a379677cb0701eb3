/** Whether own money is back: what the bank says of our numbers, and of the cash order itself. */
import type { App } from '../../app.ts'
import { patientOf } from '../../payment/attempt.ts'
import { isAutomaticRefundNo, refundNumbersUpTo } from '../../payment/numbers.ts'
import type { Fen } from '../../payment/money.ts'
import type { Order } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import * as intents from '../../store/intents.ts'
import type { SelfPayState } from '../../upstreams/bank.ts'
import type { Answer } from '../../upstreams/upstream.ts'

export interface Owed {
  readonly intent: intents.Intent
  /** Null when nobody asked: the insurance failed after the cash was taken. */
  readonly refund: Refund | null
  readonly amountFen: Fen
}

export interface Returned {
  readonly by: 'channel' | 'refund'
  /** Under which of its numbers. */
  readonly refundNo: string
  readonly bankRefundNo: string | null
}

/** "Unknown" is followed by the same number again, this seldom (upstreams/icbc/README.md 2.6). */
const RESEND_EVERY_TRIES = 8

/** Every number that may have left is asked before anything is sent: an earlier one may have worked. */
export async function askForRefund(app: App, order: Order, owed: Owed): Promise<Answer<Returned>> {
  const { number } = owed.intent
  const sent = await numbersSent(app, order, number)
  const earlier = sent.filter((refundNo) => refundNo !== number)
  let failed = 0
  for (const refundNo of [...earlier, number]) {
    const answer = await askOne(app, order, { refundNo, ...owed })
    const earlierFailed = answer.kind === 'refused' && refundNo !== number
    if (earlierFailed) failed += 1
    else if (answer.kind !== 'absent') return answer
  }
  const isFirst = !sent.includes(number)
  return askCashOrder(app, order, {
    ...owed,
    neverSent: sent.length === 0,
    // Whatever the cash order still says is older than the failure of every number before.
    takenBack: isFirst && earlier.length > 0 && failed === earlier.length,
  })
}

/**
 * Those of its numbers that may be at the bank. Each is counted before it leaves: what was not
 * counted never did, whatever the bank says of it, and the insurance part may have had it alone.
 */
export async function numbersSent(app: App, order: Order, upTo: string): Promise<string[]> {
  const known = await intents.ofOrder(app.db, order.id)
  const wasSent = (refundNo: string): boolean =>
    known.some(
      ({ effect, number, sent }) => effect === 'refund-self-pay' && number === refundNo && sent > 0,
    )
  return refundNumbersUpTo(upTo).filter(wasSent)
}

async function askOne(
  app: App,
  order: Order,
  about: Owed & { refundNo: string },
): Promise<Answer<Returned>> {
  const { tries, number } = about.intent
  const outTradeNo = outTradeNoOf(order)
  const answer = await app.bank.refund({ outTradeNo, refundNo: about.refundNo })
  if (answer.kind !== 'done') return answer
  const { status, amountFen, bankRefundNo } = answer.value
  if (amountFen !== null && amountFen !== about.amountFen)
    return { kind: 'unknown', cause: 'the bank tells another amount' }
  if (status === 'returned')
    return { kind: 'done', value: { by: 'refund', refundNo: about.refundNo, bankRefundNo } }
  if (status === 'failed')
    return { kind: 'refused', code: 'refund-failed', message: '银行退款最终失败' }
  // Some banks say "unknown" of a refund they never heard of.
  const maySend = about.refundNo === number && tries % RESEND_EVERY_TRIES === 0
  return maySend ? { kind: 'absent' } : { kind: 'pending' }
}

export function outTradeNoOf(order: Order): string {
  if (order.attempt.outTradeNo === null) throw new Error('refund without a cash order')
  return order.attempt.outTradeNo
}

/** "Returned" on the cash order is the channel's own doing only while nothing of ours was sent. */
async function askCashOrder(
  app: App,
  order: Order,
  about: Owed & { neverSent: boolean; takenBack: boolean },
): Promise<Answer<Returned>> {
  const cash = await app.bank.selfPayOrder(outTradeNoOf(order))
  if (cash.kind === 'absent') return { kind: 'unknown', cause: 'cash order not found' }
  if (cash.kind !== 'done') return cash
  if (!isOurs(order, cash.value)) return { kind: 'unknown', cause: 'another cash order was told' }
  switch (cash.value.status) {
    case 'refunded':
      // After a refund of a part, some banks say so of the whole order.
      if (about.amountFen < order.amounts.selfPayFen || about.takenBack) return { kind: 'absent' }
      if (!about.neverSent) return { kind: 'unknown', cause: 'returned, by whom is not told' }
      return (await channelFailedToReturn(app, order))
        ? { kind: 'absent' }
        : {
            kind: 'done',
            value: { by: 'channel', refundNo: about.intent.number, bankRefundNo: null },
          }
    case 'paid':
      return (await cashComesWithInsurance(app, order, about.refund))
        ? { kind: 'unknown', cause: 'the mid-platform returns the cash too' }
        : { kind: 'absent' }
    // Closed contradicts the paid leg that brought us here: no refund, no end, ask on.
    case 'closed':
    case 'waiting':
    case 'paying':
    case 'unknown':
      return { kind: 'unknown', cause: `cash order ${cash.value.status}` }
  }
}

/** What the bank does not tell is not compared. */
function isOurs({ amounts, attempt }: Order, { amountFen, bankOrderNo }: SelfPayState): boolean {
  const amountFits = amountFen === null || amountFen === amounts.selfPayFen
  return amountFits && (bankOrderNo === null || bankOrderNo === attempt.bankOrderNo)
}

/** 6203 `ALL` where it returns the cash: ours to send only when 6301 says it did not (3.5). */
async function cashComesWithInsurance(
  app: App,
  order: Order,
  refund: Refund | null,
): Promise<boolean> {
  const { REFUND_TYPE, REFUND_ALL_RETURNS_CASH } = app.settings
  const all = REFUND_TYPE === 'ALL' && REFUND_ALL_RETURNS_CASH === 'yes'
  const { payOrdId, payToken } = order.attempt
  if (!all || refund?.done.insurance === undefined || payOrdId === null || payToken === null)
    return false
  const answer = await app.insurer.query({ payOrdId, payToken, ...patientOf(order.attempt) })
  return answer.kind !== 'done' || answer.value.cashReturned !== false
}

/** ordStas 16: the channel tried to return the cash and could not (docs/rulings.md 3.4). */
async function channelFailedToReturn(app: App, order: Order): Promise<boolean> {
  const { payOrdId, payToken } = order.attempt
  if (payOrdId === null || payToken === null) return false
  const question = { payOrdId, payToken, ...patientOf(order.attempt) }
  const answer = await app.insurer.query(question)
  const failed = answer.kind === 'done' && answer.value.ordStas === '16'
  if (failed) app.log.error({ orderId: order.id }, 'the channel could not return the cash')
  return failed
}

/** Of the own money that nobody asked for (§8 a): what somebody asked for has a row of its own. */
export async function lastAutomaticNumber(app: App, order: Order): Promise<string | null> {
  const known = await intents.ofOrder(app.db, order.id)
  const last = known.findLast(
    ({ effect, number }) => effect === 'refund-self-pay' && isAutomaticRefundNo(number),
  )
  return last?.number ?? null
}

/**
 * Own money that was sent back because the insurance failed and is not known to be there, or was
 * taken back: what the bank says of the payment is older, and only that refund's own end ends it.
 */
export async function automaticRefundIsOut(app: App, order: Order): Promise<boolean> {
  const { refundPromise } = order
  if (refundPromise === null || refundPromise.confirmedAt !== null) return false
  const last = await lastAutomaticNumber(app, order)
  return last !== null && (await numbersSent(app, order, last)).length > 0
}
