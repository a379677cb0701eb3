/** Vector F of upstreams/mid-platform/README.md 2.8. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sm2PrivateKey, sm2PublicKey, sm2Verifier } from '../../../src/crypto/sm2.ts'
import { Secret } from '../../../src/errors.ts'
import { canonicalJson, readJson, signText } from '../../../src/upstreams/mid-platform/canonical.ts'
import {
  envelopeKeys,
  openEnvelope,
  sealEnvelope,
} from '../../../src/upstreams/mid-platform/envelope.ts'
import { MID_PLATFORM_PROFILE } from '../../../src/upstreams/mid-platform/adapter.ts'

const APP_ID = '43AF047BBA47FC8A1AE8EFB232BDBBCB'
const APP_SECRET = '4117E877F5FA0A0188891283E4B617D5'
const PRIVATE_KEY = 'AJ9988WsGLHoJuCBE4p0Mjq/5FzLPUUON2zh71yMeBLu'
const PUBLIC_KEY =
  'BOEIrfkQhBWWmBr+DGCbslm9vqJAudbJptVT/QD7lZwKyQ8rfJpqMgOarFfNg2tjsfE6q2SLUNiD/lZtrSI2c78='
const RULES = { sort: 'ordinal', leaves: 'string' } as const

const DATA = `{"payAuthNo":"AUTH310100202501010000000001","payOrdId":"ORD310100202501010000000001",
"payToken":"TOKEN0001","orgCodg":"H51010000001","orgBizSer":"BIZ20250101000001",
"chrgBchno":"CB20250101000001","feeType":"01","mdtrtId":"100001","acctUsedFlag":"1","deposit":"",
"expContent":{"b":"2","a":1,"n":null,"list":[{"y":true,"x":"值"}]}}`
const CANONICAL =
  '{"acctUsedFlag":"1","chrgBchno":"CB20250101000001","expContent":{"a":"1","b":"2","list":[{"x":"值","y":"true"}]},"feeType":"01","mdtrtId":"100001","orgBizSer":"BIZ20250101000001","orgCodg":"H51010000001","payAuthNo":"AUTH310100202501010000000001","payOrdId":"ORD310100202501010000000001","payToken":"TOKEN0001"}'
const SIGN_TEXT = `appId=${APP_ID}&data=${CANONICAL}&encType=SM4&signType=SM2&timestamp=20250101120000&version=2.0.1&key=${APP_SECRET}`
const SIGNATURE =
  'mOd3BsAfuJFcG2fxgecjn9mzt7XG1pnSSttWgyfkfy6iS/dnYgNJ729rGUsFZ2HrZeMXKIOad3xjhfaRIXYF4Q=='
const ENC_DATA =
  '6FE1116C0C7539F9CC135FDAF61C7B88D374E3374772DECD897B434801AE48FD86D345102E8C13DB805B30337A06A1A80C6332E0D0348E0B7712428D2F93022DB79610716466950C9B4DAC47E2E0855C2705D3AD18CBECC274133BA4A954BF79065485A7371E6F0B54B604161F797C480083D247FE29794227DB898936EC1A39724D6911FCE6A446119557192E7EA16528C364B34C881F43C09B1BD33FDEF36AB4A19FDD520B9DD674942DD6D99570E5EFA57783F1052C97BA8CB4E4E701EA76837B1E31273F272983F17AAE6A20008C2BEA2671BE4EC3DA5CD1C290CA55770819664F82EB91B8C96B6237A6C1562701C135E429CD86EF2CB9672154EC30594FC7970EB01BAAD11A39FB8D7AC414CF79B7C7F60330A31E342C8D561155C7BC0203137224C4A6AB34DEB930A50D9C56A23F93D91D490E39081EC67AE753579177'

const publicKey = sm2PublicKey({ base64: PUBLIC_KEY })
const keys = envelopeKeys({
  appId: APP_ID,
  appSecret: new Secret(APP_SECRET),
  privateKey: sm2PrivateKey({ base64: PRIVATE_KEY }),
  platformKeys: [publicKey],
})
const from = { keys, profile: MID_PLATFORM_PROFILE, now: Date.parse('2025-01-01T12:00:00+08:00') }

describe('vector F', () => {
  it('is the canonical form and the sign text of its data', () => {
    const data = readJson(DATA)
    expect(canonicalJson(data, RULES)).toBe(CANONICAL)
    const members = {
      appId: APP_ID,
      encType: 'SM4',
      signType: 'SM2',
      timestamp: '20250101120000',
      version: '2.0.1',
      data,
    }
    expect(signText(members, APP_SECRET, RULES)).toBe(SIGN_TEXT)
  })

  it('carries a signature that we verify and cipher text that we make', () => {
    const verify = sm2Verifier(publicKey, { encoding: 'raw' })
    expect(verify(SIGN_TEXT, Buffer.from(SIGNATURE, 'base64'))).toBe(true)
    const envelope = JSON.parse(sealEnvelope(CANONICAL, from))
    expect(envelope.encData).toBe(ENC_DATA)
    expect(envelope.data).toBeUndefined()
    expect(verify(SIGN_TEXT, Buffer.from(envelope.signData, 'base64'))).toBe(true)
  })

  it('opens, also in lower-case hex, and not with a flipped byte [SC-S01]', () => {
    const sealed = JSON.parse(sealEnvelope(CANONICAL, from))
    const lower = JSON.stringify({ ...sealed, encData: sealed.encData.toLowerCase() })
    expect(openEnvelope(lower, from).signature).toBe('good')
    const flipped = sealed.encData.replace(/^./, '7')
    const open = () => openEnvelope(JSON.stringify({ ...sealed, encData: flipped }), from)
    expect(() => {
      if (open().signature !== 'good') throw new Error('bad signature')
    }).toThrow()
    const renamed = JSON.stringify({ ...sealed, timestamp: '20250101120001' })
    expect(openEnvelope(renamed, from).signature).toBe('bad')
  })
})

describe('canonical JSON', () => {
  it('keeps numbers as they were written', () => {
    expect(canonicalJson(readJson('{"b":10.50,"a":[1e2]}'), RULES)).toBe(
      '{"a":["1e2"],"b":"10.50"}',
    )
    expect(canonicalJson(readJson('{"b":10.50}'), { ...RULES, leaves: 'raw' })).toBe('{"b":10.50}')
  })

  it('sorts by code unit or without regard to case', () => {
    const data = readJson('{"medcWayDscr":"1","medListCodg":"2","empty":{},"none":[]}')
    expect(canonicalJson(data, RULES)).toBe('{"empty":{},"medListCodg":"2","medcWayDscr":"1"}')
    expect(canonicalJson(data, { ...RULES, sort: 'ignore-case' })).toBe(
      '{"empty":{},"medcWayDscr":"1","medListCodg":"2"}',
    )
  })

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const once = canonicalJson(readJson(text), RULES)
        // An empty member dropped may leave an empty array item, which stays.
        expect(canonicalJson(readJson(once), RULES)).toBe(once)
      }),
    )
  })
})
