/**
 * Cash proof (资金核对): for every day and leg, opening + payments − refunds + adjustments = closing.
 *
 * A payment belongs to the business date of its order (T0, SC-Q12), a refund to the day on which its
 * return was certain. A day is closed three hours into the next: the last question about an order is
 * asked two hours after its T0. What becomes known later never changes the closed day: it is booked
 * on the day that was open then, as an adjustment of the day that it belongs to. So the booked day
 * follows from two instants alone, every day's figures can be had at any time without being stored,
 * and the opening of a day is the closing of the day before.
 */
import { type Fen, sumFen } from '../payment/money.ts'
import { businessDate } from '../payment/numbers.ts'
import { dayAfter, startOf } from './days.ts'

/** Who took it, and whose money it was. */
export const LEGS = ['self-pay', 'insurance', 'one-code', 'hrss-pay', 'one-card'] as const
export type Leg = (typeof LEGS)[number]

export const DIRECTIONS = ['payment', 'refund'] as const

/** Money that moved, for certain. Times are UTC milliseconds. */
export interface Movement {
  readonly leg: Leg
  readonly direction: (typeof DIRECTIONS)[number]
  readonly amountFen: Fen
  /** Under which it can be looked up. */
  readonly number: string
  /** To whose business date it belongs. */
  readonly at: number
  readonly knownAt: number
}

const CLOSED_AFTER_MS = 3 * 3_600_000

/** @returns the instant at which the day's own figures stand for good. */
export const closedAt = (date: string): number => startOf(dayAfter(date)) + CLOSED_AFTER_MS

/** On which day it is counted: its own, or the one that was open when it became known. */
export function bookedOn({ at, knownAt }: Pick<Movement, 'at' | 'knownAt'>): string {
  const own = businessDate(at)
  const open = businessDate(knownAt - CLOSED_AFTER_MS)
  return open > own ? open : own
}

export const heldFen = ({ direction, amountFen }: Movement): number =>
  direction === 'payment' ? amountFen : 0 - amountFen

export interface LegProof {
  readonly leg: Leg
  readonly openingFen: number
  readonly payments: number
  readonly paymentsFen: number
  readonly refunds: number
  readonly refundsFen: number
  readonly adjustments: number
  /** Of days before, found since: payments less refunds. */
  readonly adjustmentsFen: number
  readonly closingFen: number
}

export interface DayProof {
  readonly date: string
  readonly legs: readonly LegProof[]
  /** Booked on this day, of days before. */
  readonly adjustments: readonly Movement[]
  /** Of this day, booked on a later one. */
  readonly late: readonly Movement[]
}

export type Openings = Readonly<Record<Leg, number>>

/**
 * @param openings what was held when the day began.
 * @param movements every one that belongs to the day, or was booked on it.
 */
export function cashProof(
  date: string,
  openings: Openings,
  movements: readonly Movement[],
): DayProof {
  const inOrder = movements.toSorted(
    (one, other) =>
      one.at - other.at ||
      LEGS.indexOf(one.leg) - LEGS.indexOf(other.leg) ||
      (one.number < other.number ? -1 : 1),
  )
  const booked = inOrder.filter((one) => bookedOn(one) === date)
  const isOwn = ({ at }: Movement): boolean => businessDate(at) === date
  return {
    date,
    legs: LEGS.map((leg) => {
      const ofLeg = booked.filter((one) => one.leg === leg)
      const own = ofLeg.filter(isOwn)
      const adjusting = ofLeg.filter((one) => !isOwn(one))
      return legProof({ leg, openingFen: openings[leg], own, adjusting })
    }),
    adjustments: booked.filter((one) => !isOwn(one)),
    late: inOrder.filter((one) => isOwn(one) && bookedOn(one) !== date),
  }
}

interface LegMovements {
  readonly leg: Leg
  readonly openingFen: number
  readonly own: readonly Movement[]
  readonly adjusting: readonly Movement[]
}

function legProof({ leg, openingFen, own, adjusting }: LegMovements): LegProof {
  const payments = own.filter(({ direction }) => direction === 'payment')
  const refunds = own.filter(({ direction }) => direction === 'refund')
  const paymentsFen = sumFen(payments.map(({ amountFen }) => amountFen))
  const refundsFen = sumFen(refunds.map(({ amountFen }) => amountFen))
  const adjustmentsFen = adjusting.reduce((sum, one) => sum + heldFen(one), 0)
  return {
    leg,
    openingFen,
    payments: payments.length,
    paymentsFen,
    refunds: refunds.length,
    refundsFen,
    adjustments: adjusting.length,
    adjustmentsFen,
    closingFen: openingFen + paymentsFen - refundsFen + adjustmentsFen,
  }
}
