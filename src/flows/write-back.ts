import type { App } from '../app.ts'
import type { Order } from '../payment/order.ts'
import { nextMoney, type Refund } from '../payment/refunds.ts'
import type { Intent } from '../store/intents.ts'
import type { Db } from '../store/database.ts'
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
      notPaidAnyMore(order) ??
      (await notYetSettled(app, held)) ??
      app.his.writeBack(settlementOf(order, intent.number)),
    learn: () => ({
      order: { hisWriteBack: 'done' },
      also: async (trx) => {
        const back = (await refunds.ofOrder(trx, order.id)).filter(allIsBack)
        for (const { refundNo: number } of back)
          await later(app, trx, { effect: 'write-back-refund', number, order })
        const wentBackUnasked = order.state === 'refunded' && back.length === 0
        if (isUnpaid(order) || wentBackUnasked)
          await tellWhereItIsBooked(app, trx, { ...order, hisWriteBack: 'done' })
      },
    }),
    refuse: ({ code }) => (code === NOT_PAID ? MOOT : refusedByHis(app, order, code)),
  })
}

const NOT_PAID = 'order-not-paid'
const MOOT: Changes = { order: { hisWriteBack: 'none' } }

/** Two people have ended a review so: nothing was taken after all. */
const isUnpaid = ({ state }: Order): boolean => state === 'failed' || state === 'closed'

/** HIS is not told of money that is going back; whether it was told before, only its answer says. */
function notPaidAnyMore(order: Order): Outcome<never> | null {
  if (order.state === 'refunding') return { kind: 'pending' }
  const isOver = order.state === 'refunded' || isUnpaid(order)
  return isOver ? refused(NOT_PAID, '订单没有收款') : null
}

/** HIS cannot be told that a payment was none: people take its receipt back. */
export async function tellWhereItIsBooked(app: App, trx: Db, order: Order): Promise<void> {
  if (order.hisWriteBack !== 'done') return
  await askAPerson(app, trx, {
    kind: 'results-disagree',
    about: 'his',
    opensAgain: true,
    order,
    sentence:
      '经核实这笔订单没有收款或款项已自动退回，但医院系统已入账，请在医院系统冲正，并核对是否已提供服务、需否补缴。',
    actions: ['note'],
  })
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
