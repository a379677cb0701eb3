import { fen } from '../../src/payment/money.ts'
import type { Difference } from '../../src/reconciliation/classes.ts'
import { match } from '../../src/reconciliation/match.ts'
import type { Row } from '../../src/reconciliation/row.ts'

export const DAY = '2026-11-19'
export const NOON = Date.parse('2026-11-19T12:00:00+08:00')

let places = 0

export function row(changes: Partial<Omit<Row, 'amountFen'>> & { amountFen?: number } = {}): Row {
  places += 1
  return {
    kind: 'payment',
    status: 'done',
    bankOrderNo: null,
    merchantOrderNo: null,
    refundNo: null,
    businessDate: DAY,
    at: NOON,
    place: places,
    ...changes,
    amountFen: fen(changes.amountFen ?? 100),
  }
}

/** In batches of two, so that a batch's end means nothing. */
export function* inBatches(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += 2) yield rows.slice(at, at + 2)
}

export async function matched(bank: readonly Row[], hospital: readonly Row[], date = DAY) {
  const differences: Difference[] = []
  const books = { bank: inBatches(bank), hospital: inBatches(hospital), date }
  const tally = await match(books, (one) => differences.push(one))
  const counts: Record<string, [bank: number, hospital: number]> = {}
  for (const [name, { rows }] of Object.entries(tally))
    if (rows.bank + rows.hospital > 0) counts[name] = [rows.bank, rows.hospital]
  return { tally, counts, differences }
}
