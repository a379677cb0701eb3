import { describe, expect, test } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { icbcSecurity } from '../../../src/upstreams/icbc/security.ts'
import { signText } from '../../../src/upstreams/icbc/transport.ts'

// upstreams/icbc/README.md 4.1: key pair, message and signature as printed in ICBC's own document.
const PRIVATE_KEY =
  'MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALAWAcPiTMRU906PTdy0ozspX7XptZnkEw2C8R64RDB9BiRFXAj0cU4aTA1MyfmGIlceeVdgJf7OnmvpHnYxjQ7sGxMItPtodrGwA2y8j0AEbHc5pNWU8Hn0zoY9smHS5e+KjSbWv+VNbdnrRFTpDeiJ3+s2E/cKI2CDRbo7cAarAgMBAAECgYABiA933q4APyTvf/uTYdbRmuiEMoYr0nn/8hWayMt/CHdXNWs5gLbDkSL8MqDHFM2TqGYxxlpOPwnNsndbW874QIEKmtH/SSHuVUJSPyDW4B6MazA+/e6Hy0TZg2VAYwkB1IwGJox+OyfWzmbqpQGgs3FvuH9q25cDxkWntWbDcQJBAP2RDXlqx7UKsLfM17uu+ol9UvpdGoNEed+5cpScjFcsB0XzdVdCpp7JLlxR+UZNwr9Wf1V6FbD2kDflqZRBuV8CQQCxxpq7CJUaLHfm2kjmVtaQwDDw1ZKRb/Dm+5MZ67bQbvbXFHCRKkGI4qqNRlKwGhqIAUN8Ynp+9WhrEe0lnxo1AkEA0flSDR9tbPADUtDgPN0zPrN3CTgcAmOsAKXSylmwpWciRrzKiI366DZ0m6KOJ7ew8z0viJrmZ3pmBsO537llRQJAZLrRxZRRV6lGrwmUMN+XaCFeGbgJ+lphN5/oc9F5npShTLEKL1awF23HkZD9HUdNLS76HCp4miNXbQOVSbHi2QJAUw7KSaWENXbCl5c7M43ESo9paHHXHT+/5bmzebq2eoBofn+IFsyJB8Lz5L7WciDK7WvrGC2JEbqwpFhWwCOl/w=='
const PUBLIC_KEY =
  'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwFgHD4kzEVPdOj03ctKM7KV+16bWZ5BMNgvEeuEQwfQYkRVwI9HFOGkwNTMn5hiJXHnlXYCX+zp5r6R52MY0O7BsTCLT7aHaxsANsvI9ABGx3OaTVlPB59M6GPbJh0uXvio0m1r/lTW3Z60RU6Q3oid/rNhP3CiNgg0W6O3AGqwIDAQAB'
const SHA1_SIGNATURE =
  'A7ibf97cez7UudFZCSePEn8kgr0DSDlvu+CqCAm0JJ65xsQtU7vFuGAwPoUfPYVWG2q+9DXbL4el8pAq6TPicg8Nn/zCCGGF4PRSmi4ZLzU+7fhrsMMo5hMhhQhLhYplbvHLwsRy/XqF8o49g2+es9ZX4mzpVR/gwMcINi8rXlE='
const SHA256_SIGNATURE =
  'DvC6rCFr9hdXpQzhoHNWEMacSUL5Mw+RXg9XbStHppTVq6s7Klq7sq8UvGIy9wwPoKaqbijGTDXST+1OK0tl6WT8yZ6zVGLMF/nbcdjK7TAsfPXRRzRQjCdWccVP8+yGJwmTWQ4s0BQX8+eVWYNxS0wWsAD1v9TPU4zlzyMi4X8='
const MESSAGE =
  '/api/preciousmetal/V1/purchase?app_id=2014072300007148&biz_content={"id":"student_id","name":"student_name"}&charset=GBK&sign_type=RSA&timestamp=2014-07-24 03:07:50&trade_id=123456'

function documentSecurity(signType: 'RSA' | 'RSA2', allowPublishedTestKey = true) {
  return icbcSecurity({
    signType,
    appPrivateKey: new Secret(PRIVATE_KEY),
    gatewayPublicKey: PUBLIC_KEY,
    encryptType: 'SM4',
    cipherKey: new Secret('0123456789abcdeffedcba9876543210'),
    allowPublishedTestKey,
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

  test('is signed bit for bit as in the document, with SHA-1 and with SHA-256', () => {
    expect(documentSecurity('RSA').sign(MESSAGE).toString('base64')).toBe(SHA1_SIGNATURE)
    expect(documentSecurity('RSA2').sign(MESSAGE).toString('base64')).toBe(SHA256_SIGNATURE)
  })

  test('is verified by the pinned algorithm only, whatever would also fit [SC-B02]', () => {
    const { verifyGateway } = documentSecurity('RSA2')
    expect(verifyGateway(MESSAGE, Buffer.from(SHA1_SIGNATURE, 'base64'))).toBe(true)
    expect(verifyGateway(MESSAGE, Buffer.from(SHA256_SIGNATURE, 'base64'))).toBe(false)
  })

  test('a gateway whose private key is printed in the manual is not believed', () => {
    expect(() => documentSecurity('RSA2', false)).toThrow('published test key')
  })

  test('SM4 with a zero IV gives the computed vector [SC-S03]', () => {
    const plain = '{"return_code":0,"return_msg":"success","msg_id":"201808311413244567657"}'
    const { cipher } = documentSecurity('RSA')
    expect(cipher.encrypt(plain)).toBe(
      'pyDPt6mPZWeLXrvVHZeRFccZwEfkWXxiOvPzVfc2waorwU/SziFX9oXK+y/2+T8IkTw37ch71WvhHVmDmuknWTu5PJKlj2WEnQ2xewUpS7Q=',
    )
    expect(cipher.decrypt(cipher.encrypt(plain))).toBe(plain)
  })
})
