/** The commands of finance staff as they type them, on a database in a file and a folder of files. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { sealer } from '../../src/crypto/seal.ts'
import { Secret } from '../../src/errors.ts'
import { allSelfPay } from '../../src/payment/amounts.ts'
import { fen } from '../../src/payment/money.ts'
import { businessDate, ulid } from '../../src/payment/numbers.ts'
import type { Order } from '../../src/payment/order.ts'
import { dayBefore } from '../../src/reconciliation/days.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { migrate, openDatabase } from '../../src/store/database.ts'
import { fileOf, lineOf } from '../flows/reconciliation/day.ts'
import { storedOrder } from '../support/orders.ts'
import { seededRandom } from '../support/random.ts'
import { ROOT } from '../support/source-files.ts'

const KEY = '000102030405060708090a0b0c0d0e0f'
const folder = mkdtempSync(join(tmpdir(), 'jianlian-commands-'))
const shelf = join(folder, 'shelf')
/** Over for two days, whatever the time is where the tests run. */
const date = dayBefore(dayBefore(businessDate(Date.now())))
const noon = Date.parse(`${date}T12:00:00+08:00`)

const databaseUrl = `sqlite:${join(folder, 'test.db')}`
const environment = {
  ...sandboxEnvironment(makeParameters(seededRandom(3)), {
    sandboxUrl: 'http://127.0.0.1:9',
    publicUrl: 'http://127.0.0.1:18080',
    databaseUrl,
    keyEncryptionKey: KEY,
    patientSecret: 'p'.repeat(32),
  }),
  SETTLEMENT_FILES_BANK_SOURCE: `file://${shelf}`,
  SETTLEMENT_FILES_BANK_NAMES: 'B_{date}.txt',
  SETTLEMENT_FILES_BANK_FOLDER: join(folder, 'files'),
}

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

const run = (command: string, args: readonly string[] = [], more = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const script = join(ROOT, `scripts/${command}.ts`)
    const options = { env: { ...environment, ...more }, timeout: 60_000, cwd: folder }
    execFile(process.execPath, [script, ...args], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })

const writes = (lines: Parameters<typeof fileOf>[0]): void =>
  writeFileSync(join(shelf, `B_${date.replaceAll('-', '')}.txt`), fileOf(lines))

let orders: Order[] = []

beforeAll(async () => {
  mkdirSync(shelf)
  const key = new Secret(Buffer.from(KEY, 'hex'))
  const db = openDatabase(databaseUrl, {
    sealer: sealer(key, (size) => Buffer.alloc(size, 7)),
  })
  await migrate(db)
  const random = seededRandom(9)
  orders = await Promise.all(
    [1, 2].map((no) => {
      const id = ulid(noon, random)
      const paid = { state: 'paid', selfPay: 'paid', insurance: 'none', paidAt: noon } as const
      return storedOrder(
        db,
        { id, ...paid, amounts: allSelfPay(fen(1_000 * no)), createdAt: noon },
        { outTradeNo: `${id}C1T1`, bankOrderNo: `CASH${no}`, t0: noon },
      )
    }),
  )
  await db.q.destroy()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('finance staff', { timeout: 120_000 }, () => {
  it('[SC-C02] see that a day without its file could not be reconciled', async () => {
    const { code, out } = await run('reconcile', ['--date', date, '--book', 'bank'])
    expect([code, out]).toEqual([2, expect.stringContaining('未能对账。对方尚未提供对账文件')])
  })

  it('[SC-C03] see each difference in a sentence with what to do, and the same again', async () => {
    const [one, two] = orders
    if (!one || !two) throw new Error('no orders')
    writes([lineOf(one)])
    const args = ['--date', date, '--book', 'bank']
    const first = await run('reconcile', args)
    expect([first.code, first.err]).toEqual([1, ''])
    expect(first.out).toContain('相符 1 笔 10.00 元，差异 1 笔')
    expect(first.out).toContain(
      '短款（单边账）：银行订单号 CASH2，本系统有收款 20.00 元，银行没有记录',
    )
    expect(first.out).toContain('下一步：再查询一次（query-again）')
    expect((await run('reconcile', args)).out).toBe(first.out)
    const listed = await run('breaks', ['--date', date, '--json'])
    expect([listed.code, JSON.parse(listed.out)]).toMatchObject([1, [{ class: 'HOSPITAL_ONLY' }]])
  })

  it('[SC-C04] explain a difference with two people, and the day is done', async () => {
    const key = `bank:${date}:Pb:CASH2`
    const keys: Record<string, string> = {}
    for (const name of ['王敏', '李强']) {
      const { out } = await run('work-items', ['operator', 'add', name, '--json'])
      keys[name] = JSON.parse(out).key
    }
    const as = (name: string) => ({ OPERATOR_KEY: keys[name] })
    const what = ['--action', 'record-outcome', '--note', '银行次日补记']
    const proposed = await run('resolve', [key, '--operator', '王敏', ...what], as('王敏'))
    expect([proposed.code, proposed.out]).toEqual([0, expect.stringContaining('另一名操作员')])
    const same = await run('resolve', ['confirm', key, '--operator', '王敏'], as('王敏'))
    expect([same.code, same.err]).toEqual([2, expect.stringContaining('确认人须与提出人不同')])
    const forged = await run('resolve', ['confirm', key, '--operator', '李强'], as('王敏'))
    expect(forged.code).toBe(2)
    const done = await run('resolve', ['confirm', key, '--operator', '李强'], as('李强'))
    expect([done.code, done.err]).toEqual([0, ''])
    const again = await run('reconcile', ['--date', date, '--book', 'bank'])
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('已查明 1 笔')])
    const history = await run('breaks', [key])
    expect(history.out).toMatch(/对账发现[\s\S]*提出[\s\S]*王敏[\s\S]*结案[\s\S]*李强/)
  })

  it('[SC-Q08] end a day by hand, and are told what they typed wrong', async () => {
    const ended = await run('day-end', ['--date', date])
    expect([ended.code, ended.out]).toEqual([0, expect.stringContaining('查询 0 笔')])
    const today = businessDate(Date.now() + 86_400_000)
    expect((await run('day-end', ['--date', today])).code).toBe(2)
    expect((await run('reconcile', ['--date', '2026-02-30'])).err).toContain('须为存在的日期')
    const missing = await run('import-insurance', ['--month', '2026-10', 'nothing.csv'])
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('nothing.csv')])
  })
})
