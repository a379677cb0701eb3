import { describe, expect, test } from 'vitest'
import { cashierPageOf } from '../../../src/upstreams/content.ts'
import {
  alipayPrepayOf,
  idDigest,
  legReport,
  prepayOf,
  selfPayState,
} from '../../../src/upstreams/icbc/mapping.ts'

describe('the mapping', () => {
  test.each([
    '',
    undefined,
    'javascript:alert(1)',
    'http://a.example',
    'https://a:b@x.example',
    'x',
  ])('the cashier page is never %j [SC-P10]', (page) => {
    expect(cashierPageOf(page)).toBeNull()
  })

  test('a cashier page is https or Alipay’s own, a prepay of Alipay its trade number [SC-P10]', () => {
    for (const page of ['https://a.example/pay?t=1', 'alipays://platformapi/startapp?appId=1'])
      expect(cashierPageOf(page)).toBe(page)
    expect(alipayPrepayOf('2026112122001')).toEqual({ prepayId: '2026112122001' })
    for (const odd of [undefined, '', '{"a":1}', 'a b']) expect(alipayPrepayOf(odd)).toBeNull()
  })

  test.each([
    [{ pay_status: '0' }, 'paid'],
    [{ pay_status: '1' }, 'closed'],
    [{ pay_status: '2', order_status: '1' }, 'waiting'],
    [{ pay_status: '2', order_status: '2' }, 'paying'],
    [{ pay_status: '2' }, 'unknown'],
    [{ pay_status: '7' }, 'unknown'],
    [{}, 'unknown'],
    [{ pay_status: '0', third_party_return_code: 'REFUND' }, 'refunded'],
    [{ pay_status: '0', third_party_return_code: '40004' }, 'paid'],
    [{ pay_status: '2', third_party_return_code: 'REFUND' }, 'unknown'],
  ])('a cash order with %j is %s', (order, status) => {
    expect(selfPayState(order).status).toBe(status)
  })

  test.each([
    ['MIX_PAY_SUCCESS', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_SUCCESS', 'success success success'],
    ['MIX_PAY_FAIL', 'SELF_PAY_SUCCESS', 'MED_INS_PAY_FAIL', 'fail success fail'],
    ['MIX_PAY_CREATED', 'NO_SELF_PAY', 'MED_INS_PAY_CREATED', 'created none pending'],
    ['MIX_PAY_USER_PAYING', undefined, undefined, 'created unknown unknown'],
    ['MIX_PAY_REVERSED', 'SELF_PAY_REFUND', 'NO_MED_INS_PAY', 'unknown refund none'],
    ['UNKNOWN_MIX_PAY_STATUS', 'MED_INS_PAY_SUCCESS', 'constructor', 'unknown unknown unknown'],
  ])('legs %s, %s, %s are %s', (overall, self, insurance, words) => {
    const legs = legReport({
      mix_pay_status: overall,
      self_pay_status: self,
      med_ins_pay_status: insurance,
    })
    expect(`${legs.overall} ${legs.selfPay} ${legs.insurance}`).toBe(words)
  })

  test('an identity number is upper-cased and lengthened before it is hashed', () => {
    expect(idDigest('44030019000101123x')).toBe('09eb26e839ff3a2e3980352ae45ef09e')
    expect(idDigest('440300000101123')).toBe('74a5f32cfd6e1ca3d74eb1dff635ebc5')
  })

  test('a prepay is read in either case and not without its signature [SC-P10]', () => {
    const lower = {
      timestamp: 1,
      noncestr: 'n',
      package: 'prepay_id=wx1',
      signtype: 'RSA',
      sign: 's',
    }
    expect(prepayOf(JSON.stringify(lower))).toEqual({
      prepayId: 'wx1',
      timeStamp: '1',
      nonceStr: 'n',
      package: 'prepay_id=wx1',
      signType: 'RSA',
      paySign: 's',
    })
    expect(prepayOf({ ...lower, sign: '' })).toBeNull()
    expect(prepayOf('[]')).toBeNull()
    expect(prepayOf(undefined)).toBeNull()
  })
})
