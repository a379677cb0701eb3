import type { App } from '../app.ts'
import { AppError, Secret } from '../errors.ts'
import { bankSerialNo, businessDate, institutionNo } from '../payment/numbers.ts'
import { legsUnpaid, type Order } from '../payment/order.ts'
import type { MixedOrder, MixedPlaced } from '../upstreams/bank.ts'
import { type Answer, type Cashier, type Outcome, unknown } from '../upstreams/upstream.ts'
import { channelOf } from './authorise.ts'
import { askAPerson, letGoLater, revokeLater } from './background.ts'
import { type HeldOrder, holdOrder, takeStep } from './held-order.ts'
import { confirmHold, holdRefusal } from './hold-bill.ts'
import { mixedContent } from './mixed-content.ts'
import { type Call, isDone, perform } from './perform.ts'
import { closeChanged, readBill, stillTheSame } from './read-bill.ts'
import { cashOrderOf, closeSelfPayOrder, placeSelfPayOrder, prepayOf } from './self-pay-order.ts'

const WAIT_MS = 9_000

/** A lost step 8 is closed and renumbered at most this often in one go; the worker goes on later. */
const TRIES_IN_ONE_GO = 3

/**
 * Steps 8-10: bill read again, cash order, mixed order, cashier. Repeating it returns the same
 * cashier as long as the order may be paid.
 * @returns null while an answer is unknown: the worker goes on.
 */
export async function pay(app: App, orderId: string): Promise<Cashier | null> {
  return holdOrder(app, { orderId, waitMs: WAIT_MS }, async (held) => {
    switch (held.order.state) {
      case 'awaiting-payment':
      case 'processing':
        return cashierOf(app, held.order)
      case 'pre-settled':
        await confirmAuthorisation(app, held)
        await confirmHold(app, held)
        await confirmBill(app, held)
        return placeOrders(app, held)
      case 'ordering':
        if (app.clock.now() < held.order.expiresAt) return placeOrders(app, held)
        await giveUpOrdering(app, held, 'expired')
        throw new AppError('order-expired')
      case 'created':
      case 'pre-settling':
        throw new AppError('not-pre-settled')
      case 'paid':
        throw new AppError('already-paid')
      case 'refunding':
      case 'refunded':
      case 'failed':
      case 'closed':
      case 'needs-review':
        throw (await holdRefusal(app, held.order)) ?? over()
    }
  })
}

const over = (): AppError => new AppError('not-pre-settled', '这笔订单已结束，请重新发起支付。')

/** Step 10. An expired order is never payable: no cashier leaves the house any more. */
function cashierOf(app: App, order: Order): Cashier | null {
  if (app.clock.now() >= order.expiresAt) throw new AppError('order-expired')
  const { mixTradeNo, cashierPage } = order.attempt
  if (mixTradeNo === null) throw new Error('cashier without mixed order')
  const page = cashierPage?.reveal() ?? null
  return channelOf(app, order).cashier({ mixTradeNo, prepay: prepayOf(order), page })
}

/** A slow patient authorises again: the old upload is revoked before the next one is made. */
async function confirmAuthorisation(app: App, held: HeldOrder): Promise<void> {
  const { order } = held
  const { authorisedAt } = order.attempt
  const now = app.clock.now()
  if (now >= order.expiresAt) throw new AppError('order-expired')
  if (authorisedAt === null || now - authorisedAt < app.settings.PAY_AUTH_LIFE_MS) return
  await takeStep(app, held, {
    what: 'authorisation-expired',
    order: { state: 'created' },
    also: (trx) => revokeLater(app, trx, order),
  })
  throw new AppError('not-pre-settled', '医保授权已过期，请重新授权后再付款。')
}

/** What the patient pays is what HIS wants paid at this moment (docs/rulings.md 3.6). */
async function confirmBill(app: App, held: HeldOrder): Promise<void> {
  if (app.clock.now() >= held.order.expiresAt) throw new AppError('order-expired')
  const bill = await readBill(app, held.order.billNo)
  if (stillTheSame(bill, held.order)) return
  if (held.order.state === 'ordering') await giveUpOrdering(app, held, 'bill-changed')
  else await closeChanged(app, held)
  throw new AppError('bill-changed')
}

async function placeOrders(app: App, held: HeldOrder): Promise<Cashier | null> {
  const { state, attempt, amounts } = held.order
  // A number was given up in an earlier go: the bill was read too long ago.
  if (state === 'ordering' && amounts.selfPayFen > 0 && attempt.outTradeNo === null)
    await confirmBill(app, held)
  if (held.order.amounts.selfPayFen > 0) {
    let cash = await placeSelfPayOrder(app, held)
    for (let tries = 1; cash.kind === 'dead' && tries < TRIES_IN_ONE_GO; tries += 1) {
      await confirmBill(app, held)
      cash = await placeSelfPayOrder(app, held)
    }
    if (cash.kind === 'refused')
      throw new AppError('upstream-refused', `银行未受理：${cash.message}`)
    if (!isDone(cash)) return null
  }
  const mixed = await perform(app, held, mixedCall(app, held.order))
  if (mixed.kind === 'refused') {
    await giveUpOrdering(app, held, 'refused')
    throw new AppError('upstream-refused', `银行未受理：${mixed.message}`)
  }
  return isDone(mixed) ? cashierOf(app, held.order) : null
}

