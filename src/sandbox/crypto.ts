/** SM2 by sm-crypto-v2: slower than OpenSSL, and by other authors than the service's own, which is the point. */
import { sm2 } from 'sm-crypto-v2'
import type { SandboxCrypto } from './registry.ts'

export const SM_CRYPTO: SandboxCrypto = {
  sm2Sign: (message, privateKeyHex, userId) =>
    Buffer.from(sm2.doSignature(message, privateKeyHex, { hash: true, userId }), 'hex'),
  sm2Verify: (message, signature, { publicKeyHex, userId }) => {
    if (signature.length !== 64) return false
    try {
      const options = { hash: true, userId }
      return sm2.doVerifySignature(message, signature.toString('hex'), publicKeyHex, options)
    } catch {
      // It throws on an r or s that no signature has.
      return false
    }
  },
}

/** ASN.1 `SEQUENCE { INTEGER r, INTEGER s }` of a raw r‖s signature (64 bytes). */
export function toDer(raw: Buffer): Buffer {
  const body = Buffer.concat([derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32))])
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}

function derInteger(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first === -1 ? Buffer.from([0]) : bytes.subarray(first)
  const positive = (digits[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), digits]) : digits
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive])
}

const strip = (bytes: Buffer): Buffer => (bytes[0] === 0 ? bytes.subarray(1) : bytes)

/** @returns raw r‖s, or null when the bytes are not exactly such a sequence (re-encoding must agree). */
export function fromDer(der: Buffer): Buffer | null {
  const rLength = der[3] ?? 0
  const r = der.subarray(4, 4 + rLength)
  const s = der.subarray(4 + rLength + 2)
  if (strip(r).length > 32 || strip(s).length > 32) return null
  const raw = Buffer.alloc(64)
  strip(r).copy(raw, 32 - strip(r).length)
  strip(s).copy(raw, 64 - strip(s).length)
  return toDer(raw).equals(der) ? raw : null
}
