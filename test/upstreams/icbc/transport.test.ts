import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import type { HttpReply, HttpRequest } from '../../../src/upstreams/http-client.ts'
import { icbcBank } from '../../../src/upstreams/icbc/adapter.ts'
import { icbcSecurity } from '../../../src/upstreams/icbc/security.ts'
import { readAnswer, signText } from '../../../src/upstreams/icbc/transport.ts'
import type { Bank } from '../../../src/upstreams/bank.ts'
import { cashOnly, selfPayOrder } from '../bank-orders.ts'
import { NOW } from '../bank-rig.ts'
import { hospitalSecurity, icbc, settings } from './setup.ts'

/** The bank's side: signs with the gateway's key, verifies with the application's. */
const gatewayKeys = icbcSecurity({
  signType: 'SM2',
  appPrivateKey: new Secret(icbc.gateway.sm2.privateKeyHex),
  gatewaySignAlg: 'SM2',
  gatewayPublicKeys: [icbc.app.sm2.publicKeyHex],
  encryptType: 'SM4',
  cipherKey: new Secret(icbc.sm4KeyHex),
})

function signed(raw: string): Buffer {
  const sign = gatewayKeys.sign(raw).toString('base64')
  return Buffer.from(`{"response_biz_content":${raw},"sign":"${sign}"}`)
}

function bankThat(answers: (request: HttpRequest) => HttpReply): Bank {
  return icbcBank(settings((request) => Promise.resolve(answers(request))))
}

const answering = (raw: string, status = 200): Bank =>
  bankThat(() => ({ kind: 'answer', status, headers: {}, body: signed(raw) }))

const refundOrder = {
  outTradeNo: 'C1',
  bankOrderNo: 'B1',
  refundNo: 'R1',
  amountFen: selfPayOrder().amountFen,
  billNo: 'MZ1',
}
const QUESTION = {
  mixTradeNo: 'P1',
  institutionNo: 'I1',
  outTradeNo: null,
  businessDate: '2026-11-21',
}

describe('a request', () => {
  test('carries no person in clear, and its sign covers the cipher text [SC-S01] [SC-S03]', async () => {
    const sent: HttpRequest[] = []
    const bank = bankThat((request) => {
      sent.push(request)
      return { kind: 'unknown', cause: 'timeout-request' }
    })
    const { payer } = cashOnly()
    await bank.placeMixedOrder(cashOnly({ prepayId: 'wx1', institutionNo: 'I1' }))
    await bank.placeMixedOrder(cashOnly({ prepayId: 'wx1', institutionNo: 'I1' }))
    const form = new URLSearchParams(String(sent[0]?.body))
    expect(decodeURIComponent(String(sent[0]?.body))).not.toContain(payer.name)
    const { sign, ...rest } = Object.fromEntries(form)
    const path = '/api/mybank/medical/mixorder/submitorder/V1'
    const { security } = settings(() => Promise.reject(new Error('unused')))
    const signature = Buffer.from(sign ?? '', 'base64')
    expect(gatewayKeys.verifyGateway(signText(path, rest), signature)).toBe(true)
    expect(JSON.parse(security.cipher.decrypt(rest['biz_content'] ?? ''))).toMatchObject({
      total_fee: 12_345,
      out_trade_no: 'I1',
      payer: { name: payer.name, id_digest: '09eb26e839ff3a2e3980352ae45ef09e' },
    })
    const second = new URLSearchParams(String(sent[1]?.body))
    expect(second.get('msg_id')).not.toBe(form.get('msg_id'))
  })

  test('an order that is nearly over dies at the bank with it', async () => {
    const { security } = settings(() => Promise.reject(new Error('unused')))
    let seconds = ''
    const bank = bankThat(({ body }) => {
      const cipher = new URLSearchParams(String(body)).get('biz_content') ?? ''
      seconds = JSON.parse(security.cipher.decrypt(cipher)).expire_time
      return { kind: 'unsent', cause: 'ECONNREFUSED' }
    })
    const answer = await bank.placeSelfPayOrder(selfPayOrder({ expiresAt: NOW + 90_999 }))
    expect([answer, seconds]).toEqual([{ kind: 'unsent', cause: 'ECONNREFUSED' }, '90'])
  })
})

