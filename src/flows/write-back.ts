import type { App } from '../app.ts'
import type { Order } from '../payment/order.ts'
import { nextMoney, type Refund } from '../payment/refunds.ts'
import type { Intent } from '../store/intents.ts'
import * as refunds from '../store/refunds.ts'
import { type Outcome, refused, type Settlement } from '../upstreams/upstream.ts'
import { askAPerson, later } from './background.ts'
import type { HeldOrder } from './held-order.ts'
import { notYetSettled } from './paid-after-revoke.ts'
import { type Changes, perform } from './perform.ts'

/**
 * Tells HIS that the bill is paid: a leg with its own state. HIS down means repeat for days; HIS
 * refusing (settled elsewhere, void) leaves the order paid and gives it an owner.
 */
export async function writeBack(app: App, held: HeldOrder, intent: Intent): Promise<void> {
  const { order } = held
  await perform<void>(app, held, {
    effect: 'write-back',
    number: intent.number,
    ask: () => app.his.settlement(order.billNo, intent.number),
    send: async () =>
      beingRefunded(order) ??
      (await notYetSettled(app, order)) ??
      app.his.writeBack(settlementOf(order, intent.number)),
    learn: () => ({
      order: { hisWriteBack: 'done' },
      also: async (trx) => {
        const back = (await refunds.ofOrder(trx, order.id)).filter(allIsBack)
        for (const { refundNo: number } of back)
          await later(app, trx, { effect: 'write-back-refund', number, order })
      },
    }),
    refuse: ({ code }) => (code === REFUNDED ? MOOT : refusedByHis(app, order, code)),
  })
}

const REFUNDED = 'order-refunded'
const MOOT: Changes = { order: { hisWriteBack: 'none' } }

/** HIS is not told of money that is going back; whether it was told before, only its answer says. */
function beingRefunded({ state }: Order): Outcome<never> | null {
  if (state === 'refunding') return { kind: 'pending' }
  return state === 'refunded' ? refused(REFUNDED, '款项已全部退回') : null
}

/** The others tell HIS themselves, once their money is back. */
const allIsBack = (refund: Refund): boolean =>
  refund.done.check !== undefined && nextMoney(refund) === null

function refusedByHis(app: App, order: Order, code: string): Changes {
  return {
    order: { hisWriteBack: 'refused' },
    also: (trx) =>
      askAPerson(app, trx, {
        kind: 'write-back-refused',
        order,
        sentence:
          code === 'bill-void'
            ? '患者已付款，但医院系统中账单已作废，应全额退款。'
            : '患者已付款，但医院系统显示账单已在别处结算，应全额退款。',
        actions: ['full-refund', 'note'],
      }),
  }
}

function settlementOf(order: Order, settlementNo: string): Settlement {
  const { mixTradeNo, payOrdId } = order.attempt
  if (mixTradeNo === null || order.paidAt === null || order.scenario === null)
    throw new Error(`${order.id}: write-back of an order that is not paid`)
  return {
    settlementNo,
    billNo: order.billNo,
    orderId: order.id,
    scenario: order.scenario,
    amounts: order.amounts,
    mixTradeNo,
    payOrdId,
    paidAt: order.paidAt,
  }
}
