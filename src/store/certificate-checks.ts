import { textOf } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

/** The day's look at every certificate and key: one process a business day, the others see its row. */
export interface CertificateCheck {
  readonly at: number
  /** JSON. */
  readonly findings: string
}

interface Turn {
  readonly businessDate: string
  readonly now: number
  readonly until: number
}

/** @returns false when the day's check is made, or somebody is at it. */
export async function takeTurn(db: Db, { businessDate, now, until }: Turn): Promise<boolean> {
  try {
    await db.q('certificate_checks').insert({ business_date: businessDate, lease_until: until })
    return true
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  const changed = await db
    .q('certificate_checks')
    .where({ business_date: businessDate })
    .whereNull('at')
    .where('lease_until', '<=', now)
    .update({ lease_until: until })
  return changed === 1
}

export async function finish(
  db: Db,
  businessDate: string,
  { at, findings }: CertificateCheck,
): Promise<void> {
  await db
    .q('certificate_checks')
    .where({ business_date: businessDate })
    .whereNull('at')
    .update({ at, findings })
}

async function oneOf(db: Db, order: 'asc' | 'desc'): Promise<CertificateCheck | null> {
  const row = await db
    .q('certificate_checks')
    .whereNotNull('at')
    .orderBy('business_date', order)
    .first<Record<string, unknown> | undefined>()
  return row ? { at: toNumber(row['at']), findings: textOf(row['findings']) } : null
}

export const newest = (db: Db): Promise<CertificateCheck | null> => oneOf(db, 'desc')
export const oldest = (db: Db): Promise<CertificateCheck | null> => oneOf(db, 'asc')
