import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import type { SandboxContext } from '../../../src/sandbox/registry.ts'
import { createWechat } from '../../../src/sandbox/wechat.ts'
import type { Channel } from '../../../src/upstreams/upstream.ts'
import { wechatChannel } from '../../../src/upstreams/wechat/adapter.ts'
import { type Encoding, locationOf } from '../../../src/upstreams/wechat/mapping.ts'
import { portalSignature } from '../../../src/upstreams/wechat/transport.ts'
import {
  type ChannelUnderTest,
  keepsTheContract,
  linkTo,
  requestOf,
  TIMEOUT_MS,
  USER_ID,
} from '../channel-contract.ts'
import { answering, failing, NOW, sandboxContext, seededRandom, sendTo, watched } from '../stub.ts'

interface Encodings {
  readonly miniProgram: Encoding
  readonly h5: Encoding
}

function connect(
  { parameters: { wechat } }: SandboxContext,
  watch: ReturnType<typeof watched>,
  {
    encoding = { miniProgram: 'raw', h5: 'encoded' },
    now = () => NOW,
  }: { encoding?: Encodings | undefined; now?: (() => number) | undefined } = {},
): Channel {
  return wechatChannel({
    baseUrl: 'http://sandbox/wechat/api',
    timeoutMs: TIMEOUT_MS,
    partnerId: wechat.partnerId,
    partnerSecret: new Secret(wechat.partnerSecret),
    send: watch.send,
    recordExchange: watch.recordExchange,
    now,
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
}

const build = (encoding?: Encodings): Channel =>
  connect(sandboxContext(), watched(failing('unsent')), { encoding })

const PREPAY = {
  prepayId: 'wx1',
  timeStamp: '1',
  nonceStr: 'n',
  package: 'prepay_id=wx1',
  signType: 'RSA',
  paySign: 's',
}

const WECHAT: ChannelUnderTest = {
  context: sandboxContext,
  connect: (context, watch, now) => connect(context, watch, { now }),
  send: (context) => sendTo(createWechat(context)),
  saying: (_, content) => answering(200, content),
  consent: ({ registry }, { billNo, authCode }) => {
    const fresh = { used: false, payAuthNo: null }
    registry.authCodes.set(authCode, { authCode, billNo, openid: USER_ID, ...fresh })
  },
  placed: {
    withCash: { mixTradeNo: 'M1', prepay: PREPAY, page: null },
    withoutCash: { mixTradeNo: 'M1', prepay: null, page: null },
  },
}

keepsTheContract('WeChat', WECHAT)

async function jumpOf(channel: Channel, surface: 'mini-program' | 'h5') {
  const jump = await channel.authorisation(requestOf({ surface }))
  if (jump.kind !== 'done') throw new Error(jump.kind)
  return jump.value
}

describe('the authorisation page of WeChat', () => {
  it('of the mini-program carries the certification code raw or encoded [SC-P03]', async () => {
    const { wechat } = sandboxContext().parameters
    const raw = await jumpOf(build(), 'mini-program')
    if (raw.kind !== 'mini-program') throw new Error(raw.kind)
    expect(raw.path).toContain(`&orgChnlCrtfCodg=${wechat.orgChnlCrtfCodg}&`)
    expect(raw).toMatchObject({ appId: 'wxe183cd55df4b4369', envVersion: 'trial' })
    const both = { miniProgram: 'encoded', h5: 'encoded' } as const
    const encoded = await jumpOf(build(both), 'mini-program')
    if (encoded.kind !== 'mini-program') throw new Error(encoded.kind)
    expect(encoded.path).toContain(encodeURIComponent(wechat.orgChnlCrtfCodg))
  })

  it('of H5 comes back with our state inside redirectUrl [SC-P03]', async () => {
    const jump = await jumpOf(build(), 'h5')
    if (jump.kind !== 'page') throw new Error(jump.kind)
    const back = new URL(new URL(jump.url).searchParams.get('redirectUrl') ?? '')
    expect(back.searchParams.get('state')).toBe(requestOf().state)
    expect(back.searchParams.get('from')).toBe('wx')
  })
})

function answer(more: object) {
  const body = JSON.stringify({ code: 0, user_name: '甲', user_card_no: '1', ...more })
  return connect(sandboxContext(), watched(answering(200, body))).exchange(requestOf())
}

describe('the exchange at WeChat', () => {
  it('signs as Tencent’s demonstration does (upstreams/wechat/README.md 2)', () => {
    expect(portalSignature('10000001', '1735660800000', new Secret('demo-partner-secret'))).toBe(
      '069173349b64c1e4c477c15f8c40f2756891fbed3196ec230fd1785b5baa3379',
    )
  })

  it('tells a place', async () => {
    const link = linkTo(WECHAT)
    const outcome = await link.channel.exchange(requestOf())
    expect(outcome).toMatchObject({ value: { location: '104.065861,30.657401' } })
  })

  it('takes exactly one of the two numbers', async () => {
    expect((await answer({})).kind).toBe('unknown')
    expect((await answer({ pay_auth_no: 'AUTH1', family_pay_auth_no: 'AUTH2' })).kind).toBe(
      'unknown',
    )
    expect(await answer({ pay_auth_no: '', family_pay_auth_no: 'AUTH2' })).toMatchObject({
      kind: 'done',
      value: { family: true },
    })
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

describe('the cashier of WeChat', () => {
  it('gets the five prepay members with a cash part, and none without [SC-P10]', () => {
    const channel = build()
    const { withCash, withoutCash } = WECHAT.placed
    expect(Object.keys(channel.cashier(withCash) ?? {}).sort()).toEqual([
      'method',
      'mixTradeNo',
      'nonceStr',
      'package',
      'paySign',
      'signType',
      'timeStamp',
    ])
    expect(channel.cashier(withoutCash)).toEqual({
      method: 'requestMedicalInsurancePay',
      mixTradeNo: 'M1',
    })
  })
})
