/** AES-CBC with PKCS#7 padding, for counterparts that are not on SM4 yet; text is UTF-8. */
import { type BlockCipher, decryptBlocks, encryptBlocks } from './block-cipher.ts'

/** @param key 16, 24 or 32 bytes: its length chooses the cipher (ICBC gives out all three). */
export function aesCbcEncrypt(key: Buffer, iv: Buffer, plain: Buffer | string): Buffer {
  return encryptBlocks(aesCbc(key, iv), plain)
}

/** @throws Error when the key is wrong or the cipher text damaged (not every damage shows). */
export function aesCbcDecrypt(key: Buffer, iv: Buffer, sealed: Buffer): Buffer {
  return decryptBlocks(aesCbc(key, iv), sealed)
}

function aesCbc(key: Buffer, iv: Buffer): BlockCipher {
  if (![16, 24, 32].includes(key.length)) throw new Error('an AES key has 16, 24 or 32 bytes')
  return { algorithm: `aes-${key.length * 8}-cbc`, key, iv }
}
