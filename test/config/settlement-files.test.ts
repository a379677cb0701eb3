import { describe, expect, it } from 'vitest'
import { testSettings } from '../support/app.ts'
import { refusal } from '../support/refusal.ts'

const FINGERPRINT = `SHA256:${'a'.repeat(43)}`

/** Complete settings of the bank's files by SFTP. */
const SFTP = {
  SETTLEMENT_FILES_BANK_SOURCE: 'sftp://jianlian@sftp.bank.example:2222/outgoing',
  SETTLEMENT_FILES_BANK_HOST_KEYS: FINGERPRINT,
  SETTLEMENT_FILES_BANK_LOGIN_KEY: 'a key',
  SETTLEMENT_FILES_BANK_NAMES: 'M001_{date}*.txt',
  SETTLEMENT_FILES_BANK_FOLDER: '/var/lib/jianlian/bank',
}

const without = (name: keyof typeof SFTP): Record<string, string> => ({ ...SFTP, [name]: '' })

describe('settlement files', () => {
  it('are received from nobody unless a source is given: a hospital may run without', () => {
    const settings = testSettings()
    expect(settings.SETTLEMENT_FILES_BANK_SOURCE).toBeUndefined()
    expect(settings.SETTLEMENT_FILES_INSURANCE_SOURCE).toBeUndefined()
  })

  it.each([
    ['sftp://me@sftp.bank.example/out', { host: 'sftp.bank.example', port: 22, folder: '/out' }],
    ['sftp://me@10.0.0.8:2222/a%20b', { host: '10.0.0.8', port: 2222, folder: '/a b' }],
    ['sftp://me@[fd00::8]/out', { host: 'fd00::8', port: 22, folder: '/out' }],
  ])('come from %s', (given, meant) => {
    const settings = testSettings({ ...SFTP, SETTLEMENT_FILES_BANK_SOURCE: given })
    const expected = { kind: 'sftp', user: 'me', ...meant }
    expect(settings.SETTLEMENT_FILES_BANK_SOURCE).toEqual(expected)
  })

  it('come from a folder or by hand without a host to know', () => {
    for (const [source, kind] of [
      ['file:///mnt/bank', 'folder'],
      ['upload', 'upload'],
    ] as const) {
      const given = {
        SETTLEMENT_FILES_BANK_SOURCE: source,
        SETTLEMENT_FILES_BANK_NAMES: 'M001_{date}.txt',
        SETTLEMENT_FILES_BANK_FOLDER: '/var/lib/jianlian/bank',
      }
      expect(testSettings(given).SETTLEMENT_FILES_BANK_SOURCE).toMatchObject({ kind })
    }
  })
})

const UNSAFE =
  'SETTLEMENT_FILES_BANK_SOURCE must be sftp://user@host/folder, file:///folder or upload: never FTP or HTTP'
const NAMES = 'SETTLEMENT_FILES_BANK_NAMES'

