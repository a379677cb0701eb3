import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fen } from '../../src/payment/money.ts'
import {
  bookedOn,
  cashProof,
  closedAt,
  DIRECTIONS,
  heldFen,
  LEGS,
  type Movement,
  type Openings,
} from '../../src/reconciliation/cash-proof.ts'
import { dayAfter } from '../../src/reconciliation/days.ts'
import { movement } from '../scripts/report-sample.ts'
import { DAY, NOON } from './rows.ts'

const NOTHING: Openings = {
  'self-pay': 0,
  insurance: 0,
  'one-code': 0,
  'hrss-pay': 0,
  'one-card': 0,
}
const MIDNIGHT = Date.parse('2026-11-20T00:00:00+08:00')

describe('[SC-Q12, SC-C03] a payment is counted on', () => {
  it.each<[string, Partial<Movement>, string]>([
    [
      'its order’s day, also when it came after midnight',
      { at: MIDNIGHT - 1, knownAt: MIDNIGHT + 60_000 },
      DAY,
    ],
    ['its order’s day until that day is closed', { at: NOON, knownAt: closedAt(DAY) - 1 }, DAY],
    ['the next day from then on', { at: NOON, knownAt: closedAt(DAY) }, '2026-11-20'],
    [
      'the day that was open when it became known',
      { at: NOON, knownAt: NOON + 5 * 86_400_000 },
      '2026-11-24',
    ],
  ])('%s', (_, changes, day) => {
    expect(bookedOn(movement(changes))).toBe(day)
  })
})

const DAY_MS = 86_400_000
const START = Date.parse('2026-11-17T00:00:00+08:00')
const movements = fc.array(
  fc
    .record({
      leg: fc.constantFrom(...LEGS),
      direction: fc.constantFrom(...DIRECTIONS),
      amountFen: fc.integer({ min: 1, max: 9 }).map(fen),
      number: fc.constantFrom('1', '2'),
      at: fc.integer({ min: START, max: START + 4 * DAY_MS }),
      later: fc.integer({ min: 0, max: 2 * DAY_MS }),
    })
    .map(({ later, ...one }): Movement => ({ ...one, knownAt: one.at + later })),
  { maxLength: 20 },
)

const closingsOf = (date: string, openings: Openings, all: readonly Movement[]): Openings =>
  cashProof(date, openings, all).legs.reduce(
    (held, { leg, closingFen }) => ({ ...held, [leg]: closingFen }),
    NOTHING,
  )

describe('[SC-C03] the cash proof', () => {
  it('counts every movement on exactly one day: all days together hold what all of them make', () => {
    fc.assert(
      fc.property(movements, (all) => {
        let held = NOTHING
        for (let day = '2026-11-17'; day <= '2026-11-25'; day = dayAfter(day))
          held = closingsOf(day, held, all)
        for (const leg of LEGS) {
          const ofLeg = all.filter((one) => one.leg === leg)
          expect(held[leg]).toBe(ofLeg.reduce((sum, one) => sum + heldFen(one), 0))
        }
      }),
    )
  })

  it('of a closed day never changes, whatever becomes known later', () => {
    fc.assert(
      fc.property(movements, (all) => {
        const known = all.filter(({ knownAt }) => knownAt < closedAt(DAY))
        expect(cashProof(DAY, NOTHING, all).legs).toEqual(cashProof(DAY, NOTHING, known).legs)
      }),
    )
  })

  it('tells what came too late on both days: where it belongs and where it is counted', () => {
    const late = movement({ knownAt: closedAt(DAY) })
    expect(cashProof(DAY, NOTHING, [late])).toMatchObject({ adjustments: [], late: [late] })
    const next = cashProof('2026-11-20', NOTHING, [late])
    expect(next).toMatchObject({ adjustments: [late], late: [] })
    expect(next.legs[0]).toMatchObject({
      paymentsFen: 0,
      adjustmentsFen: 10_000,
      closingFen: 10_000,
    })
  })

  it('deducts refunds', () => {
    const [own] = cashProof(DAY, { ...NOTHING, 'self-pay': 500 }, [
      movement(),
      movement({ direction: 'refund', amountFen: fen(10_501) }),
    ]).legs
    expect(own).toMatchObject({ payments: 1, refunds: 1, refundsFen: 10_501, closingFen: -1 })
  })
})
