import type { RefundPart } from '../payment/refunds.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

/** What needs a person: what, why in one Chinese sentence, the safe actions (docs/rulings.md 5). */
export const WORK_ITEM_KINDS = [
  'upload-lost',
  'amounts-mismatch',
  'still-unknown',
  'impossible-legs',
  'results-disagree',
  'paid-after-revoke',
  'write-back-refused',
  'refund-failing',
  'revoke-refused',
  'order-stuck',
  'hold-refused',
  'refund-overdue',
  'refund-refused',
  'refund-reversed',
  'refund-maybe-twice',
  'refund-after-reject',
  'refund-notice-refused',
  'refund-write-back-refused',
  'write-back-overdue',
  'revoke-overdue',
  'notice-unmatched',
  'notice-unusable',
  'certificate-ending',
  'one-code-unknown',
  'one-code-amount',
  'one-card-refused',
  'settlement-file-late',
  'settlement-file-damaged',
  'reconciliation-break',
  'served-unpaid',
] as const
export type WorkItemKind = (typeof WORK_ITEM_KINDS)[number]

export interface WorkItem {
  readonly id: string
  /** What it is about, once per kind: an order id, an attempt. */
  readonly subject: string
  readonly kind: WorkItemKind
  readonly orderId: string | null
  readonly sentence: string
  readonly actions: readonly string[]
  readonly owner: string | null
  readonly state: 'open' | 'resolved'
  readonly history: readonly WorkItemNote[]
  readonly createdAt: number
}

export interface WorkItemNote {
  readonly at: number
  readonly operator: string
  readonly action: string
  readonly note: string
  /** What the operator says people returned outside, and the voucher of it. */
  readonly byHand?: { readonly parts: readonly RefundPart[]; readonly voucherNo: string }
}

const STATES = ['open', 'resolved'] as const

function fromRow(row: Record<string, unknown>): WorkItem {
  return {
    id: textOf(row['id']),
    subject: textOf(row['subject']),
    kind: oneOf(WORK_ITEM_KINDS, row['kind']),
    orderId: textOrNull(row['order_id']),
    sentence: textOf(row['sentence']),
    actions: textOf(row['actions']).split(','),
    owner: textOrNull(row['owner']),
    state: oneOf(STATES, row['state']),
    history: JSON.parse(textOf(row['history'])),
    createdAt: toNumber(row['created_at']),
  }
}

interface NewWorkItem extends Pick<
  WorkItem,
  'id' | 'subject' | 'kind' | 'orderId' | 'sentence' | 'actions' | 'createdAt'
> {
  readonly opensAgain: boolean
  readonly owner?: string
}

/** Once a subject and kind: a repeat changes nothing, unless it opens again, or had ended by itself. */
export async function create(db: Db, item: NewWorkItem): Promise<void> {
  const known = await bySubject(db, item.subject, item.kind)
  const opensAgain = item.opensAgain || known?.history.at(-1)?.operator === 'system'
  if (known?.state === 'resolved' && opensAgain) {
    const note = { at: item.createdAt, operator: 'system', action: 'again', note: item.sentence }
    await change(db, known, { state: 'open', owner: known.owner, note })
  }
  if (known) return
  try {
    await db.q('work_items').insert({
      id: item.id,
      subject: item.subject,
      kind: item.kind,
      order_id: item.orderId,
      sentence: item.sentence,
      actions: item.actions.join(','),
      owner: item.owner ?? null,
      state: 'open',
      history: '[]',
      created_at: item.createdAt,
    })
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}

export async function bySubject(
  db: Db,
  subject: string,
  kind: WorkItemKind,
): Promise<WorkItem | null> {
  const row = await db
    .q('work_items')
    .where({ subject, kind })
    .first<Record<string, unknown> | undefined>()
  return row ? fromRow(row) : null
}

export async function anyOpen(db: Db, orderId: string): Promise<boolean> {
  const row = await db
    .q('work_items')
    .where({ order_id: orderId, state: 'open' })
    .first<{ id: string } | undefined>('id')
  return row !== undefined
}

/** What they asked about has come to its end by itself, whoever is about to write something. */
export async function endOpen(
  db: Db,
  which: { orderId: string; kinds: readonly WorkItemKind[]; about?: string },
  end: { at: number; note: string },
): Promise<void> {
  const rows: Record<string, unknown>[] = await db
    .q('work_items')
    .where({ order_id: which.orderId, state: 'open' })
    .whereIn('kind', [...which.kinds])
  const note = { ...end, operator: 'system', action: 'note' }
  for (const { id, subject } of rows.map(fromRow)) {
    if (which.about !== undefined && !subject.endsWith(`/${which.about}`)) continue
    let item = await byId(db, id)
    while (item?.state === 'open') {
      if (await change(db, item, { state: 'resolved', owner: item.owner, note })) break
      item = await byId(db, id)
    }
  }
}

/** What nobody has taken yet is this one's. */
export async function giveOwner(db: Db, orderId: string, owner: string): Promise<void> {
  await db
    .q('work_items')
    .where({ order_id: orderId, state: 'open' })
    .whereNull('owner')
    .update({ owner })
}

export async function list(db: Db, state: 'open' | 'resolved'): Promise<WorkItem[]> {
  const rows = await db.q('work_items').where({ state }).orderBy('created_at')
  return rows.map(fromRow)
}

export async function byId(db: Db, id: string): Promise<WorkItem | null> {
  const row = await db.q('work_items').where({ id }).first<Record<string, unknown> | undefined>()
  return row ? fromRow(row) : null
}

/** @returns false when somebody else changed it meanwhile. */
export async function change(
  db: Db,
  item: WorkItem,
  to: { state: 'open' | 'resolved'; owner: string | null; note: WorkItemNote },
): Promise<boolean> {
  const changed = await db
    .q('work_items')
    .where({ id: item.id, history: JSON.stringify(item.history) })
    .update({
      state: to.state,
      owner: to.owner,
      history: JSON.stringify([...item.history, to.note]),
      resolved_at: to.state === 'resolved' ? to.note.at : null,
    })
  return changed === 1
}
