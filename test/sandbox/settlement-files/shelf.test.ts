import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Profile } from '../../../src/reconciliation/files/profile.ts'
import {
  ICBC_LIKE,
  INSURANCE_CSV,
  INSURANCE_XLSX,
} from '../../../src/reconciliation/files/profiles.ts'
import { readFile } from '../../../src/reconciliation/files/read.ts'
import { piecesOf } from '../../../src/reconciliation/files/unpack.ts'
import type { Row } from '../../../src/reconciliation/row.ts'
import { createFileControl } from '../../../src/sandbox/settlement-files/control.ts'
import { ERRORS, type InjectedError } from '../../../src/sandbox/settlement-files/errors.ts'
import {
  createShelf,
  type Damage,
  type FileBook,
} from '../../../src/sandbox/settlement-files/shelf.ts'
import { bankDay, busyDay, DATE, DAY_MS } from './bank-day.ts'

async function rowsIn(content: Buffer | undefined, profile: Profile): Promise<Row[]> {
  const rows: Row[] = []
  const file = { open: () => piecesOf(content ?? Buffer.alloc(0)), date: DATE }
  for await (const batch of readFile(file, profile)) rows.push(...batch)
  return rows
}

async function issue(
  day: Awaited<ReturnType<typeof busyDay>>,
  how: { errors?: InjectedError[]; damage?: Damage },
) {
  const shelf = createShelf(day.bank)
  const { errors = [], damage = null } = how
  const issued = await shelf.issue({ book: 'bank', period: DATE, errors, damage })
  const files = await shelf.files('bank')
  const [name = ''] = issued.names
  return { shelf, issued, files, name, content: files.get(name) }
}

const byNumbers = (rows: readonly Row[]) =>
  rows.map(({ kind, merchantOrderNo, refundNo, amountFen, status }) =>
    [kind, merchantOrderNo, refundNo, amountFen, status].join(),
  )

const issuedFiles = async (book: FileBook, period: string, day: ReturnType<typeof bankDay>) => {
  const shelf = createShelf(day.bank)
  await shelf.issue({ book, period, errors: [], damage: null })
  return shelf.files(book)
}

describe('the file of the pretend bank', () => {
  it('[SC-C02] is there on the next day and tells what the ledger moved, refund by refund', async () => {
    const day = await busyDay()
    const shelf = createShelf(day.bank)
    const nameOf = (date: string) =>
      `${day.bank.context.parameters.settlementFiles.bank.prefix}_${date}.txt`
    expect([...(await shelf.files('bank')).keys()]).not.toContain(nameOf('20261120'))
    day.clock.now += DAY_MS
    const content = (await shelf.files('bank')).get(nameOf('20261120'))
    const rows = await rowsIn(content, ICBC_LIKE)
    const { movements } = day.bank.context.world.ledger
    expect(rows.map(({ kind, amountFen, at }) => [kind, amountFen, at])).toEqual(
      movements.map(({ why, amountFen, at }) => [
        why === 'cash' ? 'payment' : 'refund',
        amountFen,
        at,
      ]),
    )
    expect(rows[0]).toMatchObject({ status: 'done', merchantOrderNo: 'OUT0', refundNo: null })
    expect(rows.at(-1)).toMatchObject({
      kind: 'refund',
      merchantOrderNo: 'OUT10',
      refundNo: 'RF10',
    })
  })

  it('of a day without any movement has no rows, and is not a missing file', async () => {
    const { content } = await issue(bankDay(), {})
    expect(content?.toString('latin1')).toMatch(/\nTOTAL\|0\|0\n$/)
    expect(await rowsIn(content, ICBC_LIKE)).toEqual([])
  })

  it('says that a refund failed when the channel sent the money back later', async () => {
    const { reverseRefund } = await import('../../../src/sandbox/bank/refunds.ts')
    const day = await busyDay()
    day.clock.now += DAY_MS
    reverseRefund(day.bank, 'RF6')
    const shelf = createShelf(day.bank)
    const order = { book: 'bank', errors: [], damage: null } as const
    const { names } = await shelf.issue({ ...order, period: '2026-11-21' })
    const rows = await rowsIn((await shelf.files('bank')).get(names[0] ?? ''), ICBC_LIKE)
    expect(rows).toMatchObject([
      { kind: 'refund', refundNo: 'RF6', status: 'none', amountFen: 500 },
    ])
  })

  it('is GBK, with its digest and the signature of the bank beside it', async () => {
    const { files, name, content = Buffer.alloc(0) } = await issue(await busyDay(), {})
    expect(new TextDecoder('gbk').decode(content)).toMatch(/^交易类型\|交易状态\|工行订单号/)
    expect(content.toString('utf8')).not.toContain('交易类型')
    const digest = createHash('sha256').update(content).digest('hex')
    expect(files.get(`${name}.sha256`)?.toString()).toBe(`${digest}  ${name}\n`)
    expect(files.get(`${name}.sig`)?.length).toBeGreaterThan(80)
  })
})

