import { type Db, retryDeadlock } from './database.ts'
import * as inbox from './inbox.ts'
import { free, leasesOf } from './leased-rows.ts'
import { together } from './together.ts'

/** One order, one actor (`leased-rows.ts`): the version check of every step stops whoever was too slow. */
export const { take, renew } = leasesOf('orders', 'id')

/** An order that is only asked about is held no longer than a question lasts (SC-Q09). */
function heldByWorker(db: Db, lease: { owner: string; until: number; questionUntil: number }) {
  const until = db.q.raw('case when state in (?, ?) then ? else ? end', [
    'awaiting-payment',
    'processing',
    lease.questionUntil,
    lease.until,
  ])
  return { lease_owner: lease.owner, lease_until: until, due_at: until }
}

/** Takes every order that is due or has a ready notice, and that nobody holds. @returns their ids. */
export async function takeDue(
  db: Db,
  lease: { owner: string; now: number; until: number; questionUntil: number; limit: number },
): Promise<{ ids: string[]; noticed: ReadonlySet<string> }> {
  const due = await free(db, 'orders', lease.now)
    .where('due_at', '<=', lease.now)
    .orderBy('due_at')
    .limit(lease.limit)
    .select<{ id: string }[]>('id')
  const noticed = await inbox.ordersWithNotices(db, lease.now, lease.limit)
  const ids = [...new Set([...noticed, ...due.map((row) => row.id)])].slice(0, lease.limit)
  const found = { ids, noticed: new Set(noticed) }
  if (ids.length === 0) return found
  const changed = await free(db, 'orders', lease.now)
    .whereIn('id', ids)
    .update(heldByWorker(db, lease))
  if (changed === ids.length) return found
  const mine = await db
    .q('orders')
    .whereIn('id', ids)
    .where({ lease_owner: lease.owner })
    .select<{ id: string }[]>('id')
  return { ...found, ids: mine.map((row) => row.id) }
}

interface Release {
  readonly orderId: string
  readonly owner: string
  /** When the order wants attention next; null when it wants none. */
  readonly dueAt: number | null
}

/** Gives the order back, unless somebody else has it by now. */
export const release = together(async (db: Db, releases: readonly Release[]) => {
  const dueAt = releases.flatMap(({ orderId, owner, dueAt }) => [orderId, owner, dueAt])
  await retryDeadlock(() =>
    db
      .q('orders')
      // By the key alone first: for pairs MariaDB would rather read the whole table, and lock it.
      .whereIn(
        'id',
        releases.map(({ orderId }) => orderId),
      )
      .whereIn(
        ['id', 'lease_owner'],
        releases.map(({ orderId, owner }) => [orderId, owner]),
      )
      .update({
        // Before the lease is cleared: who lost it may give it back beside who has it.
        due_at: db.q.raw(
          `case ${'when id = ? and lease_owner = ? then ? '.repeat(releases.length)}end`,
          dueAt,
        ),
        lease_owner: null,
        lease_until: null,
      }),
  )
  return releases.map(() => undefined)
})
