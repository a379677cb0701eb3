import * as fc from 'fast-check'
import { sm3 as referenceSm3, sm4 as referenceSm4 } from 'sm-crypto'
import { describe, expect, it } from 'vitest'
import { aesCbcDecrypt, aesCbcEncrypt } from '../../src/crypto/aes.ts'
import { hmacSha1Base64, hmacSha256Hex, hmacSm3 } from '../../src/crypto/mac.ts'
import { sm3, sm3Hex } from '../../src/crypto/sm3.ts'
import { sm4CbcDecrypt, sm4CbcEncrypt, sm4EcbDecrypt, sm4EcbEncrypt } from '../../src/crypto/sm4.ts'
import { MID_PLATFORM } from './vectors.ts'

const KEY = Buffer.from('0123456789ABCDEFFEDCBA9876543210', 'hex')
const ZERO_IV = Buffer.alloc(16)

const upperHex = (bytes: Buffer) => bytes.toString('hex').toUpperCase()
const bytesUpTo = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes))
const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes))

/** The working key is the first 16 characters, as ASCII (upstreams/mid-platform/README.md 2.5). */
const derivedKey = (appId: string, appSecret: string) =>
  upperHex(sm4EcbEncrypt(Buffer.from(appId.slice(0, 16)), appSecret)).slice(0, 16)

describe('SM3', () => {
  it('[SC-B01] the hash of abc is the standard one', () => {
    const answer = '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
    expect(sm3Hex('abc')).toBe(answer)
    expect(sm3('abc').toString('hex')).toBe(answer)
  })

  it('agrees with sm-crypto on any bytes', () => {
    fc.assert(
      fc.property(bytesUpTo(200), (bytes) => {
        expect(sm3Hex(bytes)).toBe(referenceSm3([...bytes]))
      }),
    )
  })
})

describe('SM4', () => {
  it('[SC-B01][SC-S09] the standard block encrypts to the standard answer', () => {
    const block = upperHex(sm4EcbEncrypt(KEY, KEY).subarray(0, 16))
    expect(block).toBe('681EDF34D206965E86B3E94F536E4246')
  })

  it.each([
    [
      'a hex key',
      KEY,
      '4CF02652FF56E3B826504D9E0D9A98531F8F5816823AFDB6A2C770AF517D017F429841F11498124CD7CD4AC79DAD06216DD3F78C84E613413F298F30A3E7B094',
    ],
    [
      'a text key',
      Buffer.from('0123456789abcdef'),
      '53D52B25D887631591C040FD0E3EF9D9AB4952E196146BAB50B3EAEDF114259DD849ADCE819D71A66D83BF0E08F139C7D8F376B94D2596D95CC9F62403DF03E6',
    ],
  ])('[SC-S03] under %s a message becomes this upper hex', (_, key, answer) => {
    const plain = '{"chkFlag":"1","resBizNo":"161665488196720210609155618"}'
    expect(upperHex(sm4EcbEncrypt(key, plain))).toBe(answer)
    expect(sm4EcbDecrypt(key, Buffer.from(answer, 'hex')).toString()).toBe(plain)
  })

  it('[SC-S03] a message becomes this base64', () => {
    const plain = '{"mchOrderId":"1687837179580","payOrderId":"10000000000000000361"}'
    expect(sm4EcbEncrypt(KEY, plain).toString('base64')).toBe(
      'nQ4F0Oz+N8skk56tihIpXjrbqtKaGJsDrLisx88UY6ovI4XY3FO+MIlXg93jWsfORfvUM4zIsPKLxQDK4Kn32z7/rGhTD3h6WDn1/QCrFz4=',
    )
  })

  it('the published application and a synthetic one give these working keys', () => {
    const { appId, appSecret } = MID_PLATFORM
    expect(derivedKey(appId, appSecret)).toBe(MID_PLATFORM.derivedKey)
    const synthetic = ['TESTAPPID'.padEnd(32, '0'), 'TESTSECRET'.padEnd(32, '0')] as const
    expect(derivedKey(...synthetic)).toBe('49402A7451716C12')
  })

  it('[SC-S03] the mid-platform’s vectors B and F give their cipher text, whatever its case', () => {
    const key = Buffer.from(MID_PLATFORM.derivedKey)
    const dataF = /&data=(\{.*\})&encType/.exec(MID_PLATFORM.signTextF)?.[1] ?? ''
    const pairs = [
      [MID_PLATFORM.dataB, MID_PLATFORM.encDataB],
      [dataF, MID_PLATFORM.encDataF],
    ] as const
    for (const [plain, sealed] of pairs) {
      expect(upperHex(sm4EcbEncrypt(key, plain))).toBe(sealed)
      const lower = Buffer.from(sealed.toLowerCase(), 'hex')
      expect(sm4EcbDecrypt(key, lower).toString()).toBe(plain)
    }
  })

  it('agrees with sm-crypto in both modes and comes back', () => {
    fc.assert(
      fc.property(bytesOf(16), bytesOf(16), bytesUpTo(80), (key, iv, plain) => {
        const ecb = sm4EcbEncrypt(key, plain)
        const cbc = sm4CbcEncrypt(key, iv, plain)
        expect(ecb.toString('hex')).toBe(referenceSm4.encrypt([...plain], [...key]))
        expect(cbc.toString('hex')).toBe(
          referenceSm4.encrypt([...plain], [...key], { mode: 'cbc', iv: [...iv] }),
        )
        expect(sm4EcbDecrypt(key, ecb)).toEqual(plain)
        expect(sm4CbcDecrypt(key, iv, cbc)).toEqual(plain)
      }),
    )
  })

  it('a wrong key or a cut cipher text is an Error that shows no data', () => {
    const sealed = sm4CbcEncrypt(KEY, ZERO_IV, 'thirty-two bytes of plain text !')
    const wrong = Buffer.alloc(16, 1)
    const refusal = /^sm4-(ecb|cbc): wrong key or damaged cipher text$/
    expect(() => sm4CbcDecrypt(wrong, ZERO_IV, sealed)).toThrow(refusal)
    expect(() => sm4CbcDecrypt(KEY, ZERO_IV, sealed.subarray(0, -1))).toThrow(refusal)
    expect(() => sm4CbcDecrypt(KEY, ZERO_IV, sealed.subarray(0, -16))).toThrow(refusal)
    expect(() => sm4EcbDecrypt(KEY, Buffer.alloc(0))).toThrow(refusal)
    expect(() => sm4EcbDecrypt(wrong, sealed)).toThrow(refusal)
  })
})

