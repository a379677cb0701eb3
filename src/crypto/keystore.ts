/** Where the key-encryption key comes from, and the secrets it wraps (SC-S08, YM-11). */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { Secret } from '../errors.ts'
import type { Sealer } from './seal.ts'

export const WRAPPED = 'wrapped:'
const CONTEXT = 'settings'

/**
 * @param path a file that only its owner may read, with 32 hex digits or the base64 of 16 bytes.
 * @param setting the setting's name: an Error says it, never the path's content.
 */
export function keyEncryptionKeyFromFile(path: string, setting: string): Secret<Buffer> {
  return keyEncryptionKeyFromText(new Secret(readOwnersFile(path, setting)), setting)
}

/** @param text 32 hex digits or the base64 of 16 bytes. */
export function keyEncryptionKeyFromText(text: Secret, setting: string): Secret<Buffer> {
  const key = text.reveal().trim()
  if (/^[0-9a-f]{32}$/i.test(key)) return new Secret(Buffer.from(key, 'hex'))
  if (/^[0-9a-z+/]{22}==$/i.test(key)) return new Secret(Buffer.from(key, 'base64'))
  throw new Error(`${setting}: the key is neither 32 hex digits nor the base64 of 16 bytes`)
}

/** A configured secret, plain or as `wrapSecret` wrote it. @throws Error when it does not open. */
export function readSecret(text: string, sealer: Sealer): Secret {
  if (!text.startsWith(WRAPPED)) return new Secret(text)
  return new Secret(sealer.open(text.slice(WRAPPED.length), CONTEXT))
}

export function wrapSecret(plain: Secret, sealer: Sealer): string {
  return WRAPPED + sealer.seal(plain.reveal(), CONTEXT)
}

function readOwnersFile(path: string, setting: string): string {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    throw new Error(`${setting}: the key file cannot be opened`, { cause })
  }
  try {
    // Asked of the open file, so that nobody swaps it between the question and the reading.
    if ((fstatSync(file).mode & 0o077) !== 0)
      throw new Error(`${setting}: the key file is open to group or others; chmod 600 it`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}
