import { createSign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { alipayOf } from '../../../src/sandbox/alipay-gateway.ts'
import { createAlipay } from '../../../src/sandbox/alipay.ts'
import { makeParameters } from '../../../src/sandbox/parameters.ts'
import type { SandboxContext } from '../../../src/sandbox/registry.ts'
import { alipayChannel } from '../../../src/upstreams/alipay/adapter.ts'
import { signText } from '../../../src/upstreams/alipay/transport.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import {
  BILL,
  type ChannelUnderTest,
  keepsTheContract,
  linkTo,
  requestOf,
  TIMEOUT_MS,
  USER_ID,
} from '../channel-contract.ts'
import {
  answering,
  failing,
  flipByte,
  NOW,
  sandboxContext,
  seededRandom,
  sendTo,
  watched,
} from '../stub.ts'

/** RSA pairs take a while to draw: one pack for all. */
const parameters = makeParameters(seededRandom(7), { alipay: true })
const pack = alipayOf({ ...sandboxContext(), parameters })

const context = (): SandboxContext => ({ ...sandboxContext(), parameters })

/** Signed by other code than both the service's and the sandbox's. */
function signed(member: string, content: string): string {
  const sign = createSign('RSA-SHA256').update(content).sign(pack.alipay.privateKeyPem, 'base64')
  return `{"${member}":${content},"sign":"${sign}"}`
}

const TOKEN = 'alipay_system_oauth_token_response'
const QUERY = 'alipay_commerce_medical_authinfo_auth_query_response'

const ALIPAY: ChannelUnderTest = {
  context,
  connect: (_, watch, now) => connect(watch, { now }),
  send: (world) => sendTo(createAlipay(world)),
  saying: (_, content) => answering(200, signed(TOKEN, content)),
  consent: (world, { billNo, authCode }) => {
    const {
      authCodes,
      alipay: { users },
    } = world.registry
    users.set(USER_ID, { userId: USER_ID, billNo, confirmed: true })
    authCodes.set(authCode, { authCode, billNo, openid: USER_ID, used: false, payAuthNo: null })
  },
  placed: {
    withCash: {
      mixTradeNo: 'M1',
      prepay: { prepayId: '2026' },
      page: 'https://render.alipay.com/1',
    },
    withoutCash: { mixTradeNo: 'M1', prepay: null, page: 'https://render.alipay.com/2' },
  },
}

function connect(
  watch: ReturnType<typeof watched>,
  {
    now = () => NOW,
    privateKeyPem = pack.hospital.privateKeyPem,
  }: { now?: (() => number) | undefined; privateKeyPem?: string } = {},
) {
  return alipayChannel({
    gatewayUrl: 'http://sandbox/alipay/gateway.do',
    timeoutMs: TIMEOUT_MS,
    privateKey: new Secret(privateKeyPem),
    alipayPublicKeys: [pack.alipay.publicKeyPem],
    send: watch.send,
    recordExchange: watch.recordExchange,
    now,
    hospital: {
      ...pack,
      returnPage: 'pages/pay/index?from=alipay',
      returnUrl: 'https://pay.example/back?from=alipay',
    },
  })
}

keepsTheContract('Alipay', ALIPAY)

const linkSaying = (...answers: string[]) => {
  const send: Send = (request) => answering(200, answers.shift() ?? '')(request)
  const watch = watched(send)
  return { ...watch, channel: connect(watch) }
}

const asked = (link: { sent: readonly { body: Buffer | string }[] }, at: number) =>
  new URLSearchParams(String(link.sent[at]?.body))

describe('the authorisation page of Alipay', () => {
  it('is what Alipay names, and comes back to our page with our state on H5 [SC-P03]', async () => {
    const watch = watched(sendTo(createAlipay(context())))
    const channel = connect(watch)
    const jump = await channel.authorisation(requestOf({ surface: 'h5' }))
    expect(jump).toMatchObject({ kind: 'done', value: { kind: 'page' } })
    await channel.authorisation(requestOf())
    const back = [0, 1].map((at) => JSON.parse(asked(watch, at).get('biz_content') ?? '').call_url)
    expect(back).toEqual([
      `https://pay.example/back?from=alipay&state=${requestOf().state}`,
      `alipays://platformapi/startapp?appId=${pack.appId}&page=${encodeURIComponent('pages/pay/index?from=alipay')}`,
    ])
  })

  it('is not needed by who has confirmed before: authorised at once, with the state [SC-P03]', async () => {
    const { channel } = linkTo(ALIPAY)
    expect(await channel.authorisation(requestOf())).toEqual({
      kind: 'done',
      value: { kind: 'authorised', state: requestOf().state },
    })
  })

  it.each(['javascript:alert(1)', 'http://plain.example', 'https://a:b@evil.example', 'x', ''])(
    'is never %j',
    async (page) => {
      const content = JSON.stringify({ code: '10000', data: { auth_stas: '0', auth_url: page } })
      const { channel } = linkSaying(signed(QUERY, content))
      expect((await channel.authorisation(requestOf())).kind).toBe('unknown')
    },
  )

  it('is not known, or not asked for, when nobody answers', async () => {
    for (const kind of ['unknown', 'unsent'] as const) {
      const channel = connect(watched(failing(kind)))
      expect((await channel.authorisation(requestOf())).kind).toBe(kind)
    }
  })
})

