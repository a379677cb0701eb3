import { generateKeyPairSync, sign } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/config.ts'
import { sm3Hex } from '../../src/crypto/sm3.ts'
import { checkCertificates } from '../../src/flows/certificates/audit-certificates.ts'
import { hostFingerprint } from '../../src/sandbox/settlement-files/parameters.ts'
import type { Damage } from '../../src/sandbox/settlement-files/shelf.ts'
import { certificatesInUse } from '../../src/wiring/certificates.ts'
import { DATE, DAY_MS } from '../sandbox/settlement-files/bank-day.ts'
import { testApp } from '../support/app.ts'
import { booksFor, newFolder, settlementRig } from '../support/settlement-rig.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const filesIn = (...path: string[]): string[] => readdirSync(join(...path))

const told = (instants: readonly number[]) =>
  instants.map((at) => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16))

describe('[SC-T02, SC-C02] settlement files from bank and bureau', () => {
  it('come by SFTP: by key with digest and signature, and by password', async () => {
    const { bank, insurance, clock, folder } = await settlementRig()
    expect(await bank.source.fetch(DATE)).toEqual({ kind: 'absent' })
    clock.now += DAY_MS
    const answer = await bank.source.fetch(DATE)
    if (answer.kind !== 'done') throw new Error(answer.kind)
    expect(answer.value.map(({ name }) => name.slice(-12))).toEqual(['20261120.txt'])
    const [file] = answer.value
    expect(new TextDecoder('gbk').decode(readFileSync(file?.path ?? ''))).toMatch(/\nTOTAL\|16\|/)
    expect(filesIn(folder, 'bank', 'incoming')).toEqual([])
    const month = await insurance.source.fetch('2026-10-01')
    expect(month).toMatchObject({ kind: 'done', value: [{ name: 'H51010000001_202610.csv' }] })
  })

  it('are found again, not counted again: also under a second name', async () => {
    const { bank, shelf } = await settlementRig()
    await shelf.issue({ book: 'bank', period: DATE, errors: [], damage: 'twice' })
    const first = await bank.source.fetch(DATE)
    expect(first).toMatchObject({ kind: 'done', value: [{ repeated: false }] })
    const again = await bank.source.fetch(DATE)
    expect(again).toMatchObject({ kind: 'done', value: [{ repeated: true }] })
  })

  it('that are late are absent, and there as soon as they are issued', async () => {
    const { bank, shelf, pauses } = await settlementRig()
    const order = { book: 'bank', period: DATE, errors: [] } as const
    await shelf.issue({ ...order, damage: 'late' })
    expect(await bank.source.fetch(DATE)).toEqual({ kind: 'absent' })
    await shelf.issue({ ...order, damage: null })
    expect(await bank.source.fetch(DATE)).toMatchObject({ kind: 'done' })
    expect(pauses).toEqual([])
  })

  it('are missed at the due times of the day after, or of the month after', async () => {
    const { bank, insurance } = await settlementRig()
    expect(told(bank.punctuality.alarmsAt('2026-12-31'))).toEqual([
      '2027-01-01T11:00',
      '2027-01-01T14:00',
    ])
    expect(told(insurance.punctuality.alarmsAt('2027-02-01'))).toEqual([
      '2027-03-10T11:00',
      '2027-03-20T11:00',
    ])
    expect(bank.punctuality.askEveryMs).toBe(1_800_000)
  })

  it('come from a folder that somebody else fills as well', async () => {
    const shelf = newFolder()
    const { parameters, environment, shelf: theirs } = await settlementRig()
    const order = { book: 'bank', period: DATE, errors: [], damage: null } as const
    await theirs.issue(order)
    for (const [name, content] of await theirs.files('bank'))
      writeFileSync(join(shelf, name), content)
    const {
      SETTLEMENT_FILES_BANK_HOST_KEYS: _keys,
      SETTLEMENT_FILES_BANK_LOGIN_KEY: _login,
      ...rest
    } = environment
    const { bank } = booksFor({ ...rest, SETTLEMENT_FILES_BANK_SOURCE: `file://${shelf}` })
    expect(await bank.source.fetch(DATE)).toMatchObject({
      kind: 'done',
      value: [{ name: `${parameters.settlementFiles.bank.prefix}_20261120.txt` }],
    })
  })
})

