import { type Db, isDuplicate } from './database.ts'

/** Inbound message ids, kept at least 24 h (SC-S10). @returns false when seen before. */
export async function remember(db: Db, hash: string, expiresAt: number): Promise<boolean> {
  try {
    await db.q('nonces').insert({ hash, expires_at: expiresAt })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

export async function purge(db: Db, now: number): Promise<void> {
  await db.q('nonces').where('expires_at', '<=', now).delete()
}
