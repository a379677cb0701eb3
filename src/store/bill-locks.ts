import { type Db, isDuplicate, toNumber } from './database.ts'

/** A desk that is taking a bill itself; it ends by itself at `until`. */
export interface BillLock {
  readonly billNo: string
  readonly desk: string
  readonly since: number
  readonly until: number
}

/** Of a bill whose payment may live: it must not become free by itself. */
export const UNTIL_GIVEN_BACK = Date.parse('9999-01-01T00:00:00Z')

export async function find(db: Db, billNo: string, now: number): Promise<BillLock | null> {
  const row = await db
    .q('bill_locks')
    .where({ bill_no: billNo })
    .andWhere('until', '>', now)
    .first<Record<string, unknown> | undefined>()
  if (!row) return null
  return {
    billNo,
    desk: String(row['desk']),
    since: toNumber(row['since']),
    until: toNumber(row['until']),
  }
}

/**
 * @returns false while another desk holds it. The same desk may change its own lock's end, but where a
 * payment may live there is none.
 */
export async function take(db: Db, lock: BillLock): Promise<boolean> {
  const row = { bill_no: lock.billNo, desk: lock.desk, since: lock.since, until: lock.until }
  try {
    await db.q('bill_locks').insert(row)
    return true
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  const changed = await db
    .q('bill_locks')
    .where({ bill_no: lock.billNo })
    .andWhere((free) => void free.where({ desk: lock.desk }).orWhere('until', '<=', lock.since))
    .update({
      ...row,
      until: db.q.raw('case when ?? = ? then ?? else ? end', [
        'until',
        UNTIL_GIVEN_BACK,
        'until',
        lock.until,
      ]),
    })
  return changed === 1
}

export async function release(db: Db, billNo: string, desk: string): Promise<void> {
  await db.q('bill_locks').where({ bill_no: billNo, desk }).delete()
}
