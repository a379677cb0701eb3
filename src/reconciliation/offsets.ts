/**
 * Errors that hide each other: the day's totals agree although the rows do not (相互抵消). They are
 * hints for whoever looks; no row changes its class because of one.
 */
import type { Difference } from './classes.ts'
import { isReturn, type Row, signedFen } from './row.ts'

export type OffsetReason =
  /** Paid and given back under one order, and one book knows of neither. */
  | 'returned'
  /** One book has it under a number that the other does not know. */
  | 'other-number'
  /** One order too much by what another is too little. */
  | 'opposite'

export interface Offset {
  readonly one: Difference
  readonly other: Difference
  readonly reason: OffsetReason
}

/** By how much the other side holds more than we do, by this difference alone. */
export function differenceFen({ bank, hospital }: Difference): number {
  return heldFen(bank) - heldFen(hospital)
}

const heldFen = (row: Row | null): number => (row?.status === 'done' ? signedFen(row) : 0)

const rowOf = ({ bank, hospital }: Difference): Row => hospital ?? bank

/** Each difference is in one pair at most; which, depends on the rows alone. */
export function findOffsets(differences: readonly Difference[]): Offset[] {
  const free = new Set(
    differences.filter((one) => differenceFen(one) !== 0).toSorted(byTimeAndPlace),
  )
  return [
    ...pairs(free, 'returned', isReturned, orderOf),
    ...pairs(free, 'other-number', isOtherNumber, kindOf),
    ...pairs(free, 'opposite', isOpposite, () => ''),
  ]
}

type Fits = (one: Difference, other: Difference) => boolean

/** Walks in order of time, so that of several possible partners the nearest earlier one is taken. */
function pairs(
  free: Set<Difference>,
  reason: OffsetReason,
  fits: Fits,
  within: (one: Difference) => string,
): Offset[] {
  const found: Offset[] = []
  const waiting = new Map<string, Difference[]>()
  for (const one of free) {
    const amount = differenceFen(one)
    const partners = waiting.get(`${-amount} ${within(one)}`) ?? []
    const at = partners.findLastIndex((other) => fits(other, one))
    const [other] = at === -1 ? [] : partners.splice(at, 1)
    if (other) {
      free.delete(one)
      free.delete(other)
      found.push({ one: other, other: one, reason })
      continue
    }
    const key = `${amount} ${within(one)}`
    waiting.set(key, [...(waiting.get(key) ?? []), one])
  }
  return found
}

const sideOf = ({ bank, hospital }: Difference): string =>
  bank && hospital ? 'both' : bank ? 'bank' : 'hospital'

const orderOf = (one: Difference): string => {
  const row = rowOf(one)
  return `${sideOf(one)} ${row.bankOrderNo ?? row.merchantOrderNo ?? ''}`
}

const kindOf = (one: Difference): string => String(isReturn(rowOf(one)))

const isReturned: Fits = (one, other) =>
  sideOf(one) !== 'both' &&
  isReturn(rowOf(one)) !== isReturn(rowOf(other)) &&
  (rowOf(one).bankOrderNo ?? rowOf(one).merchantOrderNo) !== null

/** Refunds say which order they are of: of two orders they are two matters. */
const isOtherNumber: Fits = (one, other) =>
  [sideOf(one), sideOf(other)].toSorted().join() === 'bank,hospital' &&
  (!isReturn(rowOf(one)) || mayBeOfOneOrder(rowOf(one), rowOf(other)))

function mayBeOfOneOrder(one: Row, other: Row): boolean {
  if (one.bankOrderNo !== null && other.bankOrderNo !== null)
    return one.bankOrderNo === other.bankOrderNo
  if (one.merchantOrderNo === null || other.merchantOrderNo === null) return true
  return one.merchantOrderNo === other.merchantOrderNo
}

const isOpposite: Fits = (one, other) => sideOf(one) === 'both' && sideOf(other) === 'both'

const byTimeAndPlace = (one: Difference, other: Difference): number =>
  (rowOf(one).at ?? 0) - (rowOf(other).at ?? 0) ||
  rowOf(one).place - rowOf(other).place ||
  sideOf(one).localeCompare(sideOf(other)) ||
  differenceFen(one) - differenceFen(other)
