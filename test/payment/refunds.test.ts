import { describe, expect, it } from 'vitest'
import { type Amounts, allSelfPay } from '../../src/payment/amounts.ts'
import { fen } from '../../src/payment/money.ts'
import {
  afterMoney,
  nextMoney,
  REFUND_STATES,
  refundMayFollow,
  type RefundState,
  REFUNDS,
  stepsOf,
} from '../../src/payment/refunds.ts'

/** Every move that may ever be made, listed apart from the table; all other pairs are forbidden. */
const ALLOWED = new Set<`${RefundState} > ${RefundState}`>([
  'checking > insurance',
  'checking > self-pay',
  'checking > rejected',
  'insurance > self-pay',
  'insurance > notifying',
  'insurance > needs-review',
  'self-pay > notifying',
  'self-pay > refunded',
  'self-pay > needs-review',
  'notifying > refunded',
  'notifying > needs-review',
  'refunded > needs-review',
  'needs-review > insurance',
  'needs-review > self-pay',
  'needs-review > notifying',
  'needs-review > refunded',
  'needs-review > rejected',
])

const PAIRS = REFUND_STATES.flatMap((from) => REFUND_STATES.map((to) => ({ from, to })))

const MIXED: Amounts = {
  totalFen: fen(10_000),
  fundFen: fen(5_000),
  accountFen: fen(1_500),
  otherFen: fen(500),
  selfPayFen: fen(3_000),
}
const INSURED: Amounts = { ...MIXED, totalFen: fen(7_000), selfPayFen: fen(0) }
const OWN = allSelfPay(fen(3_000))

describe('[SC-R07] moves', () => {
  it.each(PAIRS)('from $from to $to', ({ from, to }) =>
    expect(refundMayFollow(from, to)).toBe(ALLOWED.has(`${from} > ${to}`)),
  )

  it('reach every state, and leave every state that is not an end', () => {
    const seen = new Set<RefundState>(['checking'])
    for (const state of seen) for (const next of REFUNDS[state].next) seen.add(next)
    expect(seen).toEqual(new Set(REFUND_STATES))
    for (const state of REFUND_STATES)
      if (state !== 'rejected') expect(REFUNDS[state].next).not.toEqual([])
  })

  it('[SC-R01] an end lets the next refund begin, everything else does not', () => {
    const ends = REFUND_STATES.filter((state) => !REFUNDS[state].running)
    expect(ends).toEqual(['refunded', 'rejected'])
  })

  it('say what they mean in Chinese', () => {
    for (const state of REFUND_STATES) expect(REFUNDS[state].text).toMatch(/^[\u4e00-\u9fff，。]+$/)
  })
})

describe('[SC-R03] [SC-R04] [SC-R05] [SC-R06] the steps of table 3', () => {
  it.each([
    ['mixed', MIXED, ['check', 'authorisation', 'insurance', 'self-pay', 'notification']],
    ['insurance-only', INSURED, ['check', 'authorisation', 'insurance', 'notification']],
    ['self-pay-only', OWN, ['check', 'self-pay']],
  ] as const)('%s', (_, amounts, steps) => expect(stepsOf(amounts)).toEqual(steps))

  it('tell a bank that wants to hear of own money alone too', () => {
    const own = allSelfPay(fen(100))
    expect(stepsOf(own)).not.toContain('notification')
    expect(stepsOf(own, true)).toContain('notification')
  })

  it.each([
    [MIXED, {}, 'insurance'],
    [MIXED, { insurance: 1 }, 'self-pay'],
    [MIXED, { insurance: 1, 'self-pay': 2 }, null],
    [INSURED, { insurance: 1 }, null],
    [OWN, {}, 'self-pay'],
    [OWN, { 'self-pay': 1 }, null],
  ] as const)('insurance first, then own money (%#)', (amounts, done, next) =>
    expect(nextMoney({ amounts, done })).toBe(next),
  )

  it('notify only of an insurance part', () => {
    expect([MIXED, INSURED, OWN].map((amounts) => afterMoney(amounts))).toEqual([
      'notifying',
      'notifying',
      'refunded',
    ])
  })
})
