import type { App } from '../../app.ts'
import { AppError, Secret } from '../../errors.ts'
import {
  HEARD_OF_FOR_MS,
  hrssOrderNo,
  type HrssPayment,
  type HrssPaymentWay,
} from '../../payment/hrss-payment.ts'
import { ZERO } from '../../payment/money.ts'
import { nonce, ulid } from '../../payment/numbers.ts'
import type { Bill } from '../../payment/order.ts'
import { UNTIL_GIVEN_BACK } from '../../store/bill-locks.ts'
import { commitAs } from '../../store/database.ts'
import * as events from '../../store/events.ts'
import * as payments from '../../store/hrss-payments.ts'
import type { HrssOrder, HrssPlaced } from '../../upstreams/hrss-pay.ts'
import type { Outcome } from '../../upstreams/upstream.ts'
import { takeForDesk } from '../desk-locks.ts'
import { readBill } from '../read-bill.ts'
import { needHrssPay } from '../spare-new-orders.ts'
import { carryOnClosing } from './close.ts'
import {
  actOn,
  askAPersonAbout,
  type HeldPayment,
  lockName,
  platformOf,
  takePaymentStep,
} from './held-payment.ts'
import { askThePlatform } from './settle.ts'

export interface HrssWish {
  readonly billNo: string
  readonly way: HrssPaymentWay
  readonly qrCode: string | null
  readonly returnUrl: string | null
}

/**
 * One open payment a bill, across desks and the patients' own orders. The same wish gets the same
 * payment; nobody gets a second order while the first may live.
 * @throws AppError as its endpoint lists
 */
export async function openHrssPayment(
  app: App,
  wish: HrssWish,
): Promise<{ payment: HrssPayment; created: boolean }> {
  platformOf(app)
  const bill = await readBill(app, wish.billNo)
  const open = await payments.openOf(app.db, wish.billNo)
  if (open) return { payment: sameWish(open, wish), created: false }
  if (bill.status === 'paid') throw new AppError('bill-already-paid')
  if (bill.status === 'void' || bill.totalFen === 0) throw new AppError('bill-invalid')
  needHrssPay(app)
  const owner = nonce(app.random)
  const payment = await insert(app, paymentFor(app, wish, bill), owner)
  await actOn(app, { id: payment.id, owner }, async (held) => {
    if (held.payment.state === 'ordering') await placeOrder(app, held)
  })
  const now = await payments.byId(app.db, payment.id)
  return { payment: now ?? payment, created: true }
}

function sameWish(open: HrssPayment, wish: HrssWish): HrssPayment {
  const { qrCode } = open.sealed.reveal()
  if (open.state === 'paid') throw new AppError('bill-already-paid')
  if (open.way !== wish.way || qrCode !== wish.qrCode) throw new AppError('payment-in-progress')
  return open
}

/** The number is stored, and the bill held, before anything is sent: this is the intent. */
async function insert(app: App, payment: HrssPayment, owner: string): Promise<HrssPayment> {
  const { billNo, id, createdAt } = payment
  await commitAs(app.db, 'hrss-intended', async (trx) => {
    await takeForDesk(app, trx, { billNo, desk: lockName(id), until: UNTIL_GIVEN_BACK })
    const lease = { owner, until: createdAt + app.settings.LEASE_MS }
    // Thrown in here: a lock for a payment that does not exist would last for ever.
    if (!(await payments.insert(trx, payment, lease))) throw new AppError('payment-in-progress')
    await events.append(trx, {
      orderId: id,
      version: 1,
      at: createdAt,
      what: 'hrss-intended',
      from: null,
      to: payment.state,
      detail: { billNo, way: payment.way, amountFen: payment.amountFen },
      traceId: app.traceId(),
    })
  })
  return payment
}

function paymentFor(app: App, wish: HrssWish, bill: Bill): HrssPayment {
  const now = app.clock.now()
  const id = ulid(now, app.random)
  const { idType, idNo, name } = bill.patient
  const known = idType === '01' || idType === '90' ? idType : '99'
  const { qrCode, returnUrl } = wish
  return {
    id,
    version: 1,
    billNo: bill.billNo,
    way: wish.way,
    orderType: bill.businessType === 'pharmacy' ? '10099' : '10001',
    state: wish.way === 'static' ? 'offered' : 'ordering',
    mchOrderId: hrssOrderNo(id),
    payOrderId: null,
    sealed: new Secret({ person: { idType: known, idNo, name }, qrCode, returnUrl, cashier: null }),
    amountFen: bill.totalFen,
    reservedFen: ZERO,
    refundedFen: ZERO,
    writeBack: 'none',
    createdAt: now,
    expiresAt: now + app.settings.ORDER_LIFE_MS,
    paidAt: null,
    toldAt: null,
    askedAt: null,
  }
}

