import { type Db, retryDeadlock } from './database.ts'
import * as inbox from './inbox.ts'
import { together } from './together.ts'

/**
 * One order, one actor: whoever moves an order holds its lease. A lease is a claim with an end,
 * not a database lock: nothing is locked while an upstream is asked. The version check of every
 * step stops an actor whose lease ran out. Until it is given back, `due_at` is the lease's end, so
 * that a dead process's order is found again.
 */

/** @returns false while somebody else holds it. */
export async function take(
  db: Db,
  orderId: string,
  lease: { owner: string; now: number; until: number },
): Promise<boolean> {
  const changed = await free(db, lease.now).where({ id: orderId }).update(held(lease))
  return changed === 1
}

const held = (lease: { owner: string; until: number }) => ({
  lease_owner: lease.owner,
  lease_until: lease.until,
  due_at: lease.until,
})

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

function free(db: Db, now: number) {
  return db
    .q('orders')
    .where((open) => void open.whereNull('lease_until').orWhere('lease_until', '<=', now))
}

/** Takes every order that is due or has a ready notice, and that nobody holds. @returns their ids. */
export async function takeDue(
  db: Db,
  lease: { owner: string; now: number; until: number; questionUntil: number; limit: number },
): Promise<{ ids: string[]; noticed: ReadonlySet<string> }> {
  const due = await free(db, lease.now)
    .where('due_at', '<=', lease.now)
    .orderBy('due_at')
    .limit(lease.limit)
    .select<{ id: string }[]>('id')
  const noticed = await inbox.ordersWithNotices(db, lease.now, lease.limit)
  const ids = [...new Set([...noticed, ...due.map((row) => row.id)])].slice(0, lease.limit)
  const found = { ids, noticed: new Set(noticed) }
  if (ids.length === 0) return found
  const changed = await free(db, lease.now).whereIn('id', ids).update(heldByWorker(db, lease))
  if (changed === ids.length) return found
  const mine = await db
    .q('orders')
    .whereIn('id', ids)
    .where({ lease_owner: lease.owner })
    .select<{ id: string }[]>('id')
  return { ...found, ids: mine.map((row) => row.id) }
}

/** @returns false when somebody else has it, or it was given back. */
export async function renew(
  db: Db,
  orderId: string,
  lease: { owner: string; until: number },
): Promise<boolean> {
  const changed = await db
    .q('orders')
    .where({ id: orderId, lease_owner: lease.owner })
    .update(held(lease))
  return changed === 1
}

interface Release {
  readonly orderId: string
  readonly owner: string
  /** When the order wants attention next; null when it wants none. */
  readonly dueAt: number | null
}

/** Gives the order back, unless somebody else has it by now. */
export const release = together(async (db: Db, releases: readonly Release[]) => {
  const dueAt = releases.flatMap(({ orderId, dueAt }) => [orderId, dueAt])
  await retryDeadlock(() =>
    db
      .q('orders')
      .whereIn(
        ['id', 'lease_owner'],
        releases.map(({ orderId, owner }) => [orderId, owner]),
      )
      .update({
        lease_owner: null,
        lease_until: null,
        due_at: db.q.raw(`case id ${'when ? then ? '.repeat(releases.length)}end`, dueAt),
      }),
  )
  return releases.map(() => undefined)
})
