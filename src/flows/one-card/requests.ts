import { z } from 'zod'
import type { App } from '../../app.ts'
import type { Fen } from '../../payment/money.ts'
import { offsetTime } from '../../payment/numbers.ts'
import { isOver } from '../../payment/one-card.ts'
import * as payments from '../../store/one-card-payments.ts'
import * as queue from '../../store/one-card-queue.ts'
import { CONTENT } from './attend-payment.ts'
import { askAboutOneCard, payerMark, personMark } from './platform.ts'

/** What the platform asks of the hospital, after it has proved itself (HN-97, HN-101, HN-102). */

const MOST = 100

const NAMED = z.object({ name: z.string(), socialSecurityNo: z.string() })

/** One person's payments and card uses here; who names a number under another's name gets nothing. */
export async function rightsOf(app: App, who: z.infer<typeof NAMED>): Promise<object> {
  const mark = personMark(app, who.socialSecurityNo)
  const [paid, uses] = await Promise.all([
    payments.ofPerson(app.db, mark, MOST),
    queue.ofPerson(app.db, mark, MOST),
  ])
  const payer = payerMark(app, who.name)
  return {
    items: [
      ...paid
        .filter(({ state, content }) => state === 'paid' && payerIn(content) === payer)
        .map(({ billNo, amountFen: amount, paidAt }) => ({
          kind: 'payment',
          what: billNo,
          amount,
          at: offsetTime(paidAt ?? 0),
        })),
      ...uses
        .filter(({ content }) => NAMED.parse(JSON.parse(content)).name === who.name)
        .map(({ content }) => USED.parse(JSON.parse(content)))
        .map(({ kind, usedAt }) => ({ kind: 'card-use', what: kind, at: offsetTime(usedAt) })),
    ],
  }
}

const USED = z.object({ kind: z.string(), usedAt: z.number() })

const payerIn = (content: string) => CONTENT.parse(JSON.parse(content)).payerMark

export interface OrderShown {
  readonly orderNo: string
  readonly state: 'UNPAID' | 'PAID' | 'CLOSED'
  readonly amount?: Fen
  readonly title?: string
  readonly expiresAt?: number
}

/** What the holder is about to pay; null for a number nobody knows, `unavailable` while HIS is silent. */
export async function orderFor(
  app: App,
  orderNo: string,
): Promise<OrderShown | 'unavailable' | null> {
  const payment = await payments.find(app.db, orderNo)
  if (payment === null || payment.kind !== 'shown') return null
  if (payment.state === 'paid') return { orderNo, state: 'PAID' }
  const isPast = app.clock.now() >= payment.expiresAt
  if (isPast || isOver(payment.state)) return { orderNo, state: 'CLOSED' }
  const bill = await app.his.bill(payment.billNo)
  if (bill.kind !== 'done') return 'unavailable'
  const { status, totalFen } = bill.value
  if (status !== 'unpaid' || totalFen !== payment.amountFen) return { orderNo, state: 'CLOSED' }
  const { title } = z.object({ title: z.string() }).parse(JSON.parse(payment.content))
  const { amountFen: amount, expiresAt } = payment
  return { orderNo, state: 'UNPAID', amount, title, expiresAt }
}

export interface PaymentTold {
  readonly orderNo: string
  readonly payNo: string
  readonly amount: number
  readonly state: string
}

/**
 * A notice is a reason to ask, not a result: the signature need not cover the body. Told before it is
 * acknowledged, so that a lost process loses nothing.
 */
export async function takePaymentNotice(app: App, told: PaymentTold): Promise<void> {
  const { orderNo, amount, state } = told
  const payment = await payments.find(app.db, orderNo)
  if (payment === null) {
    app.log.error({ audit: 'one-card-notice-unmatched' }, 'a notice names no payment of ours')
    await askAboutOneCard(app, app.db, {
      kind: 'notice-unmatched',
      number: app.hash(orderNo),
      sentence: '一卡通平台发来验签通过的支付通知，但本系统没有对应的订单，请与平台核对这笔资金。',
    })
    return
  }
  if (amount !== payment.amountFen)
    app.log.error({ audit: 'one-card-notice-differs', orderNo }, 'a notice of another amount')
  app.log.info({ audit: 'one-card-notice', orderNo, state }, 'asked about at once')
  if (payment.state === 'paid') return
  await payments.dueNow(app.db, orderNo, app.clock.now())
  app.wake()
}
