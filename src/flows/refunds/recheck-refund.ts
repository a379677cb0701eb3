import type { App } from '../../app.ts'
import { patientOf } from '../../payment/attempt.ts'
import type { Order } from '../../payment/order.ts'
import { REFUNDS } from '../../payment/refunds.ts'
import type { Db } from '../../store/database.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import { takenBack } from './advance-refund.ts'
import { askAPerson, later } from '../background.ts'
import type { HeldOrder } from '../held-order.ts'
import { type Changes, end } from '../perform.ts'

const RECHECKS = 7

/** In the commit that learned that the money is back, or that nobody wants it back any more. */
export const recheckLater = (app: App, trx: Db, order: Order, number: string): Promise<void> =>
  later(app, trx, {
    effect: 'recheck-refund',
    number,
    order,
    afterMs: app.settings.REFUND_RECHECK_MS,
  })

/**
 * What has come to its end may still turn: money that the bank has confirmed comes back (a closed
 * card, a rejected transfer); an insurance part whose refund people ended goes back after all. It
 * is asked about once a day for seven days; silence changes nothing.
 */
export async function recheckRefund(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
): Promise<void> {
  const { order } = held
  const known = await refunds.ofOrder(app.db, order.id)
  const refund = known.find(({ number }) => number === intent.number) ?? null
  const ended = refund?.state === 'rejected'
  const heard = ended ? await hasReturned(app, order) : await hasFailed(app, order, intent.number)
  const { turned } = heard
  // One refund an order runs at a time: while another does, this news waits for tomorrow.
  const alone = known.every((one) => one === refund || !REFUNDS[one.state].running)
  if (alone && turned) {
    const call = { effect: intent.effect, number: intent.number }
    const changes = ended
      ? returnedAfterAll(app, order)
      : takenBack(app, order, refund, intent.number)
    await end(app, held, call, { state: 'done', answer: 'turned', ...changes })
    return
  }
  await again(app, held, intent, heard)
}

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
  const { outTradeNo } = order.attempt
  if (outTradeNo === null) throw new Error(`${order.id}: refund without a cash order`)
  const answer = await app.bank.refund({ outTradeNo, refundNo })
  const turned = answer.kind === 'done' && answer.value.status === 'failed'
  return { answer: answer.kind, turned }
}

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
