import { generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { type IcbcKeys, icbcSecurity } from '../../../src/upstreams/icbc/security.ts'
import { signText } from '../../../src/upstreams/icbc/transport.ts'

// upstreams/icbc/README.md 4.1: the gateway's key, message and SHA-1 signature as printed in ICBC's document.
const PUBLIC_KEY =
  'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwFgHD4kzEVPdOj03ctKM7KV+16bWZ5BMNgvEeuEQwfQYkRVwI9HFOGkwNTMn5hiJXHnlXYCX+zp5r6R52MY0O7BsTCLT7aHaxsANsvI9ABGx3OaTVlPB59M6GPbJh0uXvio0m1r/lTW3Z60RU6Q3oid/rNhP3CiNgg0W6O3AGqwIDAQAB'
const SHA1_SIGNATURE =
  'A7ibf97cez7UudFZCSePEn8kgr0DSDlvu+CqCAm0JJ65xsQtU7vFuGAwPoUfPYVWG2q+9DXbL4el8pAq6TPicg8Nn/zCCGGF4PRSmi4ZLzU+7fhrsMMo5hMhhQhLhYplbvHLwsRy/XqF8o49g2+es9ZX4mzpVR/gwMcINi8rXlE='
const SHA256_SIGNATURE =
  'DvC6rCFr9hdXpQzhoHNWEMacSUL5Mw+RXg9XbStHppTVq6s7Klq7sq8UvGIy9wwPoKaqbijGTDXST+1OK0tl6WT8yZ6zVGLMF/nbcdjK7TAsfPXRRzRQjCdWccVP8+yGJwmTWQ4s0BQX8+eVWYNxS0wWsAD1v9TPU4zlzyMi4X8='
const MESSAGE =
  '/api/preciousmetal/V1/purchase?app_id=2014072300007148&biz_content={"id":"student_id","name":"student_name"}&charset=GBK&sign_type=RSA&timestamp=2014-07-24 03:07:50&trade_id=123456'

const OWN = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

function documentSecurity(changes: Partial<IcbcKeys> = {}) {
  return icbcSecurity({
    signType: 'RSA2',
    appPrivateKey: new Secret(OWN.privateKey),
    gatewaySignAlg: 'SHA1',
    gatewayPublicKeys: [PUBLIC_KEY],
    encryptType: 'SM4',
    cipherKey: new Secret('0123456789abcdeffedcba9876543210'),
    allowPublishedTestKey: true,
    ...changes,
  })
}

describe('the signed text', () => {
  test('is the document’s: path, sorted, without sign, not encoded [SC-S01]', () => {
    const text = signText('/api/preciousmetal/V1/purchase', {
      trade_id: '123456',
      timestamp: '2014-07-24 03:07:50',
      sign_type: 'RSA',
      sign: 'not part of it',
      empty: '',
      charset: 'GBK',
      biz_content: '{"id":"student_id","name":"student_name"}',
      app_id: '2014072300007148',
    })
    expect(text).toBe(MESSAGE)
  })

  test('is signed with SHA-256 also where the gateway answers with SHA-1 [SC-B03]', () => {
    const signature = documentSecurity().sign(MESSAGE)
    expect(verify('RSA-SHA256', Buffer.from(MESSAGE), OWN.publicKey, signature)).toBe(true)
    expect(verify('RSA-SHA1', Buffer.from(MESSAGE), OWN.publicKey, signature)).toBe(false)
  })

  test('is verified by the pinned algorithm only, whatever would also fit [SC-B02]', () => {
    const { verifyGateway } = documentSecurity()
    expect(verifyGateway(MESSAGE, Buffer.from(SHA1_SIGNATURE, 'base64'))).toBe(true)
    expect(verifyGateway(MESSAGE, Buffer.from(SHA256_SIGNATURE, 'base64'))).toBe(false)
  })

  test('of a callback is verified by its own algorithm and key, those of answers do not count', () => {
    const signAlg = 'SHA256'
    const security = documentSecurity({ callback: { signAlg, publicKeys: [OWN.publicKey] } })
    const signature = security.sign(MESSAGE)
    expect(security.callbackSignType).toBe('RSA2')
    expect(security.verifyCallback(MESSAGE, signature)).toBe(true)
    expect(security.verifyGateway(MESSAGE, signature)).toBe(false)
    expect(security.verifyCallback(MESSAGE, Buffer.from(SHA1_SIGNATURE, 'base64'))).toBe(false)
    expect(documentSecurity().callbackSignType).toBe('RSA')
  })

  test('a gateway whose private key is printed in the manual is not believed', () => {
    const changes = { allowPublishedTestKey: false }
    expect(() => documentSecurity(changes)).toThrow('published test key')
    const callback = { signAlg: 'SHA1', publicKeys: [PUBLIC_KEY] } as const
    const answers = { gatewayPublicKeys: [OWN.publicKey] }
    expect(() => documentSecurity({ ...changes, ...answers, callback })).toThrow('published test')
  })

  test('[SC-B03] a short RSA key is refused, ours and the bank’s, in the sandbox too', () => {
    const short = generateKeyPairSync('rsa', {
      modulusLength: 1024,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const says = 'an RSA key of 1024 bits: at least 2048 needed'
    const appPrivateKey = new Secret(short.privateKey)
    expect(() => documentSecurity({ appPrivateKey })).toThrow(says)
    expect(() => documentSecurity({ gatewayPublicKeys: [short.publicKey] })).toThrow(says)
    const callback = { signAlg: 'SHA1', publicKeys: [short.publicKey] } as const
    expect(() => documentSecurity({ callback })).toThrow(says)
  })

  test('SM4 with a zero IV gives the computed vector [SC-S03]', () => {
    const plain = '{"return_code":0,"return_msg":"success","msg_id":"201808311413244567657"}'
    const { cipher } = documentSecurity()
    expect(cipher.encrypt(plain)).toBe(
      'pyDPt6mPZWeLXrvVHZeRFccZwEfkWXxiOvPzVfc2waorwU/SziFX9oXK+y/2+T8IkTw37ch71WvhHVmDmuknWTu5PJKlj2WEnQ2xewUpS7Q=',
    )
    expect(cipher.decrypt(cipher.encrypt(plain))).toBe(plain)
  })
})
