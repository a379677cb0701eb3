/** RSA signatures (PKCS#1 v1.5) for counterparts not yet on SM2; a factory loads its key once. */
import { createHash } from 'node:crypto'
import { NodeRSA } from 'node-rsa'

export type RsaHash = 'SHA1' | 'SHA256'
export type RsaSigner = (message: Buffer | string) => Buffer
/** False for a wrong or malformed signature; it never throws. */
export type RsaVerifier = (message: Buffer | string, signature: Buffer) => boolean

// Without it node-rsa 2 signs PSS.
const SCHEME = { SHA1: 'pkcs1-sha1', SHA256: 'pkcs1-sha256' } as const

/** Annex B of the standard has no room for less (SC-B03). */
export const LEAST_RSA_BITS = 2048

/**
 * SHA-256 alone: what we sign with SHA-1 could be made to fit another text.
 * @param privateKey PKCS#8 as base64, or PEM.
 */
export function rsaSigner(privateKey: string, leastBits = LEAST_RSA_BITS): RsaSigner {
  const key = longEnough(load(privateKey, 'private'), leastBits)
  key.setOptions({ signingScheme: SCHEME.SHA256 })
  return (message) => Buffer.from(key.sign(Buffer.from(message)))
}

/** @param publicKey SPKI as base64, or PEM. */
export function rsaVerifier(
  publicKey: string,
  hash: RsaHash,
  leastBits = LEAST_RSA_BITS,
): RsaVerifier {
  const key = longEnough(load(publicKey, 'public'), leastBits)
  key.setOptions({ signingScheme: SCHEME[hash] })
  return (message, signature) => key.verify(Buffer.from(message), signature)
}

/** What a person compares with the bank's console: size and first 16 digits of the modulus. */
export function rsaKeyFacts(
  text: string,
  kind: 'private' | 'public',
): { bits: number; modulusPrefixHex: string } {
  const key = load(text, kind)
  const modulus = Buffer.from(key.exportKey('components-public').n).toString('hex')
  return { bits: key.getKeySize(), modulusPrefixHex: modulus.replace(/^00/, '').slice(0, 16) }
}

/** SHA-256 of the public key (SPKI, DER), of either half; hex. */
export function rsaFingerprint(text: string, kind: 'private' | 'public'): string {
  const spki = load(text, kind).exportKey('pkcs8-public-der')
  return createHash('sha256').update(spki).digest('hex')
}

function longEnough(key: NodeRSA, leastBits: number): NodeRSA {
  const bits = key.getKeySize()
  if (bits < leastBits) throw new Error(`an RSA key of ${bits} bits: at least ${leastBits} needed`)
  return key
}

function load(text: string, kind: 'private' | 'public'): NodeRSA {
  try {
    if (text.includes('-----BEGIN')) return checked(new NodeRSA(text.trim()), kind)
    const der = Buffer.from(text, 'base64')
    return checked(
      new NodeRSA(der, kind === 'private' ? 'pkcs8-private-der' : 'pkcs8-public-der'),
      kind,
    )
  } catch (cause) {
    throw new Error(`not an RSA ${kind} key`, { cause })
  }
}

/** A private key given where a public one belongs would otherwise pass unseen. */
function checked(key: NodeRSA, kind: 'private' | 'public'): NodeRSA {
  if (key.isPrivate() !== (kind === 'private')) throw new Error(`the key is not ${kind}`)
  return key
}
