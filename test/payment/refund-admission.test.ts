import { describe, expect, it } from 'vitest'
import { fen } from '../../src/payment/money.ts'
import {
  ADMISSION_RULES,
  amountsToReturn,
  mayBePartial,
  whyNot,
  type Wish,
} from '../../src/payment/refund-admission.ts'
import { anOrder } from '../support/orders.ts'

const DAY_MS = 86_400_000
const PAID_AT = 1_700_000_000_000

const order = anOrder({
  state: 'paid',
  scenario: 'mixed',
  paidAt: PAID_AT,
  hisWriteBack: 'done',
  businessType: 'consultation',
})
const wish: Wish = {
  order,
  amountFen: null,
  now: PAID_AT + DAY_MS,
  days: { registration: 30, consultation: 30, pharmacy: 0 },
  openDifference: false,
  byOperator: false,
}

/** One failing wish a rule; each differs from what is allowed in one thing. */
const REFUSED: Record<string, Partial<Wish>> = {
  paid: { order: { ...order, state: 'processing' } },
  'business-type': { order: { ...order, businessType: 'pharmacy' } },
  period: { now: PAID_AT + 30 * DAY_MS + 1 },
  'written-back': { order: { ...order, hisWriteBack: 'waiting' } },
  'no-difference': { openDifference: true },
  left: { amountFen: order.amounts.totalFen + 1 },
}

describe('[SC-R02] what may be refunded', () => {
  it('a paid order within its period', () => expect(whyNot(wish)).toBeNull())

  it('has a failing case for every rule', () =>
    expect(Object.keys(REFUSED)).toEqual(ADMISSION_RULES.map(({ name }) => name)))

  it.each(Object.entries(REFUSED))('refused: %s', (name, change) => {
    const asked = { ...wish, ...change }
    expect(whyNot(asked)).toMatch(/^[\u4e00-\u9fff，]+。$/)
    const refusing = ADMISSION_RULES.filter(({ refuses }) => refuses(asked) !== null)
    expect(refusing.map((rule) => rule.name)).toContain(name)
  })

  it('every other state than paid is refused', () => {
    for (const state of ['created', 'refunding', 'refunded', 'needs-review', 'closed'] as const)
      expect(whyNot({ ...wish, order: { ...order, state } })).not.toBeNull()
  })

  it('who was refunded hears that, not that nothing was paid', () => {
    const [refunded, closed] = (['refunded', 'closed'] as const).map((state) =>
      whyNot({ ...wish, order: { ...order, state } }),
    )
    expect([refunded, closed]).toEqual(['这笔订单已经退款。', '这笔订单没有可退的款项。'])
  })

  it('only what the refunds before it have left', () => {
    const { totalFen } = order.amounts
    const left = (refundedFen: number, amountFen: number | null) =>
      whyNot({ ...wish, amountFen, order: { ...order, refundedFen: fen(refundedFen) } })
    expect([left(totalFen - 1, 1), left(totalFen - 1, null)]).toEqual([null, null])
    expect(left(totalFen - 1, 2)).toBe('可退金额不足。')
    expect(left(totalFen, null)).toBe('可退金额不足。')
  })

  it('the last fen of the last day is in time', () =>
    expect(whyNot({ ...wish, now: PAID_AT + 30 * DAY_MS })).toBeNull())

  it('an operator is bound by the money alone', () => {
    const late = { ...wish, now: PAID_AT + 300 * DAY_MS, openDifference: true, byOperator: true }
    expect(whyNot(late)).toBeNull()
    expect(whyNot({ ...late, amountFen: order.amounts.totalFen + 1 })).not.toBeNull()
  })
})

describe('[SC-R05] parts', () => {
  const own = { ...order, scenario: 'self-pay-only' as const }

  it('only of own money; the whole of anything', () => {
    expect(mayBePartial({ order, amountFen: 1 })).toBe(false)
    expect(mayBePartial({ order, amountFen: null })).toBe(true)
    expect(mayBePartial({ order, amountFen: order.amounts.totalFen })).toBe(true)
    expect(mayBePartial({ order: own, amountFen: 1 })).toBe(true)
  })

  it('[SC-R04] the insurance split is the order’s own, to the fen', () =>
    expect(amountsToReturn({ order, amountFen: null })).toEqual(order.amounts))

  it('what is left of own money', () => {
    const some = { ...own, refundedFen: fen(1_000) }
    const left = order.amounts.totalFen - 1_000
    expect(amountsToReturn({ order: some, amountFen: null })).toMatchObject({
      totalFen: left,
      selfPayFen: left,
    })
  })
})
