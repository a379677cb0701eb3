import type { App } from '../app.ts'
import { AppError, Secret } from '../errors.ts'
import { allSelfPay } from '../payment/amounts.ts'
import { newAttempt } from '../payment/attempt.ts'
import { ZERO } from '../payment/money.ts'
import { ulid } from '../payment/numbers.ts'
import {
  type Bill,
  type ChannelName,
  legsUnpaid,
  type Order,
  type PayMode,
  type Surface,
} from '../payment/order.ts'
import * as billLocks from '../store/bill-locks.ts'
import { commitAs, type Db } from '../store/database.ts'
import * as events from '../store/events.ts'
import * as orders from '../store/orders.ts'
import { later, letGoLater } from './background.ts'
import { beingPaid } from './being-paid.ts'
import { checkEntry } from './entry.ts'
import { holdOrder, takeStep } from './held-order.ts'
import { readBill } from './read-bill.ts'
import { needBank, needInsurance } from './spare-new-orders.ts'

export interface Opening {
  readonly billNo: string
  readonly channel: ChannelName
  readonly surface: Surface
  readonly payMode: PayMode
  /** The hospital platform's own user (`sub` of the token): one person in every channel. */
  readonly subject: string
  /** The channel's user id from the patient's token. */
  readonly userId: string
  /** Whose bills this caller may see. */
  readonly patientIds: readonly string[]
  readonly clientIp: string
  readonly deviceId: string
}

/**
 * Steps 1-2: one open order a bill (SC-P02). The same patient asking again gets the same order;
 * another choice before step 8 replaces it; everybody else hears since when the bill is being paid.
 * @throws AppError `entry-closed`, `upstream-unavailable` only before a new order
 */
export async function openOrder(
  app: App,
  opening: Opening,
): Promise<{ order: Order; created: boolean }> {
  if (!app.channels[opening.channel]) throw new AppError('entry-closed')
  const bill = await readBill(app, opening.billNo)
  if (!opening.patientIds.includes(bill.patient.patientId)) throw new AppError('bill-not-found')
  const holder = await holderNow(app, bill.billNo)
  if (holder && (await isSameWish(app, holder, opening))) return { order: holder, created: false }
  if (bill.status === 'paid') throw new AppError('bill-already-paid')
  if (bill.status === 'void') throw new AppError('bill-invalid', '账单已作废，请联系收费窗口。')
  if (bill.totalFen === 0) throw new AppError('bill-invalid', '账单金额为零，无需支付。')
  await checkEntry(app, { userId: opening.userId, department: bill.visit.deptCode })
  if (opening.payMode === 'insurance') needInsurance(app, opening.channel)
  needBank(app)
  // Whoever may not open the new order keeps the old one.
  if (holder) await replace(app, holder.id)
  const order = await insertOrder(app, opening, bill)
  if (order) return { order, created: true }
  // Somebody was faster by an instant; if it was this very wish, it is this very order.
  const winner = await holderNow(app, bill.billNo)
  if (!winner || !(await isSameWish(app, winner, opening))) throw beingPaid('线上', app.clock.now())
  return { order: winner, created: false }
}

/** @returns null when nobody has the bill, or an order did whose time is over. */
async function holderNow(app: App, billNo: string): Promise<Order | null> {
  const holder = await orders.holderOf(app.db, billNo)
  if (holder?.state === 'paid') throw new AppError('bill-already-paid')
  return holder && (await letGoOfExpired(app, holder)) ? null : holder
}

/**
 * A person has another id in every channel and on every surface of it: who wants to change them is
 * known by the platform's own user.
 * @returns false when the same patient wants something else and still may.
 */
async function isSameWish(app: App, holder: Order, opening: Opening): Promise<boolean> {
  const sameUser = holder.userId.reveal() === opening.userId
  if (!sameUser && !(await orders.isOpenedBy(app.db, holder.id, opening.subject)))
    throw beingPaid('线上', holder.createdAt)
  const sameChoices =
    sameUser &&
    holder.payMode === opening.payMode &&
    holder.channel === opening.channel &&
    holder.surface === opening.surface
  if (!sameChoices && !isBeforeStep8(holder)) throw new AppError('payment-in-progress')
  return sameChoices
}

