/** What a sandbox and the service beside it share, kept in a file so that the next start still fits. */
import { randomBytes, randomInt } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeParameters, type SandboxParameters } from '../../src/sandbox/parameters.ts'

export interface SandboxKeys {
  readonly parameters: SandboxParameters
  readonly keyEncryptionKey: string
  readonly patientSecret: string
}

/** A database without the key that sealed it is of no use: they live and go together. */
export function sandboxKeys(file: string, database: string): SandboxKeys {
  const parameters = makeParameters(() => randomInt(2 ** 32) / 2 ** 32, { alipay: true })
  if (existsSync(file)) {
    const known: SandboxKeys = JSON.parse(readFileSync(file, 'utf8'))
    // An older pack lacks the upstreams that came later.
    const whole = { ...known, parameters: { ...parameters, ...known.parameters } }
    writeFileSync(file, JSON.stringify(whole), { mode: 0o600 })
    return whole
  }
  mkdirSync(dirname(file), { recursive: true })
  for (const end of ['', '-wal', '-shm', '.lock']) rmSync(`${database}${end}`, { force: true })
  const fresh = {
    parameters,
    keyEncryptionKey: randomBytes(16).toString('hex'),
    patientSecret: randomBytes(32).toString('hex'),
  }
  writeFileSync(file, JSON.stringify(fresh), { mode: 0o600 })
  return fresh
}
