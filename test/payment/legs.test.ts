import { describe, expect, it } from 'vitest'
import {
  isResult,
  judgeLegs,
  LEG,
  type Leg,
  type LegReport,
  OVERALL,
  type Overall,
  type Verdict,
} from '../../src/payment/legs.ts'

/**
 * The expected verdicts, written from the documents alone: §7, §8 a, docs/mixed-order.md 2,
 * docs/rulings.md 2.5. Rows: the self-pay leg; columns: the insurance leg, in the order of `LEG`:
 * pending success fail refund none unknown. A capital letter or `!` also raises the alarm.
 */
const EXPECTED: Record<Overall, Record<Leg, string>> = {
  created: {
    pending: '- W - ! - W',
    success: '- - - ! - W',
    fail: '   - ! - ! - W',
    refund: ' ! ! ! ! ! W',
    none: '   - - - ! ! W',
    unknown: 'W W W W W W',
  },
  success: {
    pending: 'W W W ! W W',
    success: 'W p W ! p W',
    fail: '   W ! W ! W W',
    refund: ' ! ! ! ! ! W',
    none: '   W p W ! ! W',
    unknown: 'W W W W W W',
  },
  refund: {
    pending: '! ! ! ! ! W',
    success: '! ! ! ! ! W',
    fail: '   ! ! ! ! ! W',
    refund: ' ! ! ! ! ! W',
    none: '   ! ! ! ! ! W',
    unknown: 'W W W W W W',
  },
  fail: {
    pending: 'c W c ! c W',
    success: 'W W r ! W W',
    fail: '   f ! f ! f W',
    refund: ' ! ! r ! ! W',
    none: '   W W f ! ! W',
    unknown: 'W W W W W W',
  },
  unknown: {
    pending: 'W W W W W W',
    success: 'W W W W W W',
    fail: '   W ! W W W W',
    refund: ' W W W W W W',
    none: '   W W W W ! W',
    unknown: 'W W W W W W',
  },
}

const MEANING: Record<string, { verdict: Verdict; alarm: boolean }> = {
  p: { verdict: 'paid', alarm: false },
  f: { verdict: 'failed', alarm: false },
  r: { verdict: 'refund-self-pay', alarm: false },
  c: { verdict: 'close-self-pay', alarm: false },
  '-': { verdict: 'ask-again', alarm: false },
  W: { verdict: 'ask-again', alarm: true },
  '!': { verdict: 'review', alarm: true },
}

const COMBINATIONS: LegReport[] = OVERALL.flatMap((overall) =>
  LEG.flatMap((selfPay) => LEG.map((insurance) => ({ overall, selfPay, insurance }))),
)

function expectedOf({ overall, selfPay, insurance }: LegReport) {
  const row = EXPECTED[overall][selfPay].trim().split(' ')
  expect(row).toHaveLength(LEG.length)
  return MEANING[row[LEG.indexOf(insurance)] ?? '']
}

const verdictOf = (report: LegReport): Verdict => judgeLegs(report).verdict

describe('the decision table', () => {
  it('has 180 combinations', () => expect(COMBINATIONS).toHaveLength(180))

  it.each(COMBINATIONS)(
    '[SC-H01][SC-Q06] $overall: own money $selfPay, insurance $insurance',
    (report) => expect(judgeLegs(report)).toEqual(expectedOf(report)),
  )
})

const settled = (leg: Leg): boolean => leg === 'success' || leg === 'none'

describe('whatever is reported', () => {
  it('is paid only when the overall order succeeded and each leg succeeded or never was', () => {
    for (const report of COMBINATIONS) {
      if (verdictOf(report) !== 'paid') continue
      expect(report.overall).toBe('success')
      expect(settled(report.selfPay) && settled(report.insurance)).toBe(true)
      expect(report.selfPay === 'none' && report.insurance === 'none').toBe(false)
    }
  })

  it('[SC-X01] own money goes back only when overall and insurance both failed', () => {
    const refunds = COMBINATIONS.filter((report) => verdictOf(report) === 'refund-self-pay')
    expect(refunds.length).toBeGreaterThan(0)
    for (const report of refunds)
      expect(report).toMatchObject({ overall: 'fail', insurance: 'fail' })
  })

  it('[SC-H01] insurance money without own money is never fulfilled and never returned', () => {
    for (const overall of OVERALL)
      expect(judgeLegs({ overall, selfPay: 'fail', insurance: 'success' })).toEqual({
        verdict: 'review',
        alarm: true,
      })
  })

  it('[SC-Q06] an unlisted word is no result, and somebody hears of it', () => {
    for (const report of COMBINATIONS) {
      if (!Object.values(report).includes('unknown')) continue
      const { verdict, alarm } = judgeLegs(report)
      expect(alarm).toBe(true)
      expect(['ask-again', 'review']).toContain(verdict)
    }
  })

  it('[SC-Q06] waiting is no result while the overall order is open', () => {
    for (const report of COMBINATIONS)
      if (report.overall === 'created') expect(['ask-again', 'review']).toContain(verdictOf(report))
  })

  it('[SC-H03] is failed only when no leg can still hold money', () => {
    for (const report of COMBINATIONS) {
      if (verdictOf(report) !== 'failed') continue
      expect(report.overall).toBe('fail')
      expect(['fail', 'none']).toContain(report.selfPay)
      expect(report.insurance).not.toBe('success')
    }
  })
})

it.each([
  ['paid', true],
  ['failed', true],
  ['refund-self-pay', true],
  ['review', true],
  ['close-self-pay', false],
  ['ask-again', false],
] as const)('[SC-Q06] the verdict %s stops the questions: %s', (verdict, stops) =>
  expect(isResult(verdict)).toBe(stops),
)
