import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import type { Order } from '../payment/order.ts'
import { ORDER_STATES, type PublicStatus, STATES } from '../payment/states.ts'
import * as orders from '../store/orders.ts'
import * as refunds from '../store/refunds.ts'

/** A foreign order looks exactly like none. @throws AppError `order-not-found` */
export async function readOrder(
  app: App,
  orderId: string,
  patientIds: readonly string[],
): Promise<Order> {
  const order = await orders.byId(app.db, orderId)
  if (!order || !patientIds.includes(order.patientId)) throw new AppError('order-not-found')
  return order
}

/**
 * Acting on an order is for the user who opened it: authorisation and cashier are bound to their
 * channel account (SC-P03). Others who may see the patient's orders only watch.
 * @throws AppError `order-not-found`, `forbidden`
 */
export async function ownOrder(
  app: App,
  orderId: string,
  caller: { userId: string; patientIds: readonly string[] },
): Promise<Order> {
  const order = await readOrder(app, orderId, caller.patientIds)
  if (order.userId.reveal() !== caller.userId) throw new AppError('forbidden')
  return order
}

const PAGE_SIZE = 20

export interface Page {
  readonly items: readonly Order[]
  /** Where the next page begins; null after the last. */
  readonly nextCursor: string | null
}

/** The patients' own orders, newest first; internal states behind one public status go together. */
export async function listOrders(
  app: App,
  filter: { patientIds: readonly string[]; status: PublicStatus | null; cursor: string | null },
): Promise<Page> {
  const { patientIds, status, cursor } = filter
  const states = ORDER_STATES.filter((state) => status === null || STATES[state].shows === status)
  const limit = PAGE_SIZE + 1
  const found = await orders.ofPatients(app.db, { patientIds, states, cursor, limit })
  const items = found.slice(0, PAGE_SIZE)
  return { items, nextCursor: found.length > PAGE_SIZE ? (items.at(-1)?.id ?? null) : null }
}

/** All orders of a bill for the hospital itself, newest first. */
export async function ordersOfBill(app: App, billNo: string): Promise<Page> {
  return { items: await orders.ofBill(app.db, billNo), nextCursor: null }
}

/** Other processes ring no bell here: their changes are seen by looking this often. */
const LOOK_EVERY_MS = 1_000

/** Returns when the version of the order, or of its refund, is not `version` any more, or after `waitMs`. */
export async function waitForChange(
  app: App,
  wish: { orderId: string; refundId?: string; version: number; waitMs: number },
): Promise<void> {
  const { orderId, refundId, version } = wish
  const versionNow = (): Promise<number | null> =>
    refundId === undefined ? orders.versionOf(app.db, orderId) : refunds.versionOf(app.db, refundId)
  const until = app.clock.now() + wish.waitMs
  for (;;) {
    const rest = until - app.clock.now()
    if (rest <= 0) return
    // Listening begins before looking: a change in between must not be missed.
    const change = app.nextChange(orderId, Math.min(LOOK_EVERY_MS, rest))
    if ((await versionNow()) !== version) return
    await change
  }
}

/** Whether the store answers a question at all; the probe asks. */
export async function storeAnswers(app: App, withinMs: number): Promise<boolean> {
  const asked = orders.versionOf(app.db, '-').then(
    () => true,
    () => false,
  )
  return Promise.race([asked, app.clock.sleep(withinMs).then(() => false)])
}
