import { fen } from '../payment/money.ts'
import {
  type Refund,
  REFUND_STATES,
  type RefundChanges,
  REFUNDS,
  REQUESTERS,
} from '../payment/refunds.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

const reasonContext = (id: string): string => `refunds.reason:${id}`

function fromRow(db: Db, row: Record<string, unknown>): Refund {
  const id = textOf(row['id'])
  const amount = (part: string) => fen(toNumber(row[`${part}_fen`]))
  const promise = textOrNull(row['promise'])
  const byHand = textOrNull(row['by_hand'])
  return {
    id,
    refundNo: textOf(row['refund_no']),
    number: textOf(row['number']),
    orderId: textOf(row['order_id']),
    version: toNumber(row['version']),
    state: oneOf(REFUND_STATES, row['state']),
    reason: db.sealer.open(textOf(row['reason_sealed']), reasonContext(id)),
    requestedBy: oneOf(REQUESTERS, row['requested_by']),
    requester: textOf(row['requester']),
    amounts: {
      totalFen: amount('total'),
      fundFen: amount('fund'),
      accountFen: amount('account'),
      otherFen: amount('other'),
      selfPayFen: amount('self_pay'),
    },
    done: JSON.parse(textOf(row['done'])),
    promise: promise === null ? null : JSON.parse(promise),
    bankRefundNo: textOrNull(row['bank_refund_no']),
    byHand: byHand === null ? [] : JSON.parse(byHand),
    refusal: textOrNull(row['refusal']),
    createdAt: toNumber(row['created_at']),
  }
}

/** @returns false when the order has a running refund, or the refund number is known. */
export async function insert(db: Db, refund: Refund): Promise<boolean> {
  const { amounts } = refund
  try {
    await db.q('refunds').insert({
      id: refund.id,
      refund_no: refund.refundNo,
      order_id: refund.orderId,
      running_order_id: REFUNDS[refund.state].running ? refund.orderId : null,
      version: refund.version,
      reason_sealed: db.sealer.seal(refund.reason, reasonContext(refund.id)),
      requested_by: refund.requestedBy,
      requester: refund.requester,
      total_fen: amounts.totalFen,
      fund_fen: amounts.fundFen,
      account_fen: amounts.accountFen,
      other_fen: amounts.otherFen,
      self_pay_fen: amounts.selfPayFen,
      created_at: refund.createdAt,
      ...changesToRow(refund),
    })
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
  return true
}

function changesToRow(changes: RefundChanges): Record<string, unknown> {
  const { number, state, done, promise, bankRefundNo, byHand, refusal } = changes
  return {
    ...(number !== undefined && { number }),
    ...(state !== undefined && { state }),
    ...(done !== undefined && { done: JSON.stringify(done) }),
    ...(promise !== undefined && { promise: promise && JSON.stringify(promise) }),
    ...(bankRefundNo !== undefined && { bank_refund_no: bankRefundNo }),
    ...(byHand !== undefined && { by_hand: JSON.stringify(byHand) }),
    ...(refusal !== undefined && { refusal }),
  }
}

/** @returns false when somebody else changed it since it was read. */
export async function update(db: Db, refund: Refund, changes: RefundChanges): Promise<boolean> {
  const { running } = REFUNDS[changes.state ?? refund.state]
  const changed = await db
    .q('refunds')
    .where({ id: refund.id, version: refund.version })
    .update({
      ...changesToRow(changes),
      version: refund.version + 1,
      running_order_id: running ? refund.orderId : null,
    })
  return changed === 1
}

const firstOf = async (db: Db, where: Record<string, string>): Promise<Refund | null> => {
  const row = await db.q('refunds').where(where).first<Record<string, unknown> | undefined>()
  return row ? fromRow(db, row) : null
}

export const byId = (db: Db, id: string): Promise<Refund | null> => firstOf(db, { id })

export const byRefundNo = (db: Db, refundNo: string): Promise<Refund | null> =>
  firstOf(db, { refund_no: refundNo })

/** The refund that runs now, if any. */
export const runningOf = (db: Db, orderId: string): Promise<Refund | null> =>
  firstOf(db, { running_order_id: orderId })

/** Every refund of an order, oldest first. */
export async function ofOrder(db: Db, orderId: string): Promise<Refund[]> {
  const rows: Record<string, unknown>[] = await db
    .q('refunds')
    .where({ order_id: orderId })
    .orderBy('id')
  return rows.map((row) => fromRow(db, row))
}

export async function versionOf(db: Db, id: string): Promise<number | null> {
  const row = await db.q('refunds').where({ id }).first<{ version: number } | undefined>('version')
  return row?.version ?? null
}
