import type { Db } from './database.ts'

/** The one-use `state` of an authorisation jump, bound to its order (SC-P03). Only its hash rests here. */
export async function insert(
  db: Db,
  state: { hash: string; orderId: string; expiresAt: number },
): Promise<void> {
  await db
    .q('auth_states')
    .insert({ hash: state.hash, order_id: state.orderId, expires_at: state.expiresAt })
}

/**
 * Uses the state for one authCode (its hash). Repeating the same pair is the same use; another
 * code, another order or a late one is refused.
 */
export async function use(
  db: Db,
  state: { hash: string; orderId: string; codeHash: string; now: number },
): Promise<boolean> {
  const mine = db
    .q('auth_states')
    .where({ hash: state.hash, order_id: state.orderId })
    .andWhere('expires_at', '>', state.now)
  await mine.clone().whereNull('used_by').update({ used_by: state.codeHash })
  const row = await mine.first<{ used_by: string | null } | undefined>('used_by')
  return row?.used_by === state.codeHash
}
