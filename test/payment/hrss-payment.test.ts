import { describe, expect, it } from 'vitest'
import {
  HRSS_STATE_RULES,
  HRSS_STATES,
  hrssOrderNo,
  hrssRefundNo,
  type HrssState,
  nextHrssQuestion,
  nextTellingAt,
} from '../../src/payment/hrss-payment.ts'

const ENDS: readonly HrssState[] = ['refunded', 'closed', 'failed']
const ID = '01JD0000000000000000000000'

describe('[RS-59] a payment at 人社支付平台', () => {
  it('holds its bill exactly as long as somebody may have paid or may still pay', () => {
    const holding = HRSS_STATES.filter((state) => HRSS_STATE_RULES[state].holdsBill)
    expect(holding).toEqual(HRSS_STATES.filter((state) => !ENDS.includes(state)))
  })

  it('once paid is never unpaid: it goes back as a refund, or to a person', () => {
    expect(HRSS_STATE_RULES.paid.next).toEqual(['refunded', 'needs-review'])
    expect(HRSS_STATE_RULES.refunded.next).toEqual([])
  })

  it('whose order may stand at the platform can still turn out paid', () => {
    for (const state of ['ordering', 'offered', 'waiting', 'closing', 'needs-review'] as const)
      expect(HRSS_STATE_RULES[state].next).toContain('paid')
  })

  it('that is closed or failed is opened again by nobody but a person', () => {
    for (const state of ['closed', 'failed'] as const)
      expect(HRSS_STATE_RULES[state].next).toEqual(['needs-review'])
  })

  it.each(HRSS_STATES)('%s is told to the desk in Chinese', (state) => {
    expect(HRSS_STATE_RULES[state].text).toMatch(/[\u4e00-\u9fff]/)
    expect(HRSS_STATE_RULES[state].means).not.toBe('')
  })

  it('has one number for ever, and a refund one of its own', () => {
    expect(hrssOrderNo(ID)).toMatch(/^S[0-9A-Z]{26}$/)
    expect(hrssRefundNo(ID)).toMatch(/^R[0-9A-Z]{26}$/)
  })
})

describe('[RS-55] the platform is asked', () => {
  const pace = { firstDelayMs: 3_000, periodMs: 5_000, tailPeriodMs: 600_000 }
  const next = (askedAt: number | null) => nextHrssQuestion({ createdAt: 1_000, askedAt }, pace)

  it('first after a while', () => expect(next(null)).toBe(4_000))

  it('often while the payment is young', () => {
    expect(next(4_000)).toBe(9_000)
    expect(next(81_000)).toBe(86_000)
  })

  it('ever more seldom, by a sixteenth of its age', () =>
    expect(next(161_000)).toBe(161_000 + 10_000))

  it('and never less than every ten minutes', () =>
    expect(next(100_000_000)).toBe(100_000_000 + 600_000))
})

describe('HIS is told again of a payment that it has not heard of', () => {
  it('soon at first, then after an eighth of that time, ten minutes at most', () => {
    expect(nextTellingAt(0, 1_000, 2_000)).toBe(3_000)
    expect(nextTellingAt(10_000, 90_000, 2_000)).toBe(90_000 + 10_000)
    expect(nextTellingAt(0, 100_000_000, 2_000)).toBe(100_000_000 + 600_000)
  })
})
