import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { billOf } from '../../../src/sandbox/his-bills.ts'
import { createWechat } from '../../../src/sandbox/wechat.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { wechatChannel } from '../../../src/upstreams/wechat/adapter.ts'
import { type Encoding, locationOf } from '../../../src/upstreams/wechat/mapping.ts'
import { portalSignature } from '../../../src/upstreams/wechat/transport.ts'
import { answering, failing, NOW, sandboxContext, seededRandom, sendTo, watched } from '../stub.ts'

function build(
  send: Send,
  context = sandboxContext(),
  encoding: { miniProgram: Encoding; h5: Encoding } = { miniProgram: 'raw', h5: 'encoded' },
) {
  const { wechat } = context.parameters
  const watch = watched(send)
  const adapter = wechatChannel({
    baseUrl: 'http://sandbox/wechat/api',
    timeoutMs: 1000,
    partnerId: wechat.partnerId,
    partnerSecret: new Secret(wechat.partnerSecret),
    send: watch.send,
    recordExchange: watch.recordExchange,
    now: () => NOW,
    random: seededRandom(),
    hospital: wechat,
    miniProgram: {
      appId: wechat.authAppId,
      envVersion: 'trial',
      encodeOrgChnlCrtfCodg: encoding.miniProgram,
    },
    h5: {
      pageUrl: 'https://mitest.wecity.qq.com/oauth/code',
      appId: 'wxhospital',
      redirectUrl: 'https://pay.example/back?from=wx',
      encodeOrgChnlCrtfCodg: encoding.h5,
    },
  })
  return { ...watch, adapter, wechat }
}

const code = '384188081113592029'

function withCode(billNo = 'MZ20261120000123-M') {
  const context = sandboxContext()
  billOf(context, billNo)
  context.registry.authCodes.set(code, {
    authCode: code,
    billNo,
    openid: 'openid-1',
    used: false,
    payAuthNo: null,
  })
  return build(sendTo(createWechat(context)), context)
}

const exchange = (link: ReturnType<typeof build>) =>
  link.adapter.exchange(new Secret(code), 'openid-1')

describe('the authorisation page', () => {
  it('of the mini-program carries the certification code raw or encoded [SC-P03]', () => {
    const raw = build(failing('unsent'))
    const jump = raw.adapter.authorisation({ surface: 'mini-program', state: 's1' })
    if (jump.kind !== 'mini-program') throw new Error(jump.kind)
    expect(jump.path).toContain(`&orgChnlCrtfCodg=${raw.wechat.orgChnlCrtfCodg}&`)
    expect(jump).toMatchObject({ appId: 'wxe183cd55df4b4369', envVersion: 'trial', state: 's1' })
    const encoded = build(failing('unsent'), sandboxContext(), {
      miniProgram: 'encoded',
      h5: 'encoded',
    }).adapter.authorisation({ surface: 'mini-program', state: 's1' })
    if (encoded.kind !== 'mini-program') throw new Error(encoded.kind)
    expect(encoded.path).toContain(encodeURIComponent(raw.wechat.orgChnlCrtfCodg))
  })

  it('of H5 comes back with our state inside redirectUrl [SC-P03]', () => {
    const jump = build(failing('unsent')).adapter.authorisation({ surface: 'h5', state: 's/2' })
    if (jump.kind !== 'page') throw new Error(jump.kind)
    const back = new URL(new URL(jump.url).searchParams.get('redirectUrl') ?? '')
    expect(back.searchParams.get('state')).toBe('s/2')
    expect(back.searchParams.get('from')).toBe('wx')
  })
})

describe('the exchange of an authCode', () => {
  it('signs as Tencent’s demonstration does (upstreams/wechat/README.md 2)', () => {
    expect(portalSignature('10000001', '1735660800000', new Secret('demo-partner-secret'))).toBe(
      '069173349b64c1e4c477c15f8c40f2756891fbed3196ec230fd1785b5baa3379',
    )
  })

  it('gives the payAuthNo, its holder and a place, and writes none of them down [SC-P04] [SC-G02]', async () => {
    const link = withCode()
    const outcome = await exchange(link)
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
    const payAuthNo = outcome.value.payAuthNo.reveal()
    expect(payAuthNo).toMatch(/^AUTH/)
    expect(outcome.value).toMatchObject({ family: false, location: '104.065861,30.657401' })
    for (const secret of [payAuthNo, code, 'openid-1', outcome.value.payer.idNo])
      expect(link.written()).not.toContain(secret)
    expect(link.sent).toHaveLength(1)
  })

  it('is refused in words when the code was used before [SC-P04]', async () => {
    const link = withCode()
    await exchange(link)
    expect(await exchange(link)).toEqual({
      kind: 'refused',
      code: '50004',
      message: 'qrcode used',
    })
  })

  it('that lost its answer is unknown and was sent once', async () => {
    const link = withCode('MZ20261120000123-MF05')
    expect((await exchange(link)).kind).toBe('unknown')
    expect(link.sent).toHaveLength(1)
  })

  it('that never left has not burnt the code', async () => {
    expect((await exchange(build(failing('unsent')))).kind).toBe('unsent')
  })

  it('takes exactly one of the two numbers', async () => {
    const person = { user_name: '甲', user_card_no: '1' }
    const answer = (more: object) =>
      exchange(build(answering(200, JSON.stringify({ code: 0, ...person, ...more }))))
    expect((await answer({})).kind).toBe('unknown')
    expect((await answer({ pay_auth_no: 'AUTH1', family_pay_auth_no: 'AUTH2' })).kind).toBe(
      'unknown',
    )
    expect(await answer({ pay_auth_no: '', family_pay_auth_no: 'AUTH2' })).toMatchObject({
      kind: 'done',
      value: { family: true },
    })
  })

  it('is unknown for every status but 200', async () => {
    for (const status of [301, 400, 401, 500, 502])
      expect((await exchange(build(answering(status, '{"code":1}')))).kind).toBe('unknown')
  })

  it('never throws and is never done for a hostile answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
        expect(['unknown', 'refused']).toContain((await exchange(build(answering(200, body)))).kind)
      }),
    )
  })
})

describe('a place', () => {
  it.each([
    ['{"latitude":"30.5","longitude":"104.1"}', '104.1,30.5'],
    [{ latitude: 30.5, longitude: 104.1 }, '104.1,30.5'],
    ['{"latitude":0,"longitude":0}', null],
    ['{"latitude":91,"longitude":0}', null],
    ['{"latitude":"1;","longitude":"2"}', null],
    ['', null],
    [undefined, null],
  ])('%j is %s', (given, expected) => {
    expect(locationOf(given)).toBe(expected)
  })
})

describe('the cashier', () => {
  const prepay = {
    prepayId: 'wx1',
    timeStamp: '1',
    nonceStr: 'n',
    package: 'prepay_id=wx1',
    signType: 'RSA',
    paySign: 's',
  }

  it('gets the five prepay members with a cash part, and none without [SC-P10]', () => {
    const { adapter } = build(failing('unsent'))
    expect(Object.keys(adapter.cashier({ mixTradeNo: 'M1', prepay })).sort()).toEqual([
      'method',
      'mixTradeNo',
      'nonceStr',
      'package',
      'paySign',
      'signType',
      'timeStamp',
    ])
    expect(adapter.cashier({ mixTradeNo: 'M1', prepay: null })).toEqual({
      method: 'requestMedicalInsurancePay',
      mixTradeNo: 'M1',
    })
  })
})
