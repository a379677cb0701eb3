import { afterAll, describe, expect, it } from 'vitest'
import {
  automaticRefundNo,
  bankSerialNo,
  businessDate,
  businessSerialNo,
  chargeBatchNo,
  compactTime,
  institutionNo,
  isAutomaticRefundNo,
  medicalOrderNo,
  nextRefundNo,
  nonce,
  offsetTime,
  outTradeNo,
  orderIdIn,
  plainTime,
  refundNumber,
  refundNumbersUpTo,
  settlementNo,
  ulid,
} from '../../src/payment/numbers.ts'
import { seededRandom } from '../support/random.ts'

const NOW = Date.parse('2026-11-20T09:08:07+08:00')
const random = seededRandom(1)
const order = ulid(NOW, random)

describe('every number has its length and its characters', () => {
  it.each([
    ['order id', order, /^[0-9A-HJKMNP-TV-Z]{26}$/],
    ['medOrgOrd', medicalOrderNo(NOW, random), /^20261120090807[0-9A-Z]{6}$/],
    ['icbc_serial_no', bankSerialNo(NOW, random), /^20261120090807\d{6}$/],
    ['orgBizSer', businessSerialNo(order, 99), /^[0-9A-Z]{1,30}$/],
    ['chrgBchno', chargeBatchNo(order, 99), /^[0-9A-Z]{1,30}$/],
    ['out_trade_no', outTradeNo(order, 99, 99), /^[0-9A-Z]{1,50}$/],
    ['out_trade_no as institution number', outTradeNo(order, 9, 9), /^[0-9A-Z]{1,32}$/],
    ['refund number', automaticRefundNo(order, 99), /^AR[0-9A-Z]{1,30}$/],
    ['settlement number', settlementNo(order), /^ST[0-9A-Z]{26}$/],
    ['nonce', nonce(random), /^[A-Za-z0-9_-]{16,64}$/],
  ])('%s', (_, number, form) => expect(number).toMatch(form))

  it('a number never repeats within ten thousand of one second', () => {
    const made = new Set(Array.from({ length: 10_000 }, () => ulid(NOW, random)))
    expect(made.size).toBe(10_000)
  })

  it('order ids sort by time', () => {
    const ids = [0, 1, 1_000, 86_400_000, 10 ** 11].map((later) => ulid(NOW + later, random))
    expect(ids.toSorted()).toEqual(ids)
  })
})

describe('a second number', () => {
  it('of the cash order differs by attempt and by try', () => {
    const numbers = [1, 2].flatMap((attempt) => [1, 2].map((no) => outTradeNo(order, attempt, no)))
    expect(new Set(numbers).size).toBe(4)
    expect(outTradeNo(order, 1, 11)).not.toBe(outTradeNo(order, 11, 1))
  })

  it('[SC-X02] of a refund is made from the order alone: two learners make the same one', () => {
    expect(automaticRefundNo(order, 1)).toBe(automaticRefundNo(order, 1))
    expect(automaticRefundNo(order, 1)).not.toBe(automaticRefundNo(order, 2))
  })

  it('[SC-X03] of a refund that finally failed counts up', () => {
    const first = automaticRefundNo(order, 1)
    expect(nextRefundNo(first)).toBe(`${first}-2`)
    expect(nextRefundNo(`${first}-2`)).toBe(`${first}-3`)
    expect(nextRefundNo(`${first}-9`)).toBe(`${first}-10`)
    expect(nextRefundNo(`${first}-10`)).toBe(`${first}-11`)
    expect(nextRefundNo(`${first}-2X`)).toBe(`${first}-2X-2`)
  })

  it('[SC-X03] every number that a refund has ever had is known, so that all can be asked for', () => {
    expect(refundNumbersUpTo('AR1')).toEqual(['AR1'])
    expect(refundNumbersUpTo('AR1-2')).toEqual(['AR1', 'AR1-2'])
    expect(refundNumbersUpTo('AR1-11')).toHaveLength(11)
    expect(refundNumbersUpTo('AR1-11').at(-1)).toBe('AR1-11')
    expect(refundNumbersUpTo('AR1-2X')).toEqual(['AR1-2X'])
  })

  it('[SC-R01] a refund that was asked for is counted by order, and tells its order again', () => {
    expect(refundNumber(order, 2)).toBe(`RF${order}2`)
    for (const number of [refundNumber(order, 12), settlementNo(order), order])
      expect(orderIdIn(number)).toBe(order)
    expect(orderIdIn('4404422026')).toBeNull()
    const byItself = [automaticRefundNo(order, 1), refundNumber(order, 1)].map(isAutomaticRefundNo)
    expect(byItself).toEqual([true, false])
  })
})

describe('the institution number', () => {
  const from = { merchantNo: '440212345678', now: NOW, random }

  it('[SC-P09] follows the template agreed with the bank', () => {
    const number = institutionNo('{merchantNo}{yyyyMMddHHmmss}{seq:6}', from)
    expect(number).toMatch(/^44021234567820261120090807\d{6}$/)
    expect(number).toHaveLength(32)
    expect(institutionNo('YB{seq:12}', from)).toMatch(/^YB\d{12}$/)
  })

  it.each(['{merchantNo}{yyyyMMddHHmmss}{seq:7}', 'YB-{seq:6}', '医保{seq:6}', '{unknown}', ''])(
    '[SC-P09] refuses the template %j, whose numbers the bank would refuse',
    (template) => expect(() => institutionNo(template, from)).toThrow('institution number'),
  )
})

describe.each(['UTC', 'America/New_York', 'Asia/Shanghai', 'Pacific/Kiritimati'])(
  'on a host in %s',
  (zone) => {
    const before = process.env['TZ']
    afterAll(() => {
      if (before === undefined) delete process.env['TZ']
      else process.env['TZ'] = before
    })

    it.each([
      ['2026-11-20T15:59:59.999Z', '2026-11-20'],
      ['2026-11-20T16:00:00.000Z', '2026-11-21'],
      ['2026-12-31T15:59:59.999Z', '2026-12-31'],
      ['2026-12-31T16:00:00.000Z', '2027-01-01'],
      ['2028-02-28T16:00:00.000Z', '2028-02-29'],
      // New York changes its clocks here; Shanghai never does.
      ['2026-11-01T05:30:00.000Z', '2026-11-01'],
      ['2026-03-08T07:30:00.000Z', '2026-03-08'],
    ])('%s is the business date %s', (instant, date) => {
      process.env['TZ'] = zone
      expect(new Date(0).getTimezoneOffset() === 0).toBe(zone === 'UTC')
      expect(businessDate(Date.parse(instant))).toBe(date)
    })

    it('times are written in Shanghai time', () => {
      process.env['TZ'] = zone
      expect(compactTime(NOW)).toBe('20261120090807')
      expect(plainTime(NOW)).toBe('2026-11-20 09:08:07')
      expect(offsetTime(NOW)).toBe('2026-11-20T09:08:07+08:00')
    })
  },
)
