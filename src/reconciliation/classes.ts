/** In which class a row of a book ends: exactly one (SC-C03). */
import type { Row, Side } from './row.ts'

export const CLASSES = [
  'MATCHED',
  /** Both books, or the only one that knows of it, say that no money moved. */
  'NO_MONEY',
  /** Its order belongs to another business date, whose own run counts it. */
  'OTHER_DAY',
  'BANK_ONLY',
  'HOSPITAL_ONLY',
  'AMOUNT_DIFF',
  'STATUS_DIFF',
  'DUPLICATE',
  'REFUND_BANK_ONLY',
  'REFUND_HOSPITAL_ONLY',
  'REFUND_AMOUNT_DIFF',
  'REFUND_STATUS_DIFF',
  'REFUND_DUPLICATE',
] as const
export type RowClass = (typeof CLASSES)[number]
export type AgreedClass = 'MATCHED' | 'NO_MONEY' | 'OTHER_DAY'
export type DifferenceClass = Exclude<RowClass, AgreedClass>

/** What does not agree: one row that stands alone, or two that contradict each other. */
export type Difference =
  | { readonly class: DifferenceClass; readonly bank: Row; readonly hospital: null }
  | { readonly class: DifferenceClass; readonly bank: null; readonly hospital: Row }
  | { readonly class: DifferenceClass; readonly bank: Row; readonly hospital: Row }

/** How many rows of each book are in a class, and what they add up to; returns are not deducted. */
export interface ClassTotal {
  readonly rows: Readonly<Record<Side, number>>
  readonly fen: Readonly<Record<Side, number>>
}

export type Tally = Readonly<Record<RowClass, ClassTotal>>

type PaymentClass = 'BANK_ONLY' | 'HOSPITAL_ONLY' | 'AMOUNT_DIFF' | 'STATUS_DIFF' | 'DUPLICATE'

const REFUND_CLASS: Record<PaymentClass, DifferenceClass> = {
  BANK_ONLY: 'REFUND_BANK_ONLY',
  HOSPITAL_ONLY: 'REFUND_HOSPITAL_ONLY',
  AMOUNT_DIFF: 'REFUND_AMOUNT_DIFF',
  STATUS_DIFF: 'REFUND_STATUS_DIFF',
  DUPLICATE: 'REFUND_DUPLICATE',
}

const ofKind = (row: Row, name: PaymentClass): DifferenceClass =>
  row.kind === 'payment' ? name : REFUND_CLASS[name]

/** Of a row whose number nobody else has. A row that does not know is no evidence of money. */
export function classOfLone(row: Row, side: Side): RowClass {
  if (row.status === 'none') return 'NO_MONEY'
  if (row.status === 'unknown') return ofKind(row, 'STATUS_DIFF')
  return ofKind(row, side === 'bank' ? 'BANK_ONLY' : 'HOSPITAL_ONLY')
}

/** Of a row whose number its own book has already. */
export const classOfRepeated = (row: Row): RowClass =>
  row.status === 'none' ? 'NO_MONEY' : ofKind(row, 'DUPLICATE')

export function classOfPair(bank: Row, hospital: Row): RowClass {
  if (bank.status !== hospital.status || bank.status === 'unknown')
    return ofKind(hospital, 'STATUS_DIFF')
  if (bank.status === 'none') return 'NO_MONEY'
  return bank.amountFen === hospital.amountFen ? 'MATCHED' : ofKind(hospital, 'AMOUNT_DIFF')
}

export const isDifference = (name: RowClass): name is DifferenceClass =>
  name !== 'MATCHED' && name !== 'NO_MONEY' && name !== 'OTHER_DAY'
