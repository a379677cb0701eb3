import { Secret } from '../errors.ts'
import { fen } from '../payment/money.ts'
import {
  type Certificate,
  isOneCodeOver,
  ONE_CODE_STATES,
  type OneCodeChanges,
  type OneCodePayment,
  type Scan,
} from '../payment/one-code.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'
import { held, type Lease, leasesOf } from './leased-rows.ts'

type Row = Record<string, unknown>

const INSURANCE = ['settled', 'later', 'none'] as const

const context = (column: string, id: string): string => `one_code_payments.${column}:${id}`

const markContext = 'one_code_payments.token'

/** The same token gives the same mark; without the key nobody can try tokens against it. */
export const tokenMark = (db: Db, token: string): string => db.sealer.mark(token, markContext)

// ---------------------------------------------------------------- rows

const numberOrNull = (value: unknown): number | null =>
  value === null || value === undefined ? null : toNumber(value)

/** A certificate rests as JSON: value, serial number, amount and institution belong together. */
function certificateOf(db: Db, row: Row, id: string): Certificate | null {
  const until = numberOrNull(row['certificate_until'])
  if (until === null) return null
  const sealed = textOf(row['certificate_sealed'])
  const kept: Omit<Certificate, 'value' | 'until'> & { value: string | null } = JSON.parse(
    db.sealer.open(sealed, context('certificate', id)),
  )
  const value = kept.value === null ? null : new Secret(kept.value)
  return { ...kept, value, until }
}

function opened(db: Db, row: Row, column: string): string | null {
  const sealed = textOrNull(row[`${column}_sealed`])
  return sealed === null ? null : db.sealer.open(sealed, context(column, textOf(row['id'])))
}

function fromRow(db: Db, row: Row): OneCodePayment {
  const id = textOf(row['id'])
  const scan = opened(db, row, 'scan')
  const accountName = opened(db, row, 'account_name')
  const reason = textOrNull(row['reason'])
  const read: Scan | null = scan === null ? null : JSON.parse(scan)
  return {
    id,
    version: toNumber(row['version']),
    billNo: textOf(row['bill_no']),
    desk: textOf(row['desk']),
    operatorId: textOf(row['operator_id']),
    deviceId: textOf(row['device_id']),
    tokenMark: textOf(row['token_mark']),
    scan: read === null ? null : new Secret(read),
    state: oneOf(ONE_CODE_STATES, row['state']),
    insurance: oneOf(INSURANCE, row['insurance']),
    selfPayFen: fen(toNumber(row['self_pay_fen'])),
    usableAt: numberOrNull(row['usable_at']),
    channelName: textOrNull(row['channel_name']),
    channel: textOrNull(row['channel']),
    accountName: accountName === null ? null : new Secret(accountName),
    certificateTry: toNumber(row['certificate_try']),
    serialNo: textOrNull(row['serial_no']),
    certificate: certificateOf(db, row, id),
    outTradeNo: textOrNull(row['out_trade_no']),
    chargeNo: textOrNull(row['charge_no']),
    isChargeSeen: Boolean(row['is_charge_seen']),
    asked: toNumber(row['asked']),
    reason: reason === null ? null : JSON.parse(reason),
    createdAt: toNumber(row['created_at']),
    paidAt: numberOrNull(row['paid_at']),
  }
}

function sealed(db: Db, id: string, column: string, text: string | null): Row {
  const value = text === null ? null : db.sealer.seal(text, context(column, id))
  return { [`${column}_sealed`]: value }
}

function certificateColumns(db: Db, id: string, certificate: Certificate | null): Row {
  if (certificate === null) return { certificate_sealed: null, certificate_until: null }
  const { until, value, ...rest } = certificate
  const text = JSON.stringify({ ...rest, value: value?.reveal() ?? null })
  return { ...sealed(db, id, 'certificate', text), certificate_until: until }
}

/** Column by column, so that what is not named stays as it is. */
function toRow(db: Db, id: string, changes: OneCodeChanges): Row {
  const { scan, accountName, certificate, reason } = changes
  const plain = {
    state: changes.state,
    usable_at: changes.usableAt,
    channel_name: changes.channelName,
    channel: changes.channel,
    certificate_try: changes.certificateTry,
    serial_no: changes.serialNo,
    out_trade_no: changes.outTradeNo,
    charge_no: changes.chargeNo,
    is_charge_seen: changes.isChargeSeen,
    asked: changes.asked,
    paid_at: changes.paidAt,
  }
  return {
    ...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)),
    ...(scan !== undefined && sealed(db, id, 'scan', scan && JSON.stringify(scan.reveal()))),
    ...(accountName !== undefined && sealed(db, id, 'account_name', accountName?.reveal() ?? null)),
    ...(certificate !== undefined && certificateColumns(db, id, certificate)),
    ...(reason !== undefined && { reason: reason && JSON.stringify(reason) }),
    ...(changes.state !== undefined && isOneCodeOver(changes.state) && { open_bill_no: null }),
  }
}

