/** Whether there is anything left to do. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Knex } from 'knex'
import { toNumber } from '../../src/store/database.ts'
import { FINAL, RECHECKED_FOR_DAYS, REFUND_ENDS } from './books.ts'

const LOOK_EVERY_MS = 500

/** Waits until nothing is left to do, or until then. @returns whether nothing is */
export async function settled(q: Knex, until: number): Promise<boolean> {
  for (;;) {
    if ((await unfinished(q)) === 0) return true
    if (Date.now() > until) return false
    await pause(LOOK_EVERY_MS)
  }
}

/** What is looked at again for days, and what a person has, keeps nobody waiting. */
async function unfinished(q: Knex): Promise<number> {
  const owned = q('work_items').where({ state: 'open' }).whereNotNull('order_id').select('order_id')
  const left = [
    q('orders').whereNotIn('state', FINAL).whereNotIn('id', owned),
    q('refunds').whereNotIn('state', REFUND_ENDS).whereNotIn('order_id', owned),
    q('intents')
      .where({ state: 'open' })
      .whereNotNull('due_at')
      .whereNot({ effect: RECHECKED_FOR_DAYS })
      .whereNotIn('order_id', owned),
  ]
  let count = 0
  for (const rows of left) {
    const [row] = await rows.count<{ open: unknown }[]>('* as open')
    count += toNumber(row?.open)
  }
  return count
}
