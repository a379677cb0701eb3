import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { type Bill, legsUnpaid, type Order } from '../payment/order.ts'
import { letGoLater } from './background.ts'
import { type HeldOrder, takeStep } from './held-order.ts'

/** The bill as HIS has it now. @throws AppError `bill-not-found`, `bill-invalid`, `upstream-unavailable` */
export async function readBill(app: App, billNo: string): Promise<Bill> {
  const answer = await app.his.bill(billNo)
  switch (answer.kind) {
    case 'done':
      return answer.value
    case 'absent':
      throw new AppError('bill-not-found')
    case 'refused':
      throw new AppError('bill-invalid')
    case 'pending':
    case 'unknown':
    case 'unsent':
      throw new AppError('upstream-unavailable', '医院收费系统暂时不可用，请稍后再试。')
  }
}

/** Whether what the patient is about to pay is still what HIS wants paid (docs/rulings.md 3.6). */
export function stillTheSame(bill: Bill, order: Order): boolean {
  return bill.status === 'unpaid' && bill.totalFen === order.amounts.totalFen
}

/** HIS wants something else by now, and nothing was ordered at the bank: the order is over. */
export async function closeChanged(app: App, held: HeldOrder): Promise<void> {
  await takeStep(app, held, {
    what: 'bill-changed',
    order: { state: 'closed', ...legsUnpaid(held.order) },
    also: (trx) => letGoLater(app, trx, held.order),
  })
}
