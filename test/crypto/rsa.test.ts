import { generateKeyPairSync, verify as opensslVerify } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RsaHash, rsaKeyFacts, rsaSigner, rsaVerifier } from '../../src/crypto/rsa.ts'
import { ICBC_RSA, STANDARD } from './vectors.ts'

describe('RSA (upstreams/icbc/README.md 4.1)', () => {
  const { privateKey, publicKey, message } = ICBC_RSA
  // The document's pair has 1,024 bits, and a test reads documents as they are.
  const verifier = (hash: RsaHash) => rsaVerifier(publicKey, hash, 1024)

  it('SHA-256 gives the computed signature bit for bit', () => {
    const signature = rsaSigner(privateKey, 1024)(message)
    expect(signature.toString('base64')).toBe(ICBC_RSA.signatureSha256)
    expect(verifier('SHA256')(message, signature)).toBe(true)
  })

  it('the SHA-1 signature of the document is verified, and no signer makes one [SC-B03]', () => {
    const signature = Buffer.from(ICBC_RSA.signatureSha1, 'base64')
    expect(verifier('SHA1')(message, signature)).toBe(true)
    expect(rsaSigner(privateKey, 1024)(message)).not.toEqual(signature)
  })

  it('[SC-B03] a key of less than 2048 bits neither signs nor verifies', () => {
    const says = 'an RSA key of 1024 bits: at least 2048 needed'
    expect(() => rsaSigner(privateKey)).toThrow(says)
    expect(() => rsaVerifier(publicKey, 'SHA256')).toThrow(says)
    expect(() => rsaVerifier(publicKey, 'SHA1')).toThrow(says)
  })

  it('[SC-S01] a SHA-1 signature is refused where SHA-256 is agreed', () => {
    const signature = Buffer.from(ICBC_RSA.signatureSha1, 'base64')
    expect(verifier('SHA256')(message, signature)).toBe(false)
  })

  it('[SC-S01] one flipped bit, a changed message or garbage is refused, not thrown', () => {
    const verify = verifier('SHA256')
    const signature = Buffer.from(ICBC_RSA.signatureSha256, 'base64')
    fc.assert(
      fc.property(fc.nat(128 * 8 - 1), fc.uint8Array({ maxLength: 140 }), (bit, garbage) => {
        const flipped = Buffer.from(signature)
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        expect(verify(message, flipped)).toBe(false)
        expect(verify(message, Buffer.from(garbage))).toBe(false)
      }),
    )
    expect(verify(`${message} `, signature)).toBe(false)
  })

  it('signs PKCS#1 v1.5 that OpenSSL verifies, with a PEM of either kind', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const privatePems = (['pkcs1', 'pkcs8'] as const).map((type) =>
      pair.privateKey.export({ format: 'pem', type }).toString(),
    )
    const publicPems = (['pkcs1', 'spki'] as const).map((type) =>
      pair.publicKey.export({ format: 'pem', type }).toString(),
    )
    for (const pem of privatePems) {
      const signature = rsaSigner(pem)('住院')
      expect(opensslVerify('RSA-SHA256', Buffer.from('住院'), pair.publicKey, signature)).toBe(true)
      for (const publicPem of publicPems)
        expect(rsaVerifier(publicPem, 'SHA256')('住院', signature)).toBe(true)
    }
    expect(rsaKeyFacts(publicPems[1] ?? '', 'public').bits).toBe(2048)
    expect(rsaKeyFacts(privatePems[1] ?? '', 'private').bits).toBe(2048)
  })

  it('tells the size and the start of the modulus of a public key', () => {
    const facts = { bits: 1024, modulusPrefixHex: 'b01601c3e24cc454' }
    expect(rsaKeyFacts(publicKey, 'public')).toEqual(facts)
  })

  it('[SC-S08] what is no key of the wanted kind is refused at import without being shown', () => {
    for (const text of ['', 'garbage', STANDARD.privateKeyHex, publicKey])
      expect(() => rsaSigner(text)).toThrow(/^not an RSA private key$/)
    for (const text of ['', 'garbage', privateKey])
      expect(() => rsaVerifier(text, 'SHA256')).toThrow(/^not an RSA public key$/)
  })
})
