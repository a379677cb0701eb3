import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import {
  classOf,
  DAY,
  expectedOfEach,
  type Files,
  writeBooks,
} from '../../scripts/bench/reconcile/books.ts'
import { CLASSES, type Difference, isDifference } from '../../src/reconciliation/classes.ts'
import { ICBC_LIKE } from '../../src/reconciliation/files/profiles.ts'
import { readFile } from '../../src/reconciliation/files/read.ts'
import { match, type Rows } from '../../src/reconciliation/match.ts'

const ORDERS = 10_000
const folder = mkdtempSync(join(tmpdir(), 'jianlian-classes-'))
afterAll(() => rmSync(folder, { recursive: true }))
const files: Files = { bank: join(folder, 'bank.txt'), hospital: join(folder, 'hospital.txt') }

const rowsOf = (path: string): Rows =>
  readFile({ open: () => createReadStream(path), date: DAY }, { ...ICBC_LIKE, charset: 'utf-8' })

it('[SC-C03] of two files with 0.5 % differences of every class each is found, and none under another', async () => {
  await writeBooks(files, ORDERS, () => {})
  const found: Difference[] = []
  const books = { bank: rowsOf(files.bank), hospital: rowsOf(files.hospital), date: DAY }
  const tally = await match(books, (one) => found.push(one))
  for (const name of CLASSES.filter(isDifference))
    expect(found.filter((one) => one.class === name)).toHaveLength(expectedOfEach(ORDERS))
  for (const { class: name, bank, hospital } of found) {
    const numbers = [bank, hospital].flatMap((row) => row?.merchantOrderNo ?? [])
    for (const number of numbers) expect(classOf(Number(number.slice(-9)))).toBe(name)
  }
  expect(tally.MATCHED.rows).toEqual({ bank: 9_500, hospital: 9_500 })
}, 60_000)
