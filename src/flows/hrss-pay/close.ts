import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import type { HrssPayment } from '../../payment/hrss-payment.ts'
import { type HeldPayment, holdPayment, takePaymentStep } from './held-payment.ts'
import { askThePlatform } from './settle.ts'

const WAIT_MS = 5_000

/** @throws AppError `already-paid`, `payment-in-progress` while nobody can say whether it stands */
export async function closeHrssPayment(app: App, id: string): Promise<HrssPayment> {
  const closed = await holdPayment(app, { id, waitMs: WAIT_MS }, async (held) => {
    await leave(app, held)
    return held.payment
  })
  if (closed === null) throw new AppError('payment-in-progress')
  return closed
}

async function leave(app: App, held: HeldPayment): Promise<void> {
  const { state, toldAt, paidAt, payOrderId } = held.payment
  if (paidAt !== null) throw new AppError('already-paid')
  if (state === 'closed' || state === 'failed' || state === 'refunded') return
  if (state === 'offered' && toldAt === null)
    return takePaymentStep(app, held, { what: 'hrss-withdrawn', changes: { state: 'closed' } })
  // What may stand without its number being known can neither be asked for nor closed.
  if (payOrderId === null) throw new AppError('payment-in-progress')
  await beginClosing(app, held)
  if (held.payment.paidAt !== null) throw new AppError('already-paid')
}

/** The intent to close; a question, the close, and a question follow. */
export async function beginClosing(app: App, held: HeldPayment): Promise<void> {
  if (held.payment.state === 'waiting')
    await takePaymentStep(app, held, { what: 'hrss-close-intended', changes: { state: 'closing' } })
  await carryOnClosing(app, held)
}

/**
 * Ask, close, ask (RS-58): a payment in the same instant wins, and the close's own answer ends
 * nothing. Everything here may be repeated after a crash.
 */
export async function carryOnClosing(app: App, held: HeldPayment): Promise<void> {
  if ((await askThePlatform(app, held, 'close')) === null) return
  const { state, mchOrderId, payOrderId } = held.payment
  if (state !== 'closing') return
  const told = await held.platform.close({ mchOrderId, payOrderId, reason: '患者未支付，订单关闭' })
  app.log.info({ paymentId: held.payment.id, told: told.kind }, 'hrss-pay: close')
  await askThePlatform(app, held, 'closed')
}