/** What the payer reads: nothing of the visit. */
export const HRSS_TITLE = '医疗费用'

function orderOf(payment: HrssPayment): HrssOrder {
  const { person, qrCode, returnUrl } = payment.sealed.reveal()
  if (payment.way === 'static') throw new Error('a static code has no order of ours')
  const { way, mchOrderId, amountFen, orderType, createdAt, billNo } = payment
  const title = HRSS_TITLE
  return {
    way,
    mchOrderId,
    amountFen,
    orderType,
    person,
    createdAt,
    title,
    billNo,
    qrCode,
    returnUrl,
  }
}

/** @throws AppError `upstream-refused`, `upstream-unavailable` when no order stands for certain */
async function placeOrder(app: App, held: HeldPayment): Promise<void> {
  await learnPlaced(app, held, await held.platform.place(orderOf(held.payment)))
}

async function learnPlaced(
  app: App,
  held: HeldPayment,
  outcome: Outcome<HrssPlaced>,
): Promise<void> {
  switch (outcome.kind) {
    case 'done':
      return stand(app, held, outcome.value)
    case 'refused':
      await takePaymentStep(app, held, {
        what: 'hrss-refused',
        changes: { state: 'failed' },
        detail: { code: outcome.code, message: outcome.message },
      })
      throw new AppError('upstream-refused', `人社支付平台未受理：${outcome.message}`)
    case 'unsent':
      // Never sent again: the desk has gone on to something else by then (RS-06).
      await takePaymentStep(app, held, {
        what: 'hrss-unsent',
        changes: { state: 'closed' },
        detail: { cause: outcome.cause },
      })
      throw new AppError('upstream-unavailable', '人社支付平台暂时不可用，请稍后再试。')
    case 'pending':
    case 'unknown':
      app.log.warn({ paymentId: held.payment.id }, 'hrss-pay: no answer to an order')
  }
}

async function stand(app: App, held: HeldPayment, placed: HrssPlaced): Promise<void> {
  const { payOrderId, cashier } = placed
  const sealed = new Secret({ ...held.payment.sealed.reveal(), cashier })
  await takePaymentStep(app, held, {
    what: 'hrss-order-stands',
    changes: { state: cashier === null ? 'closing' : 'waiting', payOrderId, sealed },
    detail: { payOrderId },
  })
  if (cashier !== null) return
  await carryOnClosing(app, held)
  throw new AppError('upstream-refused', '人社支付平台给出的收银台不可用，订单已不可支付。')
}

/**
 * The answer was lost (RS-51). The notice tells by itself; asking by our number, or the same order
 * again, only where the platform is said to take it; a second number never.
 */
export async function findOrder(app: App, held: HeldPayment): Promise<void> {
  const { profile } = held.platform
  if (profile.queryWithoutPayOrderId) await askThePlatform(app, held, 'order-lost')
  else await noteAsked(app, held)
  if (held.payment.state === 'closing') await carryOnClosing(app, held)
  if (held.payment.state !== 'ordering') return
  if (profile.resendOrder) {
    const outcome = await held.platform.place(orderOf(held.payment))
    // What refuses a repeat, or never leaves, says nothing of the first.
    if (outcome.kind === 'done') return stand(app, held, outcome.value)
  }
  await giveUpInTheEnd(app, held)
}

const noteAsked = (app: App, held: HeldPayment): Promise<void> =>
  takePaymentStep(app, held, { what: 'hrss-waited', changes: { askedAt: app.clock.now() } })

/** Of a lost order, or one that was told to the platform and never heard of again. */
export async function giveUpInTheEnd(app: App, held: HeldPayment): Promise<void> {
  const { payment } = held
  const late = app.clock.now() - payment.expiresAt
  if (late < 0) return
  const untold = payment.state === 'offered' && payment.toldAt === null
  if (untold || late >= HEARD_OF_FOR_MS) {
    const what = untold ? 'hrss-expired' : 'hrss-given-up'
    await takePaymentStep(app, held, { what, changes: { state: 'closed' } })
    return
  }
  const sentence =
    '人社支付平台的下单结果至今未知，账单暂时保留，请与平台核实该订单号是否存在、是否已支付。'
  await askAPersonAbout(app, app.db, { payment, kind: 'still-unknown', sentence })
}
