/** A shelf reached by SFTP: the host is known by its key alone (SC-T02). Nothing is written there. */
import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import type { Secret } from '../../errors.ts'
import { done, refused } from '../upstream.ts'
import type { Shelf, Source, Visit } from './adapter.ts'

export interface SftpSettings {
  readonly host: string
  readonly port: number
  readonly folder: string
  readonly user: string
  readonly login:
    | { readonly kind: 'key'; readonly privateKey: Secret }
    | { readonly kind: 'password'; readonly password: Secret }
  /** `SHA256:…` as ssh-keygen -l prints it; two while the host changes its key. */
  readonly hostKeys: readonly string[]
  readonly timeoutMs: number
}

export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** Whether it can be used without asking anybody for a passphrase. */
export function isLoginKey(text: Secret): boolean {
  const parsed = ssh2.utils.parseKey(text.reveal())
  return !(parsed instanceof Error) && parsed.isPrivateKey()
}

/** SC-T03: nothing with SHA-1 or CBC, no group of 1,024 bits, no `ssh-rsa` (that is SHA-1). */
const ALGORITHMS: ssh2.Algorithms = {
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

export function sftpSource(settings: SftpSettings): Source {
  return { visit: (look) => visit(settings, look) }
}

async function visit<T>(
  settings: SftpSettings,
  look: (shelf: Shelf) => Promise<T>,
): Promise<Visit<T>> {
  const client = new SftpClient()
  let seen: string | null = null
  const { login } = settings
  try {
    await client.connect({
      host: settings.host,
      port: settings.port,
      username: settings.user,
      ...(login.kind === 'key'
        ? { privateKey: login.privateKey.reveal() }
        : { password: login.password.reveal() }),
      readyTimeout: settings.timeoutMs,
      algorithms: ALGORITHMS,
      hostVerifier: (key: Buffer) => {
        seen = fingerprintOf(key)
        return settings.hostKeys.includes(seen)
      },
    })
    return done(await look(await shelfOf(client, settings))) as Visit<T>
  } catch (error) {
    if (seen !== null && !settings.hostKeys.includes(seen))
      return refused('host-key-changed', `SFTP 主机密钥不符：${String(seen)}`) as Visit<T>
    if (error instanceof Error && error.message.includes('authentication methods failed'))
      return refused('login-refused', 'SFTP 登录被拒绝') as Visit<T>
    return { kind: seen === null ? 'unsent' : 'unknown', cause: causeOf(error) }
  } finally {
    await client.end().catch(() => false)
  }
}

const causeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? `sftp ${String(error.code)}` : 'sftp'

async function shelfOf(client: SftpClient, settings: SftpSettings): Promise<Shelf> {
  const pathOf = (name: string): string => `${settings.folder.replace(/\/+$/, '')}/${name}`
  const listed = await client.list(settings.folder)
  return {
    files: listed
      // A link may lead anywhere; only a plain file is a file.
      .filter(({ type }) => type === '-')
      .map(({ name, size }) => ({ name, bytes: size }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    open: (name) => client.createReadStream(pathOf(name)),
    content: async (name) => {
      const content = await client.get(pathOf(name))
      if (!Buffer.isBuffer(content)) throw new Error('not the content of a file')
      return content
    },
  }
}
