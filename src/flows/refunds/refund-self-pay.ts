import type { App } from '../../app.ts'
import { patientOf } from '../../payment/attempt.ts'
import { isAutomaticRefundNo, nextRefundNo, refundNumbersUpTo } from '../../payment/numbers.ts'
import type { Fen } from '../../payment/money.ts'
import type { Order, RefundPromise } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import { backOffMs } from '../../payment/schedule.ts'
import type { Db } from '../../store/database.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import type { SelfPayState } from '../../upstreams/bank.ts'
import type { Answer, Outcome } from '../../upstreams/upstream.ts'
import { moveRefund, partsReturned } from './advance-refund.ts'
import { askAPerson, later, letGoLater } from '../background.ts'
import { type HeldOrder, takeStep } from '../held-order.ts'
import { type Changes, perform } from '../perform.ts'
import { recheckLater } from './recheck-refund.ts'

/** Refusals of a refund before a person hears of it; it goes on trying all the same. */
const REFUSALS_BEFORE_A_PERSON = 3

/**
 * §8 a, and step 5 of table 3 (SC-R05): gives own money back. The cash order is asked first, because the channel may have
 * returned it by itself (docs/rulings.md 3.4); accepted is not returned, only the bank's answer to
 * a question is; a final failure goes on under the next number, never before. A disputed order
 * refunds nothing: a person decides.
 */
export async function refundSelfPay(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
): Promise<void> {
  if (held.order.state !== 'refunding') {
    await intents.suspend(app.db, held.order.id)
    return
  }
  const refund = await refunds.runningOf(app.db, held.order.id)
  if (refund === null && !isAutomaticRefundNo(intent.number))
    throw new Error(`${held.order.id}: ${intent.number} belongs to no refund`)
  const amountFen = (refund ?? held.order).amounts.selfPayFen
  const owed: Owed = { intent, refund, amountFen }
  await perform(app, held, {
    effect: 'refund-self-pay',
    number: intent.number,
    ask: () => askForRefund(app, held.order, owed),
    send: () => sendRefund(app, held, owed),
    learn: (back) => refunded(app, held.order, owed, back),
    refuse: () => underTheNextNumber(app, held.order, owed),
  })
}

interface Owed {
  readonly intent: intents.Intent
  /** Null when nobody asked: the insurance failed after the cash was taken. */
  readonly refund: Refund | null
  readonly amountFen: Fen
}

interface Returned {
  readonly by: 'channel' | 'refund'
  /** Under which of its numbers. */
  readonly refundNo: string
  readonly bankRefundNo: string | null
}

/** "Unknown" is followed by the same number again, this seldom (upstreams/icbc/README.md 2.6). */
const RESEND_EVERY_TRIES = 8

/** Every number of this refund is asked before anything is sent: an earlier one may have worked. */
async function askForRefund(app: App, order: Order, owed: Owed): Promise<Answer<Returned>> {
  const { intent } = owed
  const numbers = refundNumbersUpTo(intent.number)
  let failed = 0
  for (const refundNo of numbers) {
    const answer = await askOne(app, order, { refundNo, ...owed })
    const earlierFailed = answer.kind === 'refused' && refundNo !== intent.number
    if (earlierFailed) failed += 1
    else if (answer.kind !== 'absent') return answer
  }
  const first = intent.sent === 0
  return askCashOrder(app, order, {
    ...owed,
    neverSent: first && numbers.length === 1,
    // Whatever the cash order still says is older than the failure of every number before.
    takenBack: first && numbers.length > 1 && failed === numbers.length - 1,
  })
}

