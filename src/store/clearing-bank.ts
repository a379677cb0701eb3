import { isFinal, ORDER_STATES } from '../payment/states.ts'
import { type Db, isDuplicate, retryDeadlock, toNumber } from './database.ts'

/** Before the name of the bank was kept there was this one. */
const FIRST_BANK = 'icbc'

/** Orders that somebody still has to ask about, close or refund. */
export interface OpenElsewhere {
  readonly bank: string
  readonly orders: number
}

/**
 * Says at which bank orders stand from now on. Another bank knows nothing of the open ones, and
 * would call them absent while the first still holds money: with open orders nothing changes.
 * @returns null when done, else where how many orders are open.
 */
export async function moveTo(db: Db, name: string): Promise<OpenElsewhere | null> {
  try {
    return await retryDeadlock(() => db.q.transaction((q) => moveIn({ ...db, q }, name)))
  } catch (error) {
    // Another process was first, and may have named another bank.
    if (isDuplicate(error)) return moveTo(db, name)
    throw error
  }
}

async function moveIn(db: Db, name: string): Promise<OpenElsewhere | null> {
  const { q } = db
  const row = await q('clearing_bank').first<{ name: string } | undefined>('name')
  if (row?.name === name) return null
  const bank = row?.name ?? FIRST_BANK
  const orders = bank === name ? 0 : await openOrders(db)
  if (orders > 0) return { bank, orders }
  await q('clearing_bank').delete()
  await q('clearing_bank').insert({ only_row: 1, name })
  return null
}

/** An order in review is over once nobody has a work item about it; an unread notice is work too. */
const OVER = ORDER_STATES.filter((state) => isFinal(state) || state === 'needs-review')

async function openOrders({ q }: Db): Promise<number> {
  const inWork = q('work_items').where({ state: 'open' }).whereNotNull('order_id')
  const [row] = await q('orders')
    .whereNotIn('state', OVER)
    .orWhereNotNull('due_at')
    .orWhereIn('id', inWork.select('order_id'))
    .count<{ orders: unknown }[]>('id as orders')
  const [unread] = await q('inbox')
    .where({ state: 'new' })
    .count<{ notices: unknown }[]>('* as notices')
  return toNumber(row?.orders ?? 0) + toNumber(unread?.notices ?? 0)
}
