/** A shelf reached by SFTP: the host is known by its key alone (SC-T02). Nothing is written there. */
import SftpClient from 'ssh2-sftp-client'
import type { Secret } from '../../errors.ts'
import { done, refused } from '../upstream.ts'
import type { Shelf, Source, Visit } from './adapter.ts'
import { ALGORITHMS, fingerprintOf } from './ssh.ts'

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
