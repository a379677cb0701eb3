import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { wrapSecret } from '../../src/crypto/keystore.ts'
import { sealer } from '../../src/crypto/seal.ts'
import { Secret } from '../../src/errors.ts'
import { testSettings } from '../support/app.ts'
import { refusal } from '../support/refusal.ts'
import { TEST_KEY, testSealer } from '../support/sealer.ts'

const wrapped = (text: string): string => wrapSecret(new Secret(text), testSealer)

describe('the key-encryption key and what it wraps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  const file = join(folder, 'key')
  writeFileSync(file, TEST_KEY, { mode: 0o600 })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('comes from one place: both and neither are refused', () => {
    expect(refusal({ KEY_FILE: file })).toBe(
      'KEY_FILE and KEY_ENCRYPTION_KEY are both set: keep one of them',
    )
    expect(refusal({ KEY_ENCRYPTION_KEY: '' })).toBe('KEY_FILE or KEY_ENCRYPTION_KEY is required')
    const settings = testSettings({ KEY_ENCRYPTION_KEY: '', KEY_FILE: file })
    expect(settings.keyEncryptionKey.reveal().toString('hex')).toBe(TEST_KEY)
  })

  it('[SC-S08] is refused when it is no key, or its file is open to others', () => {
    expect(refusal({ KEY_ENCRYPTION_KEY: 'canary' })).toBe(
      'KEY_ENCRYPTION_KEY: the key is neither 32 hex digits nor the base64 of 16 bytes',
    )
    chmodSync(file, 0o644)
    expect(refusal({ KEY_ENCRYPTION_KEY: '', KEY_FILE: file })).toContain('KEY_FILE: the key file')
    chmodSync(file, 0o600)
  })

  it('[SC-S08] opens every wrapped value, tokens and addresses too', () => {
    const settings = testSettings({
      HIS_TOKEN: wrapped('token'),
      PATIENT_JWT_SECRET: wrapped('secret of the platform'),
      DATABASE_URL: wrapped('sqlite:orders.sqlite'),
      ICBC_APP_ID: wrapped('10000000000004002078'),
    })
    const { HIS_TOKEN, PATIENT_JWT_SECRET, DATABASE_URL, ICBC_APP_ID } = settings
    expect(HIS_TOKEN.reveal()).toBe('token')
    expect(PATIENT_JWT_SECRET?.reveal()).toBe('secret of the platform')
    expect(DATABASE_URL.reveal()).toBe('sqlite:orders.sqlite')
    expect(ICBC_APP_ID).toBe('10000000000004002078')
  })

  it('[SC-S08] a wrapped value that was changed is refused by name and not taken as it stands', () => {
    const other = `${wrapped('token')}A`
    expect(refusal({ HIS_TOKEN: other, ICBC_URL: other }).split('\n')).toEqual([
      'HIS_TOKEN was changed, or wrapped by another key-encryption key',
      'ICBC_URL was changed, or wrapped by another key-encryption key',
    ])
  })
})

describe('production', () => {
  const EXAMPLE = parseEnv(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'))
  const secrets = Object.keys(EXAMPLE).filter(
    (name) => /(_TOKEN|_SECRET|_KEY)$/.test(name) && EXAMPLE[name] !== '',
  )
  const key = '5f0d31b7c6a94e2280d7193c4ab6ee58'
  const own = { ENVIRONMENT: 'production', KEY_ENCRYPTION_KEY: key }
  const box = sealer(new Secret(Buffer.from(key, 'hex')))

  it('starts with secrets of its own', () => {
    expect(refusal(own)).toBe('accepted')
  })

  it.each(secrets)('[SC-S08] refuses the example of %s', (name) => {
    const given = { [name]: EXAMPLE[name] ?? '' }
    const says = `${name} is an example that everybody can read: production needs its own`
    expect(refusal({ ...own, ...given })).toBe(says)
    expect(refusal(given)).toBe('accepted')
  })

  it.each([
    ['in capitals', '0123456789ABCDEFFEDCBA9876543210'],
    ['in base64', 'ASNFZ4mrze/+3LqYdlQyEA=='],
    ['wrapped', wrapSecret(new Secret('0123456789abcdeffedcba9876543210'), box)],
  ])('[SC-S08] refuses a key from a document %s', (_, published) => {
    expect(refusal({ ...own, HIS_SM4_KEY: published })).toContain('HIS_SM4_KEY is an example')
  })

  it.each(['PATIENT_JWT_SECRET', 'HIS_CLIENT_TOKEN'])(
    'refuses a secret that could be guessed: %s',
    (name) => {
      const short = { [name]: 'x'.repeat(31) }
      expect(refusal({ ...own, ...short })).toBe(
        `${name} must have at least 32 bytes in production`,
      )
      expect(refusal({ ...own, [name]: 'x'.repeat(32) })).toBe('accepted')
      expect(refusal({ ...short, ENVIRONMENT: 'sandbox' })).toBe('accepted')
    },
  )
})
