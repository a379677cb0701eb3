import {
  createHash,
  createPrivateKey,
  sign as oneShotSign,
  verify as oneShotVerify,
  createPublicKey,
} from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Sm2Engine,
  derToRaw,
  rawToDer,
  sm2PrivateKey,
  sm2PublicKey,
  sm2Signer,
  sm2Verifier,
  sm2Z,
} from '../../src/crypto/sm2.ts'
import { MID_PLATFORM, STANDARD, STANDARD_PKCS8, STANDARD_SPKI } from './vectors.ts'

const ENGINES: readonly Sm2Engine[] = ['native', 'sm-crypto-v2']
const standardKey = sm2PrivateKey({ hex: STANDARD.privateKeyHex })
const standardPublic = sm2PublicKey({ hex: STANDARD.publicKeyHex })
const standardRaw = Buffer.from(STANDARD.rawHex, 'hex')

const sm3OfZ = (z: Buffer, message: string) =>
  createHash('sm3').update(z).update(message).digest('hex')

function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}

describe('the standard vector (GB/T 32918.5)', () => {
  it.each(ENGINES)('[SC-B01] %s verifies the standard signature, raw and DER', (engine) => {
    const raw = sm2Verifier(standardPublic, { encoding: 'raw', engine })
    const der = sm2Verifier(standardPublic, { encoding: 'der', engine })
    expect(raw(STANDARD.message, Buffer.from(STANDARD.rawBase64, 'base64'))).toBe(true)
    expect(der(STANDARD.message, Buffer.from(STANDARD.derBase64, 'base64'))).toBe(true)
  })

  it('[SC-B01] Z and e are the standard ones', () => {
    const z = sm2Z(standardPublic)
    expect(z.toString('hex')).toBe(STANDARD.z)
    expect(sm3OfZ(z, STANDARD.message)).toBe(STANDARD.e)
  })

  it.each(ENGINES)('[SC-B01] %s refuses the standard signature under another user ID', (engine) => {
    const verify = sm2Verifier(standardPublic, {
      encoding: 'raw',
      engine,
      userId: 'bank000000000000',
    })
    expect(verify(STANDARD.message, standardRaw)).toBe(false)
  })

  it('the public key that belongs to the private one is the standard one', () => {
    expect(standardKey.publicKey.hex).toBe(STANDARD.publicKeyHex)
  })
})

describe('the mid-platform vectors', () => {
  const key = sm2PrivateKey({ base64: MID_PLATFORM.privateKeyD })
  const publicKey = sm2PublicKey({ base64: MID_PLATFORM.publicKeyD })
  const F = MID_PLATFORM.signTextF

  it('D: a private key of 33 bytes gives the public key of the pair', () => {
    expect(Buffer.from(MID_PLATFORM.privateKeyD, 'base64')).toHaveLength(33)
    expect(key.publicKey.hex).toBe(publicKey.hex)
  })

  it.each(ENGINES)('D: %s signs the message so that both implementations verify it', (engine) => {
    const signature = sm2Signer(key, { encoding: 'raw', engine })(MID_PLATFORM.messageD)
    for (const other of ENGINES) {
      const verify = sm2Verifier(publicKey, { encoding: 'raw', engine: other })
      expect(verify(MID_PLATFORM.messageD, signature)).toBe(true)
    }
  })

  it('[SC-S01] F: Z, e and the signature over the sign text are those of the document', () => {
    const z = sm2Z(publicKey)
    expect(z.toString('hex')).toBe(MID_PLATFORM.zF)
    expect(sm3OfZ(z, F)).toBe(MID_PLATFORM.eF)
    for (const engine of ENGINES) {
      const verify = sm2Verifier(publicKey, { encoding: 'raw', engine })
      const signature = Buffer.from(MID_PLATFORM.signDataF, 'base64')
      expect(verify(F, signature)).toBe(true)
      expect(verify(F.replace('TOKEN0001', 'TOKEN0002'), signature)).toBe(false)
    }
  })
})

