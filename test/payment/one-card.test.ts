import { describe, expect, it } from 'vitest'
import { isOver, nextQuestionAt, nextTryAt, ONE_CARD_STATES } from '../../src/payment/one-card.ts'

describe('a payment by one-card', () => {
  it('is over when it is paid, failed or closed, and not before', () =>
    expect(ONE_CARD_STATES.filter(isOver)).toEqual(['paid', 'failed', 'closed']))

  it('is asked about every five seconds while somebody can still pay', () => {
    expect(nextQuestionAt(1_000, 60_000)).toBe(6_000)
    expect(nextQuestionAt(59_999, 60_000)).toBe(64_999)
  })

  it('then ever more seldom, ten minutes apart at most, and never given up', () => {
    expect(nextQuestionAt(60_000, 60_000)).toBe(65_000)
    expect(nextQuestionAt(80_000, 60_000)).toBe(100_000)
    expect(nextQuestionAt(100_000_000, 60_000)).toBe(100_600_000)
  })
})

describe('what the one-card platform must hear is tried', () => {
  it('after 1, 2, 4 … seconds, then every ten minutes for ever', () => {
    const waits = [0, 1, 2, 9, 10, 11, 1_000].map((tries) => nextTryAt(7, tries) - 7)
    expect(waits).toEqual([1_000, 2_000, 4_000, 512_000, 600_000, 600_000, 600_000])
  })
})
