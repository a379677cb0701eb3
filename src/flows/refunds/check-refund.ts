import type { App } from '../../app.ts'
import type { Order } from '../../payment/order.ts'
import { BEING_CHECKED } from '../../payment/refund-admission.ts'
import type { Refund } from '../../payment/refunds.ts'
import type { Intent } from '../../store/intents.ts'
import { done } from '../../upstreams/upstream.ts'
import { moneyBegins, rejected, runningRefund } from './advance-refund.ts'
import { askAPerson } from '../background.ts'
import type { HeldOrder } from '../held-order.ts'
import { type Changes, end, perform } from '../perform.ts'

interface Verdict {
  readonly allowed: boolean
  readonly reason: string
}

/**
 * Table 3, step 2 (SC-R02): service unused, invoice voidable: only the hospital knows. It is not
 * asked about a payment that it never took; an operator has decided that one. An order that was
 * disputed meanwhile returns nothing by itself.
 */
export async function checkRefund(app: App, held: HeldOrder, intent: Intent): Promise<void> {
  const { order } = held
  const refund = await runningRefund(app, order)
  if (order.state !== 'paid') {
    const changes = rejected(app, refund, BEING_CHECKED)
    await end(app, held, intent, { state: 'dead', answer: order.state, ...changes })
    return
  }
  await perform<Verdict>(app, held, {
    effect: 'check-refund',
    number: intent.number,
    send: () =>
      order.hisWriteBack === 'done'
        ? app.his.refundCheck(order.billNo, refund.refundNo)
        : Promise.resolve(done({ allowed: true, reason: '' })),
    learn: ({ allowed, reason }) =>
      allowed
        ? moneyBegins(app, order, refund, refund.number)
        : notAllowed(app, order, refund, reason),
    refuse: ({ message }) => notAllowed(app, order, refund, message),
  })
}

/** Patient and HIS read the reason themselves; two operators who decided that money goes back hear of it. */
function notAllowed(app: App, order: Order, refund: Refund, reason: string): Changes {
  const { also } = rejected(app, refund, reason)
  if (refund.requestedBy !== 'operator') return { also }
  return {
    also: async (trx) => {
      await also(trx)
      await askAPerson(app, trx, {
        kind: 'refund-refused',
        about: refund.number,
        order,
        sentence: `医院系统不允许退费（${reason.slice(0, 200)}），人工决定的全额退款没有进行，款项未动，请与医院核实后再次退款。`,
        actions: ['full-refund', 'note'],
      })
    },
  }
}
