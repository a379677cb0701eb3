/** 6203, against the strict platform and against odd answers of its own. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Amounts } from '../../../src/payment/amounts.ts'
import { asPayAuthNo } from '../../../src/payment/authorisation.ts'
import { fen, fenToYuan } from '../../../src/payment/money.ts'
import { sealEnvelope } from '../../../src/sandbox/mid-platform-envelope.ts'
import { returnedOf } from '../../../src/upstreams/mid-platform/refunds.ts'
import type { InsuranceRefund } from '../../../src/upstreams/upstream.ts'
import { answering, failing, NOW, sandboxContext } from '../stub.ts'
import { build, type Link, settled } from './link.ts'

const stateOf = async (link: Link, question: Parameters<Link['adapter']['query']>[0]) => {
  const answer = await link.adapter.query(question)
  return answer.kind === 'done' ? answer.value : answer
}

const GIVEN_BACK = { ordStas: '8', phase: 'refunded', insuranceReturned: true, cashReturned: false }
const HELD = { ordStas: '6', phase: 'settled', insuranceReturned: false, cashReturned: false }

describe('an insurance refund', () => {
  it('gives the whole insurance part back once, however often it is sent [SC-R04]', async () => {
    const { link, refund, question, owed } = await settled()
    expect(await stateOf(link, question)).toMatchObject(HELD)
    const answer = await link.adapter.refund(refund)
    expect(answer).toEqual({
      kind: 'done',
      value: {
        status: 'returned',
        refundSerialNo: expect.stringMatching(/^HR\d{22}$/),
        refundedAt: NOW,
      },
    })
    expect(await link.adapter.refund(refund)).toEqual(answer)
    expect(owed()).toBe(0)
    expect(await stateOf(link, question)).toMatchObject(GIVEN_BACK)
    const other = await link.adapter.refund({ ...refund, refundNo: 'RF01JD-2' })
    expect(other.kind).toBe('unknown')
    const made = link.context.world.calls.filter(({ call }) => call === '6203')
    expect(made.map(({ result }) => result)).toEqual(['effect', 'repeat', 'refused'])
  })

  it('sends the exact split without cash, in texts, and leaves no secret on record [SC-R04]', async () => {
    const { link, refund } = await settled()
    await link.adapter.refund(refund)
    const sent = link.exchanges.find(({ call, phase }) => call === '6203' && phase === 'sent')
    const { totalFen, selfPayFen, fundFen, accountFen } = refund.amounts
    expect(JSON.parse(sent?.body ?? '{}')).toMatchObject({
      appRefdSn: refund.refundNo,
      appRefdTime: '20261120090000',
      totlRefdAmt: fenToYuan(fen(totalFen - selfPayFen)),
      fundRefdAmt: fenToYuan(fundFen),
      psnAcctRefdAmt: fenToYuan(accountFen),
      cashRefdAmt: '0.00',
      refdType: 'HI',
    })
    const seen = link.written() + link.sent.map(({ body }) => String(body)).join('')
    expect(seen).not.toContain(refund.payAuthNo.reveal())
  })

  it('asks for everything under ALL, which the platform then calls returned [SC-R04]', async () => {
    const { link, refund, question } = await settled('', { refundType: 'ALL' })
    expect((await link.adapter.refund(refund)).kind).toBe('done')
    expect(await stateOf(link, question)).toMatchObject({
      ordStas: '7',
      insuranceReturned: true,
      cashReturned: null,
    })
  })

  it('is never done by a part, nor under an authorisation that is not the order’s [SC-R04]', async () => {
    const { link, refund, owed } = await settled()
    const before = owed()
    const amounts: Amounts = { ...refund.amounts, fundFen: fen(refund.amounts.fundFen - 1) }
    const payAuthNo = asPayAuthNo('AUTH0000')
    for (const wrong of [
      { ...refund, amounts },
      { ...refund, payAuthNo },
      { ...refund, payOrdId: 'ORD0' },
    ])
      expect((await link.adapter.refund(wrong)).kind).toBe('unknown')
    expect(owed()).toBe(before)
    expect((await link.adapter.refund(refund)).kind).toBe('done')
  })

  it('carries the authorisation in the other member where the bureau wants it there', async () => {
    const { link, refund } = await settled('', { refundCredential: 'ecToken' })
    const token = link.upload.person.ecToken?.reveal() ?? ''
    const answer = await link.adapter.refund({ ...refund, payAuthNo: asPayAuthNo(token) })
    expect(answer.kind).toBe('done')
  })
})

describe('an insurance refund that goes wrong', () => {
  it('whose answer was lost is found by asking, and sent again it is the same (R01) [SC-R07]', async () => {
    const { link, refund, question, owed } = await settled('R01')
    expect((await link.adapter.refund(refund)).kind).toBe('unknown')
    expect(await stateOf(link, question)).toMatchObject(GIVEN_BACK)
    expect((await link.adapter.refund(refund)).kind).toBe('done')
    expect(owed()).toBe(0)
  })

  it('that never arrived is found missing by asking, and sent again (R02) [SC-R07]', async () => {
    const { link, refund, question, owed } = await settled('R02')
    expect((await link.adapter.refund(refund)).kind).toBe('unknown')
    expect(await stateOf(link, question)).toMatchObject(HELD)
    expect((await link.adapter.refund(refund)).kind).toBe('done')
    expect(owed()).toBe(0)
  })

  it.each([
    ['went back', 'R03', GIVEN_BACK],
    ['did not go back', 'R04', HELD],
  ])('is exceptional, and only asking tells that it %s (%s) [SC-R04]', async (_, code, state) => {
    const { link, refund, question } = await settled(code)
    expect(await link.adapter.refund(refund)).toMatchObject({
      kind: 'done',
      value: { status: 'exceptional', refundedAt: null },
    })
    expect(await stateOf(link, question)).toMatchObject(state)
    expect(await link.adapter.refund(refund)).toMatchObject({ value: { status: 'exceptional' } })
  })

  it('is refused by a sealed FAIL alone, and nothing moves (R05) [SC-R04]', async () => {
    const { link, refund, question, owed } = await settled('R05')
    const before = owed()
    expect(await link.adapter.refund(refund)).toMatchObject({
      kind: 'refused',
      code: 'refund-refused',
    })
    expect(await stateOf(link, question)).toMatchObject(HELD)
    expect(owed()).toBe(before)
  })
})

const REFUND: InsuranceRefund = {
  payOrdId: 'ORD1',
  refundNo: 'RF1',
  payAuthNo: asPayAuthNo('AUTH1'),
  amounts: {
    totalFen: fen(1_100),
    fundFen: fen(600),
    accountFen: fen(300),
    otherFen: fen(100),
    selfPayFen: fen(100),
  },
  refundedAt: NOW,
}

/** The platform's own seal around whatever it is made to say. */
function sealing(data: Record<string, unknown>) {
  const context = sandboxContext()
  const { appId, appSecret, hospital, platform } = context.parameters.midPlatform
  const link = {
    appId,
    appSecret,
    privateKeyHex: platform.privateKeyHex,
    publicKeyHex: hospital.publicKeyHex,
    ...context.profiles.midPlatform,
    crypto: context.crypto,
  }
  const extra = { code: 0, success: true, message: '成功' }
  const body = JSON.stringify(sealEnvelope(link, { data, at: NOW, extra }))
  return build(answering(200, body), context).adapter
}

