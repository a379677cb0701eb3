import type { App } from '../app.ts'
import { STATES } from '../payment/states.ts'
import * as attempts from '../store/attempts.ts'
import { askTheBank } from './ask-the-bank.ts'
import { holdOrder, takeStep } from './held-order.ts'
import { reportDisagreement } from './take-notice.ts'

/** A platform that repeats itself is not asked about each time. */
const AGAIN_AFTER_MS = 5_000
const WAIT_MS = 5_000

/**
 * 6302 (医保订单结算结果通知): a second opinion, never a result by itself. It is written into the
 * order's history and pulls one question to the bank forward; what the bank says decides.
 * @returns the plain acknowledgement for the platform
 */
export async function takeSettlementNotice(app: App, body: Buffer): Promise<string> {
  const notice = app.insurer.readNotice(body)
  if (!notice) {
    app.log.warn({ audit: 'settlement-notice' }, 'settlement notice not believed')
    return app.insurer.acknowledge(false)
  }
  const orderId = await attempts.byPayOrdId(app.db, notice.payOrdId)
  if (orderId === null)
    app.log.error({ payOrdId: notice.payOrdId }, 'a settlement notice names no order of ours')
  else
    app.inBackground('ask after a settlement notice', async () => {
      await holdOrder(app, { orderId, waitMs: WAIT_MS }, async (held) => {
        const { attempt, state } = held.order
        // An open order is asked about again anyway; one that is over only because of this.
        const open = STATES[state].recovery === 'ask-the-bank'
        if (open && app.clock.now() - (attempt.lastAskedAt ?? 0) < AGAIN_AFTER_MS) return
        await takeStep(app, held, {
          what: 'insurer-notified',
          detail: { payOrdId: notice.payOrdId, ordStas: notice.ordStas },
        })
        const { settled } = await askTheBank(app, held, { why: 'callback' })
        if (settled === 'disagrees') await reportDisagreement(app, held)
      })
    })
  return app.insurer.acknowledge(true)
}
