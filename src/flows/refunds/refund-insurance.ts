import type { App } from '../../app.ts'
import { patientOf } from '../../payment/attempt.ts'
import { refundNumbersUpTo } from '../../payment/numbers.ts'
import type { Order } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import { type Answer, type Outcome, refused } from '../../upstreams/upstream.ts'
import { partsReturned, runningRefund, stoppedByRefusal } from './advance-refund.ts'
import { type HeldOrder, stillOurs } from '../held-order.ts'
import { perform } from '../perform.ts'

/**
 * Table 3, steps 3-4 (SC-R03, SC-R04): authorised by the core or mid-platform, never by the
 * channel; then 6203 with the order's exact split. A lost answer is decided by 6301 alone; an
 * exceptional one is never repeated: 6301, then a person.
 */
export async function refundInsurance(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
): Promise<void> {
  if (held.order.state !== 'refunding') {
    await intents.suspend(app.db, held.order.id)
    return
  }
  const refund = await runningRefund(app, held.order)
  await perform<void>(app, held, {
    effect: 'refund-insurance',
    number: intent.number,
    ask: () => whatBecameOf(app, held.order, intent),
    send: () => sendRefund(app, held, refund, intent),
    learn: () => partsReturned(app, held.order, refund, { insurance: true }),
    refuse: ({ message }) => stoppedByRefusal(app, held.order, refund, message),
  })
}

/** How long a repeat may be refused before the refund stops. */
const REFUSED_FOR_MS = 3_600_000

const EXCEPTIONAL = 'exceptional: neither returned nor refused'

const wasExceptional = ({ answer }: intents.Intent): boolean =>
  answer?.endsWith(EXCEPTIONAL) ?? false

/** Only the first 6203 of an order goes out unasked: every other may stand beside one that worked. */
async function isFirstOfAll(
  app: App,
  order: Order,
  { sent, number }: intents.Intent,
): Promise<boolean> {
  const known = await refunds.ofOrder(app.db, order.id)
  return sent === 0 && known.length === 1 && refundNumbersUpTo(number).length === 1
}

async function whatBecameOf(app: App, order: Order, intent: intents.Intent): Promise<Answer<void>> {
  if (await isFirstOfAll(app, order, intent)) return { kind: 'absent' }
  const { payOrdId, payToken } = order.attempt
  if (payOrdId === null || payToken === null) throw new Error(`${order.id}: not insured`)
  const answer = await app.insurer.query({ payOrdId, payToken, ...patientOf(order.attempt) })
  const returned = answer.kind === 'done' ? answer.value.insuranceReturned : null
  if (returned === true) return { kind: 'done', value: undefined }
  if (wasExceptional(intent)) return stillExceptional(app, intent, returned)
  if (returned === false) return { kind: 'absent' }
  return { kind: 'unknown', cause: `6301: ${answer.kind}` }
}

/** Never sent again by itself: another number is for a person to decide. */
function stillExceptional(
  app: App,
  intent: intents.Intent,
  returned: boolean | null,
): Answer<void> {
  const askedFor = app.clock.now() - intent.createdAt
  return returned === false && askedFor > app.settings.REFUND_EXCEPTION_MS
    ? refused('exceptional', '返回异常，查询显示医保部分未退')
    : { kind: 'unknown', cause: EXCEPTIONAL }
}

/** Counted before it leaves; a refused repeat says nothing of the first. */
async function sendRefund(
  app: App,
  held: HeldOrder,
  refund: Refund,
  intent: intents.Intent,
): Promise<Outcome<void>> {
  const { attempt } = held.order
  const { payOrdId, payAuthNo } = attempt
  if (payOrdId === null || payAuthNo === null) throw new Error(`${held.order.id}: not insured`)
  const { number } = intent
  const about = { refundNo: number, original: payAuthNo, payOrdId, ...patientOf(attempt) }
  const authorised = await app.refundAuthorisation.authorise(about)
  if (authorised.kind !== 'done') return unlessFirst(app, intent, notSent(authorised))
  await stillOurs(app, held)
  const counted = { dueAt: app.clock.now(), answer: 'sent', tries: intent.tries }
  const { sent } = intent
  await intents.postpone(app.db, intent, { ...counted, sent: sent + 1, owner: held.owner })
  const outcome = await app.insurer.refund({
    payOrdId,
    refundNo: number,
    payAuthNo: authorised.value,
    amounts: refund.amounts,
    refundedAt: refund.createdAt,
  })
  if (outcome.kind === 'unsent')
    await intents.postpone(app.db, intent, { ...counted, sent, owner: held.owner })
  if (outcome.kind !== 'done') return unlessFirst(app, intent, outcome)
  if (outcome.value.status === 'returned') return { kind: 'done', value: undefined }
  return { kind: 'unknown', cause: EXCEPTIONAL }
}

/** Without an authorisation nothing leaves; only its refusal is an answer. */
const notSent = (outcome: Unanswered): Unanswered =>
  outcome.kind === 'refused' ? outcome : { kind: 'unsent', cause: `authorisation ${outcome.kind}` }

type Unanswered = Exclude<Outcome<unknown>, { kind: 'done' }>

/**
 * What is said of a repeat says nothing of the first that was sent. Refused for so long, with 6301
 * asked before each and calling it not returned, it is a person's.
 */
function unlessFirst(app: App, intent: intents.Intent, outcome: Unanswered): Outcome<void> {
  const tired = outcome.kind === 'refused' && app.clock.now() - intent.createdAt > REFUSED_FOR_MS
  if (intent.sent === 0 || tired) return outcome
  return { kind: 'unknown', cause: `a repeat was ${outcome.kind}` }
}
