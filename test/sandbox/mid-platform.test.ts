import { sm2 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { failInsurance, settleInsurance } from '../../src/sandbox/mid-platform.ts'
import { bodyOf, midPlatformRequest } from './hospital-client.ts'
import { BILL, open, results, TOTAL_FEN, uploaded, type Data } from './mid-platform-client.ts'

describe('distrust', () => {
  it('does not believe another key pair, and notes nothing down', async () => {
    const opened = open()
    const request = midPlatformRequest(opened.stage, 'uldFeeInfo', {})
    const stranger = sm2.generateKeyPairHex()
    const signature = sm2.doSignature('x', stranger.privateKey, { hash: true })
    const forged = {
      ...request.envelope,
      signData: Buffer.from(signature, 'hex').toString('base64'),
    }
    const body = Buffer.from(JSON.stringify(forged))
    const reply = await opened.platform.handle({ ...request, body })
    expect(bodyOf(reply)).toMatchObject({ success: false, message: '验签失败' })
    expect(opened.context.world.calls).toEqual([])
  })
})

describe('6201', () => {
  it('saves once: an identical resend is the same upload, another payload is refused', async () => {
    const opened = open()
    const { payAuthNo, saved } = await uploaded(opened)
    expect(await opened.ok('uldFeeInfo', opened.fees(payAuthNo, 'MO1'))).toEqual(saved)
    await opened.no('uldFeeInfo', opened.fees(payAuthNo, 'MO1', { deptName: '内科' }))
    expect(results(opened)).toEqual(['6201 effect', '6201 repeat', '6201 refused'])
    expect(opened.context.world.calls[0]).toMatchObject({ billNo: `${BILL}-M`, number: 'MO1' })
  })

  it.each<[string, Data]>([
    ['a sum that differs by one fen', { medfeeSumamt: '123.46' }],
    ['an amount with three decimals', { medfeeSumamt: '123.450' }],
    ['an amount as a number', { medfeeSumamt: 123.45 }],
    ['a medOrgOrd of 21 characters', { medOrgOrd: 'M'.repeat(21) }],
    ['no location', { uldLatlnt: '' }],
    ['no insured place', { insuplcAdmdvs: undefined }],
    ['no lines', { feedetailList: [] }],
    ['a short time', { begntime: '20261121081500' }],
    ['another institution', { orgCodg: 'H51010000002' }],
    ['another person number', { psnNo: '1' }],
    ['another name', { userName: '他人' }],
    ['a paused insurance', { insutype: '390' }],
    ['a foreign ecToken', { ecToken: 'ECT1' }],
    ['an unknown payAuthNo', { payAuthNo: 'AUTH9' }],
    ['another batch than the lines', { chrgBchno: 'CB2' }],
  ])('refuses %s', async (_, change) => {
    const opened = open()
    await opened.no('uldFeeInfo', opened.fees(opened.authorise(), 'MO1', change))
    expect(opened.context.registry.uploads.size).toBe(0)
  })

  it('burns the payAuthNo, lets it expire, and refuses an open visit until it is revoked', async () => {
    const opened = open()
    const { payAuthNo, ask } = await uploaded(opened)
    const again = opened.fees(payAuthNo, 'MO2')
    expect(await opened.no('uldFeeInfo', again)).toBe('支付授权码已使用')
    const next = opened.authorise()
    expect(await opened.no('uldFeeInfo', opened.fees(next, 'MO2'))).toContain('已经上传了费用')
    await opened.ok('revoke_order', ask)
    await opened.ok('uldFeeInfo', opened.fees(next, 'MO2'))
    const late = opened.authorise()
    opened.stage.pass(10 * 60_000 + 1)
    expect(await opened.no('uldFeeInfo', opened.fees(late, 'MO3'))).toBe('支付授权码已过期')
  })

  it.each([
    ['-MF06', 'an identical resend gets the lost answer', ['6201 effect', '6201 repeat']],
    ['-MF07', 'a resend is refused', ['6201 effect', '6201 refused']],
    ['-MF14', 'the first request has no effect', ['6201 lost-request', '6201 effect']],
  ])('%s: %s', async (suffix, _, expected) => {
    const opened = open(suffix)
    const data = opened.fees(opened.authorise(), 'MO1')
    expect((await opened.send('uldFeeInfo', data)).kind).toBe('lost')
    await opened.send('uldFeeInfo', data)
    expect(results(opened)).toEqual(expected)
    expect(opened.context.registry.uploads.size).toBe(1)
  })
})

describe('6202', () => {
  it.each([
    ['-M', { fundPay: '74.07', psnAcctPay: '24.69', ownPayAmt: '24.69' }],
    ['-I', { fundPay: '86.42', psnAcctPay: '37.03', ownPayAmt: '0.00' }],
    ['-S', { fundPay: '0.00', psnAcctPay: '0.00', ownPayAmt: '123.45' }],
  ])('%s splits the total to the fen', async (suffix, parts) => {
    const opened = open(suffix)
    const { order, saved } = await uploaded(opened)
    const answer = await opened.ok('pay_order', order)
    expect(answer).toMatchObject({ ...parts, feeSumamt: '123.45', ordStas: '1' })
    const upload = opened.context.registry.uploads.get(String(saved['payOrdId']))
    const { fundFen = 0, accountFen = 0, cashFen = 0 } = upload?.amounts ?? {}
    expect(fundFen + accountFen + cashFen).toBe(TOTAL_FEN)
  })

  it('is one order under one number', async () => {
    const opened = open()
    const { order } = await uploaded(opened)
    const first = await opened.ok('pay_order', order)
    expect(await opened.ok('pay_order', order)).toEqual(first)
    await opened.no('pay_order', { ...order, orgBizSer: 'BIZ2' })
  })

  it.each<[string, Data]>([
    ['a foreign token', { payToken: 'PT0' }],
    ['another batch', { chrgBchno: 'CB2' }],
    ['another fee type', { feeType: '02' }],
    ['medOrgOrd as its own number', { orgBizSer: 'MO1' }],
    ['another authorisation', { payAuthNo: 'AUTH2' }],
    ['another visit id', { mdtrtId: '1' }],
  ])('refuses %s', async (_, change) => {
    const opened = open()
    const { order } = await uploaded(opened)
    await opened.no('pay_order', { ...order, ...change })
    expect(results(opened)).toEqual(['6201 effect', '6202 refused'])
  })

  it('F08 loses the answer but not the order; F16 does not add up; F34 refuses in words', async () => {
    const lost = open('-MF08')
    const { order, ask } = await uploaded(lost)
    expect((await lost.send('pay_order', order)).kind).toBe('lost')
    expect(await lost.ok('query_order_info', ask)).toMatchObject({ ordStas: '1', fundPay: '74.07' })
    expect(await lost.ok('pay_order', order)).toMatchObject({ ordStas: '1' })
    const wrong = open('-MF16')
    const answer = await wrong.ok('pay_order', (await uploaded(wrong)).order)
    expect(answer).toMatchObject({ feeSumamt: '123.45', ownPayAmt: '25.69' })
    const refusing = open('-MF34')
    expect(await refusing.no('pay_order', (await uploaded(refusing)).order)).toContain('待遇')
  })
})

describe('6301 and 6401', () => {
  it('tells state 0 without amounts, 1 with them, 12 after revoking, and nothing to a stranger', async () => {
    const opened = open()
    const { order, ask } = await uploaded(opened)
    expect(await opened.ok('query_order_info', ask)).toEqual({
      payOrdId: ask['payOrdId'],
      ordStas: '0',
    })
    await opened.ok('pay_order', order)
    expect(await opened.ok('query_order_info', ask)).toMatchObject({ ordStas: '1' })
    await opened.no('query_order_info', { ...ask, userName: '他人' })
    await opened.no('query_order_info', { ...ask, payToken: 'PT0' })
    await opened.ok('revoke_order', ask)
    await opened.ok('revoke_order', ask)
    expect(await opened.ok('query_order_info', ask)).toMatchObject({ ordStas: '12' })
    await opened.no('pay_order', { ...order, orgBizSer: 'BIZ2' })
  })

  it('does not revoke what is settled, and does revoke what failed', async () => {
    const opened = open()
    const { order, ask } = await uploaded(opened)
    await opened.ok('pay_order', order)
    settleInsurance(opened.context, String(ask['payOrdId']))
    expect(await opened.ok('query_order_info', ask)).toMatchObject({
      ordStas: '6',
      setlType: 'ALL',
    })
    await opened.no('revoke_order', ask)
    const { ledger } = opened.context.world
    expect(ledger.balance(`${BILL}-M`, 'insurance-payable')).toBe(TOTAL_FEN - 2469)
    const failing = open()
    const other = await uploaded(failing)
    await failing.ok('pay_order', other.order)
    failInsurance(failing.context, String(other.ask['payOrdId']))
    expect(await failing.ok('query_order_info', other.ask)).toMatchObject({ ordStas: '15' })
    await failing.ok('revoke_order', other.ask)
  })

  it('F36: the third try revokes', async () => {
    const opened = open('-MF36')
    const { ask } = await uploaded(opened)
    await opened.no('revoke_order', ask)
    await opened.no('revoke_order', ask)
    await opened.ok('revoke_order', ask)
  })
})
