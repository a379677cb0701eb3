/**
 * SM4 (GB/T 32907) with PKCS#7 padding; the key and the iv have 16 bytes, text is UTF-8.
 * How a counterpart writes the cipher text (upper hex, base64) belongs to its adapter.
 */
import { decryptBlocks, encryptBlocks } from './block-cipher.ts'

export function sm4EcbEncrypt(key: Buffer, plain: Buffer | string): Buffer {
  return encryptBlocks({ algorithm: 'sm4-ecb', key, iv: null }, plain)
}

/** @throws Error when the key is wrong or the cipher text damaged (not every damage shows). */
export function sm4EcbDecrypt(key: Buffer, sealed: Buffer): Buffer {
  return decryptBlocks({ algorithm: 'sm4-ecb', key, iv: null }, sealed)
}

export function sm4CbcEncrypt(key: Buffer, iv: Buffer, plain: Buffer | string): Buffer {
  return encryptBlocks({ algorithm: 'sm4-cbc', key, iv }, plain)
}

/** @throws Error when the key is wrong or the cipher text damaged (not every damage shows). */
export function sm4CbcDecrypt(key: Buffer, iv: Buffer, sealed: Buffer): Buffer {
  return decryptBlocks({ algorithm: 'sm4-cbc', key, iv }, sealed)
}