async function askOne(
  app: App,
  order: Order,
  about: Owed & { refundNo: string },
): Promise<Answer<Returned>> {
  const { tries, number } = about.intent
  const outTradeNo = cashOrderOf(order)
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

function cashOrderOf(order: Order): string {
  if (order.attempt.outTradeNo === null) throw new Error('refund without a cash order')
  return order.attempt.outTradeNo
}

/** "Returned" on the cash order is the channel's own doing only while nothing of ours was sent. */
async function askCashOrder(
  app: App,
  order: Order,
  about: Owed & { neverSent: boolean; takenBack: boolean },
): Promise<Answer<Returned>> {
  const cash = await app.bank.selfPayOrder(cashOrderOf(order))
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

/**
 * Counted before it leaves. Only the refusal of the one send that can have arrived is a refusal;
 * a refused repeat says nothing of the first.
 */
async function sendRefund(
  app: App,
  held: HeldOrder,
  { intent, amountFen }: Owed,
): Promise<Outcome<Returned>> {
  const { billNo, attempt, refundPromise } = held.order
  if (attempt.bankOrderNo === null || refundPromise === null)
    throw new Error(`${held.order.id}: refund without a cash order`)
  const counted = { dueAt: app.clock.now(), answer: 'sent', tries: intent.tries + 1 }
  const { sent } = intent
  await intents.postpone(app.db, intent, { ...counted, sent: sent + 1, owner: held.owner })
  const outcome = await app.bank.refundSelfPay({
    outTradeNo: cashOrderOf(held.order),
    bankOrderNo: attempt.bankOrderNo,
    refundNo: intent.number,
    amountFen,
    billNo,
  })
  if (outcome.kind === 'unsent')
    await intents.postpone(app.db, intent, { ...counted, sent, owner: held.owner })
  if (outcome.kind === 'refused' && sent > 0)
    return { kind: 'unknown', cause: `a repeat was refused: ${outcome.code}` }
  if (outcome.kind !== 'done') return outcome
  if (refundPromise.sentAt === null)
    await takeStep(app, held, {
      what: 'refund-accepted',
      detail: { refundNo: intent.number },
      order: { refundPromise: { ...refundPromise, sentAt: app.clock.now() } },
    })
  return { kind: 'pending' }
}

function refunded(app: App, order: Order, owed: Owed, back: Returned): Changes {
  const now = app.clock.now()
  const { refund, amountFen } = owed
  const { refundNo: number, bankRefundNo } = back
  const { promisedAt, sentAt } = order.refundPromise ?? { promisedAt: now, sentAt: null }
  const sent = sentAt ?? (back.by === 'channel' ? null : now)
  const promise = { amountFen, promisedAt, sentAt: sent, confirmedAt: now }
  const changes = refund
    ? partsReturned(app, order, refund, { selfPay: { promise, number, bankRefundNo } })
    : allReturned(app, order, promise)
  return {
    ...changes,
    also: async (trx) => {
      await changes.also?.(trx)
      if (back.by === 'refund') await recheckLater(app, trx, order, number)
      if (number !== owed.intent.number && owed.intent.sent > 0)
        await perhapsTwice(app, trx, order, { first: number, last: owed.intent.number })
    },
  }
}

/** The bank had called the first number failed for good, or the last would never have been sent. */
const perhapsTwice = (
  app: App,
  trx: Db,
  order: Order,
  { first, last }: { first: string; last: string },
): Promise<void> =>
  askAPerson(app, trx, {
    kind: 'refund-maybe-twice',
    about: first,
    order,
    sentence: `银行曾确认退款号 ${first} 最终失败，现又称已退回，而其后的 ${last} 也已发出，请与银行核对是否重复退款并追回。`,
    actions: ['ask-bank', 'note'],
  })

/** §8 a: nothing else was ever held. */
function allReturned(app: App, order: Order, refundPromise: RefundPromise): Changes {
  const { amountFen: refundedFen } = refundPromise
  return {
    order: { state: 'refunded', selfPay: 'refunded', refundedFen, refundPromise },
    also: async (trx) => {
      await letGoLater(app, trx, order)
      // Suspended by a review that came between.
      const effects = ['revoke-upload', 'release-bill'] as const
      await intents.resume(trx, order.id, { effects, at: app.clock.now() })
    },
  }
}

/** The first number is dead, so a second one may exist; the promise stays (docs/rulings.md 1). */
function underTheNextNumber(app: App, order: Order, { intent, refund }: Owed): Changes {
  const number = nextRefundNo(intent.number)
  const refusals = Number(/-(\d+)$/.exec(number)?.[1] ?? 2) - 1
  return {
    also: async (trx) => {
      if (refund) await moveRefund(trx, refund, { number })
      await later(app, trx, { effect: 'refund-self-pay', number, order })
      await intents.postpone(
        trx,
        { effect: 'refund-self-pay', number },
        {
          dueAt: app.clock.now() + backOffMs(refusals, app.settings.RETRY_FIRST_MS),
          answer: null,
          tries: 0,
        },
      )
      if (refusals >= REFUSALS_BEFORE_A_PERSON)
        await askAPerson(app, trx, {
          kind: 'refund-failing',
          about: refundNumbersUpTo(number)[0] ?? number,
          order,
          sentence: '自费部分退款多次被银行拒绝，系统仍在重试，请联系银行核实原因。',
          actions: ['returned-by-hand', 'ask-bank', 'ask-insurer', 'note'],
        })
    },
  }
}
