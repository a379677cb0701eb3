/**
 * Values that rest in the store or in the settings (SC-S08): SM4-CBC, then HMAC-SM3 over it all.
 * `s1:` + base64(iv 16 ‖ cipher text ‖ tag 32).
 */
import { randomBytes as systemRandomBytes, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../errors.ts'
import { hmacSm3 } from './mac.ts'
import { sm4CbcDecrypt, sm4CbcEncrypt } from './sm4.ts'

export interface Sealer {
  /** @param context where it lives, such as `orders.payAuthNo:<id>`; it opens nowhere else. */
  seal(plain: string, context: string): string
  /** @throws Error when it was changed, moved from its context, or sealed by another key. */
  open(sealed: string, context: string): string
  /** The same for the same text, 64 hex digits; without the key nobody can try texts against it. */
  mark(plain: string, context: string): string
}

const VERSION = 's1:'
const IV_BYTES = 16
const TAG_BYTES = 32

/** @param keyEncryptionKey 16 bytes or more. */
export function sealer(
  keyEncryptionKey: Secret<Buffer>,
  randomBytes: (size: number) => Buffer = systemRandomBytes,
): Sealer {
  const root = keyEncryptionKey.reveal()
  if (root.length < 16) throw new Error('a key-encryption key has at least 16 bytes')
  const cipherKey = hmacSm3(root, 'jianlian/seal/1/sm4-cbc').subarray(0, 16)
  const tagKey = hmacSm3(root, 'jianlian/seal/1/hmac-sm3')
  const markKey = hmacSm3(root, 'jianlian/seal/1/mark')
  return {
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES)
      const body = Buffer.concat([iv, sm4CbcEncrypt(cipherKey, iv, plain)])
      return VERSION + Buffer.concat([body, tagOf(tagKey, context, body)]).toString('base64')
    },
    open(sealed, context) {
      const bytes = decode(sealed)
      const body = bytes.subarray(0, -TAG_BYTES)
      if (!timingSafeEqual(tagOf(tagKey, context, body), bytes.subarray(-TAG_BYTES)))
        throw new Error('a sealed value was changed, moved, or sealed by another key')
      const iv = body.subarray(0, IV_BYTES)
      return sm4CbcDecrypt(cipherKey, iv, body.subarray(IV_BYTES)).toString()
    },
    mark: (plain, context) => tagOf(markKey, context, Buffer.from(plain)).toString('hex'),
  }
}

/** The context's length comes first: no context can borrow bytes from the body. */
function tagOf(tagKey: Buffer, context: string, body: Buffer): Buffer {
  const name = Buffer.from(VERSION + context)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(name.length)
  return hmacSm3(tagKey, Buffer.concat([length, name, body]))
}

function decode(sealed: string): Buffer {
  const text = sealed.slice(VERSION.length)
  const bytes = Buffer.from(text, 'base64')
  // Buffer.from forgives stray characters; only the one text that we wrote may open.
  const ours = sealed.startsWith(VERSION) && bytes.toString('base64') === text
  if (!ours || bytes.length < IV_BYTES + 16 + TAG_BYTES) throw new Error('not a sealed value')
  return bytes
}