// ---------------------------------------------------------------- reading

export async function byId(db: Db, id: string): Promise<OneCodePayment | null> {
  const row = await db.q('one_code_payments').where({ id }).first<Row | undefined>()
  return row ? fromRow(db, row) : null
}

export async function idByOutTradeNo(db: Db, outTradeNo: string): Promise<string | null> {
  const row = await db
    .q('one_code_payments')
    .where({ out_trade_no: outTradeNo })
    .first<{ id: string } | undefined>('id')
  return row?.id ?? null
}

/** The one payment of a bill that is not over. */
export async function openOfBill(db: Db, billNo: string): Promise<OneCodePayment | null> {
  const row = await db
    .q('one_code_payments')
    .where({ open_bill_no: billNo })
    .first<Row | undefined>()
  return row ? fromRow(db, row) : null
}

/** Whether a bill's own money was taken, whatever HIS says of the bill by now. */
export async function isTaken(db: Db, billNo: string): Promise<boolean> {
  const row = await db
    .q('one_code_payments')
    .where({ bill_no: billNo })
    .whereIn('state', ['paid', 'needs-review'])
    .first<{ id: string } | undefined>('id')
  return row !== undefined
}

export async function usesOfToken(
  db: Db,
  mark: string,
): Promise<{ operatorId: string; deviceId: string }[]> {
  const rows = await db
    .q('one_code_payments')
    .where({ token_mark: mark })
    .select<{ operator_id: string; device_id: string }[]>('operator_id', 'device_id')
  return rows.map((row) => ({ operatorId: row.operator_id, deviceId: row.device_id }))
}

/** Payments that a device began since, however they ended. */
export async function begunAt(db: Db, deviceId: string, since: number): Promise<number> {
  return count(
    db.q('one_code_payments').where({ device_id: deviceId }).where('created_at', '>', since),
  )
}

/** Charges that a device sent since. */
export async function chargedAt(db: Db, deviceId: string, since: number): Promise<number> {
  return count(
    db.q('one_code_payments').where({ device_id: deviceId }).where('charged_at', '>', since),
  )
}

async function count(rows: ReturnType<Db['q']>): Promise<number> {
  const [row] = await rows.count<{ rows: unknown }[]>('* as rows')
  return toNumber(row?.rows ?? 0)
}

// ---------------------------------------------------------------- writing

/** Begun and held at once. @returns false when the bill has one that is not over. */
export async function insert(db: Db, payment: OneCodePayment, lease: Lease): Promise<boolean> {
  const { id, billNo } = payment
  try {
    await db.q('one_code_payments').insert({
      id,
      version: payment.version,
      ...held(lease),
      bill_no: billNo,
      open_bill_no: billNo,
      desk: payment.desk,
      operator_id: payment.operatorId,
      device_id: payment.deviceId,
      token_mark: payment.tokenMark,
      insurance: payment.insurance,
      self_pay_fen: payment.selfPayFen,
      created_at: payment.createdAt,
      ...toRow(db, id, payment),
    })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

/** One step: conditional on version and lease, which it renews. @returns false when it is not ours. */
export async function update(
  db: Db,
  of: { payment: OneCodePayment; lease: Lease; changes: OneCodeChanges; now: number },
): Promise<boolean> {
  const { payment, lease, changes, now } = of
  const changed = await db
    .q('one_code_payments')
    .where({ id: payment.id, version: payment.version, lease_owner: lease.owner })
    .update({
      ...toRow(db, payment.id, changes),
      ...(changes.outTradeNo != null && { charged_at: now }),
      ...(changes.state === 'paid' && { known_at: now }),
      version: payment.version + 1,
      lease_until: lease.until,
      due_at: lease.until,
    })
  return changed === 1
}

export const { take, due, renew, release } = leasesOf('one_code_payments', 'id')

/** Somebody says that there is news. */
export async function wantNow(db: Db, id: string, now: number): Promise<boolean> {
  const changed = await db
    .q('one_code_payments')
    .where({ id })
    .whereNotNull('due_at')
    .whereNull('lease_owner')
    .update({ due_at: now })
  return changed === 1
}
