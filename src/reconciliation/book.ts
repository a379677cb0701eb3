import { fen } from '../payment/money.ts'
import { enlarged, Index, Texts } from './compact.ts'
import { type Name, ROW_KINDS, ROW_STATUSES, type Row } from './row.ts'

const NO_TIME = -1
const DAY_MS = 86_400_000
const DONE = ROW_STATUSES.indexOf('done')

const SAME = 1
const HAS_BANK_NO = 2
const HAS_MERCHANT_NO = 4
const HAS_REFUND_NO = 8

/** A book in memory: a million rows in some 130 MB, found by exact comparison of their numbers. */
export class Book {
  readonly #texts = new Texts()
  readonly #index = new Index(this.#texts)
  readonly #days = new Days()
  #size = 0
  #amounts = new Float64Array(1024)
  #times = new Float64Array(1024)
  #places = new Float64Array(1024)
  #starts = new Uint32Array(1024)
  #dayNos = new Int32Array(1024)
  #words = new Uint8Array(1024)

  get size(): number {
    return this.#size
  }

  /** Keeps the row, findable under these names of its numbers. @returns its index. */
  add(row: Row, names: readonly Name[]): number {
    const at = this.#size
    if (at === this.#amounts.length) this.#grow()
    this.#size += 1
    this.replace(at, row)
    for (const name of names) {
      const start = this.#numbersOf(at).find((start) => this.#texts.is(start, name.number))
      this.#index.set(name, at, start)
    }
    return at
  }

  /** Names that were given stay. */
  replace(index: number, row: Row): void {
    const numbers = [row.bankOrderNo ?? '', row.merchantOrderNo ?? '', row.refundNo ?? '']
    this.#texts.together(numbers.reduce((bytes, text) => bytes + text.length + 1, 0))
    const [start = 0] = numbers.map((text) => this.#texts.write(text))
    this.#starts[index] = start
    this.#amounts[index] = row.amountFen
    this.#times[index] = row.at ?? NO_TIME
    this.#places[index] = row.place
    this.#words[index] = wordOf(row)
    this.#dayNos[index] = this.#days.numberOf(row.businessDate)
  }

  name(name: Name, index: number): void {
    this.#index.set(name, index)
  }

  /** The index under this name, or -1. */
  find(name: Name): number {
    return this.#index.find(name)
  }

  row(index: number): Row {
    const [bank, merchant, refund] = this.#numbersOf(index)
    const word = this.#words[index] ?? 0
    const at = this.#times[index] ?? NO_TIME
    return {
      kind: ROW_KINDS[word >> 2] ?? 'payment',
      status: ROW_STATUSES[word & 3] ?? 'unknown',
      bankOrderNo: this.#texts.read(bank) || null,
      merchantOrderNo: this.#texts.read(merchant) || null,
      refundNo: this.#texts.read(refund) || null,
      amountFen: fen(this.#amounts[index]),
      businessDate: this.businessDate(index),
      at: at === NO_TIME ? null : at,
      place: this.#places[index] ?? 0,
    }
  }

  amountFen(index: number): number {
    return this.#amounts[index] ?? 0
  }

  businessDate(index: number): string {
    return this.#days.textOf(this.#dayNos[index] ?? 0)
  }

  isDone(index: number): boolean {
    return ((this.#words[index] ?? 0) & 3) === DONE
  }

  /** Which numbers of this row are there, if all it says is what the kept one says; else 0. */
  sameWords(index: number, row: Row): number {
    if (this.#amounts[index] !== row.amountFen || this.#words[index] !== wordOf(row)) return 0
    if (this.#dayNos[index] !== this.#days.numberOf(row.businessDate)) return 0
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
    const bank = this.#starts[index] ?? 0
    const merchant = this.#texts.after(bank)
    return [bank, merchant, this.#texts.after(merchant)]
  }

  #grow(): void {
    const size = this.#size * 2
    this.#amounts = enlarged(this.#amounts, new Float64Array(size))
    this.#times = enlarged(this.#times, new Float64Array(size))
    this.#places = enlarged(this.#places, new Float64Array(size))
    this.#starts = enlarged(this.#starts, new Uint32Array(size))
    this.#dayNos = enlarged(this.#dayNos, new Int32Array(size))
    this.#words = enlarged(this.#words, new Uint8Array(size))
  }
}

const wordOf = (row: Row): number =>
  ROW_KINDS.indexOf(row.kind) * 4 + ROW_STATUSES.indexOf(row.status)

/** Days as numbers; a book has few of them and asks for each a million times. */
class Days {
  readonly #numbers = new Map<string, number>()
  readonly #texts = new Map<number, string>()

  numberOf(text: string): number {
    let day = this.#numbers.get(text)
    if (day === undefined) {
      day = Date.parse(text) / DAY_MS
      this.#numbers.set(text, day)
    }
    return day
  }

  textOf(day: number): string {
    let text = this.#texts.get(day)
    if (text === undefined) {
      text = new Date(day * DAY_MS).toISOString().slice(0, 10)
      this.#texts.set(day, text)
    }
    return text
  }
}
