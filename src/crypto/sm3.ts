/** SM3 (GB/T 32905); text is UTF-8. */
import { createHash } from 'node:crypto'

export function sm3(data: Buffer | string): Buffer {
  return createHash('sm3').update(data).digest()
}

/** 64 lower-case digits. */
export function sm3Hex(data: Buffer | string): string {
  return sm3(data).toString('hex')
}
