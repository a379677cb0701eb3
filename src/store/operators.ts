import { type Db, isDuplicate } from './database.ts'

/** A person who resolves work items; each has a key of their own, stored as a salted hash. */
export async function insert(
  db: Db,
  operator: { name: string; keyHash: string; now: number },
): Promise<boolean> {
  try {
    await db
      .q('operators')
      .insert({ name: operator.name, key_hash: operator.keyHash, created_at: operator.now })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

export async function keyHashOf(db: Db, name: string): Promise<string | null> {
  const row = await db
    .q('operators')
    .where({ name })
    .first<{ key_hash: string } | undefined>('key_hash')
  return row?.key_hash ?? null
}
