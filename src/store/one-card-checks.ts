import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, toNumber } from './database.ts'

export const CHECK_KINDS = ['presence', 'scan'] as const
const STATES = ['waiting', 'passed', 'failed', 'expired', 'used'] as const

/** Somebody proves to be there (实人认证), or authorises us by a code; good once, for one business. */
export interface OneCardCheck {
  readonly id: string
  readonly kind: (typeof CHECK_KINDS)[number]
  /** Who began it is who may read it. */
  readonly sessionHash: string
  readonly businessType: string
  readonly personMark: string | null
  readonly state: (typeof STATES)[number]
  readonly askedAt: number | null
  readonly createdAt: number
  readonly expiresAt: number
}

export async function begin(db: Db, check: Omit<OneCardCheck, 'state' | 'askedAt'>): Promise<void> {
  await db.q('one_card_checks').insert({
    id: check.id,
    kind: check.kind,
    session_hash: check.sessionHash,
    business_type: check.businessType,
    person_mark: check.personMark,
    state: 'waiting',
    created_at: check.createdAt,
    expires_at: check.expiresAt,
  })
}

export async function find(db: Db, id: string): Promise<OneCardCheck | null> {
  const row = await db
    .q('one_card_checks')
    .where({ id })
    .first<Record<string, unknown> | undefined>()
  if (!row) return null
  return {
    id,
    kind: oneOf(CHECK_KINDS, row['kind']),
    sessionHash: textOf(row['session_hash']),
    businessType: textOf(row['business_type']),
    personMark: textOrNull(row['person_mark']),
    state: oneOf(STATES, row['state']),
    askedAt: row['asked_at'] === null ? null : toNumber(row['asked_at']),
    createdAt: toNumber(row['created_at']),
    expiresAt: toNumber(row['expires_at']),
  }
}

/** One question at a time, and not more often than this. @returns false when it is too soon. */
export async function mayAsk(
  db: Db,
  id: string,
  at: { readonly now: number; readonly everyMs: number },
): Promise<boolean> {
  const changed = await db
    .q('one_card_checks')
    .where({ id, state: 'waiting' })
    .andWhere(
      (free) => void free.whereNull('asked_at').orWhere('asked_at', '<=', at.now - at.everyMs),
    )
    .update({ asked_at: at.now })
  return changed === 1
}

/** @returns false when it is no longer where it was: a result counts once. */
export async function move(
  db: Db,
  id: string,
  step: { readonly from: OneCardCheck['state']; readonly to: OneCardCheck['state'] },
): Promise<boolean> {
  const changed = await db
    .q('one_card_checks')
    .where({ id, state: step.from })
    .update({ state: step.to })
  return changed === 1
}

/** Whether it was used or not: another one is quickly begun. */
export async function purge(db: Db, endedBefore: number): Promise<void> {
  await db.q('one_card_checks').where('expires_at', '<', endedBefore).delete()
}
