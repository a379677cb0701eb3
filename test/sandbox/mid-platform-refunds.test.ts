import { describe, expect, it } from 'vitest'
import { settleInsurance } from '../../src/sandbox/mid-platform.ts'
import { BILL, open, results, uploaded, type Data } from './mid-platform-client.ts'

/** Pre-settled, and 6203 for its whole insurance part; `settle` is what the channel makes happen. */
async function preSettled(suffix = '-M') {
  const opened = open(suffix)
  const { order, ask, payAuthNo } = await uploaded(opened)
  await opened.ok('pay_order', order)
  const refund: Data = {
    payOrdId: ask['payOrdId'],
    appRefdSn: 'RF1',
    appRefdTime: '20261121100000',
    totlRefdAmt: '98.76',
    psnAcctRefdAmt: '24.69',
    fundRefdAmt: '74.07',
    cashRefdAmt: '0.00',
    payAuthNo,
    refdType: 'HI',
  }
  const owed = () => opened.context.world.ledger.balance(`${BILL}${suffix}`, 'insurance-payable')
  const settle = () => settleInsurance(opened.context, String(ask['payOrdId']))
  const stateNow = async () => (await opened.ok('query_order_info', ask))['ordStas']
  return { opened, refund, ask, owed, settle, stateNow }
}

async function settled(suffix = '-M') {
  const subject = await preSettled(suffix)
  subject.settle()
  return subject
}

describe('6203', () => {
  it('returns the whole insurance part once, under the original authorisation', async () => {
    const { opened, refund, owed, settle, stateNow } = await preSettled()
    await opened.no('refund_Order', refund)
    settle()
    expect(owed()).toBe(9_876)
    const answer = await opened.ok('refund_Order', refund)
    expect(answer).toMatchObject({ refStatus: 'SUCC', hiTrnsDate: '20261121' })
    expect(await opened.ok('refund_Order', refund)).toEqual(answer)
    expect(await opened.no('refund_Order', { ...refund, appRefdSn: 'RF2' })).toContain('已退款')
    expect(await opened.no('refund_Order', { ...refund, appRefdTime: '20261121100001' })).toContain(
      '重复',
    )
    expect(await stateNow()).toBe('8')
    expect(owed()).toBe(0)
  })

  it.each<[string, Data]>([
    ['a sum that does not hold', { totlRefdAmt: '98.75' }],
    ['a part of the fund', { fundRefdAmt: '74.06', totlRefdAmt: '98.75' }],
    ['a shifted split', { fundRefdAmt: '74.06', psnAcctRefdAmt: '24.70' }],
    ['cash under HI', { cashRefdAmt: '24.69', totlRefdAmt: '123.45' }],
    ['ALL without the cash', { refdType: 'ALL' }],
    ['an unknown type', { refdType: 'PART' }],
    ['no authorisation', { payAuthNo: undefined }],
    ['two authorisations', { ecToken: 'ECT1' }],
    ['a strange authorisation', { payAuthNo: 'AUTH0' }],
    ['another order', { payOrdId: 'ORD0' }],
    ['a number instead of a text', { totlRefdAmt: 98.761 }],
    ['three decimals', { totlRefdAmt: '98.760' }],
    ['a day that is none', { appRefdTime: '20261321100000' }],
  ])('refuses %s, and nothing moves', async (_, change) => {
    const { opened, refund, owed, stateNow } = await settled()
    await opened.no('refund_Order', { ...refund, ...change })
    expect(owed()).toBe(9_876)
    expect(await stateNow()).toBe('6')
  })

  it('ALL takes every component and is state 7', async () => {
    const { opened, refund, owed, stateNow } = await settled()
    const whole = { refdType: 'ALL', cashRefdAmt: '24.69', totlRefdAmt: '123.45' }
    expect(await opened.ok('refund_Order', { ...refund, ...whole })).toMatchObject({
      refStatus: 'SUCC',
    })
    expect([await stateNow(), owed()]).toEqual(['7', 0])
  })

  it.each([
    ['R01', ['lost', 'SUCC'], ['6203 effect', '6203 repeat'], '8'],
    ['R02', ['lost', 'SUCC'], ['6203 lost-request', '6203 effect'], '8'],
    ['R03', ['EXP', 'EXP'], ['6203 effect', '6203 repeat'], '8'],
    ['R04', ['EXP', 'EXP'], ['6203 refused', '6203 repeat'], '6'],
    ['R05', ['FAIL', 'FAIL'], ['6203 refused', '6203 repeat'], '6'],
  ])('%s: %j', async (code, statuses, noted, state) => {
    const { opened, refund, owed, stateNow } = await settled(`-M${code}`)
    for (const status of statuses) {
      if (status === 'lost') expect((await opened.send('refund_Order', refund)).kind).toBe('lost')
      else expect(await opened.ok('refund_Order', refund)).toMatchObject({ refStatus: status })
    }
    expect(results(opened).filter((result) => result.startsWith('6203'))).toEqual(noted)
    expect([await stateNow(), owed()]).toEqual([state, state === '8' ? 0 : 9_876])
  })

  it('R04: another number works; R05: none does', async () => {
    const other = { appRefdSn: 'RF2' }
    const odd = await settled('-MR04')
    await odd.opened.ok('refund_Order', odd.refund)
    expect(await odd.opened.ok('refund_Order', { ...odd.refund, ...other })).toMatchObject({
      refStatus: 'SUCC',
    })
    expect(odd.owed()).toBe(0)
    const failing = await settled('-MR05')
    for (const change of [{}, other])
      expect(
        await failing.opened.ok('refund_Order', { ...failing.refund, ...change }),
      ).toMatchObject({ refStatus: 'FAIL' })
    expect(failing.owed()).toBe(9_876)
  })
})

describe('the authorisation of a refund', () => {
  it('is bound to one refund, and repeated', async () => {
    const { opened, refund, ask } = await settled()
    const asked = {
      payOrdId: refund['payOrdId'],
      appRefdSn: 'RF1',
      orgCodg: ask['orgCodg'],
      payAuthNo: refund['payAuthNo'],
      idNo: ask['idNo'],
      userName: ask['userName'],
      idType: '01',
    }
    const { payAuthNo } = await opened.ok('refund_auth', asked)
    expect(await opened.ok('refund_auth', asked)).toEqual({ payAuthNo })
    await opened.no('refund_auth', { ...asked, userName: '他人' })
    await opened.no('refund_auth', { ...asked, payAuthNo: 'AUTH0' })
    await opened.no('refund_auth', { ...asked, payOrdId: 'ORD0' })
    await opened.no('refund_Order', { ...refund, appRefdSn: 'RF2', payAuthNo })
    await opened.ok('refund_Order', { ...refund, payAuthNo })
  })
})
