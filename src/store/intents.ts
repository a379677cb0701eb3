import { INTENDED_EFFECTS, type IntendedEffect } from '../payment/effects.ts'
import { oneOf } from './columns.ts'
import { type Db, toNumber } from './database.ts'

/**
 * An intent is a promise to ourselves to call, stored before the call (invariant 2). `open`: called
 * or about to be, answer not known; `dead`: known never to have an effect; `lost`: burnt.
 */
export const INTENT_STATES = ['open', 'done', 'refused', 'dead', 'lost'] as const
export type IntentState = (typeof INTENT_STATES)[number]

export interface Intent {
  readonly effect: IntendedEffect
  readonly number: string
  readonly orderId: string
  readonly attemptNo: number
  readonly state: IntentState
  /** The exact request where a repeat must be byte-identical (6201). */
  readonly request: string | null
  /** What the answer said, in short: a code and words, never data. */
  readonly answer: string | null
  readonly tries: number
  /** How often it may have left the house; questions do not count. */
  readonly sent: number
  readonly dueAt: number | null
  readonly createdAt: number
}

interface IntentRow {
  effect: string
  number: string
  order_id: string
  attempt_no: number
  state: string
  request_sealed: string | null
  answer: string | null
  tries: number
  sent: number
  due_at: unknown
  created_at: unknown
}

const context = (effect: string, number: string): string => `intents.request:${effect}:${number}`

function fromRow(db: Db, row: IntentRow): Intent {
  return {
    effect: oneOf(INTENDED_EFFECTS, row.effect),
    number: row.number,
    orderId: row.order_id,
    attemptNo: row.attempt_no,
    state: oneOf(INTENT_STATES, row.state),
    request:
      row.request_sealed === null
        ? null
        : db.sealer.open(row.request_sealed, context(row.effect, row.number)),
    answer: row.answer,
    tries: row.tries,
    sent: row.sent,
    dueAt: row.due_at === null ? null : toNumber(row.due_at),
    createdAt: toNumber(row.created_at),
  }
}

/** @throws when the number is already known: one number, one effect. */
export async function open(
  db: Db,
  intent: Pick<Intent, 'effect' | 'number' | 'orderId' | 'attemptNo' | 'dueAt' | 'createdAt'> & {
    request?: string | null
  },
): Promise<void> {
  await db.q('intents').insert({
    effect: intent.effect,
    number: intent.number,
    order_id: intent.orderId,
    attempt_no: intent.attemptNo,
    state: 'open',
    request_sealed:
      intent.request == null
        ? null
        : db.sealer.seal(intent.request, context(intent.effect, intent.number)),
    tries: 0,
    due_at: intent.dueAt,
    created_at: intent.createdAt,
  })
}

export async function find(db: Db, effect: IntendedEffect, number: string): Promise<Intent | null> {
  const row = await db.q('intents').where({ effect, number }).first<IntentRow | undefined>()
  return row ? fromRow(db, row) : null
}

/** Every intent of an order, oldest first. */
export async function ofOrder(db: Db, orderId: string): Promise<Intent[]> {
  const rows: IntentRow[] = await db
    .q('intents')
    .where({ order_id: orderId })
    .orderBy(['created_at', 'effect', 'number'])
  return rows.map((row) => fromRow(db, row))
}

/** Open background work of an order with the instant it is due. */
export async function nextDue(db: Db, orderId: string): Promise<number | null> {
  const row = await db
    .q('intents')
    .where({ order_id: orderId, state: 'open' })
    .min<{ at: unknown }[]>('due_at as at')
    .first()
  return row?.at == null ? null : toNumber(row.at)
}

/** Orders among these that have open background work, each with the instant it is due. */
export async function nextDueOf(db: Db, orderIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .q('intents')
    .whereIn('order_id', [...orderIds])
    .where({ state: 'open' })
    .whereNotNull('due_at')
    .groupBy('order_id')
    .select<{ order_id: string; at: unknown }[]>('order_id', db.q.raw('min(due_at) as at'))
  return new Map(rows.map((row) => [row.order_id, toNumber(row.at)]))
}

