import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { type BackgroundEffect, isBackground } from '../payment/effects.ts'
import { type Recovery, STATES } from '../payment/states.ts'
import * as intents from '../store/intents.ts'
import { keepAsking } from './ask-the-bank.ts'
import { checkRefund } from './refunds/check-refund.ts'
import type { HeldOrder } from './held-order.ts'
import { holdBill, releaseBill } from './hold-bill.ts'
import { leaveIfExpired, leaveOrder } from './leave-order.ts'
import { notifyRefund } from './refunds/notify-refund.ts'
import { tellIfOverdue } from './overdue.ts'
import { resumePayment } from './pay.ts'
import { resumePreSettlement } from './pre-settle.ts'
import { recheckRefund } from './refunds/recheck-refund.ts'
import { refundInsurance } from './refunds/refund-insurance.ts'
import { refundSelfPay } from './refunds/refund-self-pay.ts'
import { revokeUpload } from './revoke-upload.ts'
import { applyNotices } from './take-notice.ts'
import { writeBackRefund } from './refunds/write-back-refund.ts'
import { writeBack } from './write-back.ts'

type Handler = (app: App, held: HeldOrder, intent: intents.Intent) => Promise<void>

const BACKGROUND: Record<BackgroundEffect, Handler> = {
  'revoke-upload': revokeUpload,
  'check-refund': checkRefund,
  'refund-insurance': refundInsurance,
  'refund-self-pay': refundSelfPay,
  'recheck-refund': recheckRefund,
  'notify-refund': notifyRefund,
  'write-back-refund': writeBackRefund,
  'write-back': writeBack,
  'hold-bill': holdBill,
  'release-bill': releaseBill,
}

const RECOVERY: Record<Recovery, (app: App, held: HeldOrder) => Promise<void>> = {
  nothing: async () => {},
  'resume-pre-settlement': resumePreSettlement,
  'resume-payment': resumePayment,
  'close-when-expired': leaveIfExpired,
  'ask-the-bank': askOrLeave,
}

/** Past its life an order is left at once, and again beside every question of the tail. */
async function askOrLeave(app: App, held: HeldOrder): Promise<void> {
  const { expiresAt, attempt } = held.order
  const expired = app.clock.now() >= expiresAt
  const justNow = expired && (attempt.lastAskedAt ?? 0) < expiresAt
  if (!justNow) await keepAsking(app, held)
  const { state, attempt: after } = held.order
  const inTheTail = expired && after.asked.tail > attempt.asked.tail
  if ((justNow || inTheTail) && STATES[state].recovery === 'ask-the-bank')
    await leaveOrder(app, held, 'expired')
}

/**
 * What an order wants when it is due: its unread notices, what its state says, and its open
 * background work. Everything here may be repeated; a crash in the middle is found again.
 */
export async function attend(app: App, held: HeldOrder): Promise<void> {
  const { version } = held.order
  const { seen } = held
  const workDue = seen ? seen.workDue : await intents.nextDue(app.db, held.order.id)
  if (seen?.noticed !== false) await applyNotices(app, held)
  try {
    await RECOVERY[STATES[held.order.state].recovery](app, held)
  } catch (error) {
    // The patient who would hear this refusal is gone; the state says what became of the order.
    if (!(error instanceof AppError)) throw error
    app.log.info({ orderId: held.order.id, code: error.code }, 'refused while nobody waited')
  }
  // A question without an answer, the most frequent visit by far, leaves nothing to look for.
  if (workDue !== null || held.order.version !== version) await doBackgroundWork(app, held)
}

async function doBackgroundWork(app: App, held: HeldOrder): Promise<void> {
  const now = app.clock.now()
  for (const intent of await intents.ofOrder(app.db, held.order.id)) {
    const { effect, state, dueAt } = intent
    if (state !== 'open' || !isBackground(effect) || dueAt === null || dueAt > now) continue
    await tellIfOverdue(app, held, { ...intent, effect })
    await BACKGROUND[effect](app, held, intent)
  }
}
