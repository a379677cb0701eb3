import { type Fen, fen } from '../payment/money.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

const STATES = ['new', 'applied', 'unmatched'] as const

/** A verified notification. One that names no payment of ours is a receipt of a static code, way 1. */
export interface HrssNoticeRow {
  /** Of the decrypted content: a repeat is the same row, however it is signed. */
  readonly id: string
  readonly paymentId: string | null
  readonly mchOrderId: string
  readonly payOrderId: string
  readonly status: string
  readonly amountFen: Fen | null
  readonly paidAt: number | null
  readonly state: (typeof STATES)[number]
  readonly receivedAt: number
}

type Row = Record<string, unknown>

const fromRow = (row: Row): HrssNoticeRow => ({
  id: textOf(row['id']),
  paymentId: textOrNull(row['payment_id']),
  mchOrderId: textOf(row['mch_order_id']),
  payOrderId: textOf(row['pay_order_id']),
  status: textOf(row['status']),
  amountFen: row['amount_fen'] == null ? null : fen(toNumber(row['amount_fen'])),
  paidAt: row['paid_at'] == null ? null : toNumber(row['paid_at']),
  state: oneOf(STATES, row['state']),
  receivedAt: toNumber(row['received_at']),
})

/** @returns false for a repeat. */
export async function insert(db: Db, notice: HrssNoticeRow): Promise<boolean> {
  try {
    await db.q('hrss_notices').insert({
      id: notice.id,
      payment_id: notice.paymentId,
      mch_order_id: notice.mchOrderId,
      pay_order_id: notice.payOrderId,
      status: notice.status,
      amount_fen: notice.amountFen,
      paid_at: notice.paidAt,
      state: notice.state,
      received_at: notice.receivedAt,
      ready_at: notice.receivedAt,
    })
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
  return true
}

export async function ofPayment(db: Db, paymentId: string): Promise<HrssNoticeRow[]> {
  const rows: Row[] = await db
    .q('hrss_notices')
    .where({ payment_id: paymentId })
    .orderBy(['received_at', 'id'])
  return rows.map(fromRow)
}

export async function markApplied(db: Db, id: string): Promise<void> {
  await db.q('hrss_notices').where({ id }).update({ state: 'applied' })
}

/** Not yet: nobody could say what it means. */
export async function rest(db: Db, id: string, until: number): Promise<void> {
  await db.q('hrss_notices').where({ id }).update({ ready_at: until })
}