describe('the exchange at Alipay', () => {
  const token = signed(TOKEN, JSON.stringify({ user_id: USER_ID, access_token: 'T' }))
  const query = (data: object) => signed(QUERY, JSON.stringify({ code: '10000', data }))

  it('asks for the authorisation once after the code, under the same number [SC-P04]', async () => {
    const link = linkTo(ALIPAY)
    await link.channel.exchange(requestOf())
    const methods = link.sent.map((_, at) => asked(link, at).get('method'))
    expect(methods).toEqual([
      'alipay.system.oauth.token',
      'alipay.commerce.medical.authinfo.auth.query',
      'alipay.user.info.share',
    ])
    const content = JSON.parse(asked(link, 1).get('biz_content') ?? '')
    expect(content).toMatchObject({ req_biz_no: requestOf().reference, ol_biz_type_code: '04107' })
  })

  it('is refused when the patient has not confirmed on the page [SC-P04]', async () => {
    const { channel } = linkSaying(token, query({ auth_stas: '0', auth_url: 'https://a.example' }))
    expect(await channel.exchange(requestOf())).toMatchObject({
      kind: 'refused',
      code: 'not-authorised',
    })
  })

  it.each([
    ['no pay_auth_no', { auth_stas: '1', rels_pay_flag: '0' }],
    ['no word on whose insurance it is', { auth_stas: '1', pay_auth_no: 'AUTH1' }],
    ['an unlisted flag', { auth_stas: '1', pay_auth_no: 'AUTH1', rels_pay_flag: '2' }],
    ['an unlisted status and no page', { auth_stas: '9', pay_auth_no: 'AUTH1' }],
    ['the number of another question', { auth_stas: '1', pay_auth_no: 'A', req_biz_no: 'other' }],
  ])('is not known with %s', async (_, data) => {
    const { channel } = linkSaying(token, query(data))
    expect((await channel.exchange(requestOf())).kind).toBe('unknown')
  })

  it.each([
    ['40002', 'refused'],
    ['20001', 'refused'],
    ['20000', 'unknown'],
    ['40004', 'unknown'],
    ['40005', 'unknown'],
    ['99999', 'unknown'],
  ])('with code %s is %s: what is on no list is unknown', async (code, kind) => {
    const content = JSON.stringify({ code, sub_code: 'some.code', sub_msg: '原因' })
    for (const member of [TOKEN, 'error_response']) {
      const { channel } = linkSaying(signed(member, content))
      expect((await channel.exchange(requestOf())).kind).toBe(kind)
    }
  })

  it('believes no answer whose signature does not fit [SC-S01] [SC-S02]', async () => {
    const unsigned = `{"${TOKEN}":{"code":"40002"}}`
    const other = signed(QUERY, '{"code":"40002"}')
    for (const answer of [unsigned, other, token.replace('"T"', '"U"')])
      expect((await linkSaying(answer).channel.exchange(requestOf())).kind).toBe('unknown')
    for (let at = 0; at < 200; at += 7) {
      const link = linkTo(ALIPAY, BILL, () =>
        sendTo(createAlipay(context()), (reply) => flipByte(reply, at)),
      )
      expect((await link.channel.exchange(requestOf())).kind).toBe('unknown')
    }
  })
})

describe('a request to Alipay', () => {
  it('is signed over all its parameters in order, none of them encoded [SC-S01]', () => {
    expect(signText({ b: '2&x', a: '1 1', empty: '', sign: 's', 中: '文' })).toBe(
      'a=1 1&b=2&x&中=文',
    )
  })

  it('with another key is refused by Alipay', async () => {
    const watch = watched(sendTo(createAlipay(context())))
    const channel = connect(watch, { privateKeyPem: pack.alipay.privateKeyPem })
    expect(await channel.authorisation(requestOf())).toMatchObject({
      kind: 'refused',
      code: 'isv.invalid-signature',
    })
  })
})

describe('the cashier of Alipay', () => {
  it('is the page of the bank’s answer, or none at all [SC-P10]', () => {
    const channel = connect(watched(failing('unknown')))
    const { withCash } = ALIPAY.placed
    expect(channel.cashier(withCash)).toEqual({ method: 'page', url: withCash.page })
    expect(channel.cashier({ ...withCash, page: null })).toBeNull()
  })
})