describe('[SC-T02] a source of settlement files that is unsafe or not whole', () => {
  it.each([
    [{ SETTLEMENT_FILES_BANK_SOURCE: 'ftp://me@bank.example/out' }, UNSAFE],
    [{ SETTLEMENT_FILES_BANK_SOURCE: 'ftps://me@bank.example/out' }, UNSAFE],
    [{ SETTLEMENT_FILES_BANK_SOURCE: 'http://bank.example/out' }, UNSAFE],
    [{ SETTLEMENT_FILES_BANK_SOURCE: 'https://bank.example/out' }, UNSAFE],
    [{ SETTLEMENT_FILES_BANK_SOURCE: 'sftp://bank.example/out' }, UNSAFE],
    [{ SETTLEMENT_FILES_BANK_SOURCE: 'sftp://me@bank.example' }, UNSAFE],
    [{ SETTLEMENT_FILES_BANK_SOURCE: 'file://share/out' }, UNSAFE],
    [{ SETTLEMENT_FILES_BANK_SOURCE: '/mnt/bank' }, UNSAFE],
    [
      { SETTLEMENT_FILES_BANK_SOURCE: 'sftp://me:pw@bank.example/out' },
      'SETTLEMENT_FILES_BANK_SOURCE must not hold a password: it has a setting of its own',
    ],
    [
      without('SETTLEMENT_FILES_BANK_SOURCE'),
      'SETTLEMENT_FILES_BANK_SOURCE is required by SETTLEMENT_FILES_BANK_HOST_KEYS',
    ],
    [
      without('SETTLEMENT_FILES_BANK_HOST_KEYS'),
      'SETTLEMENT_FILES_BANK_HOST_KEYS must pin the key of the SFTP host: SHA256:…, as ssh-keygen -l says',
    ],
    [
      { SETTLEMENT_FILES_BANK_HOST_KEYS: 'MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48' },
      'SETTLEMENT_FILES_BANK_HOST_KEYS must read SHA256:…, as ssh-keygen -l says',
    ],
    [
      { SETTLEMENT_FILES_BANK_HOST_KEYS: 'a,b,c'.replaceAll(/[abc]/g, FINGERPRINT) },
      'SETTLEMENT_FILES_BANK_HOST_KEYS may hold two keys, separated by a comma: the one in use and the next',
    ],
    [
      without('SETTLEMENT_FILES_BANK_LOGIN_KEY'),
      'SETTLEMENT_FILES_BANK_LOGIN_KEY or SETTLEMENT_FILES_BANK_PASSWORD is required by SFTP',
    ],
    [
      { SETTLEMENT_FILES_BANK_PASSWORD: 'both' },
      'SETTLEMENT_FILES_BANK_PASSWORD must be left out: SETTLEMENT_FILES_BANK_LOGIN_KEY is the login',
    ],
    [without(NAMES), `${NAMES} is required to receive files`],
    [{ [NAMES]: 'M001.txt' }, `${NAMES} must contain {date}`],
    [{ [NAMES]: '../{date}.txt' }, `${NAMES} must be a name without a path`],
    [{ [NAMES]: 'out/{date}.txt' }, `${NAMES} must be a name without a path`],
    [{ [NAMES]: 'a..{date}.txt' }, `${NAMES} must be a name without a path`],
    [
      without('SETTLEMENT_FILES_BANK_FOLDER'),
      'SETTLEMENT_FILES_BANK_FOLDER is required to receive files',
    ],
    [
      { SETTLEMENT_FILES_BANK_PROFILE: 'ccb' },
      'SETTLEMENT_FILES_BANK_PROFILE must be one of icbc-like, wechat-bill,',
    ],
    [
      { SETTLEMENT_FILES_BANK_CHECKSUM: 'crc32:.crc' },
      'SETTLEMENT_FILES_BANK_CHECKSUM must read "sha256:.sha256"; md5, sha1 or sm3',
    ],
    [
      { SETTLEMENT_FILES_BANK_SIGNATURE: 'RSA:.sig' },
      'SETTLEMENT_FILES_BANK_SIGNATURE must read "SM2:.sig" or "RSA2:.sig"',
    ],
    [
      { SETTLEMENT_FILES_BANK_SIGNATURE: 'SM2:.sig' },
      'SETTLEMENT_FILES_BANK_SIGNATURE_KEY is required by SETTLEMENT_FILES_BANK_SIGNATURE',
    ],
    [
      { SETTLEMENT_FILES_BANK_SIGNATURE_KEY: 'a key' },
      'SETTLEMENT_FILES_BANK_SIGNATURE is required by SETTLEMENT_FILES_BANK_SIGNATURE_KEY',
    ],
    [
      { SETTLEMENT_FILES_BANK_DUE: '11:00' },
      'SETTLEMENT_FILES_BANK_DUE must read "days hh:mm", several separated by commas',
    ],
    [
      { SETTLEMENT_FILES_BANK_DUE: '1 24:00' },
      'SETTLEMENT_FILES_BANK_DUE must read "days hh:mm", several separated by commas',
    ],
    [{ SETTLEMENT_FILES_BANK_TRIES: '0' }, 'SETTLEMENT_FILES_BANK_TRIES must be at least 1'],
    [{ SETTLEMENT_FILES_BANK_TRIES: '99' }, 'SETTLEMENT_FILES_BANK_TRIES must be at most 10'],
    [
      { SETTLEMENT_FILES_INSURANCE_SOURCE: 'ftp://me@bureau.example/out' },
      'SETTLEMENT_FILES_INSURANCE_SOURCE must be sftp://',
    ],
    [
      {
        SETTLEMENT_FILES_INSURANCE_SOURCE: 'upload',
        SETTLEMENT_FILES_INSURANCE_NAMES: 'YB_{month}.csv',
        SETTLEMENT_FILES_INSURANCE_FOLDER: SFTP.SETTLEMENT_FILES_BANK_FOLDER,
      },
      'SETTLEMENT_FILES_INSURANCE_FOLDER must differ from SETTLEMENT_FILES_BANK_FOLDER',
    ],
    [
      {
        SETTLEMENT_FILES_INSURANCE_SOURCE: 'upload',
        SETTLEMENT_FILES_INSURANCE_NAMES: 'YB_{date}.csv',
        SETTLEMENT_FILES_INSURANCE_FOLDER: '/var/lib/jianlian/insurance',
      },
      'SETTLEMENT_FILES_INSURANCE_NAMES must contain {month}',
    ],
  ])('%o is refused in one sentence', (changed, sentence) => {
    expect(refusal(SFTP)).toBe('accepted')
    const said = refusal({ ...SFTP, ...changed })
    expect(said.split('\n')).toHaveLength(1)
    expect(said).toContain(sentence)
  })

  it('is never told with the login', () => {
    const given = {
      SETTLEMENT_FILES_BANK_SOURCE: 'sftp://me:canary-of-a-password@bank.example/out',
      SETTLEMENT_FILES_BANK_PASSWORD: 'canary-too',
    }
    expect(refusal({ ...SFTP, ...given })).not.toContain('canary')
  })
})
