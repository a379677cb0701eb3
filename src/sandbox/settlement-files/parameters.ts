/** What bank and bureau hand over before files can be fetched: how to log in, and who they are. */
import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'
import type { Generator, Sm2KeyPair } from '../parameters.ts'

/** OpenSSH's form. */
interface SshKeyPair {
  readonly privateKey: string
  readonly publicKey: string
}

export interface SettlementFileParameters {
  readonly bank: {
    readonly user: string
    readonly host: SshKeyPair
    /** What the host shows once it has changed its key. */
    readonly otherHost: SshKeyPair
    /** The hospital's. */
    readonly login: SshKeyPair
    /** Signs the files. */
    readonly signer: Sm2KeyPair
    /** Before the date in the names of its files. */
    readonly prefix: string
  }
  readonly insurance: {
    readonly user: string
    readonly host: SshKeyPair
    readonly otherHost: SshKeyPair
    readonly password: string
  }
}

export function makeSettlementFiles(make: Generator): SettlementFileParameters {
  return {
    bank: {
      user: 'jianlian',
      host: makeSshKey(),
      otherHost: makeSshKey(),
      login: makeSshKey(),
      signer: make.sm2(),
      prefix: `JL${make.digits(10)}`,
    },
    insurance: {
      user: 'h51010000001',
      host: makeSshKey(),
      otherHost: makeSshKey(),
      password: make.hex(16),
    },
  }
}

/** ssh2 writes one in 256 without the zero byte that its public key begins with, and cannot read it. */
function makeSshKey(): SshKeyPair {
  const pair = ssh2.utils.generateKeyPairSync('ed25519')
  if (ssh2.utils.parseKey(pair.private) instanceof Error) return makeSshKey()
  return { privateKey: pair.private, publicKey: pair.public }
}

/** As `ssh-keygen -l` prints it. */
export function hostFingerprint({ publicKey }: SshKeyPair): string {
  const key = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}
