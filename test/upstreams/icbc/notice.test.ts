import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { icbcBank } from '../../../src/upstreams/icbc/adapter.ts'
import { icbcSecurity } from '../../../src/upstreams/icbc/security.ts'
import { signText } from '../../../src/upstreams/icbc/transport.ts'
import type { RawNotice } from '../../../src/upstreams/bank.ts'
import { icbc, settings } from './setup.ts'

const PATH = '/api/callbacks/icbc/mixed-order'

/** The bank's side: signs with the gateway's key, verifies with the application's. */
const gateway = icbcSecurity({
  signType: 'SM2',
  appPrivateKey: new Secret(icbc.gateway.sm2.privateKeyHex),
  gatewaySignAlg: 'SM2',
  gatewayPublicKeys: [icbc.app.sm2.publicKeyHex],
  encryptType: 'SM4',
  cipherKey: new Secret(icbc.sm4KeyHex),
})

const base = settings(() => Promise.reject(new Error('nothing is sent')))
const bank = icbcBank(base)

const PAID = {
  return_code: 0,
  msg_id: 'M1',
  mix_trade_no: 'P1',
  out_trade_no: 'I1',
  mix_pay_status: 'MIX_PAY_SUCCESS',
  self_pay_status: 'NO_SELF_PAY',
  med_ins_pay_status: 'MED_INS_PAY_SUCCESS',
  total_fee: 100,
}

function form(change: Record<string, string> = {}): Record<string, string> {
  return {
    from: 'icbc-api',
    api: '/api/mybank/medical/mixorder/submitorder/V1',
    app_id: icbc.appId,
    charset: 'utf-8',
    format: 'json',
    timestamp: '2026-11-21 10:00:00',
    sign_type: 'SM2',
    biz_content: JSON.stringify(PAID),
    ...change,
  }
}

function signed(parameters: Record<string, string>, path = PATH): string {
  const sign = gateway.sign(signText(path, parameters)).toString('base64')
  return new URLSearchParams({ ...parameters, sign }).toString()
}

function raw(body: string | Buffer, kind: RawNotice['kind'] = 'mixed-order'): RawNotice {
  return { kind, path: '/whatever/our/proxy/made/of/it', headers: {}, body: Buffer.from(body) }
}

