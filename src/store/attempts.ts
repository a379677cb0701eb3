import { Secret } from '../errors.ts'
import { asPayAuthNo } from '../payment/authorisation.ts'
import {
  type Attempt,
  type AttemptChanges,
  newAttempt,
  type PersonName,
  type QuestionNote,
} from '../payment/attempt.ts'
import { type Db, retryDeadlock } from './database.ts'
import { fewAtATime, together } from './together.ts'

/** Secrets of an attempt; sealed as one column, bound to the row. Everything else is plain JSON. */
interface Secrets {
  payAuthNo?: string
  payToken?: string
  prepay?: string
  cashierPage?: string
  payer?: PersonName
  patient?: PersonName
}

interface AttemptRow {
  order_id: string
  no: number
  plain: string
  sealed: string
}

const context = (orderId: string, no: number): string => `attempts.sealed:${orderId}:${no}`

const SECRET_NAMES = ['payAuthNo', 'payToken', 'prepay', 'cashierPage', 'payer', 'patient'] as const

function secretsOf(attempt: Attempt): Secrets {
  return {
    ...(attempt.payAuthNo && { payAuthNo: attempt.payAuthNo.reveal() }),
    ...(attempt.payToken && { payToken: attempt.payToken.reveal() }),
    ...(attempt.prepay && { prepay: attempt.prepay.reveal() }),
    ...(attempt.cashierPage && { cashierPage: attempt.cashierPage.reveal() }),
    ...(attempt.payer && { payer: attempt.payer.reveal() }),
    ...(attempt.patient && { patient: attempt.patient.reveal() }),
  }
}

function plainOf(attempt: Attempt): string {
  const plain: Record<string, unknown> = { ...attempt }
  for (const name of SECRET_NAMES) delete plain[name]
  return JSON.stringify(plain)
}

/** Numbers that others know us by are columns of their own, each unique. */
function numbersOf(attempt: Attempt) {
  return {
    med_org_ord: attempt.medOrgOrd,
    pay_ord_id: attempt.payOrdId,
    out_trade_no: attempt.outTradeNo,
    institution_no: attempt.institutionNo,
    mix_trade_no: attempt.mixTradeNo,
  }
}

function sealedOf(db: Db, orderId: string, attempt: Attempt): string {
  return db.sealer.seal(JSON.stringify(secretsOf(attempt)), context(orderId, attempt.no))
}

const NUMBER_NAMES = ['medOrgOrd', 'payOrdId', 'outTradeNo', 'institutionNo', 'mixTradeNo'] as const

export function attemptToRow(db: Db, orderId: string, attempt: Attempt) {
  return {
    order_id: orderId,
    no: attempt.no,
    ...numbersOf(attempt),
    plain: plainOf(attempt),
    sealed: sealedOf(db, orderId, attempt),
  }
}

/** Only what changed: sealing again costs, and most steps change no secret. */
export function attemptUpdate(
  db: Db,
  orderId: string,
  attempt: Attempt,
  changes: AttemptChanges,
): Record<string, unknown> {
  const next = { ...attempt, ...changes }
  const secretChanged = SECRET_NAMES.some((name) => changes[name] !== undefined)
  const numberChanged = NUMBER_NAMES.some((name) => changes[name] !== undefined)
  return {
    ...(numberChanged && numbersOf(next)),
    plain: plainOf(next),
    ...(secretChanged && { sealed: sealedOf(db, orderId, next) }),
  }
}

const secret = <T>(value: T | undefined): Secret<T> | null =>
  value === undefined ? null : new Secret(value)

export function attemptFromRow(db: Db, row: AttemptRow): Attempt {
  const secrets: Secrets = JSON.parse(db.sealer.open(row.sealed, context(row.order_id, row.no)))
  return {
    ...newAttempt(row.no),
    ...JSON.parse(row.plain),
    payAuthNo: secrets.payAuthNo === undefined ? null : asPayAuthNo(secrets.payAuthNo),
    payToken: secret(secrets.payToken),
    prepay: secret(secrets.prepay),
    cashierPage: secret(secrets.cashierPage),
    payer: secret(secrets.payer),
    patient: secret(secrets.patient),
  }
}

interface Note {
  readonly orderId: string
  readonly attempt: Attempt
  readonly lease: string
  readonly changes: QuestionNote
}

/**
 * Counters of questions change neither version nor what anybody sees.
 * @returns false when the lease is gone: another actor asks now.
 */
export async function note(db: Db, item: Note): Promise<boolean> {
  const held = await noteTogether(db, item)
  await fewAtATime()
  return held
}

const noteTogether = together(async (db: Db, notes: readonly Note[]) => {
  const held = await retryDeadlock(() => writeNotes(db, notes))
  if (held === notes.length) return notes.map(() => true)
  // Rare: somebody's lease ran out. Written again one by one, each learns how it stands.
  return Promise.all(notes.map(async (note) => (await writeNotes(db, [note])) === 1))
})

async function writeNotes(db: Db, notes: readonly Note[]): Promise<number> {
  const plain = notes.flatMap(({ orderId, attempt, changes }) => [
    orderId,
    plainOf({ ...attempt, ...changes }),
  ])
  const held = db
    .q('orders')
    .whereRaw('orders.id = attempts.order_id')
    .whereIn(
      ['id', 'lease_owner'],
      notes.map(({ orderId, lease }) => [orderId, lease]),
    )
  return (
    db
      .q('attempts')
      // By the key alone first: for pairs MariaDB would rather read the whole table, and lock it.
      .whereIn(
        'order_id',
        notes.map(({ orderId }) => orderId),
      )
      .whereIn(
        ['order_id', 'no'],
        notes.map(({ orderId, attempt }) => [orderId, attempt.no]),
      )
      .whereExists(held)
      .update({
        plain: db.q.raw(`case order_id ${'when ? then ? '.repeat(notes.length)}end`, plain),
      })
  )
}

export async function byInstitutionNo(db: Db, institutionNo: string): Promise<string | null> {
  return orderIdBy(db, { institution_no: institutionNo })
}

export async function byPayOrdId(db: Db, payOrdId: string): Promise<string | null> {
  return orderIdBy(db, { pay_ord_id: payOrdId })
}

export async function byMixTradeNo(db: Db, mixTradeNo: string): Promise<string | null> {
  return orderIdBy(db, { mix_trade_no: mixTradeNo })
}

async function orderIdBy(db: Db, where: Record<string, string>): Promise<string | null> {
  const row = await db
    .q('attempts')
    .where(where)
    .first<{ order_id: string } | undefined>('order_id')
  return row?.order_id ?? null
}

/** An earlier try of an order, for work that was left over from it. */
export async function attemptOf(db: Db, orderId: string, no: number): Promise<Attempt | null> {
  const row = await db
    .q('attempts')
    .where({ order_id: orderId, no })
    .first<{ order_id: string; no: number; plain: string; sealed: string } | undefined>()
  return row ? attemptFromRow(db, row) : null
}
