/** What vouches for whom: the certificates that servers show, and the keys that are configured. */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto'

export interface CertificateFacts {
  readonly subject: string
  readonly issuer: string
  /** As the certificate writes them: `DNS:his.example, IP Address:10.0.0.1`; empty without any. */
  readonly hosts: string
  readonly notBefore: number
  readonly notAfter: number
  readonly key: { readonly algorithm: string; readonly bits: number | null }
  readonly signature: string
  /** SHA-256 of the public key (SPKI), hex: it stays when a certificate is renewed on its key. */
  readonly fingerprint: string
}

/** What came of connecting to a server. */
export type Shown =
  /** `fault` is why a call would not believe it (a code of OpenSSL or Node), null when it would. */
  | {
      readonly kind: 'shown'
      /** Its own first, then whoever vouches for it, as far as known here. */
      readonly chain: readonly CertificateFacts[]
      readonly protocol: string
      readonly suite: string
      readonly fault: string | null
    }
  /** Somebody answers there, but no handshake that is good enough came about. */
  | { readonly kind: 'refused'; readonly cause: string }
  | { readonly kind: 'unreachable'; readonly cause: string }
  | { readonly kind: 'plain-http' }

export interface ServerInUse {
  /** The setting with its address. */
  readonly name: string
  readonly origin: string
  readonly show: () => Promise<Shown>
}

/** A key of SSH (RFC 4253); a fingerprint as `ssh-keygen -l` prints it, `SHA256:…`. */
export interface SshKeyFacts {
  readonly algorithm: 'RSA' | 'EC' | 'ED25519'
  readonly bits: number
  readonly fingerprint: string
}

/** What came of connecting to an SFTP host. */
export type HostShown =
  ({ readonly kind: 'host-key' } & SshKeyFacts) | Extract<Shown, { readonly cause: string }>

export interface HostInUse {
  /** The setting that pins its key. */
  readonly name: string
  readonly origin: string
  /** Two while it changes. */
  readonly pinned: readonly string[]
  readonly show: () => Promise<HostShown>
}

export interface KeyInUse {
  /** The setting that holds it. */
  readonly name: string
  readonly owner: 'ours' | 'theirs'
  readonly algorithm: 'SM2' | SshKeyFacts['algorithm']
  readonly bits: number
  /** Of the public key: SM3 of the point `04‖x‖y` for SM2, SHA-256 of the SPKI for RSA; hex, but `SHA256:…` for SSH. */
  readonly fingerprint: string
  /** Printed in a public document: everybody can sign with it. */
  readonly published: boolean
}

/** Everything whose validity the yearly audit must look at (SC-T04). */
export interface CertificatesInUse {
  readonly servers: readonly ServerInUse[]
  /** Those that settlement files come from. */
  readonly hosts: readonly HostInUse[]
  /** The certificates of private authorities, by the setting that names their file. */
  readonly authorities: readonly { readonly name: string; readonly facts: CertificateFacts }[]
  readonly keys: readonly KeyInUse[]
}

/** @throws Error when it is no certificate. */
export function factsOf(certificate: Buffer | string): CertificateFacts {
  const read = new X509Certificate(certificate)
  const spki = read.publicKey.export({ type: 'spki', format: 'der' })
  return {
    subject: oneLine(read.subject),
    issuer: oneLine(read.issuer),
    hosts: read.subjectAltName ?? '',
    notBefore: read.validFromDate.getTime(),
    notAfter: read.validToDate.getTime(),
    key: {
      algorithm: (read.publicKey.asymmetricKeyType ?? 'unknown').toUpperCase(),
      bits: bitsOf(read.publicKey),
    },
    signature: read.signatureAlgorithm ?? 'unknown',
    fingerprint: createHash('sha256').update(spki).digest('hex'),
  }
}

/** OpenSSL writes one part of a name a line. */
const oneLine = (name: string): string => name.trim().split('\n').join(', ')

function bitsOf({ asymmetricKeyDetails: details }: KeyObject): number | null {
  if (details?.modulusLength !== undefined) return details.modulusLength
  const digits = /^(?:prime|secp|brainpoolP)(\d+)/.exec(details?.namedCurve ?? '')?.[1]
  if (digits !== undefined) return Number(digits)
  return details?.namedCurve === 'SM2' ? 256 : null
}
