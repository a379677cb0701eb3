/** What the store says at the end of a run, as plain rows. */
import type { Knex } from 'knex'

export interface OrderRow {
  readonly id: string
  readonly version: number
  readonly bill_no: string
  readonly state: string
  readonly total_fen: number
  readonly fund_fen: number
  readonly account_fen: number
  readonly other_fen: number
  readonly self_pay_fen: number
  readonly refunded_fen: number
  readonly self_pay: string
  readonly insurance: string
  readonly his_write_back: string
  readonly created_at: number
  readonly due_at: number | null
}

export interface EventRow {
  readonly order_id: string
  readonly version: number
  readonly at: number
  readonly what: string
  readonly to_state: string | null
  readonly detail: string
}

export interface RefundRow {
  readonly order_id: string
  readonly refund_no: string
  readonly number: string
  readonly state: string
  readonly total_fen: number
  readonly self_pay_fen: number
}

export interface IntentRow {
  readonly order_id: string
  readonly effect: string
  readonly number: string
  readonly state: string
  readonly due_at: number | null
  readonly answer: string | null
}

export interface AttemptRow {
  readonly order_id: string
  readonly no: number
  readonly mix_trade_no: string | null
  readonly out_trade_no: string | null
  readonly plain: string
}

export interface Books {
  readonly orders: readonly OrderRow[]
  readonly events: readonly EventRow[]
  readonly refunds: readonly RefundRow[]
  readonly intents: readonly IntentRow[]
  readonly attempts: readonly AttemptRow[]
  /** Kinds of open work items by order. */
  readonly owned: ReadonlyMap<string, readonly string[]>
}

export async function readBooks(q: Knex): Promise<Books> {
  const items: { order_id: string | null; kind: string }[] = await q('work_items').where({
    state: 'open',
  })
  const owned = new Map<string, string[]>()
  for (const { order_id: id, kind } of items)
    if (id !== null) owned.set(id, [...(owned.get(id) ?? []), kind])
  return {
    orders: await q('orders').orderBy('id'),
    events: await q('events').orderBy(['order_id', 'version']),
    refunds: await q('refunds').orderBy('id'),
    intents: await q('intents').orderBy('created_at'),
    attempts: await q('attempts'),
    owned,
  }
}
