import { isFinal, ORDER_STATES } from '../payment/states.ts'
import { type Db, isDuplicate, retryDeadlock, toNumber } from './database.ts'

/** Before the name of the bank was kept there was this one. */
const FIRST_BANK = 'icbc'

/** What another bank would know nothing of. */
export interface OpenElsewhere {
  readonly bank: string
  /** Orders that somebody still has to ask about, close, refund or decide. */
  readonly orders: number
  /** Over without payment so lately that money may still come: only this bank would tell. */
  readonly justOver: number
  /** Notices that are stored and not yet applied. */
  readonly notices: number
}

interface Move {
  readonly to: string
  /** Orders that ended before this instant can be paid no more. */
  readonly overBefore: number
}

/**
 * Says at which bank orders stand from now on. Another bank knows nothing of the open ones, and
 * would call them absent while the first still holds money: with open orders nothing changes.
 * @returns null when done, else where how much is open.
 */
export async function moveTo(db: Db, move: Move): Promise<OpenElsewhere | null> {
  try {
    return await retryDeadlock(() => db.q.transaction((q) => moveIn({ ...db, q }, move)))
  } catch (error) {
    // Another process was first, and may have named another bank.
    if (isDuplicate(error)) return moveTo(db, move)
    throw error
  }
}

async function moveIn(db: Db, { to, overBefore }: Move): Promise<OpenElsewhere | null> {
  const { q } = db
  const row = await q('clearing_bank').first<{ name: string } | undefined>('name')
  if (row?.name === to) return null
  const bank = row?.name ?? FIRST_BANK
  if (bank !== to) {
    const open = { orders: await openOrders(db), notices: await unreadNotices(db) }
    const justOver = await ordersJustOver(db, overBefore)
    if (open.orders + open.notices + justOver > 0) return { bank, ...open, justOver }
  }
  await q('clearing_bank').delete()
  await q('clearing_bank').insert({ only_row: 1, name: to })
  return null
}

/** An order in review is over once nobody has a work item about it. */
const OVER = ORDER_STATES.filter((state) => isFinal(state) || state === 'needs-review')
const UNPAID = ['closed', 'failed']

const inWork = ({ q }: Db) =>
  q('work_items').where({ state: 'open' }).whereNotNull('order_id').select('order_id')

/** A refund that is back is asked about for days all the same: that binds nobody to the bank. */
const openWork = ({ q }: Db) =>
  q('intents')
    .where({ state: 'open' })
    .whereNotNull('due_at')
    .whereNot({ effect: 'recheck-refund' })
    .select('order_id')

async function openOrders(db: Db): Promise<number> {
  const [row] = await db
    .q('orders')
    .whereNotIn('state', OVER)
    .orWhereIn('id', openWork(db))
    .orWhereIn('id', inWork(db))
    .count<{ orders: unknown }[]>('id as orders')
  return toNumber(row?.orders ?? 0)
}

async function unreadNotices({ q }: Db): Promise<number> {
  const [row] = await q('inbox')
    .where({ state: 'new' })
    .count<{ notices: unknown }[]>('* as notices')
  return toNumber(row?.notices ?? 0)
}

/** Only what was once ordered at the bank can be paid there, also under a number given up. */
async function ordersJustOver(db: Db, overBefore: number): Promise<number> {
  const { q } = db
  const lately = q('events')
    .whereRaw('events.order_id = orders.id')
    .whereIn('to_state', UNPAID)
    .andWhere('at', '>', overBefore)
  const atTheBank = q('intents')
    .whereRaw('intents.order_id = orders.id')
    .whereIn('effect', ['order-self-pay', 'order-mixed'])
  const [row] = await q('orders')
    .whereIn('state', UNPAID)
    .whereNull('due_at')
    .whereNotIn('id', inWork(db))
    .whereExists(lately)
    .whereExists(atTheBank)
    .count<{ orders: unknown }[]>('id as orders')
  return toNumber(row?.orders ?? 0)
}
