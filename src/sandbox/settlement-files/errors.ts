/** Errors that a file is given on purpose, one of a class each; everything else in it is the ledger's. */
import { digits } from '../answers.ts'
import type { World } from '../world.ts'
import type { StatementRow } from './rows.ts'

/** As the hospital's reconciliation is expected to class them. */
export const ERRORS = [
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
export type InjectedError = (typeof ERRORS)[number]

/** The bureau's file lists what has happened: none of its rows has a status. */
export const INSURANCE_ERRORS = ERRORS.filter((error) => !error.endsWith('STATUS_DIFF'))

export interface Injected extends Pick<StatementRow, 'orderNo' | 'merchantNo' | 'refundNo'> {
  readonly error: InjectedError
}

export interface WithErrors {
  readonly rows: readonly StatementRow[]
  readonly injected: readonly Injected[]
  /** There was no row left that could carry these. */
  readonly impossible: readonly InjectedError[]
}

/** No row carries two errors, and no payment one that has a refund in the same file. */
export function withErrors(
  world: World,
  rows: readonly StatementRow[],
  errors: readonly InjectedError[],
): WithErrors {
  const refunded = new Set(rows.flatMap((row) => (row.kind === 'payment' ? [] : [row.orderNo])))
  const free = rows.filter(
    (row) => row.succeeded && (row.kind !== 'payment' || !refunded.has(row.orderNo)),
  )
  const told = new Map<StatementRow, readonly StatementRow[]>()
  const injected: Injected[] = []
  const impossible: InjectedError[] = []
  for (const error of errors) {
    const at = free.findIndex(({ kind }) => kind === carrierOf(error))
    const [row] = at === -1 ? [] : free.splice(at, 1)
    if (row === undefined) {
      impossible.push(error)
      continue
    }
    const instead = toldInstead(world, error, row)
    told.set(row, instead)
    const { orderNo, merchantNo, refundNo } = instead.at(-1) ?? row
    injected.push({ error, orderNo, merchantNo, refundNo })
  }
  return { rows: rows.flatMap((row) => told.get(row) ?? [row]), injected, impossible }
}

/** A refund that the hospital does not know is one of a payment that it knows. */
const carrierOf = (error: InjectedError): StatementRow['kind'] =>
  error.startsWith('REFUND_') && error !== 'REFUND_BANK_ONLY' ? 'refund' : 'payment'

/** The row that is wrong stands last. */
function toldInstead(world: World, error: InjectedError, row: StatementRow): StatementRow[] {
  switch (error) {
    case 'BANK_ONLY':
      return [
        row,
        { ...row, orderNo: other(world, row.orderNo), merchantNo: other(world, row.merchantNo) },
      ]
    case 'REFUND_BANK_ONLY':
      return [row, { ...row, kind: 'refund', refundNo: `DESK${digits(world, 16)}` }]
    case 'HOSPITAL_ONLY':
    case 'REFUND_HOSPITAL_ONLY':
      return []
    case 'AMOUNT_DIFF':
    case 'REFUND_AMOUNT_DIFF':
      return [{ ...row, partsFen: oneFenMore(row.partsFen) }]
    case 'STATUS_DIFF':
    case 'REFUND_STATUS_DIFF':
      return [{ ...row, succeeded: false }]
    case 'DUPLICATE':
    case 'REFUND_DUPLICATE':
      return [row, row]
  }
}

const other = (world: World, number: string): string => digits(world, number.length)

const oneFenMore = (partsFen: readonly number[]): number[] => {
  const largest = partsFen.indexOf(Math.max(...partsFen))
  return partsFen.map((fen, index) => (index === largest ? fen + 1 : fen))
}
