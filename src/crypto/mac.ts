/** Keyed hashes; text is UTF-8. */
import { createHmac } from 'node:crypto'
import { keyObject } from './key-object.ts'

export function hmacSm3(key: Buffer | string, data: Buffer | string): Buffer {
  return createHmac('sm3', typeof key === 'string' ? key : keyObject(key))
    .update(data)
    .digest()
}

/** 64 lower-case digits. */
export function hmacSha256Hex(key: Buffer | string, data: Buffer | string): string {
  return createHmac('sha256', key).update(data).digest('hex')
}

export function hmacSha1Base64(key: Buffer | string, data: Buffer | string): string {
  return createHmac('sha1', key).update(data).digest('base64')
}
