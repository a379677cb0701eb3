/**
 * A keyed hash in SM2's place: a run signs and verifies thousands of times, and what is proved here
 * is not the curve. The service and the sandbox each still sign and check every byte.
 */
import { createHash } from 'node:crypto'
import { sm2 } from 'sm-crypto-v2'
import { SM2_IMPLEMENTATIONS, type Sm2Implementation } from '../../src/crypto/sm2.ts'
import type { SandboxCrypto } from '../../src/sandbox/registry.ts'
import { fastCrypto } from '../bench/fast-crypto.ts'

const hashOf = (publicKeyHex: string, userId: string, message: Buffer): Buffer =>
  createHash('sha512').update(`${publicKeyHex}:${userId}:`).update(message).digest()

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

const REAL = { ...SM2_IMPLEMENTATIONS }

/** For every process of the service that is built from now on. @returns the sandbox's side of it. */
export function signWith(kind: 'keyed-hash' | 'sm2'): SandboxCrypto {
  Object.assign(SM2_IMPLEMENTATIONS, kind === 'sm2' ? REAL : { ...REAL, native: KEYED_HASH })
  return kind === 'sm2' ? fastCrypto() : SANDBOX_KEYED_HASH
}
