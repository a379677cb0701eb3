import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { DATE } from '../sandbox/settlement-files/bank-day.ts'
import { booksFor, newFolder, settlementRig } from '../support/settlement-rig.ts'
import { ROOT } from '../support/source-files.ts'

type Rig = Awaited<ReturnType<typeof settlementRig>>

/** The bank hands everything over by hand. */
const BY_HAND = { SETTLEMENT_FILES_BANK_SOURCE: 'upload' }

describe('[SC-C02, SC-S07] npm run upload-settlement-file', () => {
  let rig: Rig
  let environment: Record<string, string>
  let name = ''
  let file = ''
  let key = ''

  const run = (script: string, ...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { PATH: process.env['PATH'], ...environment, OPERATOR_KEY: key }
      execFile(process.execPath, [script, ...args], { cwd: ROOT, env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      )
    })
  const upload = (...args: string[]) => run('scripts/upload-settlement-file.ts', ...args)
  const asked = ['--book', 'bank', '--date', DATE, '--operator', '王敏']

  beforeAll(async () => {
    rig = await settlementRig()
    const folder = newFolder()
    const {
      SETTLEMENT_FILES_BANK_HOST_KEYS: _keys,
      SETTLEMENT_FILES_BANK_LOGIN_KEY: _login,
      ...rest
    } = rig.environment
    environment = { ...rest, ...BY_HAND, DATABASE_URL: `sqlite:${join(folder, 'upload.db')}` }
    await rig.shelf.issue({ book: 'bank', period: DATE, errors: [], damage: null })
    name = `${rig.parameters.settlementFiles.bank.prefix}_20261120.txt`
    file = join(folder, name)
    writeFileSync(file, (await rig.shelf.files('bank')).get(name) ?? '')
    const added = await run('scripts/work-items.ts', 'operator', 'add', '王敏', '--json')
    key = JSON.parse(added.out).key
  }, 120_000)

  it('takes a file that holds, says what it adds up to, and the book has it from then on', async () => {
    const { bank } = booksFor(environment)
    expect(await bank.source.fetch(DATE)).toEqual({ kind: 'absent' })
    const { code, out } = await upload(...asked, file)
    expect([code, out]).toEqual([
      0,
      expect.stringContaining('收款 11 笔 110.55 元，退款 5 笔 25.00 元，净额 85.55 元'),
    ])
    expect(out).toMatch(/^已接收：清算银行 2026-11-20 的对账文件 JL\d{10}_20261120\.txt\n/)
    expect(await bank.source.fetch(DATE)).toMatchObject({ kind: 'done', value: [{ name }] })
    const again = await upload(...asked, '--json', file)
    expect(JSON.parse(again.out)).toMatchObject({ received: true, repeated: true, payments: 11 })
    expect(await bank.source.fetch(DATE)).toMatchObject({ kind: 'done', value: [{ name }] })
  }, 120_000)

  it('puts a file aside that is cut off or badly named, says so, and ends with 1', async () => {
    const half = join(newFolder(), name.replace('20261120', '20261119'))
    writeFileSync(half, '交易类型|')
    const damaged = await upload(
      '--book',
      'bank',
      '--date',
      '2026-11-19',
      '--operator',
      '王敏',
      half,
    )
    expect([damaged.code, damaged.out]).toEqual([1, expect.stringContaining('未接收：')])
    const other = await upload(...asked, half)
    expect([other.code, other.out]).toEqual([
      1,
      expect.stringContaining('未接收：文件名不符合约定。不计入对账。'),
    ])
    const { bank } = booksFor(environment)
    expect(await bank.source.fetch('2026-11-19')).toEqual({ kind: 'absent' })
  }, 120_000)

  it.each([
    [['--book', 'his', '--date', DATE], '--book 没有 his；可选：bank、insurance'],
    [['--book', 'bank', '--date', '2026-11'], '--date 须如 2026-11-19'],
    [['--book', 'insurance', '--date', DATE], '--date 须如 2026-10'],
    [['--book', 'bank', '--date', DATE], '缺少文件'],
    [['--book', 'bank', '--date', DATE, '/nowhere/at-all.txt'], '读不到文件：/nowhere/at-all.txt'],
  ])('%o is wrong use: 2, and a word', async (args, sentence) => {
    const { code, err } = await upload(...args)
    expect([code, err]).toEqual([2, expect.stringContaining(sentence)])
  })

  it('is not done for a stranger, nor for a day to come', async () => {
    const stranger = await upload('--book', 'bank', '--date', DATE, '--operator', '李强', file)
    expect([stranger.code, stranger.err]).toEqual([1, '操作员或密钥不正确。\n'])
    const early = await upload('--book', 'bank', '--date', '2999-01-01', '--operator', '王敏', file)
    expect([early.code, early.err]).toEqual([1, '这个日期还没有到。\n'])
  }, 60_000)
})
