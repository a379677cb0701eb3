import type { App } from '../../app.ts'
import { BEING_CHECKED } from '../../payment/refund-admission.ts'
import type { Intent } from '../../store/intents.ts'
import { done } from '../../upstreams/upstream.ts'
import { moneyBegins, rejected, runningRefund } from './advance-refund.ts'
import type { HeldOrder } from '../held-order.ts'
import { end, perform } from '../perform.ts'

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
    const changes = rejected(refund, BEING_CHECKED)
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
      allowed ? moneyBegins(app, order, refund, refund.number) : rejected(refund, reason),
    refuse: ({ message }) => rejected(refund, message),
  })
}