export async function close(
  db: Db,
  intent: { effect: IntendedEffect; number: string },
  end: { state: Exclude<IntentState, 'open'>; answer: string | null; now: number },
): Promise<void> {
  await db
    .q('intents')
    .where({ effect: intent.effect, number: intent.number })
    .update({
      state: end.state,
      answer: end.answer?.slice(0, 512) ?? null,
      due_at: null,
      closed_at: end.now,
    })
}

/** When its answer was learned; null while it is open. */
export async function closedAt(
  db: Db,
  { effect, number }: { effect: IntendedEffect; number: string },
): Promise<number | null> {
  const row = await db
    .q('intents')
    .where({ effect, number })
    .first<{ closed_at: unknown } | undefined>('closed_at')
  return row?.closed_at == null ? null : toNumber(row.closed_at)
}

/** The other side has lost what it had taken: the same number is sent again. */
export async function reopen(
  db: Db,
  intent: { effect: IntendedEffect; number: string },
  dueAt: number,
): Promise<boolean> {
  const changed = await db
    .q('intents')
    .where({ effect: intent.effect, number: intent.number })
    .update({ state: 'open', due_at: dueAt, closed_at: null, tries: 0 })
  return changed === 1
}

/** A person decides now: nothing of this order moves by itself until somebody says so (SC-H01). */
export async function suspend(db: Db, orderId: string): Promise<void> {
  await db
    .q('intents')
    .where({ order_id: orderId, state: 'open' })
    .whereIn('effect', ['refund-insurance', 'refund-self-pay', 'revoke-upload', 'release-bill'])
    .update({ due_at: null })
}

/** A number that was given up is wanted again. */
export async function revive(
  db: Db,
  { effect, number }: { effect: IntendedEffect; number: string },
  now: number,
): Promise<void> {
  await db.q('intents').where({ effect, number }).whereIn('state', ['dead', 'refused']).update({
    state: 'open',
    answer: null,
    tries: 0,
    due_at: now,
    closed_at: null,
    created_at: now,
  })
}

/** Nothing of ours returns money of this order any more: people did. */
export async function giveUp(
  db: Db,
  orderId: string,
  end: { effects: readonly IntendedEffect[]; why: string; now: number },
): Promise<void> {
  await db
    .q('intents')
    .where({ order_id: orderId, state: 'open' })
    .whereIn('effect', [...end.effects])
    .update({ state: 'dead', answer: end.why, due_at: null, closed_at: end.now })
}

/** The person has decided: what was suspended of these goes on, or of this number alone. */
export async function resume(
  db: Db,
  orderId: string,
  what: { effects: readonly IntendedEffect[]; at: number; number?: string },
): Promise<void> {
  const { number } = what
  await db
    .q('intents')
    .where({ order_id: orderId, state: 'open', ...(number !== undefined && { number }) })
    .whereIn('effect', [...what.effects])
    .whereNull('due_at')
    .update({ due_at: what.at })
}

/**
 * Not over: counted, and due again later (null: the flow that owns it asks again by itself). With
 * an owner, only while that owner still holds the order.
 */
export async function postpone(
  db: Db,
  intent: { effect: IntendedEffect; number: string },
  again: {
    dueAt: number | null
    answer: string | null
    tries: number
    sent?: number
    owner?: string
  },
): Promise<void> {
  const { owner } = again
  const holder = db.q('orders').whereRaw('orders.id = intents.order_id')
  await db
    .q('intents')
    .where({ effect: intent.effect, number: intent.number, state: 'open' })
    .where((mine) =>
      owner === undefined ? undefined : void mine.whereExists(holder.where({ lease_owner: owner })),
    )
    .update({
      tries: again.tries,
      ...(again.sent !== undefined && { sent: again.sent }),
      due_at: again.dueAt,
      answer: again.answer?.slice(0, 512) ?? null,
    })
}
