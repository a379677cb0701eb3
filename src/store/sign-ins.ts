import { type Db, isDuplicate } from './database.ts'

/**
 * 9001 sign-in of an operator for a business day: one process signs in while the others wait on
 * the clock; the newest number wins (docs/rulings.md 1).
 */
export interface SignInKey {
  readonly operator: string
  readonly businessDate: string
}

const where = (key: SignInKey) => ({ operator: key.operator, business_date: key.businessDate })

export async function find(db: Db, key: SignInKey): Promise<string | null> {
  const row = await db
    .q('sign_ins')
    .where(where(key))
    .first<{ sign_no: string | null } | undefined>('sign_no')
  return row?.sign_no ?? null
}

/** @returns false while another process is signing in. */
export async function takeTurn(
  db: Db,
  key: SignInKey,
  lease: { owner: string; now: number; until: number },
): Promise<boolean> {
  const row = { lease_owner: lease.owner, lease_until: lease.until }
  try {
    await db.q('sign_ins').insert({ ...where(key), ...row })
    return true
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  const changed = await db
    .q('sign_ins')
    .where(where(key))
    .whereNull('sign_no')
    .andWhere((free) => void free.whereNull('lease_until').orWhere('lease_until', '<=', lease.now))
    .update(row)
  return changed === 1
}

export async function store(db: Db, key: SignInKey, signNo: string | null): Promise<void> {
  await db
    .q('sign_ins')
    .where(where(key))
    .update({ sign_no: signNo, lease_owner: null, lease_until: null })
}

/** "invalid sign_no" clears the row, but only the number that was refused. */
export async function clear(db: Db, key: SignInKey, signNo: string): Promise<void> {
  await db
    .q('sign_ins')
    .where({ ...where(key), sign_no: signNo })
    .update({ sign_no: null })
}
