import { generateKeyPairSync, verify as opensslVerify } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rsaPublicKeyFacts, rsaSigner, rsaVerifier } from '../../src/crypto/rsa.ts'
import { ICBC_RSA, STANDARD } from './vectors.ts'

describe('RSA (upstreams/icbc/README.md 4.1)', () => {
  it.each([
    ['SHA1', ICBC_RSA.signatureSha1],
    ['SHA256', ICBC_RSA.signatureSha256],
  ] as const)('%s gives the signature of the document bit for bit', (hash, signature) => {
    const { privateKey, publicKey, message } = ICBC_RSA
    expect(rsaSigner(privateKey, hash)(message).toString('base64')).toBe(signature)
    expect(rsaVerifier(publicKey, hash)(message, Buffer.from(signature, 'base64'))).toBe(true)
  })

  it('[SC-S01] a SHA-1 signature is refused where SHA-256 is agreed', () => {
    const signature = Buffer.from(ICBC_RSA.signatureSha1, 'base64')
    expect(rsaVerifier(ICBC_RSA.publicKey, 'SHA256')(ICBC_RSA.message, signature)).toBe(false)
  })

  it('[SC-S01] one flipped bit, a changed message or garbage is refused, not thrown', () => {
    const verify = rsaVerifier(ICBC_RSA.publicKey, 'SHA256')
    const signature = Buffer.from(ICBC_RSA.signatureSha256, 'base64')
    fc.assert(
      fc.property(fc.nat(128 * 8 - 1), fc.uint8Array({ maxLength: 140 }), (bit, garbage) => {
        const flipped = Buffer.from(signature)
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        expect(verify(ICBC_RSA.message, flipped)).toBe(false)
        expect(verify(ICBC_RSA.message, Buffer.from(garbage))).toBe(false)
      }),
    )
    expect(verify(`${ICBC_RSA.message} `, signature)).toBe(false)
  })

  it('signs PKCS#1 v1.5 that OpenSSL verifies, with a PEM of either kind', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const privatePems = (['pkcs1', 'pkcs8'] as const).map((type) =>
      privateKey.export({ format: 'pem', type }).toString(),
    )
    const publicPems = (['pkcs1', 'spki'] as const).map((type) =>
      publicKey.export({ format: 'pem', type }).toString(),
    )
    for (const pem of privatePems) {
      const signature = rsaSigner(pem, 'SHA256')('住院')
      expect(opensslVerify('RSA-SHA256', Buffer.from('住院'), publicKey, signature)).toBe(true)
      for (const publicPem of publicPems)
        expect(rsaVerifier(publicPem, 'SHA256')('住院', signature)).toBe(true)
    }
    expect(rsaPublicKeyFacts(publicPems[1] ?? '').bits).toBe(2048)
  })

  it('tells the size and the start of the modulus of a public key', () => {
    const facts = { bits: 1024, modulusPrefixHex: 'b01601c3e24cc454' }
    expect(rsaPublicKeyFacts(ICBC_RSA.publicKey)).toEqual(facts)
  })

  it('[SC-S08] what is no key of the wanted kind is refused at import without being shown', () => {
    for (const text of ['', 'garbage', STANDARD.privateKeyHex, ICBC_RSA.publicKey])
      expect(() => rsaSigner(text, 'SHA256')).toThrow(/^not an RSA private key$/)
    for (const text of ['', 'garbage', ICBC_RSA.privateKey])
      expect(() => rsaVerifier(text, 'SHA256')).toThrow(/^not an RSA public key$/)
  })
})
