import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addsUp,
  allSelfPay,
  type Amounts,
  insuranceFen,
  mixPayTypeOf,
  scenarioOf,
} from '../../src/payment/amounts.ts'
import { fen, sumFen } from '../../src/payment/money.ts'

const PARTS = ['fundFen', 'accountFen', 'otherFen', 'selfPayFen'] as const

const part = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 ** 11 })).map(fen)
const shared: fc.Arbitrary<Amounts> = fc
  .record({ fundFen: part, accountFen: part, otherFen: part, selfPayFen: part })
  .map((parts) => ({ ...parts, totalFen: sumFen(Object.values(parts)) }))

const of = (fund: number, account: number, other: number, selfPay: number): Amounts => ({
  totalFen: fen(fund + account + other + selfPay),
  fundFen: fen(fund),
  accountFen: fen(account),
  otherFen: fen(other),
  selfPayFen: fen(selfPay),
})

describe('the parts of a bill', () => {
  it('[SC-G03] add up to the total, and one fen more or less in any part is noticed', () => {
    fc.assert(
      fc.property(shared, fc.constantFrom(...PARTS, 'totalFen' as const), (amounts, name) => {
        expect(addsUp(amounts)).toBe(true)
        expect(addsUp({ ...amounts, [name]: amounts[name] + 1 })).toBe(false)
        if (amounts[name] > 0) expect(addsUp({ ...amounts, [name]: amounts[name] - 1 })).toBe(false)
      }),
    )
  })

  it('[SC-G03] count other insurance money as insurance money', () => {
    expect(insuranceFen(of(1, 2, 3, 4))).toBe(6)
    expect(addsUp(of(0, 0, 5, 0))).toBe(true)
  })

  it('are own money alone when nobody asked the insurance', () => {
    expect(allSelfPay(fen(1_250))).toEqual(of(0, 0, 0, 1_250))
  })
})

describe('the scenario', () => {
  it.each([
    [of(100, 0, 0, 0), 'insurance-only'],
    [of(0, 100, 0, 0), 'insurance-only'],
    [of(0, 0, 100, 0), 'insurance-only'],
    [of(0, 0, 0, 100), 'self-pay-only'],
    [of(1, 0, 0, 1), 'mixed'],
    [of(0, 1, 0, 1), 'mixed'],
    [of(0, 0, 1, 1), 'mixed'],
  ])('[SC-P08] of %o is %s', (amounts, scenario) => expect(scenarioOf(amounts)).toBe(scenario))
})

describe("the bank's payment type", () => {
  it('[SC-P09] follows the orders placed: all own money after pre-settlement is still mixed', () => {
    expect(mixPayTypeOf(of(0, 0, 0, 100), true)).toBe('CASH_AND_INSURANCE')
    expect(mixPayTypeOf(of(60, 0, 0, 40), true)).toBe('CASH_AND_INSURANCE')
    expect(mixPayTypeOf(of(100, 0, 0, 0), true)).toBe('INSURANCE_ONLY')
    expect(mixPayTypeOf(of(0, 0, 0, 100), false)).toBe('CASH_ONLY')
  })
})
