import { oneOf } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'
import { free } from './leased-rows.ts'

/**
 * Callbacks as received, and what the insurer has told (6302): stored before they are acknowledged,
 * applied afterwards (invariant 6).
 * The id is the hash of what was received, so a repeat is the same row (SC-S10). The inbox is a
 * queue of its own: storing a notice is one statement and touches no order.
 */
export interface InboxItem {
  readonly id: string
  readonly source: string
  readonly kind: 'mixed-order' | 'self-pay' | 'settlement'
  readonly raw: string
  readonly receivedAt: number
  /** Not applied before this instant. */
  readonly readyAt: number
}

/** The number by which a notice names its order. */
export type About =
  | { readonly orderId: string }
  | { readonly outTradeNo: string }
  | { readonly mixTradeNo: string; readonly institutionNo: string | null }

const KINDS = ['mixed-order', 'self-pay', 'settlement'] as const

const context = (id: string): string => `inbox.raw:${id}`

/** One durable statement. @returns false for a repeat: it is already here. */
export async function insert(db: Db, item: InboxItem, about: About): Promise<boolean> {
  try {
    await db.q('inbox').insert({
      id: item.id,
      source: item.source,
      kind: item.kind,
      order_id: orderOf(db, about),
      institution_no: 'institutionNo' in about ? about.institutionNo : null,
      mix_trade_no: 'mixTradeNo' in about ? about.mixTradeNo : null,
      raw_sealed: db.sealer.seal(item.raw, context(item.id)),
      state: 'new',
      received_at: item.receivedAt,
      ready_at: item.readyAt,
    })
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
  db.committed('notice-stored')
  return true
}

/** Step 9's answer may be lost: then only the institution number knows the order. */
function orderOf(db: Db, about: About) {
  if ('orderId' in about) return about.orderId
  if ('outTradeNo' in about)
    return db.q.raw(
      `coalesce((select order_id from attempts where out_trade_no = ?),
        (select order_id from intents where effect = 'order-self-pay' and number = ?))`,
      [about.outTradeNo, about.outTradeNo],
    )
  return db.q.raw(
    `coalesce((select order_id from attempts where mix_trade_no = ?),
      (select order_id from attempts where institution_no = ?))`,
    [about.mixTradeNo, about.institutionNo ?? ''],
  )
}

/** Notices of an order that are ready and not yet applied, oldest first. */
export async function unread(db: Db, orderId: string, now: number): Promise<InboxItem[]> {
  const rows: Record<string, unknown>[] = await db
    .q('inbox')
    .where({ order_id: orderId, state: 'new' })
    .andWhere('ready_at', '<=', now)
    .orderBy('received_at')
  return rows.map((row) => ({
    id: String(row['id']),
    source: String(row['source']),
    kind: oneOf(KINDS, row['kind']),
    raw: db.sealer.open(String(row['raw_sealed']), context(String(row['id']))),
    receivedAt: toNumber(row['received_at']),
    readyAt: toNumber(row['ready_at']),
  }))
}

/** Orders with a notice that is ready, and that nobody holds. */
export async function ordersWithNotices(db: Db, now: number, limit: number): Promise<string[]> {
  const rows = await free(db, 'orders', now)
    .join('inbox', 'inbox.order_id', 'orders.id')
    .where({ 'inbox.state': 'new' })
    .andWhere('inbox.ready_at', '<=', now)
    .distinct<{ id: string }[]>('orders.id')
    .limit(limit)
  return rows.map((row) => row.id)
}

export async function markApplied(db: Db, id: string, now: number): Promise<void> {
  await db.q('inbox').where({ id }).update({ state: 'applied', applied_at: now })
}

/** After an error: the notices stay, but not at once, or a bug would spin. */
export async function rest(
  db: Db,
  which: { orderId: string } | { id: string },
  until: number,
): Promise<void> {
  const where = 'id' in which ? { id: which.id } : { order_id: which.orderId }
  await db
    .q('inbox')
    .where({ ...where, state: 'new' })
    .update({ ready_at: until })
}

/**
 * Verified notices that name no order of ours, each reported once. One that came before step 9
 * told its number finds its order here.
 */
export async function takeOrphans(db: Db, receivedBefore: number): Promise<string[]> {
  const nameless = () => db.q('inbox').where({ state: 'new' }).whereNull('order_id')
  const known = db.q('attempts').whereRaw('attempts.mix_trade_no = inbox.mix_trade_no')
  await nameless()
    .whereExists(known)
    .update({
      order_id: db.q.raw(
        '(select order_id from attempts where attempts.mix_trade_no = inbox.mix_trade_no)',
      ),
    })
  const rows = await nameless()
    .andWhere('received_at', '<', receivedBefore)
    .limit(100)
    .select<{ id: string }[]>('id')
  const ids = rows.map((row) => row.id)
  if (ids.length > 0) await db.q('inbox').whereIn('id', ids).update({ state: 'orphan' })
  return ids
}
