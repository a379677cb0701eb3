/** What is known of SSH keys, and which algorithms are good enough. */
import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'
import type { Secret } from '../../errors.ts'
import type { HostShown, SshKeyFacts } from '../certificates.ts'

/** SC-T03: nothing with SHA-1 or CBC, no group of 1,024 bits, no `ssh-rsa` (that is SHA-1). */
export const ALGORITHMS: ssh2.Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
  ],
  serverHostKey: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  cipher: [
    'aes256-gcm@openssh.com',
    'aes128-gcm@openssh.com',
    'aes256-ctr',
    'aes192-ctr',
    'aes128-ctr',
  ],
  hmac: [
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256',
    'hmac-sha2-512',
  ],
}

export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** Of a private key that can be used without asking anybody for a passphrase; null for any other. */
export function loginKeyFacts(text: Secret): SshKeyFacts | null {
  const parsed = ssh2.utils.parseKey(text.reveal())
  return parsed instanceof Error || !parsed.isPrivateKey() ? null : factsOf(parsed.getPublicSSH())
}

/** RFC 4253 6.6: a key as it travels is a row of strings, the first of them its kind. */
function factsOf(key: Buffer): SshKeyFacts {
  const parts: Buffer[] = []
  for (let at = 0; at + 4 <= key.length;) {
    const length = key.readUInt32BE(at)
    parts.push(key.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  const [kind = '', second, modulus] = [parts[0]?.toString('latin1'), parts[1], parts[2]]
  const about = { fingerprint: fingerprintOf(key) }
  if (kind === 'ssh-rsa') return { ...about, algorithm: 'RSA', bits: bitsOf(modulus) }
  const curve = /^ecdsa-sha2-nistp(\d{3})$/.exec(kind)?.[1]
  if (curve !== undefined) return { ...about, algorithm: 'EC', bits: Number(curve) }
  return { ...about, algorithm: 'ED25519', bits: (second?.length ?? 0) * 8 }
}

const bitsOf = (modulus: Buffer | undefined): number =>
  modulus === undefined || modulus.length === 0
    ? 0
    : BigInt(`0x${modulus.toString('hex')}`).toString(2).length

/** The key that a host shows; nobody logs in, whatever it is. */
export function showHostKey(at: {
  readonly host: string
  readonly port: number
  readonly timeoutMs: number
}): Promise<HostShown> {
  return new Promise((resolve) => {
    const client = new ssh2.Client()
    let seen: Buffer | null = null
    client.on('error', (error) => {
      resolve(shownOf(seen, error))
      client.destroy()
    })
    client.connect({
      host: at.host,
      port: at.port,
      username: 'nobody',
      readyTimeout: at.timeoutMs,
      algorithms: ALGORITHMS,
      hostVerifier: (key: Buffer) => {
        seen = key
        return false
      },
    })
  })
}

function shownOf(seen: Buffer | null, error: Error & { code?: unknown }): HostShown {
  if (seen !== null) return { kind: 'host-key', ...factsOf(seen) }
  const cause = typeof error.code === 'string' ? error.code : 'SSH'
  const isHandshake = /no matching/.test(error.message)
  return isHandshake ? { kind: 'refused', cause: 'SSH' } : { kind: 'unreachable', cause }
}