describe('a callback', () => {
  test('is believed over the path that the bank knows, not the one behind our proxy [SC-S01]', () => {
    expect(bank.readNotice(raw(signed(form())))).toMatchObject({
      verified: true,
      messageId: 'M1',
      state: { mixTradeNo: 'P1', institutionNo: 'I1', amounts: { totalFen: 100 } },
    })
    const local = signed(form(), '/whatever/our/proxy/made/of/it')
    expect(bank.readNotice(raw(local)).verified).toBe(false)
  })

  test('in cipher text is verified first and then opened [SC-S03]', () => {
    const biz_content = gateway.cipher.encrypt(JSON.stringify(PAID))
    const notice = bank.readNotice(raw(signed(form({ encrypt_type: 'SM4', biz_content }))))
    expect(notice).toMatchObject({ verified: true, state: { mixTradeNo: 'P1' } })
  })

  test.each([
    ['another algorithm than agreed [SC-B02]', { sign_type: 'RSA' }],
    ['another application', { app_id: '1' }],
    ['a cipher nobody agreed on', { encrypt_type: 'AES' }],
    ['content that is no JSON', { biz_content: 'nothing' }],
    ['content that names no order', { biz_content: '{"return_code":0}' }],
  ])('with %s is not believed although the key signed it', (_name, change) => {
    expect(bank.readNotice(raw(signed(form(change)))).verified).toBe(false)
  })

  test('that repeats a name has two readings and is not believed', () => {
    const forged = encodeURIComponent(JSON.stringify({ ...PAID, total_fee: 1 }))
    expect(bank.readNotice(raw(`biz_content=${forged}&${signed(form())}`)).verified).toBe(false)
    expect(bank.readNotice(raw(`${signed(form())}&biz_content=${forged}`)).verified).toBe(false)
  })

  test('of a paid cash order cannot be replayed as a mixed one: the path is signed', () => {
    const cash = form({ biz_content: '{"return_code":"0","out_trade_no":"C1"}' })
    const body = signed(cash, '/api/callbacks/icbc/self-pay')
    expect(bank.readNotice(raw(body, 'self-pay'))).toMatchObject({ outTradeNo: 'C1', paid: true })
    expect(bank.readNotice(raw(body, 'mixed-order')).verified).toBe(false)
  })

  test('of a failed cash order is believed and says that it is not paid', () => {
    const cash = form({ biz_content: '{"return_code":"1","out_trade_no":"C1"}' })
    const notice = bank.readNotice(raw(signed(cash, '/api/callbacks/icbc/self-pay'), 'self-pay'))
    expect(notice).toMatchObject({ verified: true, paid: false })
  })

  test('without states is verified and says nothing: the flow asks', () => {
    const content = { msg_id: 'M1', mix_trade_no: 'P1' }
    const notice = bank.readNotice(raw(signed(form({ biz_content: JSON.stringify(content) }))))
    expect(notice).toMatchObject({
      state: { legs: { overall: 'unknown', selfPay: 'unknown', insurance: 'unknown' } },
    })
  })

  test('of any bytes never throws and is never believed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.webQueryParameters().map((text) => Buffer.from(text)),
          fc.string().map((text) => Buffer.from(`app_id=${icbc.appId}&sign_type=SM2&sign=${text}`)),
        ),
        fc.constantFrom('mixed-order' as const, 'self-pay' as const),
        (body, kind) => {
          expect(bank.readNotice(raw(Buffer.from(body), kind)).verified).toBe(false)
        },
      ),
    )
  })
})

const split = (body: string) => {
  const match = /^\{(.*),"sign":"([^"]+)"\}$/.exec(body)
  return { text: match?.[1] ?? '', sign: Buffer.from(match?.[2] ?? '', 'base64') }
}

describe('the answer to a callback', () => {
  test('is the documented text to the byte, signed from behind the brace up to the sign [SC-S01]', () => {
    const { body, contentType } = bank.acknowledge(bank.readNotice(raw(signed(form()))), true)
    const { text, sign } = split(body)
    expect(contentType).toBe('application/json; charset=utf-8')
    expect(text).toBe(
      '"response_biz_content":{"return_code":0,"return_msg":"success","msg_id":"M1"},"sign_type":"SM2"',
    )
    expect(gateway.verifyGateway(text, sign)).toBe(true)
  })

  test('is encrypted when the notice was [SC-S03]', () => {
    const biz_content = gateway.cipher.encrypt(JSON.stringify(PAID))
    const notice = bank.readNotice(raw(signed(form({ encrypt_type: 'SM4', biz_content }))))
    const { text } = split(bank.acknowledge(notice, true).body)
    const cipherText = /^"response_biz_content":"([^"]+)"/.exec(text)?.[1] ?? ''
    expect(gateway.cipher.decrypt(cipherText)).toContain('"return_code":0')
  })

  test('says 0 only for a believed notice that was stored', () => {
    const real = bank.readNotice(raw(signed(form())))
    const forged = bank.readNotice(raw(signed(form(), '/forged')))
    expect(bank.acknowledge(real, false).body).toContain('"return_code":1,')
    for (const accepted of [true, false]) {
      const { text, sign } = split(bank.acknowledge(forged, accepted).body)
      expect(text).toContain('"return_code":-12345,')
      expect(gateway.verifyGateway(text, sign)).toBe(true)
    }
  })

  test('carries returnCode behind the others where the profile wants it', () => {
    const profile = { ...base.profile, includeReturnCode: true }
    const other = icbcBank({ ...base, profile })
    const { body } = other.acknowledge(other.readNotice(raw(signed(form()))), true)
    expect(body).toContain('"msg_id":"M1","returnCode":"0"}')
  })
})
