import { idsFrom } from '../payment/numbers.ts'
import { type Db, isDuplicate } from './database.ts'

/**
 * Transaction record (交易流水, SC-Q07): what day-end needs when the query window ended without a
 * result. One an attempt; written once, resolved by whatever brings the result later (SC-Q10).
 */
export async function insert(
  db: Db,
  record: {
    orderId: string
    attemptNo: number
    businessDate: string
    facts: Readonly<Record<string, unknown>>
    now: number
  },
): Promise<boolean> {
  try {
    await db.q('transaction_records').insert({
      order_id: record.orderId,
      attempt_no: record.attemptNo,
      business_date: record.businessDate,
      record: JSON.stringify(record.facts),
      state: 'open',
      created_at: record.now,
    })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

export async function resolve(db: Db, orderId: string, now: number): Promise<void> {
  await db
    .q('transaction_records')
    .where({ order_id: orderId, state: 'open' })
    .update({ state: 'resolved', resolved_at: now })
}

/** Orders with an open record of this business date or an earlier one. */
export async function openUntil(db: Db, businessDate: string): Promise<string[]> {
  const rows: { order_id: string }[] = await db
    .q('transaction_records')
    .where({ state: 'open' })
    .where('business_date', '<=', businessDate)
    .distinct('order_id')
    .orderBy('order_id')
  return rows.map((row) => row.order_id)
}

/** Opened before this instant, ordered at the bank, and without a result. */
export async function awaitedBefore(db: Db, at: number): Promise<string[]> {
  const rows: { id: string }[] = await db
    .q('orders')
    .whereIn('state', ['awaiting-payment', 'processing'])
    .where('id', '<', idsFrom(at))
    .orderBy('id')
    .select('id')
  return rows.map((row) => row.id)
}

export async function ofOrder(
  db: Db,
  orderId: string,
): Promise<{ state: string; businessDate: string; facts: Record<string, unknown> }[]> {
  const rows: Record<string, unknown>[] = await db
    .q('transaction_records')
    .where({ order_id: orderId })
  return rows.map((row) => ({
    state: String(row['state']),
    businessDate: String(row['business_date']),
    facts: JSON.parse(String(row['record'])),
  }))
}