describe('[SC-S07] a damaged file', () => {
  const damages: [Damage, string][] = [
    ['truncated', '文件与其校验值不符'],
    ['wrong-totals', '第 18 行：金额不符'],
  ]

  it.each(damages)(
    '(%s) is put aside whole after every download, and then refused',
    async (damage, reason) => {
      const { bank, shelf, folder, pauses } = await settlementRig()
      await shelf.issue({ book: 'bank', period: DATE, errors: [], damage })
      const answer = await bank.source.fetch(DATE)
      expect(answer).toMatchObject({ kind: 'refused', code: 'file-damaged' })
      expect(answer.kind === 'refused' && answer.message).toContain(reason)
      expect(pauses).toEqual([1_000, 2_000])
      expect(filesIn(folder, 'bank').toSorted()).toEqual(['incoming', 'quarantine'])
      expect(filesIn(folder, 'bank', 'quarantine', DATE)).toHaveLength(1)
    },
  )

  it('is forgotten when the next download is whole: the good value is stored', async () => {
    const { bank, shelf, sleeps, folder, logged } = await settlementRig()
    const order = { book: 'bank', period: DATE, errors: [] } as const
    await shelf.issue({ ...order, damage: 'truncated' })
    sleeps.push(async () => void (await shelf.issue({ ...order, damage: null })))
    expect(await bank.source.fetch(DATE)).toMatchObject({ kind: 'done' })
    const reason = '文件与其校验值不符'
    const event = { event: 'settlement-file.damaged', book: 'bank', date: DATE, reason }
    expect(logged).toMatchObject([event])
    expect(filesIn(folder, 'bank', 'received', DATE)).toHaveLength(1)
  })

  it('without its digest or its signature cut short is still on its way; a foreign signature is damage', async () => {
    const other = await settlementRig()
    const key = other.parameters.settlementFiles.bank.signer.publicKeyHex
    const { SETTLEMENT_FILES_BANK_SIGNATURE_KEY: _, ...rest } = other.environment
    await other.shelf.issue({ book: 'bank', period: DATE, errors: [], damage: null })
    const stranger = other.parameters.icbc.gateway.sm2.publicKeyHex
    const { bank } = booksFor({ ...rest, SETTLEMENT_FILES_BANK_SIGNATURE_KEY: stranger })
    expect(await bank.source.fetch(DATE)).toMatchObject({ message: '文件签名验证未通过' })
    const both = booksFor({ ...rest, SETTLEMENT_FILES_BANK_SIGNATURE_KEY: `${stranger},${key}` })
    expect(await both.bank.source.fetch(DATE)).toMatchObject({ kind: 'done' })
  })

  it('with a path in its name is never written anywhere; the honest one beside it is taken', async () => {
    const { bank, shelf, folder } = await settlementRig()
    const { names } = await shelf.issue({
      book: 'bank',
      period: DATE,
      errors: [],
      damage: 'path-in-name',
    })
    expect(names.filter((name) => name.startsWith('../../'))).toHaveLength(3)
    const answer = await bank.source.fetch(DATE)
    if (answer.kind !== 'done') throw new Error(answer.kind)
    expect(answer.value.map(({ name }) => name.includes('/'))).toEqual([false])
    expect(filesIn(folder)).toEqual(['bank'])
    expect(filesIn(folder, 'bank').toSorted()).toEqual(['brought', 'incoming', 'received'])
  })
})

describe('[SC-T02] a host that shows another key', () => {
  it('is refused without a login and without another try, until the new key is pinned too', async () => {
    const { bank, hosts, clock, environment, pauses, logged } = await settlementRig()
    clock.now += DAY_MS
    const fingerprint = await hosts.changeKey('bank')
    const answer = await bank.source.fetch(DATE)
    expect(answer).toEqual({
      kind: 'refused',
      code: 'host-key-changed',
      message: `SFTP 主机密钥不符：${fingerprint}`,
    })
    expect(pauses).toEqual([])
    expect(logged).toMatchObject([{ level: 50, code: 'host-key-changed', book: 'bank' }])
    const pinned = `${environment['SETTLEMENT_FILES_BANK_HOST_KEYS']},${fingerprint}`
    const both = booksFor({ ...environment, SETTLEMENT_FILES_BANK_HOST_KEYS: pinned })
    expect(await both.bank.source.fetch(DATE)).toMatchObject({ kind: 'done' })
  })

  it('a login that is turned away is a refusal', async () => {
    const { environment, parameters } = await settlementRig()
    const other = Buffer.from(parameters.settlementFiles.bank.otherHost.privateKey)
    const { bank, insurance } = booksFor({
      ...environment,
      SETTLEMENT_FILES_BANK_LOGIN_KEY: other.toString('base64'),
      SETTLEMENT_FILES_INSURANCE_PASSWORD: 'wrong',
    })
    expect(await bank.source.fetch(DATE)).toMatchObject({ code: 'login-refused' })
    expect(await insurance.source.fetch('2026-10-01')).toMatchObject({ code: 'login-refused' })
  })
})

