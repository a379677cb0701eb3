/**
 * SM2 signatures (GB/T 32918.2) over SM3.
 *
 * Node's one-shot `crypto.sign('sm3')` is a trap: it signs with an empty user ID, round-trips with
 * itself and fails with all others. The streaming `createSign('sm3')` hashes only what it is fed,
 * so feeding Z_A and then the message gives the standard's signature. Node issue 53761 may change
 * that: `selfTest` watches it.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
} from 'node:crypto'
import { randomBytes as systemRandomBytes } from 'node:crypto'
import { sm2 as reference } from 'sm-crypto-v2'
import { Secret } from '../errors.ts'

export type Sm2Engine = 'native' | 'sm-crypto-v2'
/** `raw` is r‖s in 64 bytes; `der` is SEQUENCE { r, s }. */
export type Sm2Encoding = 'raw' | 'der'
export type Sm2KeyText =
  { readonly hex: string } | { readonly base64: string } | { readonly pem: string }

export interface Sm2PublicKey {
  /** 04‖x‖y, 130 lower-case digits. */
  readonly hex: string
}

export interface Sm2PrivateKey {
  /** 64 lower-case digits. */
  readonly hex: Secret
  readonly publicKey: Sm2PublicKey
}

export interface Sm2Options {
  /** The user ID both sides agreed on; the standard's default is 1234567812345678. */
  readonly userId?: string
  readonly encoding: Sm2Encoding
  /** What `selfTest` found to work on this host. */
  readonly engine?: Sm2Engine
}

export type Sm2Signer = (message: Buffer | string) => Buffer
/** False for a wrong or malformed signature; it never throws. */
export type Sm2Verifier = (message: Buffer | string, signature: Buffer) => boolean

/** One implementation; its signatures are always raw. The key is imported once, by the factory. */
export interface Sm2Implementation {
  signer(key: Sm2PrivateKey, userId: string): (message: Buffer) => Buffer
  verifier(key: Sm2PublicKey, userId: string): (message: Buffer, raw: Buffer) => boolean
}

/** A key as it stands in a setting: hex, base64 or PEM. */
export function sm2KeyText(text: string): Sm2KeyText {
  if (text.includes('-----BEGIN')) return { pem: text }
  return /^[0-9a-f]+$/i.test(text) ? { hex: text } : { base64: text }
}

const DEFAULT_USER_ID = '1234567812345678'

// GB/T 32918.5: the recommended curve.
const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn
const A = P - 3n
const B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n
const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n
const CURVE_OF_Z = Buffer.from(
  A.toString(16) +
    B.toString(16) +
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
  'hex',
)

const SM2_OID = Buffer.from('06082a811ccf5501822d', 'hex')
const PKCS8_HEAD = '3041020100301306072a8648ce3d020106082a811ccf5501822d042730250201010420'
const SPKI_HEAD = '3059301306072a8648ce3d020106082a811ccf5501822d034200'
/** ECPrivateKey: version 1, then the OCTET STRING of 32 bytes. */
const SCALAR_MARK = Buffer.from('0201010420', 'hex')

/**
 * Takes 32 bytes, 33 with a leading 00, or the DER/PEM of PKCS#8 or SEC1.
 * @throws Error that never holds the text.
 */
export function sm2PrivateKey(text: Sm2KeyText): Sm2PrivateKey {
  const bytes = keyBytes(text)
  let scalar = bytes
  if (bytes.length === 33 && bytes[0] === 0) scalar = bytes.subarray(1)
  else if (bytes.length !== 32) scalar = scalarOfDer(bytes)
  if (scalar.length !== 32 || !isScalar(scalar)) throw new Error('not an SM2 private key')
  const hex = scalar.toString('hex')
  return {
    hex: new Secret(hex),
    publicKey: { hex: reference.getPublicKeyFromPrivateKey(hex) },
  }
}

/**
 * Takes x‖y (64 bytes), 04‖x‖y (65), or the DER/PEM of an SPKI.
 * @throws Error when it is something else or the point is not on the curve.
 */
export function sm2PublicKey(text: Sm2KeyText): Sm2PublicKey {
  const bytes = keyBytes(text)
  const given = bytes.toString('hex')
  const hex = bytes.length === 64 ? `04${given}` : given.replace(SPKI_HEAD, '')
  if (!/^04[0-9a-f]{128}$/.test(hex)) throw new Error('not an SM2 public key')
  if (!isOnCurve(BigInt(`0x${hex.slice(2, 66)}`), BigInt(`0x${hex.slice(66)}`)))
    throw new Error('not an SM2 public key: the point is not on the curve')
  return { hex }
}

/** X.509 SubjectPublicKeyInfo, as most counterparts want to be given it. */
export const sm2PublicKeyDer = ({ hex }: Sm2PublicKey): Buffer =>
  Buffer.from(SPKI_HEAD + hex, 'hex')

/** A fresh pair; `generateKeyPairSync` gives a key that signs ECDSA. */
export function generateSm2KeyPair(randomBytes: (size: number) => Buffer = systemRandomBytes): {
  privateKeyHex: string
  publicKeyHex: string
} {
  let scalar = randomBytes(32)
  while (!isScalar(scalar)) scalar = randomBytes(32)
  const privateKeyHex = scalar.toString('hex')
  return { privateKeyHex, publicKeyHex: reference.getPublicKeyFromPrivateKey(privateKeyHex) }
}

export function sm2Signer(key: Sm2PrivateKey, options: Sm2Options): Sm2Signer {
  const { userId = DEFAULT_USER_ID, encoding, engine = 'native' } = options
  const sign = SM2_IMPLEMENTATIONS[engine].signer(key, userId)
  return (message) => {
    const raw = sign(Buffer.from(message))
    return encoding === 'der' ? rawToDer(raw) : raw
  }
}

