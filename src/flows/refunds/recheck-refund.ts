import type { App } from '../../app.ts'
import { patientOf } from '../../payment/attempt.ts'
import { refundNumbersUpTo } from '../../payment/numbers.ts'
import type { Order } from '../../payment/order.ts'
import { type Refund, REFUNDS } from '../../payment/refunds.ts'
import type { Db } from '../../store/database.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import type { RefundState } from '../../upstreams/bank.ts'
import type { Answer } from '../../upstreams/upstream.ts'
import { takenBack } from './advance-refund.ts'
import { askAPerson, later } from '../background.ts'
import type { HeldOrder } from '../held-order.ts'
import { type Changes, end } from '../perform.ts'

const RECHECKS = 7

/** In the commit that learned that the money is back, or that nobody wants it back any more. */
export async function recheckLater(app: App, trx: Db, order: Order, number: string): Promise<void> {
  const effect = 'recheck-refund'
  const afterMs = app.settings.REFUND_RECHECK_MS
  // Taken back, and then returned under the very same number or by people: seven days anew.
  if (await intents.reopen(trx, { effect, number }, app.clock.now() + afterMs)) return
  await later(app, trx, { effect, number, order, afterMs })
}

/**
 * What has come to its end may still turn: money that the bank has confirmed comes back (a closed
 * card, a rejected transfer); an insurance part whose refund people ended goes back after all; a
 * number works beside what people paid out. It is asked about once a day for seven days; silence
 * changes nothing.
 */
export async function recheckRefund(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
): Promise<void> {
  const { order } = held
  const known = await refunds.ofOrder(app.db, order.id)
  const refund = known.find(({ number }) => number === intent.number) ?? null
  const { ask, changes } = watchOf(app, order, { known, refund, number: intent.number })
  const heard = await ask()
  const { turned } = heard
  // One refund an order runs at a time: while another does, this news waits for tomorrow.
  const alone = known.every((one) => one === refund || !REFUNDS[one.state].running)
  if (alone && turned) {
    const call = { effect: intent.effect, number: intent.number }
    await end(app, held, call, { state: 'done', answer: 'turned', ...changes() })
    return
  }
  await again(app, held, intent, heard)
}

interface Watch {
  readonly ask: () => Promise<Heard>
  /** What follows when it has turned. */
  readonly changes: () => Changes
}

interface About {
  readonly known: readonly Refund[]
  /** Null where nobody asked for one (§8 a). */
  readonly refund: Refund | null
  readonly number: string
}

function watchOf(app: App, order: Order, { known, refund, number }: About): Watch {
  if (refund?.state === 'rejected')
    return { ask: () => hasReturned(app, order), changes: () => returnedAfterAll(app, order) }
  if (refund ? wasPaidOut(refund) : known.some(wasPaidOut))
    return {
      ask: () => hasWorked(app, order, number),
      changes: () => workedBesidePeople(app, order, number),
    }
  return {
    ask: () => hasFailed(app, order, number),
    changes: () => takenBack(app, order, refund, number),
  }
}

const wasPaidOut = ({ byHand }: Refund): boolean => byHand.some(({ part }) => part === 'self-pay')

interface Heard {
  readonly answer: string
  readonly turned: boolean
}

async function again(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
  { answer, turned }: Heard,
): Promise<void> {
  const tries = intent.tries + 1
  if (!turned && tries >= RECHECKS) {
    const call = { effect: intent.effect, number: intent.number }
    await end(app, held, call, { state: 'done', answer: null })
    return
  }
  const dueAt = app.clock.now() + app.settings.REFUND_RECHECK_MS
  await intents.postpone(app.db, intent, { dueAt, answer, tries, owner: held.owner })
}

async function hasFailed(app: App, order: Order, refundNo: string): Promise<Heard> {
  const answer = await askFor(app, order, refundNo)
  const turned = answer.kind === 'done' && answer.value.status === 'failed'
  return { answer: answer.kind, turned }
}

/** Any of its numbers: people paid out because the bank had called each failed or unknown to it. */
async function hasWorked(app: App, order: Order, last: string): Promise<Heard> {
  const said: string[] = []
  for (const refundNo of refundNumbersUpTo(last)) {
    const answer = await askFor(app, order, refundNo)
    if (answer.kind === 'done' && answer.value.status === 'returned')
      return { answer: refundNo, turned: true }
    said.push(answer.kind)
  }
  return { answer: said.join(), turned: false }
}

function askFor(app: App, order: Order, refundNo: string): Promise<Answer<RefundState>> {
  const { outTradeNo } = order.attempt
  if (outTradeNo === null) throw new Error(`${order.id}: refund without a cash order`)
  return app.bank.refund({ outTradeNo, refundNo })
}

const workedBesidePeople = (app: App, order: Order, number: string): Changes => ({
  also: (trx) =>
    askAPerson(app, trx, {
      kind: 'refund-maybe-twice',
      about: number,
      order,
      sentence: `自费部分已登记线下退款，银行现又称退款号 ${number}（或其之前的号）已退回，请与银行核对是否重复退款并追回。`,
      actions: ['ask-bank', 'note'],
    }),
})

/** Not news once another refund has returned it. */
async function hasReturned(app: App, order: Order): Promise<Heard> {
  const { payOrdId, payToken } = order.attempt
  if (order.state !== 'paid' || payOrdId === null || payToken === null)
    return { answer: order.state, turned: false }
  const answer = await app.insurer.query({ payOrdId, payToken, ...patientOf(order.attempt) })
  const turned = answer.kind === 'done' && answer.value.insuranceReturned === true
  return { answer: answer.kind, turned }
}

/** The order stays paid: a full refund finds the insurance part back and returns the own money. */
const returnedAfterAll = (app: App, order: Order): Changes => ({
  also: (trx) =>
    askAPerson(app, trx, {
      kind: 'refund-after-reject',
      opensAgain: true,
      order,
      sentence:
        '退费终止之后，医保中台（6301）显示医保部分已退回，自费部分未退；请全额退款，或请患者补缴并核对账务。',
      actions: ['full-refund', 'ask-insurer', 'note'],
    }),
})
