import { Secret } from '../errors.ts'
import {
  HRSS_PAYMENT_WAYS,
  HRSS_STATE_RULES,
  HRSS_STATES,
  type HrssChanges,
  type HrssPayment,
  type HrssSealed,
} from '../payment/hrss-payment.ts'
import { fen } from '../payment/money.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'
import { free, held, type Lease, leasesOf, type Turn } from './leased-rows.ts'

type Row = Record<string, unknown>

const context = (id: string): string => `hrss_payments.sealed:${id}`
const numberOrNull = (value: unknown): number | null => (value == null ? null : toNumber(value))

/** By which a person's payments are found without their number being readable. */
export const personMark = (db: Db, person: { idType: string; idNo: string }): string =>
  db.sealer.mark(`${person.idType}:${person.idNo.toUpperCase()}`, 'hrss_payments.person')

function fromRow(db: Db, row: Row): HrssPayment {
  const id = textOf(row['id'])
  return {
    id,
    version: toNumber(row['version']),
    billNo: textOf(row['bill_no']),
    way: oneOf(HRSS_PAYMENT_WAYS, row['way']),
    orderType: oneOf(['10001', '10099'], row['order_type']),
    state: oneOf(HRSS_STATES, row['state']),
    mchOrderId: textOf(row['mch_order_id']),
    payOrderId: textOrNull(row['pay_order_id']),
    sealed: new Secret(JSON.parse(db.sealer.open(textOf(row['sealed']), context(id)))),
    amountFen: fen(toNumber(row['amount_fen'])),
    reservedFen: fen(toNumber(row['reserved_fen'])),
    refundedFen: fen(toNumber(row['refunded_fen'])),
    writeBack: oneOf(['none', 'waiting', 'done', 'refused'], row['write_back']),
    createdAt: toNumber(row['created_at']),
    expiresAt: toNumber(row['expires_at']),
    paidAt: numberOrNull(row['paid_at']),
    toldAt: numberOrNull(row['told_at']),
    askedAt: numberOrNull(row['asked_at']),
  }
}

