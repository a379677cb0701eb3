/**
 * Matching two books (对账): total, so that every row of either ends in exactly one class (SC-C03),
 * and blind to the order of rows. Our book is held in compact form, the other side's streams past.
 */
import {
  type ClassTotal,
  CLASSES,
  classOfLone,
  classOfPair,
  classOfRepeated,
  type Difference,
  isDifference,
  type RowClass,
  type Tally,
} from './classes.ts'
import { daysBetween } from './ageing.ts'
import { Book } from './book.ts'
import { Originals } from './originals.ts'
import { firstDifference, type Row, type Side, soughtNames, STATUS_RANK } from './row.ts'

/** A book in batches, as a file or a table gives it. */
export type Rows = AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>

export interface Books {
  readonly bank: Rows
  readonly hospital: Rows
  /**
   * The business date that is settled. The books may reach into the days beside it: a pair counts
   * to its order's own date, wherever the other side wrote it, and is `OTHER_DAY` here if that is
   * another. So each row counts on one date, and midnight makes no difference.
   */
  readonly date: string
}

export async function match(books: Books, found: (one: Difference) => void): Promise<Tally> {
  const verdicts = createVerdicts(books.date, found)
  const originals = new Originals()
  for await (const rows of books.hospital)
    for (const row of rows) {
      const repeated = originals.add(row)
      if (repeated) verdicts.repeated('hospital', repeated, repeated.businessDate)
    }
  originals.complete()
  const ours = originals.book
  const claims = createClaims(ours)
  const strangers = new Originals((row) => soughtNames(row).slice(0, 1))
  for await (const rows of books.bank)
    for (const row of rows) {
      const index = claims.sought(row)
      if (index === -1) {
        const repeated = strangers.add(row)
        if (repeated) verdicts.repeated('bank', repeated, repeated.businessDate)
        continue
      }
      const loser = claims.claim(index, row)
      if (loser) verdicts.repeated('bank', loser, dayOfClaim(loser, ours.businessDate(index)))
    }
  for (let index = 0; index < ours.size; index += 1) {
    if (claims.isAlike(index) && ours.isDone(index)) {
      verdicts.agreed(ours.businessDate(index), ours.amountFen(index))
      continue
    }
    const hospital = ours.row(index)
    const bank = claims.winner(index)
    if (bank) verdicts.pair(bank, hospital)
    else verdicts.lone('hospital', hospital)
  }
  for (let index = 0; index < strangers.book.size; index += 1)
    verdicts.lone('bank', strangers.book.row(index))
  return verdicts.tally()
}

interface Claims {
  /** Which row of ours this one of theirs speaks of, or -1. */
  readonly sought: (row: Row) => number
  /** @returns the row that has to stand back: this one, the one before, or none. */
  readonly claim: (index: number, row: Row) => Row | null
  readonly winner: (index: number) => Row | null
  /** The winner says what our row says. */
  readonly isAlike: (index: number) => boolean
}

/**
 * Who of the other side has the best claim to each row of ours. A row that says the same as ours is
 * kept as three numbers; only the few that say something else are kept whole, in a book of their
 * own: as they came, each would keep its piece of the file in memory.
 */
function createClaims(ours: Book): Claims {
  const times = new Float64Array(ours.size)
  const places = new Uint32Array(ours.size)
  const alike = new Uint8Array(ours.size)
  const others = new Book()
  const whole = new Map<number, number>()
  const winner = (index: number): Row | null => {
    const bits = alike[index] ?? 0
    if (bits === 0) {
      const other = whole.get(index)
      return other === undefined ? null : others.row(other)
    }
    const at = bits & HAS_TIME ? (times[index] ?? 0) : null
    return ours.retold(index, bits, { at, place: places[index] ?? 0 })
  }
  return {
    sought: (row) => {
      for (const name of soughtNames(row)) {
        const index = ours.find(name)
        if (index !== -1) return index
      }
      return -1
    },
    claim: (index, row) => {
      const before = winner(index)
      if (before && !claimsBetter(row, before, ours.row(index))) return row
      const bits = ours.sameWords(index, row)
      alike[index] = bits === 0 || row.at === null ? bits : bits | HAS_TIME
      if (bits === 0) whole.set(index, others.add(row))
      else if (before) whole.delete(index)
      times[index] = row.at ?? 0
      places[index] = row.place
      return before
    },
    winner,
    isAlike: (index) => alike[index] !== 0,
  }
}