/** Nothing was placed at the bank yet: leaving it costs nobody anything. */
function isBeforeStep8(order: Order): boolean {
  return order.state === 'created' || order.state === 'pre-settled'
}

/** An expired order that never reached the bank gives the bill back to whoever asks next. */
async function letGoOfExpired(app: App, holder: Order): Promise<boolean> {
  if (!isBeforeStep8(holder) || app.clock.now() < holder.expiresAt) return false
  await replace(app, holder.id)
  return true
}

/** So that an order whose time is over does not stand in a desk's way. */
export async function letGoIfExpired(app: App, billNo: string): Promise<void> {
  const expired = await orders.holderOf(app.db, billNo)
  if (expired) await letGoOfExpired(app, expired)
}

async function replace(app: App, orderId: string): Promise<void> {
  const replaced = await holdOrder(app, { orderId, waitMs: 2_000 }, async (held) => {
    if (!isBeforeStep8(held.order)) return false
    await takeStep(app, held, {
      what: 'replaced',
      order: { state: 'closed', ...legsUnpaid(held.order) },
      also: (trx) => letGoLater(app, trx, held.order),
    })
    return true
  })
  if (!replaced) throw new AppError('payment-in-progress')
}

/** @returns null when another order took the bill in the same instant. */
async function insertOrder(app: App, opening: Opening, bill: Bill): Promise<Order | null> {
  const order = orderFor(app, opening, bill)
  const inserted = await commitAs(app.db, 'order-opened', async (trx) => {
    await besideTheDesks(trx, order)
    if (!(await orders.insert(trx, order, opening.subject))) return false
    await events.append(trx, {
      orderId: order.id,
      version: order.version,
      at: order.createdAt,
      what: 'order-opened',
      from: null,
      to: order.state,
      detail: { billNo: order.billNo, payMode: order.payMode, totalFen: order.amounts.totalFen },
      traceId: app.traceId(),
    })
    await later(app, trx, { effect: 'hold-bill', number: order.id, order })
    return true
  })
  if (!inserted) return null
  app.wake()
  return order
}

/**
 * The row of a desk's lock is the one door: taking and giving it back in this transaction makes a
 * desk that comes at the same instant wait and then see the order.
 */
async function besideTheDesks(trx: Db, order: Order): Promise<void> {
  const desk = `order:${order.id}`
  const lock = { billNo: order.billNo, desk, since: order.createdAt, until: order.createdAt + 1 }
  if (!(await billLocks.take(trx, lock))) {
    const other = await billLocks.find(trx, order.billNo, order.createdAt)
    throw beingPaid('窗口', other?.since ?? order.createdAt)
  }
  await billLocks.release(trx, order.billNo, desk)
}

function orderFor(app: App, opening: Opening, bill: Bill): Order {
  const now = app.clock.now()
  const insurance = opening.payMode === 'insurance'
  const { patientId, name, idNo } = bill.patient
  return {
    id: ulid(now, app.random),
    version: 1,
    billNo: bill.billNo,
    businessType: bill.businessType,
    patientId,
    channel: opening.channel,
    surface: opening.surface,
    payMode: opening.payMode,
    userId: new Secret(opening.userId),
    clientIp: opening.clientIp,
    deviceId: opening.deviceId,
    // Without insurance the amounts are known at once: there is nothing to pre-settle.
    state: insurance ? 'created' : 'pre-settled',
    scenario: insurance ? null : 'self-pay-only',
    amounts: allSelfPay(bill.totalFen),
    refundedFen: ZERO,
    selfPay: 'waiting',
    insurance: insurance ? 'waiting' : 'none',
    hisWriteBack: 'none',
    refundPromise: null,
    createdAt: now,
    expiresAt: now + app.settings.ORDER_LIFE_MS,
    paidAt: null,
    attempt: { ...newAttempt(1), patient: new Secret({ name, idNo }) },
  }
}