/** With its lease taken. @returns false when the bill has an open payment already. */
export async function insert(db: Db, payment: HrssPayment, lease: Lease): Promise<boolean> {
  try {
    await db.q('hrss_payments').insert({
      id: payment.id,
      version: payment.version,
      bill_no: payment.billNo,
      open_bill_no: payment.billNo,
      person_mark: personMark(db, payment.sealed.reveal().person),
      way: payment.way,
      order_type: payment.orderType,
      state: payment.state,
      mch_order_id: payment.mchOrderId,
      pay_order_id: payment.payOrderId,
      sealed: db.sealer.seal(JSON.stringify(payment.sealed.reveal()), context(payment.id)),
      amount_fen: payment.amountFen,
      reserved_fen: payment.reservedFen,
      refunded_fen: payment.refundedFen,
      write_back: payment.writeBack,
      created_at: payment.createdAt,
      expires_at: payment.expiresAt,
      ...held(lease),
    })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

async function first(db: Db, where: Row): Promise<HrssPayment | null> {
  const row = await db.q('hrss_payments').where(where).first<Row | undefined>()
  return row ? fromRow(db, row) : null
}

export const byId = (db: Db, id: string) => first(db, { id })
export const openOf = (db: Db, billNo: string) => first(db, { open_bill_no: billNo })

/** Who is meant by one of our numbers; null for a number that we never gave. */
export async function idOf(db: Db, mchOrderId: string): Promise<string | null> {
  const row = await db
    .q('hrss_payments')
    .where({ mch_order_id: mchOrderId })
    .first<Row | undefined>('id')
  return row ? textOf(row['id']) : null
}

export async function offeredTo(db: Db, mark: string, now: number): Promise<HrssPayment[]> {
  const rows: Row[] = await db
    .q('hrss_payments')
    .where({ person_mark: mark, state: 'offered' })
    .andWhere('expires_at', '>', now)
    .orderBy('created_at')
  return rows.map((row) => fromRow(db, row))
}

/** @returns false when it is no longer what it was: then it must not be told. */
export async function markTold(db: Db, payment: HrssPayment, now: number): Promise<boolean> {
  const { id, version } = payment
  const changed = await db
    .q('hrss_payments')
    .where({ id, version, state: 'offered' })
    .update({ told_at: payment.toldAt ?? now, version: version + 1 })
  return changed === 1
}

/** @returns false when the lease or the version is gone. */
export async function update(
  db: Db,
  payment: HrssPayment,
  step: { owner: string; until: number; changes: HrssChanges },
): Promise<boolean> {
  const { id, version } = payment
  const { changes } = step
  const state = changes.state ?? payment.state
  const changed = await db
    .q('hrss_payments')
    .where({ id, version, lease_owner: step.owner })
    .update({
      version: version + 1,
      state,
      ...(!HRSS_STATE_RULES[state].holdsBill && { open_bill_no: null }),
      ...(changes.payOrderId !== undefined && { pay_order_id: changes.payOrderId }),
      ...(changes.sealed && {
        sealed: db.sealer.seal(JSON.stringify(changes.sealed.reveal()), context(id)),
      }),
      ...(changes.refundedFen !== undefined && { refunded_fen: changes.refundedFen }),
      ...(changes.writeBack !== undefined && { write_back: changes.writeBack }),
      ...(changes.paidAt !== undefined && { paid_at: changes.paidAt }),
      ...(changes.askedAt !== undefined && { asked_at: changes.askedAt }),
      lease_until: step.until,
      due_at: step.until,
    })
  return changed === 1
}

/** A conditional update: two refunds at once never reserve more than was paid (RS-56). */
export async function reserve(db: Db, id: string, amountFen: number): Promise<boolean> {
  const changed = await db
    .q('hrss_payments')
    .where({ id })
    .whereNotNull('paid_at')
    .whereIn('state', ['paid', 'needs-review'])
    .whereRaw('reserved_fen + ? <= amount_fen', [amountFen])
    .update({ reserved_fen: db.q.raw('reserved_fen + ?', [amountFen]) })
  return changed === 1
}

/** No mark of any person is empty. */
const NOBODY = ''
const FORGOTTEN: HrssSealed = {
  person: { idType: '99', idNo: '', name: '' },
  qrCode: null,
  returnUrl: null,
  cashier: null,
}

/** The money stays on record, whose it was does not. */
export async function forgetPersons(db: Db, before: number, limit: number): Promise<void> {
  const rows = await db
    .q('hrss_payments')
    .where('person_mark', '>', NOBODY)
    .whereIn('state', ['paid', 'refunded', 'closed', 'failed'])
    .whereNull('due_at')
    .andWhere('created_at', '<', before)
    .limit(limit)
    .select<{ id: string }[]>('id')
  for (const { id } of rows) {
    const sealed = db.sealer.seal(JSON.stringify(FORGOTTEN), context(id))
    await db
      .q('hrss_payments')
      .where({ id })
      .whereNull('due_at')
      .update({ person_mark: NOBODY, sealed })
  }
}

// ---------------------------------------------------------------- leases

export const { take, release } = leasesOf('hrss_payments', 'id')

/** Due ones, and those with a notice or a refund that wants something, which nobody holds. @returns their ids, taken. */
export async function takeDue(db: Db, lease: Turn, limit: number): Promise<string[]> {
  const noticed = db
    .q('hrss_notices')
    .where({ state: 'new' })
    .andWhere('ready_at', '<=', lease.now)
    .whereNotNull('payment_id')
    .select('payment_id')
  const owed = db
    .q('hrss_refunds')
    .whereIn('state', ['open', 'returned'])
    .andWhere('due_at', '<=', lease.now)
    .select('payment_id')
  const rows = await free(db, 'hrss_payments', lease.now)
    .where((due) => {
      void due.where('due_at', '<=', lease.now).orWhereIn('id', noticed).orWhereIn('id', owed)
    })
    .limit(limit)
    .select<{ id: string }[]>('id')
  const taken: string[] = []
  for (const { id } of rows) if (await take(db, id, lease)) taken.push(id)
  return taken
}
