import { fen } from '../payment/money.ts'
import { Columns, Index, Texts } from './compact.ts'
import { type Name, ROW_KINDS, ROW_STATUSES, type Row, type Tag } from './row.ts'

const NO_TIME = -1
const DONE = ROW_STATUSES.indexOf('done')

const SAME = 1
const HAS_BANK_NO = 2
const HAS_MERCHANT_NO = 4
const HAS_REFUND_NO = 8

const [AMOUNT, TIME] = [0, 1]
/** `START`: where a row's numbers begin; `WORD`: its kind and status. */
const [START, DAY, WORD, PLACE] = [0, 1, 2, 3]

/**
 * A book in memory: a million rows in some 140 MB, found by exact comparison of their numbers. What
 * belongs to a row stands side by side, because rows are asked for in any order.
 */
export class Book {
  readonly #texts = new Texts()
  readonly #index = new Index(this.#texts)
  readonly #days = new Days()
  #size = 0
  readonly #figures = new Columns(2, (length) => new Float64Array(length))
  readonly #words = new Columns(4, (length) => new Uint32Array(length))

  get size(): number {
    return this.#size
  }

  /** Keeps the row. @returns its index. */
  add(row: Row): number {
    const at = this.#size
    this.#size += 1
    this.replace(at, row)
    return at
  }

  /** Names that were given stay. */
  replace(index: number, row: Row): void {
    const bank = row.bankOrderNo ?? ''
    const merchant = row.merchantOrderNo ?? ''
    const refund = row.refundNo ?? ''
    this.#texts.together(bank.length + merchant.length + refund.length + 3)
    this.#words.set(index, START, this.#texts.write(bank))
    this.#texts.write(merchant)
    this.#texts.write(refund)
    this.#words.set(index, DAY, this.#days.numberOf(row.businessDate))
    this.#words.set(index, WORD, wordOf(row))
    this.#figures.set(index, AMOUNT, row.amountFen)
    this.#figures.set(index, TIME, row.at ?? NO_TIME)
    this.#words.set(index, PLACE, row.place)
  }

  /** Makes the row findable under this name of its numbers. @returns false when another one is. */
  name(name: Name, index: number): boolean {
    return this.#index.add(name, index, this.#numbersOf(index)[NUMBER_OF[name.tag]])
  }

  /** From now on a known name finds this row, or none at -1. */
  rename(name: Name, index: number): void {
    this.#index.change(name, index)
  }

  /** The index under this name, or -1. */
  find(name: Name): number {
    return this.#index.find(name)
  }

  row(index: number): Row {
    const [bank, merchant, refund] = this.#numbersOf(index)
    const word = this.#words.get(index, WORD)
    const at = this.#figures.get(index, TIME)
    return {
      kind: ROW_KINDS[word >> 2] ?? 'payment',
      status: ROW_STATUSES[word & 3] ?? 'unknown',
      bankOrderNo: this.#texts.read(bank) || null,
      merchantOrderNo: this.#texts.read(merchant) || null,
      refundNo: this.#texts.read(refund) || null,
      amountFen: fen(this.#figures.get(index, AMOUNT)),
      businessDate: this.businessDate(index),
      at: at === NO_TIME ? null : at,
      place: this.#words.get(index, PLACE),
    }
  }

  amountFen(index: number): number {
    return this.#figures.get(index, AMOUNT)
  }

  businessDate(index: number): string {
    return this.#days.textOf(this.#words.get(index, DAY))
  }

  isDone(index: number): boolean {
    return (this.#words.get(index, WORD) & 3) === DONE
  }

  /** Which numbers of this row are there, if all it says is what the kept one says; else 0. */
  sameWords(index: number, row: Row): number {
    if (this.#figures.get(index, AMOUNT) !== row.amountFen) return 0
    if (this.#words.get(index, WORD) !== wordOf(row)) return 0
    if (this.#words.get(index, DAY) !== this.#days.numberOf(row.businessDate)) return 0
    const [bank, merchant, refund] = this.#numbersOf(index)
    const bits =
      this.#sameNumber(row.bankOrderNo, bank, HAS_BANK_NO) |
      this.#sameNumber(row.merchantOrderNo, merchant, HAS_MERCHANT_NO) |
      this.#sameNumber(row.refundNo, refund, HAS_REFUND_NO)
    return bits & SAME ? 0 : bits | SAME
  }

  /** The row for which `sameWords` gave these bits. */
  retold(index: number, bits: number, where: Pick<Row, 'at' | 'place'>): Row {
    const row = this.row(index)
    return {
      ...row,
      bankOrderNo: bits & HAS_BANK_NO ? row.bankOrderNo : null,
      merchantOrderNo: bits & HAS_MERCHANT_NO ? row.merchantOrderNo : null,
      refundNo: bits & HAS_REFUND_NO ? row.refundNo : null,
      ...where,
    }
  }

  /** Nothing for no number, its bit when it is the same, `SAME` as the sign of another one. */
  #sameNumber(number: string | null, start: number, bit: number): number {
    if (number === null) return 0
    return this.#texts.is(start, number) ? bit : SAME
  }

  #numbersOf(index: number): [bank: number, merchant: number, refund: number] {
    const bank = this.#words.get(index, START)
    const merchant = this.#texts.after(bank)
    return [bank, merchant, this.#texts.after(merchant)]
  }
}

/** Which of a row's three numbers a name is made of. */
const NUMBER_OF: Readonly<Record<Tag, 0 | 1 | 2>> = {
  Pb: 0,
  Ab: 0,
  Rb: 0,
  Pm: 1,
  Am: 1,
  Rm: 1,
  N: 2,
}

const KIND_NUMBERS: Readonly<Record<Row['kind'], number>> = { payment: 0, refund: 1, reversal: 2 }
const STATUS_NUMBERS: Readonly<Record<Row['status'], number>> = { done: 0, none: 1, unknown: 2 }

const wordOf = (row: Row): number => KIND_NUMBERS[row.kind] * 4 + STATUS_NUMBERS[row.status]

/** Days as numbers in the order they were met; a book has few of them and asks for each a million times. */
class Days {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  #last = ''
  #lastNumber = -1

  numberOf(text: string): number {
    if (text === this.#last) return this.#lastNumber
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#texts.push(text) - 1
      this.#numbers.set(text, number)
    }
    this.#last = text
    this.#lastNumber = number
    return number
  }

  textOf(number: number): string {
    return this.#texts[number] ?? ''
  }
}
