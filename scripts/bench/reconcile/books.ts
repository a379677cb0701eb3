/**
 * Two books of one day as files, and what a row of them must end as: its number says which case it
 * is, so whoever matches them can be judged without being told.
 */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { RowClass } from '../../../src/reconciliation/classes.ts'

export const DAY = '2026-11-19'
/** Cases repeat after so many orders: five of a thousand are 0.5 %. */
const PERIOD = 1_000
const EACH = 5
const HEADING = '工行订单号|商户订单号|退款流水号|交易类型|交易状态|交易金额|交易时间'

interface Line {
  readonly index: number
  readonly amountFen: number
  readonly isRefund: boolean
  readonly status: '成功' | '失败'
  readonly day: string
  /** The answer with the bank's number was lost. */
  readonly isNameless: boolean
}

interface Case {
  readonly class: RowClass
  readonly isRefund?: boolean
  readonly bank: readonly Partial<Line>[]
  readonly hospital: readonly Partial<Line>[]
}

const SAME: readonly Partial<Line>[] = [{}]
const FAILED: readonly Partial<Line>[] = [{ status: '失败' }]
const OTHER: readonly Partial<Line>[] = [{ amountFen: 7 }]
const TWICE: readonly Partial<Line>[] = [{}, {}]

const CASES: readonly Case[] = [
  { class: 'BANK_ONLY', bank: SAME, hospital: [] },
  { class: 'HOSPITAL_ONLY', bank: [], hospital: SAME },
  { class: 'AMOUNT_DIFF', bank: OTHER, hospital: SAME },
  { class: 'STATUS_DIFF', bank: SAME, hospital: FAILED },
  { class: 'DUPLICATE', bank: TWICE, hospital: SAME },
  { class: 'REFUND_BANK_ONLY', isRefund: true, bank: SAME, hospital: [] },
  { class: 'REFUND_HOSPITAL_ONLY', isRefund: true, bank: [], hospital: SAME },
  { class: 'REFUND_AMOUNT_DIFF', isRefund: true, bank: SAME, hospital: OTHER },
  { class: 'REFUND_STATUS_DIFF', isRefund: true, bank: FAILED, hospital: SAME },
  { class: 'REFUND_DUPLICATE', isRefund: true, bank: SAME, hospital: TWICE },
  { class: 'NO_MONEY', bank: FAILED, hospital: FAILED },
  { class: 'OTHER_DAY', bank: SAME, hospital: [{ day: '20261118' }] },
  { class: 'MATCHED', bank: SAME, hospital: [{ isNameless: true }] },
  ...Array.from({ length: 10 }, () => ({
    class: 'MATCHED' as const,
    isRefund: true,
    bank: SAME,
    hospital: SAME,
  })),
]
const USUAL: Case = { class: 'MATCHED', bank: SAME, hospital: SAME }

const caseOf = (index: number): Case => CASES[Math.floor((index % PERIOD) / EACH)] ?? USUAL

/** The class that the rows of this order must end in, beside MATCHED for what is repeated. */
export const classOf = (index: number): RowClass => caseOf(index).class

/** How many differences of each class two books of this size have. */
export const expectedOfEach = (orders: number): number => (orders / PERIOD) * EACH

export interface Files {
  readonly bank: string
  readonly hospital: string
}

type Side = keyof Files

/** @param orders a multiple of a thousand. The bank lists them in another order than we do. */
export async function writeBooks(
  files: Files,
  orders: number,
  note: (line: string) => void,
): Promise<void> {
  for (const side of ['hospital', 'bank'] as const) {
    // A stride without a factor in common visits every order once, each far from the one before.
    const orderAt = (at: number): number => (side === 'bank' ? (at * 7_919) % orders : at)
    await writeBook(files[side], { side, orders, orderAt })
    note(`written: ${side}, ${orders} orders`)
  }
}

interface Book {
  readonly side: Side
  readonly orders: number
  readonly orderAt: (at: number) => number
}

const WRITTEN_AT_ONCE = 10_000

async function writeBook(path: string, { side, orders, orderAt }: Book): Promise<void> {
  const file = createWriteStream(path)
  let count = 0
  let netFen = 0
  let text = `${HEADING}\n`
  for (let at = 0; at < orders; at += 1) {
    for (const line of linesOf(orderAt(at), side)) {
      count += 1
      netFen += line.isRefund ? 0 - line.amountFen : line.amountFen
      text += textOf(line)
    }
    if ((at + 1) % WRITTEN_AT_ONCE !== 0) continue
    if (!file.write(text)) await once(file, 'drain')
    text = ''
  }
  file.end(`${text}TOTAL|${count}|${netFen}\n`)
  await once(file, 'finish')
}

function linesOf(index: number, side: Side): Line[] {
  const one = caseOf(index)
  return one[side].map((changes) => ({
    index,
    amountFen: 100 + ((index * 37) % 999_983),
    isRefund: one.isRefund ?? false,
    status: '成功',
    day: '20261119',
    isNameless: false,
    ...changes,
  }))
}

function textOf({ index, amountFen, isRefund, status, day, isNameless }: Line): string {
  const number = String(index).padStart(9, '0')
  const seconds = index % 86_400
  const time = [seconds / 3_600, (seconds / 60) % 60, seconds % 60]
    .map((part) => String(Math.floor(part)).padStart(2, '0'))
    .join('')
  const bank = isNameless ? '' : `02000261119${number}`
  const refund = isRefund ? `T20261119${number}` : ''
  const kind = isRefund ? '退款' : '支付'
  return `${bank}|J20261119M00${number}|${refund}|${kind}|${status}|${amountFen}|${day}${time}\n`
}
