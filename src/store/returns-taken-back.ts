import type { Fen } from '../payment/money.ts'
import type { Db } from './database.ts'

/** Own money that was at the patient for certain and then came to the bank again. */
export interface ReturnTakenBack {
  readonly orderId: string
  readonly number: string
  readonly amountFen: Fen
  readonly returnedAt: number
  readonly takenBackAt: number
}

/** The day that counted the return is closed: what it said stays, and the money counts again now. */
export async function append(db: Db, one: ReturnTakenBack): Promise<void> {
  await db.q('returns_taken_back').insert({
    order_id: one.orderId,
    number: one.number,
    amount_fen: one.amountFen,
    returned_at: one.returnedAt,
    taken_back_at: one.takenBackAt,
  })
}
