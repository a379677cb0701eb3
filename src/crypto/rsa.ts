/** RSA signatures (PKCS#1 v1.5) for counterparts not yet on SM2; a factory loads its key once. */
import { NodeRSA } from 'node-rsa'

export type RsaHash = 'SHA1' | 'SHA256'
export type RsaSigner = (message: Buffer | string) => Buffer
/** False for a wrong or malformed signature; it never throws. */
export type RsaVerifier = (message: Buffer | string, signature: Buffer) => boolean

// Without it node-rsa 2 signs PSS.
const SCHEME = { SHA1: 'pkcs1-sha1', SHA256: 'pkcs1-sha256' } as const

/** @param privateKey PKCS#8 as base64, or PEM. */
export function rsaSigner(privateKey: string, hash: RsaHash): RsaSigner {
  const key = load(privateKey, 'private').setOptions({ signingScheme: SCHEME[hash] })
  return (message) => Buffer.from(key.sign(Buffer.from(message)))
}

/** @param publicKey SPKI as base64, or PEM. */
export function rsaVerifier(publicKey: string, hash: RsaHash): RsaVerifier {
  const key = load(publicKey, 'public').setOptions({ signingScheme: SCHEME[hash] })
  return (message, signature) => key.verify(Buffer.from(message), signature)
}

/** What a person compares with the bank's console: size and first 16 digits of the modulus. */
export function rsaPublicKeyFacts(publicKey: string): { bits: number; modulusPrefixHex: string } {
  const key = load(publicKey, 'public')
  const modulus = Buffer.from(key.exportKey('components-public').n).toString('hex')
  return { bits: key.getKeySize(), modulusPrefixHex: modulus.replace(/^00/, '').slice(0, 16) }
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
