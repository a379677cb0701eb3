import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { nextHrssQuestion } from '../../payment/hrss-payment.ts'
import { beginClosing, carryOnClosing } from './close.ts'
import { askAPersonAbout, type HeldPayment } from './held-payment.ts'
import { applyHrssNotices } from './notices.ts'
import { findOrder, giveUpInTheEnd } from './place.ts'
import { workOnRefunds } from './refund.ts'
import { askThePlatform } from './settle.ts'
import { writeBackHrss, writeBackRefunds } from './write-back.ts'

/** What a payment wants when it is due, after a crash as in normal life. Everything may be repeated. */
export async function attendToHrssPayment(app: App, held: HeldPayment): Promise<void> {
  await applyHrssNotices(app, held)
  try {
    await moveOn(app, held)
  } catch (error) {
    // The desk that would hear this refusal is gone; the state says what became of it.
    if (!(error instanceof AppError)) throw error
    app.log.info({ paymentId: held.payment.id, code: error.code }, 'refused while nobody waited')
  }
  await writeBackHrss(app, held)
  await workOnRefunds(app, held)
  await writeBackRefunds(app, held)
}

const STUCK_MS = 3_600_000

/** Asked for all the same; somebody hears of it, for the bill is nobody else's meanwhile. */
async function tellIfStuck(app: App, { payment }: HeldPayment): Promise<void> {
  if (payment.state !== 'closing' || app.clock.now() - payment.expiresAt < STUCK_MS) return
  const sentence =
    '人社支付平台的订单超过一小时仍不能确认已关闭，账单暂时保留，请与平台核实是否已支付。'
  await askAPersonAbout(app, app.db, { payment, kind: 'still-unknown', sentence })
}

async function moveOn(app: App, held: HeldPayment): Promise<void> {
  const { payment } = held
  const now = app.clock.now()
  const due = now >= nextHrssQuestion(payment, app.settings.schedule)
  switch (payment.state) {
    case 'ordering':
      return due ? findOrder(app, held) : undefined
    case 'offered':
      return giveUpInTheEnd(app, held)
    case 'waiting':
      if (now >= payment.expiresAt) return beginClosing(app, held)
      if (due) await askThePlatform(app, held, 'grid')
      return
    case 'closing':
      if (due) await carryOnClosing(app, held)
      return tellIfStuck(app, held)
    case 'needs-review':
      if (due) await askThePlatform(app, held, 'review')
      return
    case 'paid':
    case 'refunded':
    case 'closed':
    case 'failed':
  }
}
