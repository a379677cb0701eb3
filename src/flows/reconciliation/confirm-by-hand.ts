import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import type { Order } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import type { Row } from '../../reconciliation/row.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import { type HeldOrder, holdOrder, takeStep } from '../held-order.ts'
import type { By } from './break-actions.ts'

const WAIT_MS = 9_000

/**
 * Own money that two people recorded as returned by hand (`return-by-hand.ts`), as the bank lists
 * it: the row is put to that return, and nothing is booked a second time. The voucher's number must
 * be the bank's own: any other row may be a second return, and is for people to look at.
 * @returns null when no such return is waiting for this row
 */
export async function confirmByHand(
  app: App,
  { id: orderId }: Order,
  { row, by }: { readonly row: Row; readonly by: By },
): Promise<string | null> {
  const found = await holdOrder(app, { orderId, waitMs: WAIT_MS }, async (held) => {
    const refund = await awaiting(app, held.order, row)
    if (refund) await confirm(app, held, { ...refund, row, by })
    return { refund }
  })
  if (!found) throw new AppError('request-in-progress', '订单正在被处理，请稍后再试。')
  return found.refund === null ? null : '与已登记的线下退款相符，未重复入账；再对账即可消除差异。'
}

interface Awaiting {
  readonly refund: Refund
  readonly number: string
}

/** The bank's number is the voucher's, and is no number that we sent. */
async function awaiting(app: App, { id }: Order, row: Row): Promise<Awaiting | null> {
  const number = row.refundNo
  if (number === null || (await intents.find(app.db, 'refund-self-pay', number))) return null
  const known = await refunds.ofOrder(app.db, id)
  const refund = known.find(
    ({ state, byHand, amounts }) =>
      state === 'refunded' &&
      byHand.some(({ part, voucherNo }) => part === 'self-pay' && voucherNo === number) &&
      amounts.selfPayFen === row.amountFen,
  )
  return refund ? { refund, number } : null
}

async function confirm(
  app: App,
  held: HeldOrder,
  { refund, number, row, by }: Awaiting & { readonly row: Row; readonly by: By },
): Promise<void> {
  const { id: orderId, attempt } = held.order
  const intent = { effect: 'refund-self-pay', number } as const
  const now = app.clock.now()
  const createdAt = row.at ?? now
  await takeStep(app, held, {
    what: 'returned-by-hand-confirmed',
    detail: { refundNo: refund.refundNo, number, operator: by.operator },
    also: async (trx) => {
      if (!(await refunds.update(trx, refund, { bankRefundNo: number })))
        throw new AppError('refund-in-progress')
      const attemptNo = attempt.no
      await intents.open(trx, { ...intent, orderId, attemptNo, dueAt: null, createdAt })
      await intents.close(trx, intent, { state: 'done', answer: 'returned by hand', now })
    },
  })
}