describe('[SC-T02] a key that cannot be used', () => {
  it.each([
    [
      { SETTLEMENT_FILES_BANK_LOGIN_KEY: 'no key' },
      'SETTLEMENT_FILES_BANK_LOGIN_KEY is no private key without a passphrase, PEM or OpenSSH',
    ],
    [
      { SETTLEMENT_FILES_BANK_SIGNATURE_KEY: 'no key' },
      'SETTLEMENT_FILES_BANK_SIGNATURE_KEY is no SM2 public key that can be used',
    ],
    [
      { SETTLEMENT_FILES_BANK_SIGNATURE: 'RSA2:.sig' },
      'SETTLEMENT_FILES_BANK_SIGNATURE_KEY is no RSA2 public key that can be used',
    ],
  ])('%o stops the start with its name', async (given, sentence) => {
    const { environment } = await settlementRig()
    expect(() => booksFor({ ...environment, ...given })).toThrow(new ConfigError(sentence))
  })

  it('of RSA with 2,048 bits may sign files, PKCS#1 over SHA-256', async () => {
    const { shelf, environment } = await settlementRig()
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    await shelf.issue({ book: 'bank', period: DATE, errors: [], damage: null })
    const folder = newFolder()
    for (const [name, content] of await shelf.files('bank')) {
      writeFileSync(join(folder, name), content)
      writeFileSync(join(folder, `${name}.rsa`), sign('sha256', content, pair.privateKey))
    }
    const { SETTLEMENT_FILES_BANK_LOGIN_KEY: _login, ...rest } = environment
    const { bank } = booksFor({
      ...rest,
      SETTLEMENT_FILES_BANK_SOURCE: `file://${folder}`,
      SETTLEMENT_FILES_BANK_SIGNATURE: 'RSA2:.rsa',
      SETTLEMENT_FILES_BANK_SIGNATURE_KEY: pair.publicKey,
      SETTLEMENT_FILES_BANK_NAMES:
        environment['SETTLEMENT_FILES_BANK_NAMES']?.replace('*', '') ?? '',
    })
    expect(await bank.source.fetch(DATE)).toMatchObject({ kind: 'done' })
  })
})

describe('[SC-T04] the hosts of settlement files in the yearly audit', () => {
  it('are asked for their keys, and judged by what is pinned', async () => {
    const { settings, hosts, environment } = await settlementRig()
    const certificates = certificatesInUse(settings)
    const clock = new VirtualClock()
    const findingsOf = async (inUse = certificates) => {
      const app = await testApp({ clock, certificates: { ...inUse, servers: [], keys: [] } })
      return (await checkCertificates(app)).map(({ name, verdict, said }) => [name, verdict, said])
    }
    const good = 'ED25519 256 位主机密钥，与配置的指纹一致'
    expect(await findingsOf()).toEqual([
      ['SETTLEMENT_FILES_BANK_HOST_KEYS', 'good', good],
      ['SETTLEMENT_FILES_INSURANCE_HOST_KEYS', 'good', good],
    ])
    const changed = await hosts.changeKey('bank')
    expect(await findingsOf()).toEqual([
      [
        'SETTLEMENT_FILES_BANK_HOST_KEYS',
        'failed',
        `ED25519 256 位主机密钥与配置的指纹不符：${changed}`,
      ],
      ['SETTLEMENT_FILES_INSURANCE_HOST_KEYS', 'good', good],
    ])
    await hosts.stop()
    expect((await findingsOf()).map(([, verdict]) => verdict)).toEqual(['unchecked', 'unchecked'])
    expect(environment['SETTLEMENT_FILES_BANK_HOST_KEYS']).not.toBe(changed)
  })

  it('with our login key and the key that signs the files', async () => {
    const { settings, parameters } = await settlementRig()
    const keys = certificatesInUse(settings).keys.filter(({ name }) =>
      name.startsWith('SETTLEMENT_FILES'),
    )
    expect(keys).toMatchObject([
      {
        name: 'SETTLEMENT_FILES_BANK_SIGNATURE_KEY',
        owner: 'theirs',
        algorithm: 'SM2',
        fingerprint: sm3Hex(
          Buffer.from(parameters.settlementFiles.bank.signer.publicKeyHex, 'hex'),
        ),
      },
      {
        name: 'SETTLEMENT_FILES_BANK_LOGIN_KEY',
        owner: 'ours',
        algorithm: 'ED25519',
        bits: 256,
        fingerprint: hostFingerprint(parameters.settlementFiles.bank.login),
      },
    ])
  })
})
