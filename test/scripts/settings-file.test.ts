import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { writePrivately } from '../../scripts/parts/private-file.ts'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { sandboxKeys } from '../../scripts/parts/sandbox-keys.ts'
import { lookAt, settingsText } from '../../scripts/parts/settings-file.ts'
import { readSettings } from '../../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'settings-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
const modeOf = (file: string): number => statSync(file).mode & 0o777

const environmentOf = (keysFile: string): Record<string, string> => {
  const keys = sandboxKeys(join(folder, keysFile), join(folder, 'a.sqlite'))
  return sandboxEnvironment(keys.parameters, {
    ...keys,
    sandboxUrl: 'http://127.0.0.1:8090',
    publicUrl: 'http://127.0.0.1:8080',
    databaseUrl: 'sqlite:/with a space/#1.sqlite',
  })
}

describe('a file of settings for the sandbox', () => {
  it('is read back as the very settings, and they are complete', () => {
    const settings = environmentOf('keys.json')
    const read = parseEnv(settingsText(settings, 'heading'))
    expect(read).toEqual(settings)
    expect(readSettings(read).DATABASE_URL.reveal()).toBe('sqlite:/with a space/#1.sqlite')
  })

  it('fits the next start, because the keys are kept', () => {
    expect(environmentOf('kept.json')).toEqual(environmentOf('kept.json'))
    expect(environmentOf('other.json')).not.toEqual(environmentOf('kept.json'))
  })

  it('[SC-S08] is for its owner alone, as are the keys, also where an open file was', () => {
    const file = join(folder, 'deep', 'sandbox.env')
    environmentOf('secret.json')
    expect(modeOf(join(folder, 'secret.json'))).toBe(0o600)
    writePrivately(file, 'A=1\n')
    expect(modeOf(file)).toBe(0o600)
    const open = join(folder, 'deep', 'open.env')
    writeFileSync(open, 'A=1\n', { mode: 0o644 })
    writePrivately(open, 'A=2\n')
    expect([modeOf(open), readFileSync(open, 'utf8')]).toEqual([0o600, 'A=2\n'])
    expect(readdirSync(join(folder, 'deep')).toSorted()).toEqual(['open.env', 'sandbox.env'])
  })

  it('is known as ours by what must fit, whatever else somebody added', () => {
    const file = join(folder, 'edited.env')
    expect(lookAt(file, { HIS_URL: 'a' })).toBe('absent')
    writeFileSync(file, 'LOG_LEVEL=debug\nHIS_URL=a\n')
    expect(lookAt(file, { HIS_URL: 'a' })).toBe('same')
    expect(lookAt(file, { HIS_URL: 'b' })).toBe('other')
    expect(lookAt(file, { HIS_URL: 'a', ICBC_URL: 'c' })).toBe('other')
  })
})

describe('the keys of a sandbox', () => {
  it('take the database with them when they are lost: it could not be opened any more', () => {
    const database = join(folder, 'b.sqlite')
    const keys = join(folder, 'lost.json')
    sandboxKeys(keys, database)
    writeFileSync(database, 'sealed')
    sandboxKeys(keys, database)
    expect(readdirSync(folder)).toContain('b.sqlite')
    rmSync(keys)
    sandboxKeys(keys, database)
    expect(readdirSync(folder)).not.toContain('b.sqlite')
  })
})