export function sm2Verifier(key: Sm2PublicKey, options: Sm2Options): Sm2Verifier {
  const { userId = DEFAULT_USER_ID, encoding, engine = 'native' } = options
  const verify = SM2_IMPLEMENTATIONS[engine].verifier(key, userId)
  return (message, signature) => {
    const raw = encoding === 'der' ? derToRaw(signature) : signature
    return raw?.length === 64 && verify(Buffer.from(message), raw)
  }
}

/** Z_A = SM3(ENTL ‖ ID ‖ a ‖ b ‖ G ‖ P): what binds a signature to the signer's ID and key. */
export function sm2Z(key: Sm2PublicKey, userId: string = DEFAULT_USER_ID): Buffer {
  const id = Buffer.from(userId)
  const idBits = Buffer.alloc(2)
  idBits.writeUInt16BE(id.length * 8)
  const point = Buffer.from(key.hex, 'hex').subarray(1)
  return createHash('sm3').update(idBits).update(id).update(CURVE_OF_Z).update(point).digest()
}

const native: Sm2Implementation = {
  signer(key, userId) {
    const der = Buffer.from(PKCS8_HEAD + key.hex.reveal(), 'hex')
    const imported = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const z = sm2Z(key.publicKey, userId)
    return (message) => {
      const signature = createSign('sm3').update(z).update(message).sign(imported)
      const raw = derToRaw(signature)
      if (!raw) throw new Error('OpenSSL returned an SM2 signature that is not DER')
      return raw
    }
  },
  verifier(key, userId) {
    const imported = createPublicKey({ key: sm2PublicKeyDer(key), format: 'der', type: 'spki' })
    const z = sm2Z(key, userId)
    return (message, raw) =>
      createVerify('sm3').update(z).update(message).verify(imported, rawToDer(raw))
  },
}

const smCrypto: Sm2Implementation = {
  signer(key, userId) {
    const publicKey = key.publicKey.hex
    return (message) => {
      const options = { hash: true, publicKey, userId }
      return Buffer.from(reference.doSignature(message, key.hex.reveal(), options), 'hex')
    }
  },
  verifier(key, userId) {
    return (message, raw) =>
      inRange(raw.subarray(0, 32)) &&
      inRange(raw.subarray(32)) &&
      reference.doVerifySignature(message, raw.toString('hex'), key.hex, { hash: true, userId })
  },
}

export const SM2_IMPLEMENTATIONS: Readonly<Record<Sm2Engine, Sm2Implementation>> = {
  native,
  'sm-crypto-v2': smCrypto,
}

/** @param raw 64 bytes, r‖s. */
export function rawToDer(raw: Buffer): Buffer {
  if (raw.length !== 64) throw new Error('a raw SM2 signature has 64 bytes')
  const body = Buffer.concat([derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32))])
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}

/** The 64 bytes r‖s, or undefined when it is not the one DER form of two such numbers. */
export function derToRaw(der: Buffer): Buffer | undefined {
  const rLength = der[3] ?? 0
  const r = der.subarray(4, 4 + rLength)
  const s = der.subarray(6 + rLength)
  if (!r.length || !s.length || r.length > 33 || s.length > 33) return undefined
  const raw = Buffer.concat([leftPad33(r).subarray(1), leftPad33(s).subarray(1)])
  // DER has exactly one form, so encoding again checks every tag, length, sign and padding at once.
  return rawToDer(raw).equals(der) ? raw : undefined
}

function derInteger(number: Buffer): Buffer {
  let start = 0
  while (start < 31 && number[start] === 0) start += 1
  const digits = number.subarray(start)
  const sign = (digits[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.alloc(0)
  return Buffer.concat([Buffer.of(2, sign.length + digits.length), sign, digits])
}

function leftPad33(number: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(33 - number.length), number])
}

function keyBytes(text: Sm2KeyText): Buffer {
  if ('hex' in text) {
    if (!/^([0-9a-f]{2})+$/i.test(text.hex)) throw new Error('an SM2 key given as hex is not hex')
    return Buffer.from(text.hex, 'hex')
  }
  const body = 'pem' in text ? text.pem.replace(/-----[^-]*-----/g, '') : text.base64
  const base64 = body.replace(/\s/g, '')
  if (!/^[0-9a-z+/]+={0,2}$/i.test(base64)) throw new Error('an SM2 key is not base64')
  return Buffer.from(base64, 'base64')
}

/** Found without OpenSSL, so that the fallback engine reads the same files. */
function scalarOfDer(der: Buffer): Buffer {
  const at = der.indexOf(SCALAR_MARK)
  if (at < 0 || !der.includes(SM2_OID)) throw new Error('not an SM2 private key')
  return der.subarray(at + SCALAR_MARK.length, at + SCALAR_MARK.length + 32)
}

/** GB/T 32918.1 6.1: d is in [1, n-2]. OpenSSL takes any 32 bytes. */
const isScalar = (bytes: Buffer): boolean => isBetween(bytes, 1n, N - 2n)

/** Whether this may be an r or s at all: the library throws where the standard says no. */
const inRange = (half: Buffer): boolean => isBetween(half, 1n, N - 1n)

const isBetween = (bytes: Buffer, least: bigint, most: bigint): boolean => {
  const value = BigInt(`0x${bytes.toString('hex')}`)
  return value >= least && value <= most
}

function isOnCurve(x: bigint, y: bigint): boolean {
  return x < P && y < P && (y * y - (x * x * x + A * x + B)) % P === 0n
}
