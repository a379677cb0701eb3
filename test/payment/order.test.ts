import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { newAttempt, patientOf } from '../../src/payment/attempt.ts'
import { legsUnpaid } from '../../src/payment/order.ts'
import { anOrder } from '../support/orders.ts'

describe('an order that ends without payment', () => {
  const order = anOrder({ selfPay: 'waiting', insurance: 'waiting' })

  it('shows no part as failed that never stood at the bank', () =>
    expect(legsUnpaid(order)).toEqual({ selfPay: 'none', insurance: 'none' }))

  it.each([{ outTradeNo: 'C1' }, { institutionNo: 'I1' }, { mixTradeNo: 'M1' }])(
    'shows both parts as failed once the bank may know %o',
    (numbers) => {
      const attempt = { ...order.attempt, ...numbers }
      expect(legsUnpaid({ ...order, attempt })).toEqual({ selfPay: 'failed', insurance: 'failed' })
    },
  )

  it('keeps what was never part of it, and what went back', () => {
    const attempt = { ...order.attempt, outTradeNo: 'C1' }
    expect(legsUnpaid({ ...order, attempt, selfPay: 'refunded', insurance: 'none' })).toEqual({
      selfPay: 'refunded',
      insurance: 'none',
    })
  })
})

describe('a new attempt', () => {
  it('has asked nothing, knows no number and is no family payment', () => {
    const { no, asked, selfPayTry, family, ...unknown } = newAttempt(2)
    expect([no, selfPayTry, family]).toEqual([2, 0, false])
    expect(Object.entries(asked)).toEqual(
      ['grid', 'tail', 'callback', 'refresh', 'forged', 'close', 'day-end'].map((why) => [why, 0]),
    )
    expect(Object.values(unknown).every((value) => value === null)).toBe(true)
  })

  it('has no patient before step 1 is through', () => {
    expect(() => patientOf(newAttempt(1))).toThrow('attempt without patient')
    const person = { name: '张三', idNo: '510101199001011237' }
    expect(patientOf({ ...newAttempt(1), patient: new Secret(person) })).toEqual(person)
  })
})
