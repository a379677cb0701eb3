import type { App } from '../../app.ts'
import { isAutomaticRefundNo, nextRefundNo, refundNumbersUpTo } from '../../payment/numbers.ts'
import type { Order, RefundPromise } from '../../payment/order.ts'
import { backOffMs } from '../../payment/schedule.ts'
import type { Db } from '../../store/database.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import type { Outcome } from '../../upstreams/upstream.ts'
import { moveRefund, partsReturned, refundIsOver } from './advance-refund.ts'
import { askForRefund, outTradeNoOf, type Owed, type Returned } from './ask-own-money.ts'
import { askAPerson, later, letGoLater } from '../background.ts'
import { type HeldOrder, takeStep } from '../held-order.ts'
import { type Changes, perform } from '../perform.ts'
import { recheckLater } from './recheck-refund.ts'
import { tellWhereItIsBooked } from '../write-back.ts'

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
    outTradeNo: outTradeNoOf(held.order),
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
      await refundIsOver(app, trx, order.id)
      await tellWhereItIsBooked(app, trx, order)
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
