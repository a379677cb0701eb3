import type { Fen } from '../payment/money.ts'

/** A payment (收款), a refund (退款), or a payment taken back on its own day (撤销, 冲正). */
export const ROW_KINDS = ['payment', 'refund', 'reversal'] as const
export type RowKind = (typeof ROW_KINDS)[number]

/** Whether money moved, as this book has it: it did, it did not, or this book does not know. */
export const ROW_STATUSES = ['done', 'none', 'unknown'] as const
export type RowStatus = (typeof ROW_STATUSES)[number]

/** `bank`: the other side's book, also that of the insurance; `hospital`: ours or that of HIS. */
export const SIDES = ['bank', 'hospital'] as const
export type Side = (typeof SIDES)[number]

/** One line of one book, whatever its file called things. */
export interface Row {
  readonly kind: RowKind
  readonly status: RowStatus
  /** The other side's number of the order; of a refund: of the order that is refunded. */
  readonly bankOrderNo: string | null
  /** Our number of the order; of a refund: of the order that is refunded. */
  readonly merchantOrderNo: string | null
  readonly refundNo: string | null
  /** Never negative: `kind` says which way the money went. */
  readonly amountFen: Fen
  /** `yyyy-MM-dd`, the order's own day: not the file's (SC-Q12). */
  readonly businessDate: string
  /** UTC milliseconds; null where the book has only days. */
  readonly at: number | null
  /** Where the row stands in its book: a line, or a count. */
  readonly place: number
}

/** Printable ASCII without blanks: any other text is no number of anybody. */
export const NUMBER = /^[\x21-\x7e]{1,64}$/

export const isReturn = ({ kind }: Pick<Row, 'kind'>): boolean => kind !== 'payment'

/** What the row does to the money held: a return counts against it. */
export const signedFen = (row: Pick<Row, 'kind' | 'amountFen'>): number =>
  isReturn(row) ? 0 - row.amountFen : row.amountFen

type Numbers = Pick<Row, 'kind' | 'bankOrderNo' | 'merchantOrderNo' | 'refundNo'>

/**
 * What a number is the number of: payments (P), refunds by their own (N), returns by their order's
 * (R), and returns that have none of their own (A); the order's by bank (b) or merchant (m).
 */
export type Tag = 'N' | 'Pb' | 'Pm' | 'Ab' | 'Am' | 'Rb' | 'Rm'

/** Numbers of different things never meet, even when they read alike. */
export interface Name {
  readonly tag: Tag
  readonly number: string
}

/** Under which names a row of ours is found, the strongest first. */
export function namesOf(row: Numbers): Name[] {
  if (!isReturn(row)) return orderNames('Pb', 'Pm', row)
  if (row.refundNo === null) return orderNames('Ab', 'Am', row)
  return [{ tag: 'N', number: row.refundNo }, ...orderNames('Rb', 'Rm', row)]
}

/**
 * Under which names a row of the other side looks for ours, the strongest first. A refund goes by
 * its own number; only where one side has none does its order's number decide.
 */
export function soughtNames(row: Numbers): Name[] {
  if (!isReturn(row)) return orderNames('Pb', 'Pm', row)
  const nameless = orderNames('Ab', 'Am', row)
  if (row.refundNo === null) return [...nameless, ...orderNames('Rb', 'Rm', row)]
  return [{ tag: 'N', number: row.refundNo }, ...nameless]
}

function orderNames(bank: Tag, merchant: Tag, row: Numbers): Name[] {
  const names: Name[] = []
  if (row.bankOrderNo !== null) names.push({ tag: bank, number: row.bankOrderNo })
  if (row.merchantOrderNo !== null) names.push({ tag: merchant, number: row.merchantOrderNo })
  return names
}

/** Which of several rows of one book under one number is the original: the rest repeat it. */
export function comesFirst(one: Row, other: Row): boolean {
  return firstDifference([
    STATUS_RANK[one.status] - STATUS_RANK[other.status],
    (one.at ?? 0) - (other.at ?? 0),
    one.place - other.place,
  ])
}

/** @returns whether the first of the differences that is none is below zero. */
export function firstDifference(differences: readonly number[]): boolean {
  return (differences.find((difference) => difference !== 0) ?? 0) < 0
}

export const STATUS_RANK: Record<RowStatus, number> = { done: 0, unknown: 1, none: 2 }
