import type { Db } from './database.ts'
import { textOf } from './columns.ts'

const markOf = (db: Db, code: string): string => db.sealer.mark(code, 'hrss_cashiers.code')
const context = (mark: string): string => `hrss_cashiers.sealed:${mark}`

/** The newest of a code counts: it is whose order the patient is asked to pay now. */
export async function put(
  db: Db,
  { code, cashier, expiresAt }: { code: string; cashier: string; expiresAt: number },
): Promise<void> {
  const mark = markOf(db, code)
  await db
    .q('hrss_cashiers')
    .insert({
      code_mark: mark,
      sealed: db.sealer.seal(cashier, context(mark)),
      expires_at: expiresAt,
    })
    .onConflict('code_mark')
    .merge()
}

export async function find(db: Db, code: string, now: number): Promise<string | null> {
  const mark = markOf(db, code)
  const row = await db
    .q('hrss_cashiers')
    .where({ code_mark: mark })
    .andWhere('expires_at', '>', now)
    .first<Record<string, unknown> | undefined>('sealed')
  return row ? db.sealer.open(textOf(row['sealed']), context(mark)) : null
}

export async function purge(db: Db, now: number): Promise<void> {
  await db.q('hrss_cashiers').where('expires_at', '<=', now).delete()
}