/**
 * The order's own day, which the next day's file is compared with again. A return listed further
 * away is compared with that day only while it is lacking: what it says beyond agreeing counts
 * where it stands, or nobody would see it.
 */
const dayOfClaim = (theirs: Row, own: string): string =>
  Math.abs(daysBetween(own, theirs.businessDate)) > 1 ? theirs.businessDate : own

/** Beside the bits of `Book.sameWords`. */
const HAS_TIME = 128

/** Money before none, the stronger number before the weaker, the right amount before a wrong one. */
const claimsBetter = (one: Row, other: Row, own: Row): boolean =>
  firstDifference([
    STATUS_RANK[one.status] - STATUS_RANK[other.status],
    weakness(one, own) - weakness(other, own),
    Number(one.amountFen !== own.amountFen) - Number(other.amountFen !== own.amountFen),
    (one.at ?? 0) - (other.at ?? 0),
    one.place - other.place,
  ])

function weakness(theirs: Row, own: Row): number {
  if (theirs.refundNo !== null && theirs.refundNo === own.refundNo) return 0
  return theirs.bankOrderNo !== null && theirs.bankOrderNo === own.bankOrderNo ? 1 : 2
}

interface Verdicts {
  /** Two rows that say the same, and that money moved. */
  readonly agreed: (date: string, amountFen: number) => void
  readonly pair: (bank: Row, hospital: Row) => void
  readonly lone: (side: Side, row: Row) => void
  /** @param date of the order it repeats. */
  readonly repeated: (side: Side, row: Row, date: string) => void
  readonly tally: () => Tally
}

function createVerdicts(date: string, found: (one: Difference) => void): Verdicts {
  const totals = new Map(CLASSES.map((name) => [name, emptyTotal()]))
  const count = (name: RowClass, side: Side, amountFen: number): void => {
    const total = totals.get(name)
    if (!total) return
    total.rows[side] += 1
    total.fen[side] += amountFen
  }
  const alone = (name: RowClass, side: Side, row: Row): void => {
    count(name, side, row.amountFen)
    if (!isDifference(name)) return
    if (side === 'bank') found({ class: name, bank: row, hospital: null })
    else found({ class: name, bank: null, hospital: row })
  }
  const onDate = (own: string, name: RowClass): RowClass => (own === date ? name : 'OTHER_DAY')
  return {
    agreed: (own, amountFen) => {
      const name = onDate(own, 'MATCHED')
      count(name, 'bank', amountFen)
      count(name, 'hospital', amountFen)
    },
    pair: (bank, hospital) => {
      const said = classOfPair(bank, hospital)
      const own = hospital.businessDate
      const name = onDate(isDifference(said) ? dayOfClaim(bank, own) : own, said)
      count(name, 'bank', bank.amountFen)
      count(name, 'hospital', hospital.amountFen)
      if (isDifference(name)) found({ class: name, bank, hospital })
    },
    lone: (side, row) => alone(onDate(row.businessDate, classOfLone(row, side)), side, row),
    repeated: (side, row, own) => alone(onDate(own, classOfRepeated(row)), side, row),
    tally: () => {
      const entries = CLASSES.map((name) => [name, totals.get(name) ?? emptyTotal()] as const)
      return Object.fromEntries(entries) as Record<RowClass, ClassTotal>
    },
  }
}

const emptyTotal = (): { rows: Record<Side, number>; fen: Record<Side, number> } => ({
  rows: { bank: 0, hospital: 0 },
  fen: { bank: 0, hospital: 0 },
})