describe('the bank (upstreams/icbc/README.md 4.4)', () => {
  const plain = '{"return_code":0,"return_msg":"success","msg_id":"201808311413244567657"}'

  it.each([
    [
      16,
      'AAECAwQFBgcICQoLDA0ODw==',
      'ZzSGzfyx4qtNaIu65gL/1Ejp3h6yFCDxlWk44jh5B7Sl1+MaBL6Y33gBDtO9aQEvbgVL11JVOvCrMPGwFAlTgrQ8DYHNluBnBgafg6tHqgM=',
    ],
    [
      24,
      '12345678901234567890123456789012',
      'w+BHnA3a4z/CZ4fvljcswrF/t2+PEPGikxAsmPvkKbuvA1QGRpawjj9m6NQgQWdC/dB9e0nMw44W85kk9uJTZiwCZXaEgtIq5lJgOG20QLg=',
    ],
  ])('an AES key of %i bytes chooses its cipher by itself', (length, base64, answer) => {
    const key = Buffer.from(base64, 'base64')
    expect(key).toHaveLength(length)
    expect(aesCbcEncrypt(key, ZERO_IV, plain).toString('base64')).toBe(answer)
    expect(aesCbcDecrypt(key, ZERO_IV, Buffer.from(answer, 'base64')).toString()).toBe(plain)
  })

  it('[SC-S03] SM4-CBC with a zero iv gives this cipher text', () => {
    expect(sm4CbcEncrypt(KEY, ZERO_IV, plain).toString('base64')).toBe(
      'pyDPt6mPZWeLXrvVHZeRFccZwEfkWXxiOvPzVfc2waorwU/SziFX9oXK+y/2+T8IkTw37ch71WvhHVmDmuknWTu5PJKlj2WEnQ2xewUpS7Q=',
    )
  })

  it('an AES key of another size is refused, and a wrong one is an Error', () => {
    const key = Buffer.alloc(32, 1)
    const sealed = aesCbcEncrypt(key, ZERO_IV, plain)
    expect(() => aesCbcEncrypt(Buffer.alloc(15), ZERO_IV, plain)).toThrow('16, 24 or 32')
    expect(() => aesCbcDecrypt(Buffer.alloc(32, 2), ZERO_IV, sealed)).toThrow(
      'wrong key or damaged',
    )
  })
})

describe('HMAC', () => {
  const question = 'what do ya want for nothing?'

  it('gives the answers of RFC 2202, RFC 4231 and GM/T 0042', () => {
    const sha1 = Buffer.from(hmacSha1Base64('Jefe', question), 'base64').toString('hex')
    expect(sha1).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79')
    expect(hmacSha256Hex('Jefe', question)).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    )
    expect(hmacSm3('Jefe', question).toString('hex')).toBe(
      '2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882',
    )
  })

  it('a gateway that signs by name, key and time gets this signature', () => {
    const text =
      '_api_access_key=AKTEST&_api_name=SC.01.01.01&_api_timestamp=1623225113340&_api_version=1.0.0'
    expect(hmacSha1Base64('SKTEST', text)).toBe('LAYxJADYwWU+0oO5ZaPqUUOFmps=')
  })
})