describe('an answer', () => {
  test('is verified over the raw text: numbers and escapes stay as they came', () => {
    const raw = '{ "return_code" : 0, "return_msg":"\\u6210\\u529f","big":1.50e2,"x":"a\\/b" }'
    expect(readAnswer(signed(raw), hospitalSecurity())).toMatchObject({ code: '0' })
  })

  test('with one flipped bit anywhere is unknown [SC-S01]', () => {
    const body = signed('{"return_code":"00005031","return_msg":"x"}')
    const security = hospitalSecurity()
    for (let i = 0; i < body.length; i += 3) {
      const damaged = Buffer.from(body)
      damaged[i] = (damaged[i] ?? 0) ^ 1
      expect(readAnswer(damaged, security).kind).toBe('unknown')
    }
  })

  test.each(['-500042', '-1', '-0', '000', '', 'SUCCESS', '1.0'])(
    'with code %j leaves the effect unknown',
    async (code) => {
      const bank = answering(JSON.stringify({ return_code: code, return_msg: 'x' }))
      expect((await bank.placeSelfPayOrder(selfPayOrder())).kind).toBe('unknown')
      expect((await bank.refundSelfPay(refundOrder)).kind).toBe('unknown')
    },
  )

  test('whose two codes disagree is unknown', async () => {
    const bank = answering('{"return_code":0,"returnCode":"92200001"}')
    expect((await bank.closeSelfPayOrder('C1')).kind).toBe('unknown')
  })

  test('with a positive code refuses an order in the bank’s words', async () => {
    const bank = answering('{"return_code":"85119","return_msg":"请尝试其它支付方式"}')
    const refusal = { kind: 'refused', code: '85119', message: '请尝试其它支付方式' }
    expect(await bank.placeSelfPayOrder(selfPayOrder())).toEqual(refusal)
    expect(await bank.placeMixedOrder(cashOnly({ prepayId: 'wx1' }))).toEqual(refusal)
  })

  test.each(['00070037', '00070043', '00005031', '92207001', '00005016', '99999999'])(
    'with code %s does not prove that a refund did not happen',
    async (code) => {
      const bank = answering(JSON.stringify({ return_code: code, return_msg: 'x' }))
      expect((await bank.refundSelfPay(refundOrder)).kind).toBe('unknown')
    },
  )

  test('that is signed but is not 200 is unknown', async () => {
    const bank = answering('{"return_code":0,"return_msg":"x"}', 502)
    expect((await bank.closeSelfPayOrder('C1')).kind).toBe('unknown')
  })

  test('"channel says no such trade" leaves the cash order unknown', async () => {
    const bank = answering(
      '{"return_code":"20000002","pay_status":"2","third_party_return_code":"40004"}',
    )
    expect((await bank.selfPayOrder('C1')).kind).toBe('unknown')
  })
})

const calls = (bank: Bank) => [
  bank.placeSelfPayOrder(selfPayOrder()),
  bank.selfPayOrder('C1'),
  bank.closeSelfPayOrder('C1'),
  bank.placeMixedOrder(cashOnly({ prepayId: 'wx1' })),
  bank.mixedOrder(QUESTION),
  bank.refundSelfPay(refundOrder),
  bank.refund({ outTradeNo: 'C1', refundNo: 'R1' }),
]

describe('hostile answers', () => {
  test('unsigned ones never throw and are never done, refused or absent', async () => {
    const content = fc.record({
      return_code: fc.constantFrom<unknown>(0, '0', '00005019', '20000049', '20000051'),
      pay_status: fc.constantFrom('0', '1', '2'),
      order_id: fc.constant('B1'),
      mix_trade_no: fc.constant('P1'),
    })
    const shaped = fc
      .tuple(
        fc.oneof(
          fc.json(),
          content.map((value) => JSON.stringify(value)),
        ),
        fc.base64String(),
      )
      .map(([raw, sign]) => `{"response_biz_content":${raw},"sign":"${sign}"}`)
    const bodies = fc.oneof(
      shaped.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    )
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(200, 302, 404, 502), async (body, status) => {
        const bank = bankThat(() => ({ kind: 'answer', status, headers: {}, body }))
        for (const answer of await Promise.all(calls(bank))) expect(answer.kind).toBe('unknown')
      }),
      { numRuns: 150 },
    )
  })

  test('signed nonsense never throws, and no question is ever refused', async () => {
    const members = fc.dictionary(
      fc.constantFrom(
        'return_code',
        'pay_status',
        'mix_trade_no',
        'wx_data_package',
        'order_id',
        'total_fee',
        'refund_time',
        '__proto__',
        'constructor',
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom(0, '0', '1', '20000049', '-1')),
    )
    await fc.assert(
      fc.asyncProperty(members, async (content) => {
        const answers = await Promise.all(calls(answering(JSON.stringify(content))))
        for (const i of [1, 4, 6]) expect(answers[i]?.kind).not.toBe('refused')
      }),
      { numRuns: 60 },
    )
  })
})
