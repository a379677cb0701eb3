/**
 * A keyed hash in SM2's place: a run signs and verifies thousands of times, and what is proved here
 * is not the curve. The service and the sandbox each still sign and check every byte. In such a run
 * nothing is encrypted in the store either; still it opens only where it was sealed.
 */
import { hash } from 'node:crypto'
import type { Sealer } from '../../src/crypto/seal.ts'
import { sm2 } from 'sm-crypto-v2'
import { SM2_IMPLEMENTATIONS, type Sm2Implementation } from '../../src/crypto/sm2.ts'
import type { SandboxCrypto } from '../../src/sandbox/registry.ts'
import { fastCrypto } from '../bench/fast-crypto.ts'

const hashOf = (publicKeyHex: string, userId: string, message: Buffer): Buffer =>
  hash('sha512', Buffer.concat([Buffer.from(`${publicKeyHex}:${userId}:`), message]), 'buffer')

const KEYED_HASH: Sm2Implementation = {
  signer: (key, userId) => (message) => hashOf(key.publicKey.hex, userId, message),
  verifier: (key, userId) => (message, raw) => hashOf(key.hex, userId, message).equals(raw),
}

const publicKeys = new Map<string, string>()
/** A few keys, for every message again: the point is computed once. */
function publicKeyOf(privateKeyHex: string): string {
  const known = publicKeys.get(privateKeyHex) ?? sm2.getPublicKeyFromPrivateKey(privateKeyHex)
  publicKeys.set(privateKeyHex, known)
  return known
}

const SANDBOX_KEYED_HASH: SandboxCrypto = {
  sm2Sign: (message, privateKeyHex, userId) => hashOf(publicKeyOf(privateKeyHex), userId, message),
  sm2Verify: (message, signature, { publicKeyHex, userId }) =>
    hashOf(publicKeyHex, userId, message).equals(signature),
}

export const OPEN_SEALER: Sealer = {
  seal: (plain, context) => `${context}\n${plain}`,
  open: (sealed, context) => {
    if (!sealed.startsWith(`${context}\n`)) throw new Error('sealed elsewhere')
    return sealed.slice(context.length + 1)
  },
  mark: (plain, context) => hash('sha256', `${context}\n${plain}`),
}

const REAL = { ...SM2_IMPLEMENTATIONS }

/** For every process of the service that is built from now on. @returns the sandbox's side of it. */
export function signWith(kind: 'keyed-hash' | 'sm2'): SandboxCrypto {
  Object.assign(SM2_IMPLEMENTATIONS, kind === 'sm2' ? REAL : { ...REAL, native: KEYED_HASH })
  return kind === 'sm2' ? fastCrypto() : SANDBOX_KEYED_HASH
}
