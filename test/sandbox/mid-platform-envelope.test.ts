import { sm3 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { SM_CRYPTO } from '../../src/sandbox/crypto.ts'
import {
  canonical,
  decrypt,
  deriveKey,
  encrypt,
  openEnvelope,
  signText,
  type EnvelopeLink,
} from '../../src/sandbox/mid-platform-envelope.ts'

describe('the envelope', () => {
  const appId = '43AF047BBA47FC8A1AE8EFB232BDBBCB'
  const appSecret = '4117E877F5FA0A0188891283E4B617D5'
  const publicKeyHex = Buffer.from(
    'BOEIrfkQhBWWmBr+DGCbslm9vqJAudbJptVT/QD7lZwKyQ8rfJpqMgOarFfNg2tjsfE6q2SLUNiD/lZtrSI2c78=',
    'base64',
  ).toString('hex')
  const data = {
    payAuthNo: 'AUTH310100202501010000000001',
    payOrdId: 'ORD310100202501010000000001',
    payToken: 'TOKEN0001',
    orgCodg: 'H51010000001',
    orgBizSer: 'BIZ20250101000001',
    chrgBchno: 'CB20250101000001',
    feeType: '01',
    mdtrtId: '100001',
    acctUsedFlag: '1',
    deposit: '',
    expContent: { b: '2', a: 1, n: null, list: [{ y: true, x: '值' }] },
  }
  const members = {
    appId,
    encType: 'SM4',
    signType: 'SM2',
    version: '2.0.1',
    timestamp: '20250101120000',
  }
  const canonicalData =
    '{"acctUsedFlag":"1","chrgBchno":"CB20250101000001","expContent":{"a":"1","b":"2","list":[{"x":"值","y":"true"}]},"feeType":"01","mdtrtId":"100001","orgBizSer":"BIZ20250101000001","orgCodg":"H51010000001","payAuthNo":"AUTH310100202501010000000001","payOrdId":"ORD310100202501010000000001","payToken":"TOKEN0001"}'
  const signData =
    'mOd3BsAfuJFcG2fxgecjn9mzt7XG1pnSSttWgyfkfy6iS/dnYgNJ729rGUsFZ2HrZeMXKIOad3xjhfaRIXYF4Q=='
  const encData =
    '6FE1116C0C7539F9CC135FDAF61C7B88D374E3374772DECD897B434801AE48FD86D345102E8C13DB805B30337A06A1A80C6332E0D0348E0B7712428D2F93022DB79610716466950C9B4DAC47E2E0855C2705D3AD18CBECC274133BA4A954BF79065485A7371E6F0B54B604161F797C480083D247FE29794227DB898936EC1A39724D6911FCE6A446119557192E7EA16528C364B34C881F43C09B1BD33FDEF36AB4A19FDD520B9DD674942DD6D99570E5EFA57783F1052C97BA8CB4E4E701EA76837B1E31273F272983F17AAE6A20008C2BEA2671BE4EC3DA5CD1C290CA55770819664F82EB91B8C96B6237A6C1562701C135E429CD86EF2CB9672154EC30594FC7970EB01BAAD11A39FB8D7AC414CF79B7C7F60330A31E342C8D561155C7BC0203137224C4A6AB34DEB930A50D9C56A23F93D91D490E39081EC67AE753579177'
  const link: EnvelopeLink = {
    appId,
    appSecret,
    privateKeyHex: '',
    publicKeyHex,
    version: '2.0.1',
    timestampFormat: 'yyyyMMddHHmmss',
    sort: 'ordinal',
    crypto: SM_CRYPTO,
  }

  it('vector F: canonical text, sign text, digest, key and ciphertext are the document’s', () => {
    expect(canonical(data, 'ordinal')).toBe(canonicalData)
    const text = signText({ ...members, data }, appSecret, 'ordinal')
    expect(text).toBe(
      `appId=${appId}&data=${canonicalData}&encType=SM4&signType=SM2&timestamp=20250101120000&version=2.0.1&key=${appSecret}`,
    )
    const z = '0c56f24c3caead3e88980c333f3b5581048292249ececc88cf02214ec4bde0e8'
    const e = sm3(Buffer.concat([Buffer.from(z, 'hex'), Buffer.from(text)]))
    expect(e).toBe('93fb7a953192a0f8fa1735caf36f24e9985588d7b8cf5dc2fb7747b5f9cfe4bb')
    expect(deriveKey(appId, appSecret).toString()).toBe('863B5F40C70B71EA')
    expect(encrypt(canonicalData, deriveKey(appId, appSecret))).toBe(encData)
    expect(decrypt(encData.toLowerCase(), deriveKey(appId, appSecret))).toBe(canonicalData)
  })

  it('vector F opens, and no longer opens with one byte flipped anywhere that counts', () => {
    const now = Date.parse('2025-01-01T12:00:00+08:00')
    const opened = (change: Record<string, string>): string => {
      const body = Buffer.from(JSON.stringify({ ...members, encData, signData, ...change }))
      return openEnvelope(link, body, now).kind
    }
    expect(opened({})).toBe('opened')
    expect(opened({ encData: `7${encData.slice(1)}` })).toBe('distrusted')
    expect(opened({ signData: `n${signData.slice(1)}` })).toBe('distrusted')
    expect(opened({ timestamp: '20250101120001' })).toBe('distrusted')
    expect(opened({ timestamp: '1735704000000' })).toBe('distrusted')
    expect(opened({ version: '1.0.0' })).toBe('distrusted')
    expect(opened({ data: canonicalData })).toBe('distrusted')
  })

  it('sorts by the profile, where the two orders differ', () => {
    const keys = { medfeeSumamt: '1', medOrgOrd: '2', medcWayDscr: '3' }
    expect(canonical(keys, 'ordinal')).toBe(
      '{"medOrgOrd":"2","medcWayDscr":"3","medfeeSumamt":"1"}',
    )
    expect(canonical(keys, 'ignore-case')).toBe(
      '{"medcWayDscr":"3","medfeeSumamt":"1","medOrgOrd":"2"}',
    )
  })
})