describe('interoperability', () => {
  it('[SC-B01] what either implementation signs, the other verifies, whatever message and user ID', () => {
    const engines = fc.constantFrom(...ENGINES)
    const encodings = fc.constantFrom('raw' as const, 'der' as const)
    const messages = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
    const userIds = fc.string({ maxLength: 20, unit: 'grapheme' })
    fc.assert(
      fc.property(
        engines,
        engines,
        encodings,
        messages,
        userIds,
        (by, to, encoding, message, userId) => {
          const signature = sm2Signer(standardKey, { encoding, engine: by, userId })(message)
          const verify = sm2Verifier(standardPublic, { encoding, engine: to, userId })
          expect(verify(message, signature)).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('[SC-B01] the one-shot crypto.sign and crypto.verify are not SM2 as others know it, and are not used', () => {
    const message = Buffer.from(STANDARD.message)
    const privateObject = createPrivateKey({ key: STANDARD_PKCS8, format: 'der', type: 'pkcs8' })
    const publicObject = createPublicKey({ key: STANDARD_SPKI, format: 'der', type: 'spki' })
    const oneShot = oneShotSign('sm3', message, privateObject)
    expect(oneShotVerify('sm3', message, publicObject, oneShot)).toBe(true)
    for (const engine of ENGINES)
      expect(sm2Verifier(standardPublic, { encoding: 'der', engine })(message, oneShot)).toBe(false)

    const standardDer = Buffer.from(STANDARD.derBase64, 'base64')
    expect(oneShotVerify('sm3', message, publicObject, standardDer)).toBe(false)
    const ours = sm2Signer(standardKey, { encoding: 'der' })(message)
    expect(oneShotVerify('sm3', message, publicObject, ours)).toBe(false)
  })
})

describe('tampering', () => {
  it.each(ENGINES)(
    '[SC-S01] %s refuses a signature when any one bit of it or of the message flips',
    (engine) => {
      const verify = sm2Verifier(standardPublic, { encoding: 'raw', engine })
      const message = Buffer.from(STANDARD.message)
      fc.assert(
        fc.property(fc.nat(511), fc.nat(message.length * 8 - 1), (signatureBit, messageBit) => {
          expect(verify(message, flip(standardRaw, signatureBit))).toBe(false)
          expect(verify(flip(message, messageBit), standardRaw)).toBe(false)
        }),
        { numRuns: engine === 'native' ? 200 : 15 },
      )
    },
  )

  it('[SC-S01] garbage is refused, not thrown, raw or DER', () => {
    const lengths = [0, 1, 3, 6, 8, 63, 64, 65, 70, 72, 128]
    const zeros = lengths.map((length) => Buffer.alloc(length))
    const ones = lengths.map((length) => Buffer.alloc(length, 0xff))
    for (const engine of ENGINES)
      for (const encoding of ['raw', 'der'] as const) {
        const verify = sm2Verifier(standardPublic, { encoding, engine })
        for (const garbage of [...zeros, ...ones]) expect(verify('message', garbage)).toBe(false)
      }
    const verify = sm2Verifier(standardPublic, { encoding: 'der' })
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(verify('message', Buffer.from(bytes))).toBe(false)
      }),
    )
  })

  it('a raw signature is refused where DER is agreed, and the reverse', () => {
    const der = Buffer.from(STANDARD.derBase64, 'base64')
    expect(sm2Verifier(standardPublic, { encoding: 'der' })(STANDARD.message, standardRaw)).toBe(
      false,
    )
    expect(sm2Verifier(standardPublic, { encoding: 'raw' })(STANDARD.message, der)).toBe(false)
  })
})

describe('raw and DER', () => {
  it('the standard signature has the one form in both', () => {
    expect(rawToDer(standardRaw).toString('base64')).toBe(STANDARD.derBase64)
    expect(derToRaw(Buffer.from(STANDARD.derBase64, 'base64'))).toEqual(standardRaw)
  })

  it('every r and s comes back, with leading zeros and with the high bit set', () => {
    const number = fc
      .tuple(fc.nat(32), fc.uint8Array({ minLength: 32, maxLength: 32 }))
      .map(([zeros, bytes]) => Buffer.from(bytes).fill(0, 0, zeros))
    fc.assert(
      fc.property(number, number, (r, s) => {
        const raw = Buffer.concat([r, s])
        const der = rawToDer(raw)
        expect(derToRaw(der)).toEqual(raw)
        expect(der.length).toBeLessThanOrEqual(72)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['a trailing byte', '300602010102010100'],
    ['a longer outer length', '300702010102010200'],
    ['a number with a needless zero', '300702020001020101'],
    ['a negative number', '3006020180020101'],
    ['another tag', '3106020101020101'],
    ['a number of more than 32 bytes', `3026022101${'00'.repeat(32)}020101`],
    ['a long-form length', '308106020101020101'],
    ['an empty number', '30050200020101'],
  ])('%s is not DER', (_, hex) => {
    expect(derToRaw(Buffer.from('3006020101020101', 'hex'))).toBeDefined()
    expect(derToRaw(Buffer.from(hex, 'hex'))).toBeUndefined()
  })
})
