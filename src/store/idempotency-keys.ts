import { type Db, isDuplicate, toNumber } from './database.ts'

/**
 * Stored answers of POSTs by `Idempotency-Key`, kept 24 h. `scope` is a hash over caller, method,
 * path and key; bodies are compared as bytes through their hash.
 */
export type KeyState =
  | { readonly kind: 'yours' }
  | { readonly kind: 'running' }
  | { readonly kind: 'other-body' }
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }

interface KeyRow {
  body_hash: string
  lease_until: unknown
  status: number | null
  answer_sealed: string | null
  created_at: unknown
}

const context = (scope: string): string => `idempotency_keys.answer:${scope}`
const KEPT_MS = 86_400_000

export async function begin(
  db: Db,
  key: { scope: string; bodyHash: string; owner: string; now: number; until: number },
): Promise<KeyState> {
  const row = {
    body_hash: key.bodyHash,
    lease_owner: key.owner,
    lease_until: key.until,
    status: null,
    answer_sealed: null,
    created_at: key.now,
  }
  try {
    await db.q('idempotency_keys').insert({ scope: key.scope, ...row })
    return { kind: 'yours' }
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  const found = await db
    .q('idempotency_keys')
    .where({ scope: key.scope })
    .first<KeyRow | undefined>()
  if (!found) return { kind: 'running' }
  const fresh = toNumber(found.created_at) + KEPT_MS > key.now
  if (fresh && found.body_hash !== key.bodyHash) return { kind: 'other-body' }
  if (fresh && found.status !== null && found.answer_sealed !== null) {
    const body = db.sealer.open(found.answer_sealed, context(key.scope))
    return { kind: 'answered', status: found.status, body }
  }
  return takeOver(db, key, row)
}

/** An interrupted one runs again: flows are idempotent. */
async function takeOver(
  db: Db,
  key: { scope: string; now: number },
  row: Record<string, unknown>,
): Promise<KeyState> {
  const changed = await db
    .q('idempotency_keys')
    .where({ scope: key.scope })
    .andWhere(
      (free) =>
        void free
          .where('lease_until', '<=', key.now)
          .orWhereNull('lease_until')
          .orWhere('created_at', '<=', key.now - KEPT_MS),
    )
    .update(row)
  return changed === 1 ? { kind: 'yours' } : { kind: 'running' }
}

export async function answer(
  db: Db,
  key: { scope: string; owner: string },
  reply: { status: number; body: string },
): Promise<void> {
  await db
    .q('idempotency_keys')
    .where({ scope: key.scope, lease_owner: key.owner })
    .update({
      status: reply.status,
      answer_sealed: db.sealer.seal(reply.body, context(key.scope)),
      lease_until: null,
    })
}

/** Nothing is stored for 5xx and 202: the next one with this key runs. */
export async function abandon(db: Db, key: { scope: string; owner: string }): Promise<void> {
  await db
    .q('idempotency_keys')
    .where({ scope: key.scope, lease_owner: key.owner })
    .update({ lease_until: null, lease_owner: null })
}

export async function purge(db: Db, now: number): Promise<void> {
  await db
    .q('idempotency_keys')
    .where('created_at', '<=', now - KEPT_MS)
    .delete()
}
