import type { App } from '../app.ts'
import type { BackgroundEffect } from '../payment/effects.ts'
import type { Order } from '../payment/order.ts'
import type { Db } from '../store/database.ts'
import * as intents from '../store/intents.ts'
import * as workItems from '../store/work-items.ts'
import { ulid } from '../payment/numbers.ts'

/**
 * Work that nobody waits for is an intent row, written in the transaction that learned of it
 * (SC-X01); the worker carries it out at once and repeats it for days.
 */
export async function later(
  app: App,
  trx: Db,
  work: { effect: BackgroundEffect; number: string; order: Order; afterMs?: number },
): Promise<void> {
  const now = app.clock.now()
  const known = await intents.find(trx, work.effect, work.number)
  if (known) return
  await intents.open(trx, {
    effect: work.effect,
    number: work.number,
    orderId: work.order.id,
    attemptNo: work.order.attempt.no,
    dueAt: now + (work.afterMs ?? 0),
    createdAt: now,
  })
}

/** The bureau still has the upload: revoke it, or the next try is refused (docs/rulings.md 3.3). */
export async function revokeLater(app: App, trx: Db, order: Order): Promise<void> {
  const { payOrdId } = order.attempt
  if (payOrdId !== null) await later(app, trx, { effect: 'revoke-upload', number: payOrdId, order })
}

/** The order is over without payment: the desks may have the bill back. */
export async function letGoLater(app: App, trx: Db, order: Order): Promise<void> {
  await revokeLater(app, trx, order)
  await later(app, trx, { effect: 'release-bill', number: order.id, order })
}

/** A verified notice that names no order of ours: money may have moved that nothing here knows of. */
export async function reportOrphan(app: App, noticeId: string): Promise<void> {
  const now = app.clock.now()
  app.log.error({ noticeId }, 'a verified notice names no order of ours')
  await workItems.create(app.db, {
    id: ulid(now, app.random),
    subject: noticeId,
    kind: 'notice-unmatched',
    orderId: null,
    sentence: '银行发来一条验签通过的通知，但本系统没有对应的订单，请与银行核对这笔资金。',
    actions: ['note'],
    createdAt: now,
    opensAgain: false,
  })
}

/** What may be done about an order in review. */
export const REVIEW_ACTIONS = [
  'ask-bank',
  'ask-insurer',
  'settle-as-bank-says',
  'close-verified',
  'full-refund',
  'returned-by-hand',
  'note',
]

/** Something only a person can decide (docs/rulings.md 5); once a subject and kind. */
export async function askAPerson(
  app: App,
  trx: Db,
  item: {
    kind: workItems.WorkItemKind
    order: Order
    sentence: string
    actions: readonly string[]
    /** Where an order may have several such things at once: which. */
    about?: string
    /** It happened anew: an item that a person has ended opens again. */
    opensAgain?: boolean
  },
): Promise<void> {
  const now = app.clock.now()
  await workItems.create(trx, {
    id: ulid(now, app.random),
    subject: [item.order.id, item.order.attempt.no, item.about ?? []].flat().join('/'),
    kind: item.kind,
    orderId: item.order.id,
    sentence: item.sentence,
    actions: item.actions,
    createdAt: now,
    opensAgain: item.opensAgain ?? false,
  })
}