describe('odd answers to an insurance refund', () => {
  it.each([
    ['no refStatus', { refdSn: 'RF1' }],
    ['an unlisted refStatus', { refStatus: 'WAIT' }],
    ['a refStatus in small letters', { refStatus: 'succ' }],
    ['nothing', {}],
  ])('rightly signed with %s are unknown [SC-R04]', async (_, data) => {
    expect((await sealing(data).refund(REFUND)).kind).toBe('unknown')
  })

  it.each([
    [
      { refStatus: 'SUCC', hiFefdSn: 'H1' },
      { refundSerialNo: 'H1', refundedAt: null },
    ],
    [
      { refStatus: 'SUCC', refdSn: 'R1' },
      { refundSerialNo: 'R1', refundedAt: null },
    ],
    [
      { refStatus: 'SUCC', hiTrnsDate: '2026-11-20', hiTrnsTime: '09:00:00' },
      { refundSerialNo: null, refundedAt: NOW },
    ],
    [
      { refStatus: 'SUCC', hiTrnsDate: '20261320', hiTrnsTime: '090000' },
      { refundSerialNo: null, refundedAt: null },
    ],
  ])('%j is returned, as far as it is told', async (data, value) => {
    expect(await sealing(data).refund(REFUND)).toEqual({
      kind: 'done',
      value: { status: 'returned', ...value },
    })
  })

  it('unsigned, broken or refused by a code prove nothing [SC-S01]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (body) => {
        const { adapter } = build(answering(200, body))
        expect((await adapter.refund(REFUND)).kind).toBe('unknown')
      }),
      { numRuns: 60 },
    )
    const { adapter } = build(answering(200, '{"code":"-1","message":"不能退费"}'))
    expect((await adapter.refund(REFUND)).kind).toBe('unknown')
    expect((await build(failing('unsent')).adapter.refund(REFUND)).kind).toBe('unsent')
  })
})

describe('what 6301 says of money that went back', () => {
  it('never reads cash alone as the insurance part [SC-R07]', () => {
    const states = ['6', '7', '8', '9', '10', '11', '12', '13', '16', '17', 'toString']
    expect(states.map((state) => [state, returnedOf(state).insuranceReturned])).toEqual([
      ['6', false],
      ['7', true],
      ['8', true],
      ['9', false],
      ['10', false],
      ['11', true],
      ['12', true],
      ['13', true],
      ['16', null],
      ['17', null],
      ['toString', null],
    ])
  })

  it('calls the cash returned only where all of it is, and nothing else of it', () => {
    const states = ['6', '7', '8', '9', '10', '11', '12', '13']
    const told = states.map((state) => returnedOf(state).cashReturned)
    expect(told).toEqual([false, null, false, true, false, false, null, null])
  })
})
