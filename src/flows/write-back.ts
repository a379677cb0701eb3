import type { App } from '../app.ts'
import type { Order } from '../payment/order.ts'
import type { Intent } from '../store/intents.ts'
import type { Settlement } from '../upstreams/upstream.ts'
import { askAPerson } from './background.ts'
import type { HeldOrder } from './held-order.ts'
import { notYetSettled } from './paid-after-revoke.ts'
import { perform } from './perform.ts'

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
      (await notYetSettled(app, order)) ?? app.his.writeBack(settlementOf(order, intent.number)),
    learn: () => ({ order: { hisWriteBack: 'done' } }),
    refuse: ({ code }) => ({
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
    }),
  })
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
