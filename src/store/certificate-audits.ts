import { textOf } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

/** A signed-off audit. Written once; nothing here changes or removes one. */
export interface CertificateAudit {
  /** 1, 2, 3 …, without a gap. */
  readonly no: number
  readonly at: number
  readonly operator: string
  readonly result: string
  /** JSON. */
  readonly findings: string
  /** Over this record and the digest of the one before. */
  readonly digest: string
}

/** @returns false when another audit got this number meanwhile. */
export async function insert(db: Db, audit: CertificateAudit): Promise<boolean> {
  try {
    await db.q('certificate_audits').insert({ ...audit })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

/** The first one first. */
export async function all(db: Db): Promise<CertificateAudit[]> {
  const rows = await db.q('certificate_audits').orderBy('no').select<Record<string, unknown>[]>()
  return rows.map((row) => ({
    no: toNumber(row['no']),
    at: toNumber(row['at']),
    operator: textOf(row['operator']),
    result: textOf(row['result']),
    findings: textOf(row['findings']),
    digest: textOf(row['digest']),
  }))
}

/** When the newest one was signed off; null before the first. */
export async function newestAt(db: Db): Promise<number | null> {
  const row = await db
    .q('certificate_audits')
    .max<{ at: unknown }[]>({ at: 'at' })
    .first<{ at: unknown } | undefined>()
  return row?.at === null || row === undefined ? null : toNumber(row.at)
}
