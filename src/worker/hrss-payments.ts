import type { App } from '../app.ts'
import { LeaseLost } from '../flows/held-order.ts'
import { attendToHrssPayment } from '../flows/hrss-pay/attend.ts'
import { actOn } from '../flows/hrss-pay/held-payment.ts'
import { nonce } from '../payment/numbers.ts'
import * as payments from '../store/hrss-payments.ts'

const LOOK_EVERY_MS = 500
const AT_ONCE = 8

/** Payments through 人社支付平台 by themselves: due ones, and those with a notice. */
export async function runHrssPayments(app: App, stopped: () => boolean): Promise<void> {
  while (!stopped()) {
    const taken = await takeDue(app)
    await Promise.all(taken.map((lease) => attend(app, lease)))
    if (taken.length === 0) await app.woken(LOOK_EVERY_MS)
  }
}

interface Lease {
  readonly id: string
  readonly owner: string
}

async function takeDue(app: App): Promise<Lease[]> {
  const owner = nonce(app.random)
  const now = app.clock.now()
  try {
    const lease = { owner, now, until: now + app.settings.LEASE_MS }
    return (await payments.takeDue(app.db, lease, AT_ONCE)).map((id) => ({ id, owner }))
  } catch (error) {
    app.log.error({ err: error }, 'could not look for due payments')
    return []
  }
}

async function attend(app: App, lease: Lease): Promise<void> {
  try {
    await actOn(app, lease, (held) => attendToHrssPayment(app, held))
  } catch (error) {
    if (error instanceof LeaseLost) return
    app.log.error({ err: error, paymentId: lease.id }, 'could not attend to the payment')
  }
}
