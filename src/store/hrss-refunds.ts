import type { HrssRefundRow } from '../payment/hrss-payment.ts'
import { fen } from '../payment/money.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

type Row = Record<string, unknown>

const fromRow = (row: Row): HrssRefundRow => ({
  paymentId: textOf(row['payment_id']),
  refundNo: textOf(row['refund_no']),
  number: textOf(row['number']),
  refundOrderId: textOrNull(row['refund_order_id']),
  amountFen: fen(toNumber(row['amount_fen'])),
  reason: textOf(row['reason']),
  state: oneOf(['open', 'returned'], row['state']),
  writeBack: oneOf(['none', 'waiting', 'done', 'refused'], row['write_back']),
  tries: toNumber(row['tries']),
  failures: toNumber(row['failures']),
  createdAt: toNumber(row['created_at']),
  dueAt: row['due_at'] == null ? null : toNumber(row['due_at']),
  returnedAt: row['returned_at'] == null ? null : toNumber(row['returned_at']),
})

/** @returns false when HIS has used this number for this payment before. */
export async function insert(db: Db, refund: HrssRefundRow): Promise<boolean> {
  try {
    await db.q('hrss_refunds').insert({
      payment_id: refund.paymentId,
      refund_no: refund.refundNo,
      number: refund.number,
      refund_order_id: refund.refundOrderId,
      amount_fen: refund.amountFen,
      reason: refund.reason,
      state: refund.state,
      write_back: refund.writeBack,
      tries: refund.tries,
      failures: refund.failures,
      created_at: refund.createdAt,
      due_at: refund.dueAt,
      returned_at: refund.returnedAt,
    })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

/** Oldest first. */
export async function ofPayment(db: Db, paymentId: string): Promise<HrssRefundRow[]> {
  const rows: Row[] = await db
    .q('hrss_refunds')
    .where({ payment_id: paymentId })
    .orderBy(['created_at', 'refund_no'])
  return rows.map(fromRow)
}

export async function change(
  db: Db,
  { paymentId, refundNo }: HrssRefundRow,
  to: Partial<
    Pick<
      HrssRefundRow,
      | 'number'
      | 'refundOrderId'
      | 'state'
      | 'writeBack'
      | 'tries'
      | 'failures'
      | 'dueAt'
      | 'returnedAt'
    > & {
      /** When we learned that it is back; `returnedAt` is the platform's own time. */
      readonly knownAt: number
    }
  >,
): Promise<void> {
  await db
    .q('hrss_refunds')
    .where({ payment_id: paymentId, refund_no: refundNo })
    .update({
      ...(to.number !== undefined && { number: to.number }),
      ...(to.refundOrderId !== undefined && { refund_order_id: to.refundOrderId }),
      ...(to.state !== undefined && { state: to.state }),
      ...(to.writeBack !== undefined && { write_back: to.writeBack }),
      ...(to.tries !== undefined && { tries: to.tries }),
      ...(to.failures !== undefined && { failures: to.failures }),
      ...(to.dueAt !== undefined && { due_at: to.dueAt }),
      ...(to.returnedAt !== undefined && { returned_at: to.returnedAt }),
      ...(to.knownAt !== undefined && { known_at: to.knownAt }),
    })
}
