import { type Fen, fen } from '../payment/money.ts'
import {
  ONE_CARD_PAYMENTS,
  ONE_CARD_STATES,
  type OneCardPaymentKind,
  type OneCardState,
} from '../payment/one-card.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'
import { held, type Lease, leasesOf, type Turn } from './leased-rows.ts'

const WRITE_BACKS = ['none', 'waiting', 'done', 'refused'] as const

/** A bill that is paid with the one-card: its intent, what the platform said, and HIS's share. */
export interface OneCardPayment {
  readonly orderNo: string
  readonly kind: OneCardPaymentKind
  readonly billNo: string
  readonly personMark: string | null
  readonly amountFen: Fen
  /** JSON: who pays and with what code; composed once and repeated as it is. */
  readonly content: string
  /** Of the holder's pay code: it opens one payment. */
  readonly codeHash: string | null
  readonly state: OneCardState
  readonly payNo: string | null
  /** What the holder scans. */
  readonly qr: string | null
  readonly hisWriteBack: (typeof WRITE_BACKS)[number]
  readonly answer: string | null
  readonly tries: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly paidAt: number | null
}

const contentOf = (orderNo: string): string => `one_card_payments.content:${orderNo}`
const qrOf = (orderNo: string): string => `one_card_payments.qr:${orderNo}`

function fromRow(db: Db, row: Record<string, unknown>): OneCardPayment {
  const orderNo = textOf(row['order_no'])
  const qr = textOrNull(row['qr_sealed'])
  return {
    orderNo,
    kind: oneOf(ONE_CARD_PAYMENTS, row['kind']),
    billNo: textOf(row['bill_no']),
    personMark: textOrNull(row['person_mark']),
    amountFen: fen(toNumber(row['amount_fen'])),
    content: db.sealer.open(textOf(row['content_sealed']), contentOf(orderNo)),
    codeHash: textOrNull(row['code_hash']),
    state: oneOf(ONE_CARD_STATES, row['state']),
    payNo: textOrNull(row['pay_no']),
    qr: qr === null ? null : db.sealer.open(qr, qrOf(orderNo)),
    hisWriteBack: oneOf(WRITE_BACKS, row['his_write_back']),
    answer: textOrNull(row['answer']),
    tries: toNumber(row['tries']),
    createdAt: toNumber(row['created_at']),
    expiresAt: toNumber(row['expires_at']),
    paidAt: row['paid_at'] === null ? null : toNumber(row['paid_at']),
  }
}

export type New = Pick<
  OneCardPayment,
  | 'orderNo'
  | 'kind'
  | 'billNo'
  | 'personMark'
  | 'amountFen'
  | 'content'
  | 'codeHash'
  | 'createdAt'
  | 'expiresAt'
>

/** The intent. @returns false while the bill has an open payment, or when the code was used before. */
export async function intend(db: Db, payment: New): Promise<boolean> {
  try {
    await db.q('one_card_payments').insert({
      order_no: payment.orderNo,
      kind: payment.kind,
      bill_no: payment.billNo,
      open_bill_no: payment.billNo,
      person_mark: payment.personMark,
      amount_fen: payment.amountFen,
      content_sealed: db.sealer.seal(payment.content, contentOf(payment.orderNo)),
      code_hash: payment.codeHash,
      state: 'open',
      his_write_back: 'none',
      tries: 0,
      due_at: payment.createdAt,
      created_at: payment.createdAt,
      expires_at: payment.expiresAt,
    })
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
  return true
}

async function first(db: Db, where: Record<string, string>): Promise<OneCardPayment | null> {
  const row = await db
    .q('one_card_payments')
    .where(where)
    .first<Record<string, unknown> | undefined>()
  return row ? fromRow(db, row) : null
}

export const find = (db: Db, orderNo: string) => first(db, { order_no: orderNo })
/** The one payment of a bill that is not over, or that HIS does not know of yet. */
export const openOf = (db: Db, billNo: string) => first(db, { open_bill_no: billNo })

/** Of one person, newest first. */
export async function ofPerson(db: Db, personMark: string, limit: number) {
  const rows: Record<string, unknown>[] = await db
    .q('one_card_payments')
    .where({ person_mark: personMark })
    .orderBy('created_at', 'desc')
    .limit(limit)
  return rows.map((row) => fromRow(db, row))
}

const leases = leasesOf('one_card_payments', 'order_no')
export const dueNumbers = leases.due

/** @returns null while somebody else holds it. */
export const hold = async (db: Db, orderNo: string, turn: Turn): Promise<OneCardPayment | null> =>
  (await leases.take(db, orderNo, turn)) ? find(db, orderNo) : null

interface Held {
  readonly orderNo: string
  readonly owner: string
}

/** Counted before the call, held for as long as it may take: what was never tried is provably unknown. */
export async function countTry(db: Db, { orderNo, owner, until }: Held & Lease): Promise<boolean> {
  const changed = await db
    .q('one_card_payments')
    .where({ order_no: orderNo, lease_owner: owner })
    .update({ tries: db.q.raw('tries + 1'), ...held({ owner, until }) })
  return changed === 1
}

export type PaymentChanges = Partial<
  Pick<OneCardPayment, 'state' | 'content' | 'payNo' | 'qr' | 'hisWriteBack' | 'answer' | 'paidAt'>
> & {
  /** When we learned that it is paid; `paidAt` is the platform's own time. */
  readonly knownAt?: number
  readonly dueAt?: number | null
  /** Nobody else may take the bill before HIS knows that it is paid. */
  readonly freesBill?: boolean
}

/** @returns false when somebody else has it by now. */
export async function letGo(
  db: Db,
  { orderNo, owner }: Held,
  changes: PaymentChanges,
): Promise<boolean> {
  const { state, content, payNo, qr, hisWriteBack, answer } = changes
  const { paidAt, knownAt, dueAt, freesBill } = changes
  return leases.release(db, orderNo, {
    owner,
    dueAt,
    also: {
      ...(state !== undefined && { state }),
      ...(content !== undefined && {
        content_sealed: db.sealer.seal(content, contentOf(orderNo)),
      }),
      ...(payNo !== undefined && { pay_no: payNo }),
      ...(qr && { qr_sealed: db.sealer.seal(qr, qrOf(orderNo)) }),
      ...(hisWriteBack !== undefined && { his_write_back: hisWriteBack }),
      ...(answer !== undefined && { answer: answer?.slice(0, 255) ?? null }),
      ...(paidAt !== undefined && { paid_at: paidAt }),
      ...(knownAt !== undefined && { known_at: knownAt }),
      ...(freesBill === true && { open_bill_no: null }),
    },
  })
}

/** A notice brings the question forward, whoever holds the payment now. */
export async function dueNow(db: Db, orderNo: string, now: number): Promise<void> {
  await db.q('one_card_payments').where({ order_no: orderNo }).update({ due_at: now })
  db.committed('one-card-notice-stored')
}

/** The money stays on record, whose it was does not. */
export async function forgetPersons(db: Db, before: number): Promise<void> {
  await db
    .q('one_card_payments')
    .whereNotNull('person_mark')
    .whereNull('due_at')
    .andWhere('created_at', '<', before)
    .update({ person_mark: null })
}
