import type { App } from '../app.ts'
import { STATES } from '../payment/states.ts'
import { askTheBank } from './ask-the-bank.ts'
import { holdOrder } from './held-order.ts'
import { applyNotices } from './take-notice.ts'

/** At most one question an order in this time, however often the patient pulls. */
const REFRESH_EVERY_MS = 3_000
const WAIT_MS = 5_000

/** The patient came back from the cashier: joins a question in flight, or asks the bank once. */
export async function refresh(app: App, orderId: string): Promise<void> {
  const cameAt = app.clock.now()
  await holdOrder(app, { orderId, waitMs: WAIT_MS }, async (held) => {
    await applyNotices(app, held)
    if (STATES[held.order.state].recovery !== 'ask-the-bank') return
    const { lastAskedAt } = held.order.attempt
    if (lastAskedAt !== null && cameAt - lastAskedAt < REFRESH_EVERY_MS) return
    await askTheBank(app, held, { why: 'refresh' })
  })
}
