/** An RSA pair (2048 bits) from a seed: node:crypto draws its own, and a run would not be the same again. */
import { checkPrimeSync, createPrivateKey, createPublicKey } from 'node:crypto'
import type { RsaKeyPair } from '../../src/sandbox/parameters.ts'
import type { Chance } from './chance.ts'

const PRIME_BYTES = 128
const E = 65_537n

export function rsaPair(chance: Chance): RsaKeyPair {
  const [p, q] = [primeOf(chance), primeOf(chance)]
  const d = inverse(E, (p - 1n) * (q - 1n))
  const [n, dp, dq, qi] = [p * q, d % (p - 1n), d % (q - 1n), inverse(q, p)]
  const numbers = { n, e: E, d, p, q, dp, dq, qi }
  const members = Object.entries(numbers).map(([name, value]) => [name, base64url(value)])
  const key = createPrivateKey({
    format: 'jwk',
    key: { kty: 'RSA', ...Object.fromEntries(members) },
  })
  const privateKeyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const publicKeyPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  return { privateKeyPem, publicKeyPem }
}

/** Its two highest bits are set, so that two of them make a modulus of full length. */
function primeOf(chance: Chance): bigint {
  const bytes = Buffer.from(Array.from({ length: PRIME_BYTES }, () => chance.between(0, 256)))
  bytes[0] = 0xc0 | (bytes[0] ?? 0)
  let candidate = BigInt(`0x${bytes.toString('hex')}`) | 1n
  while (candidate % E === 1n || !checkPrimeSync(candidate)) candidate += 2n
  return candidate
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [modulus, value % modulus]
  let [coefficient, following] = [0n, 1n]
  while (next !== 0n) {
    const quotient = rest / next
    ;[rest, next] = [next, rest - quotient * next]
    ;[coefficient, following] = [following, coefficient - quotient * following]
  }
  return coefficient < 0n ? coefficient + modulus : coefficient
}

function base64url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
