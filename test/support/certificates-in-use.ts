import type {
  CertificateFacts,
  CertificatesInUse,
  KeyInUse,
  Shown,
} from '../../src/upstreams/certificates.ts'
import { MORNING } from './virtual-clock.ts'

export const DAY_MS = 86_400_000

/** A good certificate that ends so many days after the tests' morning, unless the test says more. */
export function certificate(days: number, changes: Partial<CertificateFacts> = {}) {
  return {
    subject: 'CN=his.example',
    issuer: 'CN=Hospital CA',
    hosts: 'DNS:his.example',
    notBefore: MORNING - 30 * DAY_MS,
    notAfter: MORNING + days * DAY_MS,
    key: { algorithm: 'RSA', bits: 2_048 },
    signature: 'sha256WithRSAEncryption',
    fingerprint: 'a'.repeat(64),
    ...changes,
  }
}

export const shown = (
  chain: readonly CertificateFacts[],
  fault: string | null = null,
): Extract<Shown, { kind: 'shown' }> => ({
  kind: 'shown',
  chain,
  protocol: 'TLSv1.3',
  suite: 'TLS_AES_128_GCM_SHA256',
  fault,
})

export const KEY: KeyInUse = {
  name: 'HIS_PRIVATE_KEY',
  owner: 'ours',
  algorithm: 'SM2',
  bits: 256,
  fingerprint: 'b'.repeat(64),
  published: false,
}

/** HIS behind what `show` says, and one key. */
export const hisShowing = (show: () => Shown, keys = [KEY]): CertificatesInUse => ({
  servers: [{ name: 'HIS_URL', origin: 'https://his.example', show: async () => show() }],
  hosts: [],
  authorities: [],
  keys,
})
