/**
 * The one safe thing to do next about a difference (§8 b, §8 c; SC-C04, SC-C05). Asking is always
 * safe and comes first; money moves only on an answer, and then with a second person.
 */
import type { BookName } from './ageing.ts'
import type { Difference, DifferenceClass } from './classes.ts'
import { differenceFen } from './offsets.ts'

export const ACTIONS = [
  'query-again',
  'write-back',
  'refund-online',
  'refund-offline',
  'contact-patient',
  'await-monthly-file',
  'hand-to-person',
  'record-outcome',
] as const
export type Action = (typeof ACTIONS)[number]

export const ACTION_TEXT: Readonly<Record<Action, string>> = {
  'query-again': '再查询一次',
  'write-back': '补记入账',
  'refund-online': '线上退款（须第二人复核）',
  'refund-offline': '线下退款（须第二人复核）',
  'contact-patient': '联系患者补缴',
  'await-monthly-file': '等待医保月度明细',
  'hand-to-person': '转人工处理',
  'record-outcome': '登记处理结果并结案（须第二人复核）',
}

/** What moves money, and what ends a matter about money, takes a second person (docs/rulings.md 5). */
export const NEEDS_TWO: ReadonlySet<Action> = new Set([
  'refund-online',
  'refund-offline',
  'record-outcome',
])

/** What is known of the order beyond the two books; null where nobody has said. */
export interface Knowledge {
  /** An order of ours bears one of the numbers. */
  readonly order: boolean
  /** The live answer to the question whether the money moved. */
  readonly answer: 'done' | 'none' | null
  /** Whether the service was given, as HIS says. */
  readonly fulfilment: 'none' | 'started' | 'delivered' | null
  /** Whether own money of this order can be returned by interface; never a part of a mixed order. */
  readonly refundable: 'online' | 'offline' | null
}

export const NOTHING_KNOWN: Knowledge = {
  order: false,
  answer: null,
  fulfilment: null,
  refundable: null,
}

export interface Situation {
  readonly book: BookName
  readonly awaited: boolean
  readonly known: Knowledge
  /** Another difference hides it (`offsets.ts`). */
  readonly hidden: boolean
}

/** What books or moves money, or asks somebody for it. */
const DECIDES: ReadonlySet<Action> = new Set([
  'write-back',
  'refund-online',
  'refund-offline',
  'contact-patient',
])

/**
 * Two lone rows that cancel out may be one matter under two numbers: booked or returned singly it
 * would count twice, so a person looks at both first.
 */
export function actionFor(difference: Difference, situation: Situation): Action {
  const action = byItself(difference, situation)
  const isLone = difference.bank === null || difference.hospital === null
  return situation.hidden && isLone && DECIDES.has(action) ? 'hand-to-person' : action
}

function byItself(difference: Difference, { book, awaited, known }: Situation): Action {
  if (book === 'insurance') return awaited ? 'await-monthly-file' : 'hand-to-person'
  if (book === 'his') return aboutHis(difference.class, known)
  if (awaited) return 'query-again'
  return BANK_ACTION[difference.class](known, difference)
}

/** HIS asks nobody for money: what it lacks of an order is written back, about the rest a person decides. */
const aboutHis = (name: DifferenceClass, { order }: Knowledge): Action =>
  order && (name === 'HOSPITAL_ONLY' || name === 'REFUND_HOSPITAL_ONLY')
    ? 'write-back'
    : 'hand-to-person'

type Rule = (known: Knowledge, difference: Difference) => Action

const person: Rule = () => 'hand-to-person'

/** The bank holds money that we do not count: served, it is booked; unserved, it goes back. */
const overCollected: Rule = ({ order, answer, fulfilment, refundable }) => {
  if (!order) return 'hand-to-person'
  if (answer === null) return 'query-again'
  if (answer === 'none' || fulfilment === null) return 'hand-to-person'
  return fulfilment === 'none' ? giveBack(refundable) : 'write-back'
}

const giveBack = (way: Knowledge['refundable']): Action => {
  if (way === null) return 'hand-to-person'
  return way === 'online' ? 'refund-online' : 'refund-offline'
}

/** We count money that the bank does not hold. */
const underCollected: Rule = ({ order, answer, fulfilment }) => {
  if (!order) return 'hand-to-person'
  if (answer === null) return 'query-again'
  if (answer === 'done') return 'hand-to-person'
  return fulfilment === 'delivered' ? 'contact-patient' : 'hand-to-person'
}

const BANK_ACTION: Readonly<Record<DifferenceClass, Rule>> = {
  BANK_ONLY: overCollected,
  HOSPITAL_ONLY: underCollected,
  AMOUNT_DIFF: ({ order, answer, fulfilment, refundable }, difference) => {
    if (!order) return 'hand-to-person'
    if (answer === null) return 'query-again'
    if (answer === 'none') return 'hand-to-person'
    if (differenceFen(difference) > 0) return giveBack(refundable)
    return fulfilment === 'delivered' ? 'contact-patient' : 'hand-to-person'
  },
  STATUS_DIFF: (known, difference) =>
    difference.bank?.status === 'done'
      ? overCollected(known, difference)
      : underCollected(known, difference),
  // Paid twice, or listed twice: the answer about one number tells nothing of the other row.
  DUPLICATE: person,
  // Returned elsewhere (at a desk, in the insurance's own system): booked to its original.
  REFUND_BANK_ONLY: ({ order }) => (order ? 'write-back' : 'hand-to-person'),
  // A repeat under the same number returns it once, however often it is sent (docs/rulings.md 1).
  REFUND_HOSPITAL_ONLY: ({ order, answer, refundable }) => {
    if (!order) return 'hand-to-person'
    if (answer === null) return 'query-again'
    return answer === 'none' ? giveBack(refundable) : 'hand-to-person'
  },
  REFUND_AMOUNT_DIFF: person,
  REFUND_STATUS_DIFF: ({ order, answer }) =>
    order && answer === null ? 'query-again' : 'hand-to-person',
  REFUND_DUPLICATE: person,
}
