import { Secret } from '../errors.ts'
import type { Attempt, AttemptChanges } from '../payment/attempt.ts'
import { fen } from '../payment/money.ts'
import {
  BUSINESS_TYPES,
  CHANNELS,
  type Order,
  type OrderChanges,
  PAY_MODES,
  SURFACES,
} from '../payment/order.ts'
import { ORDER_STATES, STATES } from '../payment/states.ts'
import { attemptFromRow, attemptToRow, attemptUpdate } from './attempts.ts'
import { oneOf } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

export interface OrderRow {
  id: string
  version: number
  bill_no: string
  open_bill_no: string | null
  patient_id: string
  business_type: string
  channel: string
  surface: string
  pay_mode: string
  user_id_sealed: string
  client_ip: string
  device_id: string
  state: string
  scenario: string | null
  total_fen: unknown
  fund_fen: unknown
  account_fen: unknown
  other_fen: unknown
  self_pay_fen: unknown
  refunded_fen: unknown
  self_pay: string
  insurance: string
  his_write_back: string
  refund_promise: string | null
  created_at: unknown
  expires_at: unknown
  paid_at: unknown
  attempt_no: number
}

const userIdContext = (id: string): string => `orders.user_id:${id}`

const SCENARIOS = ['insurance-only', 'self-pay-only', 'mixed'] as const
export const LEG_STATES = ['none', 'waiting', 'paid', 'failed', 'refunding', 'refunded'] as const
export const INSURANCE_STATES = [
  'none',
  'waiting',
  'settled',
  'failed',
  'refunding',
  'refunded',
] as const
export const WRITE_BACK_STATES = ['none', 'waiting', 'done', 'refused'] as const

function fromRow(db: Db, row: OrderRow, attempt: Attempt): Order {
  return {
    id: row.id,
    version: row.version,
    billNo: row.bill_no,
    businessType: oneOf(BUSINESS_TYPES, row.business_type),
    patientId: row.patient_id,
    channel: oneOf(CHANNELS, row.channel),
    surface: oneOf(SURFACES, row.surface),
    payMode: oneOf(PAY_MODES, row.pay_mode),
    userId: new Secret(db.sealer.open(row.user_id_sealed, userIdContext(row.id))),
    clientIp: row.client_ip,
    deviceId: row.device_id,
    state: oneOf(ORDER_STATES, row.state),
    scenario: row.scenario === null ? null : oneOf(SCENARIOS, row.scenario),
    amounts: {
      totalFen: fen(toNumber(row.total_fen)),
      fundFen: fen(toNumber(row.fund_fen)),
      accountFen: fen(toNumber(row.account_fen)),
      otherFen: fen(toNumber(row.other_fen)),
      selfPayFen: fen(toNumber(row.self_pay_fen)),
    },
    refundedFen: fen(toNumber(row.refunded_fen)),
    selfPay: oneOf(LEG_STATES, row.self_pay),
    insurance: oneOf(INSURANCE_STATES, row.insurance),
    hisWriteBack: oneOf(WRITE_BACK_STATES, row.his_write_back),
    refundPromise: row.refund_promise === null ? null : JSON.parse(row.refund_promise),
    createdAt: toNumber(row.created_at),
    expiresAt: toNumber(row.expires_at),
    paidAt: row.paid_at === null ? null : toNumber(row.paid_at),
    attempt,
  }
}

function changesToRow(changes: OrderChanges): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  if (changes.state !== undefined) row['state'] = changes.state
  if (changes.scenario !== undefined) row['scenario'] = changes.scenario
  if (changes.amounts !== undefined) {
    row['total_fen'] = changes.amounts.totalFen
    row['fund_fen'] = changes.amounts.fundFen
    row['account_fen'] = changes.amounts.accountFen
    row['other_fen'] = changes.amounts.otherFen
    row['self_pay_fen'] = changes.amounts.selfPayFen
  }
  if (changes.refundedFen !== undefined) row['refunded_fen'] = changes.refundedFen
  if (changes.selfPay !== undefined) row['self_pay'] = changes.selfPay
  if (changes.insurance !== undefined) row['insurance'] = changes.insurance
  if (changes.hisWriteBack !== undefined) row['his_write_back'] = changes.hisWriteBack
  if (changes.refundPromise !== undefined)
    row['refund_promise'] = changes.refundPromise && JSON.stringify(changes.refundPromise)
  if (changes.paidAt !== undefined) row['paid_at'] = changes.paidAt
  return row
}

const SUBJECT = 'orders.opened_by'

/**
 * @param subject who opened it, as the hospital's platform knows them
 * @returns false when another open order already holds the bill.
 */
