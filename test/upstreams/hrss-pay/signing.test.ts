import { execFileSync } from 'node:child_process'
import { sm2 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { sm2PrivateKey, sm2PublicKey } from '../../../src/crypto/sm2.ts'
import { Secret } from '../../../src/errors.ts'
import { hrssSigning, sourceString } from '../../../src/upstreams/hrss-pay/signing.ts'

/** E-3: the standard's own SM4 key and SM2 example key. */
const KEY = '0123456789ABCDEFFEDCBA9876543210'
const EXAMPLE = '3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8'
const CLEAR = '{"mchOrderId":"1687837179580","payOrderId":"10000000000000000361"}'
const DATA =
  'nQ4F0Oz+N8skk56tihIpXjrbqtKaGJsDrLisx88UY6ovI4XY3FO+MIlXg93jWsfORfvUM4zIsPKLxQDK4Kn32z7/rGhTD3h6WDn1/QCrFz4='
const FIELDS = {
  timestamp: '1687845436478',
  version: '1.0',
  access_key: 'DOTEST',
  format: 'json',
  request_id: 'a666bcc1720b4e2b9b02',
  biz_content: `{"aaz001":"1687845434400","appid":"A203","data":"${DATA}"}`,
}
const SOURCE = `access_key=DOTEST&biz_content={"aaz001":"1687845434400","appid":"A203","data":"${DATA}"}&format=json&request_id=a666bcc1720b4e2b9b02&timestamp=1687845436478&version=1.0`

const examplePrivate = sm2PrivateKey({ hex: EXAMPLE })
const vectors = (signatureFormat: 'der' | 'raw' = 'der') =>
  hrssSigning({
    privateKey: examplePrivate,
    theirKeys: [sm2PublicKey(examplePrivate.publicKey)],
    dataKey: new Secret(Buffer.from(KEY, 'hex')),
    signatureFormat,
    signExclude: ['sign', 'access_token'],
  })

describe('the known answers', () => {
  it('[RS-02] the data field is SM4-ECB-PKCS7 in Base64, as OpenSSL writes it too', () => {
    expect(vectors().encrypt(CLEAR)).toBe(DATA)
    expect(vectors().decrypt(DATA)).toBe(CLEAR)
    const openssl = execFileSync('openssl', ['enc', '-sm4-ecb', '-K', KEY, '-a', '-A'], {
      input: CLEAR,
    })
    expect(openssl.toString()).toBe(DATA)
  })

  it('[RS-10] the source string is the non-empty fields in ASCII order, byte for byte', () => {
    const given = { ...FIELDS, sign: 'x', access_token: 'y', other: '' }
    expect(sourceString(given, ['sign', 'access_token'])).toBe(SOURCE)
    expect(sourceString(given, ['sign', 'access_token', 'access_key'])).toBe(
      SOURCE.replace('access_key=DOTEST&', ''),
    )
  })

  it.each(['der', 'raw'] as const)(
    '[RS-11] a %s signature over it is verified by another library, and both forms by us',
    (format) => {
      const sign = vectors(format).sign(FIELDS)
      const ok = sm2.doVerifySignature(
        [...Buffer.from(SOURCE)],
        Buffer.from(sign, 'base64').toString('hex'),
        examplePrivate.publicKey.hex,
        { hash: true, der: format === 'der', userId: '1234567812345678' },
      )
      expect(ok).toBe(true)
      expect(vectors().verify(FIELDS, sign)).toBe(true)
      expect(vectors().verify({ ...FIELDS, version: '1.1' }, sign)).toBe(false)
      expect(vectors().verify(FIELDS, `${sign} `)).toBe(false)
      expect(vectors().verify(FIELDS, '')).toBe(false)
    },
  )

  it('[RS-02] what is under another key, cut or no Base64 opens to nothing', () => {
    for (const data of ['', 'AAAA', DATA.slice(4), `${DATA} `, DATA.replace('nQ', 'nR'), '汉'])
      expect(vectors().decrypt(data)).toBeNull()
  })
})
