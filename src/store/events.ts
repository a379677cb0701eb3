import { textOf, textOrNull } from './columns.ts'
import type { Db } from './database.ts'
import { toNumber } from './database.ts'

/** The history of an order: one row a version, written in the transaction that made the version. */
export interface OrderEvent {
  readonly orderId: string
  readonly version: number
  readonly at: number
  /** Kebab-case name of what happened: `mixed-order-placed`, `paid`, ... */
  readonly what: string
  readonly from: string | null
  readonly to: string | null
  /** Plain facts without secrets or personal data. */
  readonly detail: Readonly<Record<string, unknown>>
  readonly traceId: string | null
}

export async function append(db: Db, event: OrderEvent): Promise<void> {
  await db.q('events').insert({
    order_id: event.orderId,
    version: event.version,
    at: event.at,
    what: event.what,
    from_state: event.from,
    to_state: event.to,
    detail: JSON.stringify(event.detail),
    trace_id: event.traceId,
  })
}

export async function ofOrder(db: Db, orderId: string): Promise<OrderEvent[]> {
  const rows = await db.q('events').where({ order_id: orderId }).orderBy('version')
  return rows.map((row: Record<string, unknown>) => ({
    orderId,
    version: toNumber(row['version']),
    at: toNumber(row['at']),
    what: textOf(row['what']),
    from: textOrNull(row['from_state']),
    to: textOrNull(row['to_state']),
    detail: JSON.parse(textOrNull(row['detail']) ?? '{}'),
    traceId: textOrNull(row['trace_id']),
  }))
}