export async function insert(db: Db, order: Order, subject?: string): Promise<boolean> {
  try {
    await db.q('orders').insert({
      id: order.id,
      version: order.version,
      bill_no: order.billNo,
      open_bill_no: order.billNo,
      patient_id: order.patientId,
      business_type: order.businessType,
      channel: order.channel,
      surface: order.surface,
      pay_mode: order.payMode,
      user_id_sealed: db.sealer.seal(order.userId.reveal(), userIdContext(order.id)),
      opened_by: subject === undefined ? null : db.sealer.mark(subject, SUBJECT),
      client_ip: order.clientIp,
      device_id: order.deviceId,
      ...changesToRow(order),
      created_at: order.createdAt,
      expires_at: order.expiresAt,
      attempt_no: order.attempt.no,
      due_at: order.createdAt,
    })
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
  await db.q('attempts').insert(attemptToRow(db, order.id, order.attempt))
  return true
}

const WITH_ATTEMPT = [
  'orders.*',
  'attempts.no',
  'attempts.plain as attempt_plain',
  'attempts.sealed as attempt_sealed',
]

type JoinedRow = OrderRow & { no: number; attempt_plain: string; attempt_sealed: string }

function joined(db: Db) {
  return db
    .q('orders')
    .join('attempts', (on) => {
      on.on('attempts.order_id', 'orders.id').andOn('attempts.no', 'orders.attempt_no')
    })
    .select<JoinedRow[]>(WITH_ATTEMPT)
}

function fromJoined(db: Db, row: JoinedRow): Order {
  const attempt = attemptFromRow(db, {
    order_id: row.id,
    no: row.no,
    plain: row.attempt_plain,
    sealed: row.attempt_sealed,
  })
  return fromRow(db, row, attempt)
}

export async function byId(db: Db, id: string): Promise<Order | null> {
  const [order] = await byIds(db, [id])
  return order ?? null
}

export async function byIds(db: Db, ids: readonly string[]): Promise<Order[]> {
  const rows = await joined(db).whereIn('orders.id', [...ids])
  return rows.map((row) => fromJoined(db, row))
}

/** The order that holds this bill now, if any. */
export async function holderOf(db: Db, billNo: string): Promise<Order | null> {
  const [row] = await joined(db).where('orders.open_bill_no', billNo)
  return row ? fromJoined(db, row) : null
}

export async function isOpenedBy(db: Db, id: string, subject: string): Promise<boolean> {
  const mark = db.sealer.mark(subject, SUBJECT)
  return (await db.q('orders').where({ id, opened_by: mark }).first('id')) !== undefined
}

export async function ofBill(db: Db, billNo: string): Promise<Order[]> {
  const rows = await joined(db).where('orders.bill_no', billNo).orderBy('orders.id', 'desc')
  return rows.map((row) => fromJoined(db, row))
}

/** A patient's own orders, newest first; `cursor` is the last id of the page before. */
export async function ofPatients(
  db: Db,
  filter: {
    patientIds: readonly string[]
    states: readonly string[]
    cursor: string | null
    limit: number
  },
): Promise<Order[]> {
  const query = joined(db)
    .whereIn('orders.patient_id', [...filter.patientIds])
    .whereIn('orders.state', [...filter.states])
    .orderBy('orders.id', 'desc')
    .limit(filter.limit)
  if (filter.cursor !== null) query.where('orders.id', '<', filter.cursor)
  return (await query).map((row) => fromJoined(db, row))
}

export async function versionOf(db: Db, id: string): Promise<number | null> {
  const row = await db.q('orders').where({ id }).first<{ version: number } | undefined>('version')
  return row?.version ?? null
}

/**
 * One step of an order: only while `lease` still holds it and nobody moved it since (`version`).
 * @returns false when the lease or the version is gone; nothing was written then.
 */
export async function update(
  db: Db,
  step: {
    order: Order
    lease: string
    changes: OrderChanges
    attempt: AttemptChanges
    leaseUntil: number
  },
): Promise<boolean> {
  const { order, changes } = step
  const row = changesToRow(changes)
  const written = {
    ...row,
    version: order.version + 1,
    due_at: step.leaseUntil,
    lease_until: step.leaseUntil,
  }
  const changed = await holdingTheBill(order, changes, (hold) =>
    db
      .q('orders')
      .where({ id: order.id, version: order.version, lease_owner: step.lease })
      .update({ ...written, ...hold }),
  )
  if (changed !== 1) return false
  if (Object.keys(step.attempt).length > 0) {
    await db
      .q('attempts')
      .where({ order_id: order.id, no: order.attempt.no })
      .update(attemptUpdate(db, order.id, order.attempt, step.attempt))
  }
  return true
}

/**
 * A state that holds the bill takes it (back), so that nobody pays a disputed bill again; where
 * another order has it by now, this one goes without.
 */
async function holdingTheBill(
  order: Order,
  changes: OrderChanges,
  write: (hold: { open_bill_no?: string | null }) => PromiseLike<number>,
): Promise<number> {
  const to = changes.state
  if (to === undefined) return write({})
  if (!STATES[to].holdsBill) return write({ open_bill_no: null })
  if (STATES[order.state].holdsBill) return write({})
  try {
    return await write({ open_bill_no: order.billNo })
  } catch (error) {
    if (isDuplicate(error)) return write({})
    throw error
  }
}

/** A fresh try: every number of the old one stays on its own row. */
export async function beginAttempt(db: Db, orderId: string, attempt: Attempt): Promise<void> {
  await db.q('attempts').insert(attemptToRow(db, orderId, attempt))
  await db.q('orders').where({ id: orderId }).update({ attempt_no: attempt.no })
}
