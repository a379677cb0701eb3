import type { App } from '../app.ts'
import { STATES } from '../payment/states.ts'
import type { Intent } from '../store/intents.ts'
import type { HeldOrder } from './held-order.ts'
import { end, perform } from './perform.ts'

/**
 * Shows the desks that this bill is being paid here; pointless once the order has let it go. It
 * lasts as long as the bank may still be asked: what is `processing` past its life is not yet free.
 */
export async function holdBill(app: App, held: HeldOrder, intent: Intent): Promise<void> {
  const { id, billNo, expiresAt, state } = held.order
  if (!STATES[state].holdsBill) {
    await end(app, held, intent, { state: 'dead', answer: 'order is over' })
    return
  }
  await perform<void>(app, held, {
    effect: 'hold-bill',
    number: intent.number,
    send: () => app.his.hold(billNo, id, expiresAt + app.settings.schedule.tailEndMs),
    learn: () => ({}),
  })
}

export async function releaseBill(app: App, held: HeldOrder, intent: Intent): Promise<void> {
  const { id, billNo } = held.order
  await perform<void>(app, held, {
    effect: 'release-bill',
    number: intent.number,
    send: () => app.his.release(billNo, id),
    learn: () => ({}),
  })
}