describe('an error that was ordered', () => {
  it.each(ERRORS)('%s changes one row and nothing else', async (error) => {
    const day = await busyDay()
    const honest = byNumbers(await rowsIn((await issue(day, {})).content, ICBC_LIKE))
    const { content, issued } = await issue(day, { errors: [error] })
    const spoilt = byNumbers(await rowsIn(content, ICBC_LIKE))
    const left = [...spoilt]
    const missing = honest.filter((row) => {
      const at = left.indexOf(row)
      if (at !== -1) left.splice(at, 1)
      return at === -1
    })
    const isOnlyHere = error.endsWith('BANK_ONLY') || error.endsWith('DUPLICATE')
    expect([missing.length, left.length]).toEqual([
      isOnlyHere ? 0 : 1,
      error.endsWith('HOSPITAL_ONLY') ? 0 : 1,
    ])
    expect(issued.injected.map((one) => one.error)).toEqual([error])
    expect(issued.injected[0]?.refundNo !== '').toBe(error.startsWith('REFUND_'))
  })

  it('of every class fits into one file, each on a row of its own', async () => {
    const { content, issued } = await issue(await busyDay(), { errors: [...ERRORS] })
    expect(issued.impossible).toEqual([])
    const touched = issued.injected.map(({ orderNo, refundNo }) => `${orderNo}${refundNo}`)
    expect(new Set(touched).size).toBe(ERRORS.length)
    expect((await rowsIn(content, ICBC_LIKE)).length).toBe(16 + 4 - 2)
  })

  it('is refused in words where no row can carry it', async () => {
    const day = bankDay()
    await day.pay('OUT1', 100)
    const control = createFileControl(createShelf(day.bank), null)
    const order = { book: 'bank', period: DATE, errors: ['DUPLICATE', 'REFUND_AMOUNT_DIFF'] }
    const reply = await control.handle({
      method: 'POST',
      path: '/issue',
      headers: {},
      body: Buffer.from(JSON.stringify(order)),
    })
    if (reply.kind === 'lost') throw new Error('lost')
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
      409,
      { impossible: ['REFUND_AMOUNT_DIFF'] },
    ])
  })

  it('that no row of the bureau can show is refused, and nothing is written', async () => {
    const shelf = createShelf(bankDay().bank)
    const before = await shelf.files('insurance')
    const order = { book: 'insurance', period: '2026-11', errors: ['STATUS_DIFF'] }
    const reply = await createFileControl(shelf, null).handle({
      method: 'POST',
      path: '/issue',
      headers: {},
      body: Buffer.from(JSON.stringify(order)),
    })
    expect(reply).toMatchObject({ status: 400, body: '{"error":"errors.0"}' })
    expect(await shelf.files('insurance')).toEqual(before)
  })
})

describe('the file of the pretend bureau', () => {
  it('[SC-C01] has a row a settlement with its three parts, alike as CSV and as a sheet', async () => {
    const day = bankDay()
    day.settle('ORD1', { fundFen: 8_000, accountFen: 2_000 })
    day.settle('ORD2', { fundFen: 0, accountFen: 155 })
    const there = await issuedFiles('insurance', '2026-11', day)
    const csv = await rowsIn(there.get('H51010000001_202611.csv'), INSURANCE_CSV)
    expect(csv).toMatchObject([
      { kind: 'payment', bankOrderNo: 'ORD1', merchantOrderNo: 'MEDORD1', amountFen: 10_000 },
      { kind: 'payment', bankOrderNo: 'ORD2', amountFen: 155, businessDate: DATE },
    ])
    expect(await rowsIn(there.get('H51010000001_202611.xlsx'), INSURANCE_XLSX)).toEqual(csv)
  })

  it('of the month before is there, of the running month it is not', async () => {
    const shelf = createShelf(bankDay().bank)
    const names = [...(await shelf.files('insurance')).keys()]
    expect(names).toEqual(['H51010000001_202610.csv', 'H51010000001_202610.xlsx'])
  })
})
