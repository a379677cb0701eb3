/** What SM4 and AES have in common: PKCS#7 padding, and all of the plain text or an Error. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { keyObject } from './key-object.ts'

export interface BlockCipher {
  /** OpenSSL's name, such as `sm4-cbc`. */
  readonly algorithm: string
  readonly key: Buffer
  /** null for ECB only. */
  readonly iv: Buffer | null
}

export function encryptBlocks({ algorithm, key, iv }: BlockCipher, plain: Buffer | string): Buffer {
  const cipher = createCipheriv(algorithm, keyObject(key), iv)
  return Buffer.concat([cipher.update(Buffer.from(plain)), cipher.final()])
}

export function decryptBlocks({ algorithm, key, iv }: BlockCipher, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(algorithm, keyObject(key), iv)
  try {
    return Buffer.concat([decipher.update(sealed), decipher.final()])
  } catch (cause) {
    throw new Error(`${algorithm}: wrong key or damaged cipher text`, { cause })
  }
}
