import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { type Amounts, insuranceFen } from '../../payment/amounts.ts'
import { refundNumber, settlementNo, ulid } from '../../payment/numbers.ts'
import type { Order } from '../../payment/order.ts'
import { amountsToReturn, mayBePartial, whyNot } from '../../payment/refund-admission.ts'
import type { Refund, Requester } from '../../payment/refunds.ts'
import * as orders from '../../store/orders.ts'
import * as reconciliation from '../../store/reconciliation.ts'
import * as refunds from '../../store/refunds.ts'
import * as workItems from '../../store/work-items.ts'
import { later } from '../background.ts'
import { type HeldOrder, holdOrder, takeStep } from '../held-order.ts'

export interface RefundRequest {
  readonly orderId: string
  /** The hospital's own number, where it has one. */
  readonly refundNo: string | null
  /** A part of the own money; null: everything. */
  readonly amountFen: number | null
  readonly reason: string
  readonly requestedBy: Requester
  /** Who exactly: the patient's user, the desk's operator. */
  readonly requester: string
}

const WAIT_MS = 5_000

/**
 * Table 3, steps 1-2 (SC-R01, SC-R02). Our own rules are asked before anybody outside; what is to
 * be returned is reserved in one commit, conditional on the order's version, before any call. The
 * worker does the rest.
 * @throws AppError `not-refundable` with the reason, `refund-in-progress`,
 * `partial-refund-not-allowed`
 */
export async function requestRefund(app: App, request: RefundRequest): Promise<Refund> {
  const { orderId, refundNo } = request
  if (refundNo !== null) {
    const known = await refunds.byRefundNo(app.db, refundNo)
    if (known) return sameRefund(await orders.byId(app.db, known.orderId), known, request)
  }
  const order = await orders.byId(app.db, orderId)
  const running = await refunds.runningOf(app.db, orderId)
  if (order && running && isSameWish(order, running, request)) return running
  const hold = { orderId, waitMs: WAIT_MS }
  const refund = await holdOrder(app, hold, (held) => reserve(app, held, request))
  if (!refund) throw new AppError('request-in-progress')
  app.wake()
  return refund
}

/** The same number again is the same refund, never a second one (SC-R01). */
function sameRefund(order: Order | null, known: Refund, request: RefundRequest): Refund {
  const mine = order !== null && order.id === request.orderId
  if (mine && wantedFen(order, known, request) === known.amounts.totalFen) return known
  throw new AppError('not-refundable', '这个退款单号已用于另一笔退款。')
}

/** What was asked for; without an amount, all that the other refunds left. */
function wantedFen(order: Order, refund: Refund, { amountFen }: RefundRequest): number {
  return amountFen ?? order.amounts.totalFen - (order.refundedFen - returnedFen(refund))
}

const returnedFen = ({ amounts, done }: Refund): number =>
  (done.insurance === undefined ? 0 : insuranceFen(amounts)) +
  (done['self-pay'] === undefined ? 0 : amounts.selfPayFen)

async function reserve(app: App, held: HeldOrder, request: RefundRequest): Promise<Refund> {
  const { order } = held
  const running = await refunds.runningOf(app.db, order.id)
  if (running && isSameWish(order, running, request)) return running
  if (running) throw new AppError('refund-in-progress')
  await admit(app, order, request)
  const refund = await refundFor(app, order, request)
  await takeStep(app, held, {
    what: 'refund-requested',
    detail: { refundNo: refund.refundNo, by: refund.requestedBy, fen: refund.amounts.totalFen },
    also: async (trx) => {
      if (!(await refunds.insert(trx, refund))) throw new AppError('refund-in-progress')
      await later(app, trx, { effect: 'check-refund', number: refund.refundNo, order })
    },
  })
  return refund
}

/** A thumb that taps again, or did not hear the first answer. */
function isSameWish(order: Order, running: Refund, request: RefundRequest): boolean {
  const { requestedBy, requester, refundNo } = request
  // A number of its own is a wish of its own: it must not come true once this one is over.
  if (refundNo !== null && refundNo !== running.refundNo) return false
  const byPatient = requestedBy === 'patient' && running.requestedBy === 'patient'
  const sameMoney = wantedFen(order, running, request) === running.amounts.totalFen
  return byPatient && running.requester === requester && sameMoney
}

async function admit(app: App, order: Order, request: RefundRequest): Promise<void> {
  const { settings } = app
  const wish = {
    order,
    amountFen: request.amountFen,
    now: app.clock.now(),
    days: {
      registration: settings.REFUND_DAYS_REGISTRATION,
      consultation: settings.REFUND_DAYS_CONSULTATION,
      pharmacy: settings.REFUND_DAYS_PHARMACY,
    },
    openDifference: await isDisputed(app, order),
    byOperator: request.requestedBy === 'operator' || request.requestedBy === 'system',
  }
  const reason = whyNot(wish)
  if (reason !== null) throw new AppError('not-refundable', reason)
  if (!mayBePartial(wish)) throw new AppError('partial-refund-not-allowed')
}

/** An odd thing about it waits for a person, or its books do not agree. */
async function isDisputed(app: App, { id, attempt }: Order): Promise<boolean> {
  const { outTradeNo, institutionNo, mixTradeNo, bankOrderNo, payOrdId } = attempt
  const refunded = (await refunds.ofOrder(app.db, id)).map(({ number }) => number)
  const numbers = [outTradeNo, institutionNo, mixTradeNo, bankOrderNo, payOrdId, settlementNo(id)]
  const named = [...numbers, ...refunded].filter((number) => number !== null)
  return (await workItems.anyOpen(app.db, id)) || (await reconciliation.anyOpenAbout(app.db, named))
}

const refundFor = (app: App, order: Order, request: RefundRequest): Promise<Refund> =>
  newRefund(app, order, {
    ...request,
    amounts: amountsToReturn({ order, amountFen: request.amountFen }),
  })

/** Under a number of its own; nothing is stored yet. */
export async function newRefund(
  app: App,
  order: Order,
  request: Omit<RefundRequest, 'orderId' | 'amountFen'> & { readonly amounts: Amounts },
): Promise<Refund> {
  const now = app.clock.now()
  const count = (await refunds.ofOrder(app.db, order.id)).length + 1
  const number = refundNumber(order.id, count)
  return {
    id: ulid(now, app.random),
    refundNo: request.refundNo ?? number,
    number,
    orderId: order.id,
    version: 1,
    state: 'checking',
    reason: request.reason,
    requestedBy: request.requestedBy,
    requester: request.requester,
    amounts: request.amounts,
    done: {},
    promise: null,
    bankRefundNo: null,
    byHand: [],
    refusal: null,
    createdAt: now,
  }
}

/**
 * HIS names a bill: the order of that number before, else the one whose money can go back. A bill
 * that was refunded and paid anew, or paid late, has several.
 */
export async function refundBill(
  app: App,
  request: Omit<RefundRequest, 'orderId' | 'requestedBy'> & { billNo: string },
): Promise<Refund> {
  const { billNo, ...rest } = request
  const { refundNo } = request
  const known = refundNo === null ? null : await refunds.byRefundNo(app.db, refundNo)
  const all = await orders.ofBill(app.db, billNo)
  const paid =
    all.find(({ id }) => id === known?.orderId) ??
    all.find(({ state }) => state === 'paid') ??
    all.find(({ paidAt }) => paidAt !== null)
  if (!paid) throw new AppError('not-refundable', '这张账单没有已支付的线上订单。')
  return requestRefund(app, { ...rest, orderId: paid.id, requestedBy: 'his' })
}
