import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  generateSm2KeyPair,
  sm2PrivateKey,
  sm2PublicKey,
  sm2Signer,
  sm2Verifier,
} from '../../src/crypto/sm2.ts'
import { ICBC_RSA, STANDARD, STANDARD_PKCS8, STANDARD_SPKI } from './vectors.ts'

const standardKey = sm2PrivateKey({ hex: STANDARD.privateKeyHex })

const pem = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`

/** The first two draws are no private keys: zero, and more than the order of the curve. */
const seeded = () => {
  const draws = [Buffer.alloc(32), Buffer.alloc(32, 0xff), Buffer.alloc(32, 7)]
  return generateSm2KeyPair(() => draws.shift() ?? Buffer.alloc(32, 9))
}

describe('keys', () => {
  it('every written form of one private key is the same key', () => {
    const hex = STANDARD.privateKeyHex
    const forms = [
      { hex: `00${hex}` },
      { hex: hex.toLowerCase() },
      { base64: Buffer.from(hex, 'hex').toString('base64') },
      { base64: STANDARD_PKCS8.toString('base64') },
      { pem: pem('PRIVATE KEY', STANDARD_PKCS8) },
    ]
    for (const form of forms) expect(sm2PrivateKey(form).hex.reveal()).toBe(hex.toLowerCase())
  })

  it('every written form of one public key is the same key', () => {
    const hex = STANDARD.publicKeyHex
    const forms = [
      { hex: hex.toUpperCase() },
      { hex: hex.slice(2) },
      { base64: Buffer.from(hex, 'hex').toString('base64') },
      { base64: STANDARD_SPKI.toString('base64') },
      { pem: pem('PUBLIC KEY', STANDARD_SPKI) },
    ]
    for (const form of forms) expect(sm2PublicKey(form).hex).toBe(hex)
  })

  it('a pair that OpenSSL generated signs true SM2 once it is read from its PEM', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' })
    const sec1 = privateKey.export({ format: 'pem', type: 'sec1' }).toString()
    const read = sm2PrivateKey({
      pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    })
    const readPublic = sm2PublicKey({
      pem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    })
    expect(sm2PrivateKey({ pem: sec1 }).hex.reveal()).toBe(read.hex.reveal())
    expect(read.publicKey).toEqual(readPublic)
    const signature = sm2Signer(read, { encoding: 'raw' })('x')
    expect(
      sm2Verifier(readPublic, { encoding: 'raw', engine: 'sm-crypto-v2' })('x', signature),
    ).toBe(true)
  })

  it('a point off the curve, another curve, or a wrong size is refused at import', () => {
    const offCurve = STANDARD.publicKeyHex.replace(/.$/, '4')
    expect(() => sm2PublicKey({ hex: offCurve })).toThrow('not on the curve')
    expect(() => sm2PublicKey({ hex: `04${'00'.repeat(64)}` })).toThrow('not on the curve')
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const p256Private = p256.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    const p256Public = p256.publicKey.export({ format: 'pem', type: 'spki' }).toString()
    expect(() => sm2PrivateKey({ pem: p256Private })).toThrow('not an SM2 private key')
    expect(() => sm2PublicKey({ pem: p256Public })).toThrow('not an SM2 public key')
    expect(() => sm2PublicKey({ base64: ICBC_RSA.publicKey })).toThrow('not an SM2 public key')
    expect(() => sm2PublicKey({ pem: pem('PRIVATE KEY', STANDARD_PKCS8) })).toThrow(
      'not an SM2 public key',
    )
    expect(() => sm2PublicKey({ hex: 'xyz' })).toThrow('hex')
    expect(() => sm2PublicKey({ base64: '' })).toThrow('base64')
    expect(() => sm2PrivateKey({ hex: STANDARD.privateKeyHex.slice(2) })).toThrow('private key')
  })

  it('a private key outside 1 .. n-2 is refused at import', () => {
    const order = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n
    for (const bad of [0n, order - 1n, order, (1n << 256n) - 1n]) {
      const hex = bad.toString(16).padStart(64, '0')
      expect(() => sm2PrivateKey({ hex })).toThrow('not an SM2 private key')
    }
    const largest = (order - 2n).toString(16)
    expect(sm2PrivateKey({ hex: largest }).hex.reveal()).toBe(largest)
  })

  it('[SC-S08] a private key never shows when it is printed, and neither when it is refused', () => {
    const shown = [
      inspect(standardKey, { depth: 9 }),
      JSON.stringify(standardKey),
      String(standardKey.hex),
    ]
    for (const text of shown) expect(text.toLowerCase()).not.toContain(standardKey.hex.reveal())
    const refused = `${STANDARD.privateKeyHex}ff`
    expect(() => sm2PrivateKey({ hex: refused })).toThrow(/^not an SM2 private key$/)
  })

  it('a generated pair is a true SM2 pair, and the same seed gives the same pair', () => {
    const { privateKeyHex, publicKeyHex } = generateSm2KeyPair()
    const key = sm2PrivateKey({ hex: privateKeyHex })
    expect(key.publicKey.hex).toBe(publicKeyHex)
    const signature = sm2Signer(key, { encoding: 'raw' })('x')
    const verify = sm2Verifier(sm2PublicKey({ hex: publicKeyHex }), {
      encoding: 'raw',
      engine: 'sm-crypto-v2',
    })
    expect(verify('x', signature)).toBe(true)
    expect(seeded()).toEqual(seeded())
    expect(seeded().privateKeyHex).toBe('07'.repeat(32))
  })
})
