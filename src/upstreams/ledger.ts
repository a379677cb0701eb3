import type { Fen } from '../payment/money.ts'

/** HIS's own books (台账) of a business date. */
export interface Ledger {
  readonly rows: readonly LedgerRow[]
  /** Of the bytes as they came. */
  readonly sha256: string
}

export interface LedgerRow {
  readonly kind: 'receipt' | 'refund'
  readonly settlementNo: string
  /** Of a refund, never of a receipt. */
  readonly refundNo: string | null
  readonly totalFen: Fen
  readonly at: number
}