/** Found in `ordering` by the worker. Past the order's life nothing is placed any more. */
export async function resumePayment(app: App, held: HeldOrder): Promise<void> {
  if (app.clock.now() < held.order.expiresAt) await placeOrders(app, held)
  else await giveUpOrdering(app, held, 'expired')
}

/**
 * Step 9 will not come to a usable end. No cashier has left the house, so closing the cash order
 * and revoking the upload is always safe; it is over only when the bank says the cash order is.
 */
async function giveUpOrdering(
  app: App,
  held: HeldOrder,
  why: 'refused' | 'expired' | 'bill-changed',
): Promise<void> {
  const { order } = held
  const cash = cashOrderOf(order)
  if (cash && (await closeSelfPayOrder(app, cash)) !== 'closed') {
    if (why === 'expired') await askAPerson(app, app.db, stuck(order))
    return
  }
  await takeStep(app, held, {
    what: 'ordering-given-up',
    detail: { why },
    order: {
      state: 'failed',
      ...legsUnpaid(order),
    },
    also: async (trx) => {
      await letGoLater(app, trx, order)
      if (why === 'expired')
        await askAPerson(app, trx, {
          kind: 'order-stuck',
          order,
          sentence:
            '银行混合下单结果始终不明，自费订单已确认关闭，请核对银行侧是否有遗留的混合订单。',
          actions: ['ask-bank', 'ask-insurer', 'note'],
        })
    },
  })
}

const stuck = (order: Order) => ({
  kind: 'order-stuck' as const,
  order,
  sentence: '银行下单结果到订单过期仍不明，请与银行核对自费订单是否已关闭、是否有遗留的混合订单。',
  actions: ['ask-bank', 'ask-insurer', 'note'],
})

// ---------------------------------------------------------------- step 9

/**
 * The institution number is the bank's own self-pay number, or ours by the agreed rule when there
 * is no self-pay part (SC-P09 a).
 */
function mixedCall(app: App, order: Order): Call<MixedPlaced> {
  const { attempt } = order
  const now = app.clock.now()
  const { institutionNumberTemplate, merchantNo } = app.bank.profile
  const number =
    attempt.institutionNo ??
    attempt.bankOrderNo ??
    institutionNo(institutionNumberTemplate, { merchantNo, now, random: app.random })
  const serialNo = attempt.serialNo ?? bankSerialNo(now, app.random)
  const content = mixedContent(app, order)
  const { mixPayType, medicalSerialNo: medOrgOrd } = content
  const mixedOrderedAt = attempt.mixedOrderedAt ?? now
  const request: MixedOrder = {
    ...content,
    serialNo,
    institutionNo: number,
    outTradeNo: attempt.outTradeNo,
    channel: order.channel,
    userId: order.userId.reveal(),
    prepayId: prepayOf(order)?.prepayId ?? null,
    billNo: order.billNo,
  }
  return {
    effect: 'order-mixed',
    number,
    intend: {
      order: { state: 'ordering' },
      attempt: { institutionNo: number, serialNo, mixPayType, medOrgOrd, mixedOrderedAt },
    },
    send: async () => mayExist(await app.bank.placeMixedOrder(request)),
    ...(app.bank.profile.queryByOutTradeNo &&
      !channelOf(app, order).cashierIsPage && {
        ask: () => byOurNumbers(app, request, mixedOrderedAt),
      }),
    learn: ({ mixTradeNo, cashierPage }) => mixedOrderStands(app, mixTradeNo, cashierPage),
  }
}

/** T0 is the instant at which the bank's success answer is committed (SC-Q01). */
export const mixedOrderStands = (app: App, mixTradeNo: string, page: string | null = null) => ({
  order: { state: 'awaiting-payment' } as const,
  attempt: {
    mixTradeNo,
    t0: app.clock.now(),
    ...(page !== null && { cashierPage: new Secret(page) }),
  },
})

/** "It exists already" says that the first one had its effect, not what its number is. */
const mayExist = <T>(outcome: Outcome<T>): Outcome<T> =>
  outcome.kind === 'refused' && outcome.code === 'already-exists'
    ? unknown('exists already')
    : outcome

async function byOurNumbers(
  app: App,
  { institutionNo, outTradeNo }: MixedOrder,
  orderedAt: number,
): Promise<Answer<MixedPlaced>> {
  const answer = await app.bank.mixedOrder({
    mixTradeNo: null,
    institutionNo,
    outTradeNo,
    businessDate: businessDate(orderedAt),
  })
  if (answer.kind !== 'done') return answer
  return { kind: 'done', value: { mixTradeNo: answer.value.mixTradeNo, cashierPage: null } }
}
