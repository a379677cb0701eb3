import type { App } from '../../app.ts'
import { insuranceFen } from '../../payment/amounts.ts'
import { type Fen, fen } from '../../payment/money.ts'
import type { Order, RefundPromise } from '../../payment/order.ts'
import {
  afterMoney,
  nextMoney,
  type Refund,
  type RefundChanges,
  refundMayFollow,
  type RefundState,
  type ReturnedByHand,
} from '../../payment/refunds.ts'
import type { Db } from '../../store/database.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import * as workItems from '../../store/work-items.ts'
import * as returnsTakenBack from '../../store/returns-taken-back.ts'
import { askAPerson, later } from '../background.ts'
import { LeaseLost } from '../held-order.ts'
import type { Changes } from '../perform.ts'

/** A refund moves in the commit of its order's step, by the table and from what was read. */
export async function moveRefund(trx: Db, refund: Refund, changes: RefundChanges): Promise<void> {
  const to = changes.state ?? refund.state
  if (to !== refund.state && !refundMayFollow(refund.state, to))
    throw new Error(`${refund.id}: ${refund.state} may not become ${to}`)
  if (!(await refunds.update(trx, refund, changes))) throw new LeaseLost(refund.orderId)
}

/** @throws Error when background work of a refund stands without one. */
export async function runningRefund(app: App, order: Order): Promise<Refund> {
  const refund = await refunds.runningOf(app.db, order.id)
  if (!refund) throw new Error(`${order.id}: no refund runs`)
  return refund
}

/** Step 2 is through: the first money step begins, and the own money is promised. */
export function moneyBegins(app: App, order: Order, refund: Refund, number: string): Changes {
  const now = app.clock.now()
  const state = nextMoney(refund)
  if (state === null) throw new Error(`${refund.id}: nothing is left to return`)
  const own = refund.amounts.selfPayFen > 0 && refund.done['self-pay'] === undefined
  const insurance = insuranceFen(refund.amounts) > 0 && refund.done.insurance === undefined
  const promise = {
    amountFen: refund.amounts.selfPayFen,
    promisedAt: now,
    sentAt: null,
    confirmedAt: null,
  }
  return {
    order: {
      state: 'refunding',
      ...(insurance && { insurance: 'refunding' }),
      ...(own && { selfPay: 'refunding', refundPromise: promise }),
    },
    also: async (trx) => {
      const done = { ...refund.done, check: refund.done.check ?? now }
      await moveRefund(trx, refund, { state, number, done })
      await later(app, trx, { effect: effectOf(state), number, order })
    },
  }
}

const effectOf = (state: RefundState): 'refund-insurance' | 'refund-self-pay' =>
  state === 'insurance' ? 'refund-insurance' : 'refund-self-pay'

/** Not allowed, or refused before anything moved: the order stays what it was. */
export function rejected(
  app: App,
  refund: Refund,
  refusal: string,
): Required<Pick<Changes, 'also'>> {
  return {
    also: async (trx) => {
      await moveRefund(trx, refund, { state: 'rejected', refusal })
      await refundIsOver(app, trx, refund.orderId)
    },
  }
}

/** One refund an order runs at a time: whatever was asked about it is answered by its end. */
export function refundIsOver(app: App, trx: Db, orderId: string): Promise<void> {
  const kinds = ['refund-overdue', 'refund-failing', 'refund-refused', 'refund-reversed'] as const
  const end = { at: app.clock.now(), note: '退费已了结，事项自动结束' }
  return workItems.endOpen(trx, { orderId, kinds }, end)
}

/** What has come back of a refund, and how. */
interface Back {
  readonly insurance?: true
  readonly selfPay?: {
    readonly promise: RefundPromise
    readonly number: string
    readonly bankRefundNo: string | null
  }
  readonly byHand?: readonly ReturnedByHand[]
}

/** Parts are back: the next one begins, or all is told to HIS and to the channel (SC-R07). */
export function partsReturned(app: App, order: Order, refund: Refund, back: Back): Changes {
  const now = app.clock.now()
  const { amounts } = refund
  const { insurance = false, selfPay } = back
  const done = {
    ...refund.done,
    ...(insurance && { authorisation: now, insurance: now }),
    ...(selfPay && { 'self-pay': now }),
  }
  const money = nextMoney({ amounts, done })
  const number = selfPay?.number ?? refund.number
  const bankRefundNo = selfPay ? selfPay.bankRefundNo : refund.bankRefundNo
  const told = ownMoneyIsTold(app, bankRefundNo)
  const returned = (insurance ? insuranceFen(amounts) : 0) + (selfPay ? amounts.selfPayFen : 0)
  const refundedFen = fen(order.refundedFen + returned)
  const whole = refundedFen === order.amounts.totalFen
  return {
    order: {
      refundedFen,
      state: money === null ? (whole ? 'refunded' : 'paid') : 'refunding',
      ...(insurance && { insurance: 'refunded' }),
      ...(selfPay && { selfPay: whole ? 'refunded' : 'paid', refundPromise: selfPay.promise }),
    },
    also: async (trx) => {
      await moveRefund(trx, refund, {
        state: money ?? afterMoney(amounts, told),
        done,
        number,
        ...(selfPay && { promise: selfPay.promise, bankRefundNo }),
        ...(back.byHand && { byHand: [...refund.byHand, ...back.byHand] }),
      })
      if (money !== null) return later(app, trx, { effect: effectOf(money), number, order })
      await refundIsOver(app, trx, order.id)
      await tellEverybody(app, trx, order, { ...refund, number, bankRefundNo })
    },
  }
}

/** A bank that wants to hear of it finds it by the number of its own refund alone. */
const ownMoneyIsTold = (app: App, bankRefundNo: string | null): boolean =>
  app.bank.profile.noticesOwnMoney && bankRefundNo !== null

/** All money is back: the channel hears of the insurance part, HIS of everything. */
export async function tellEverybody(
  app: App,
  trx: Db,
  order: Order,
  refund: Refund,
): Promise<void> {
  const { number, refundNo, amounts, bankRefundNo } = refund
  // An intent that died was given up when the money was taken back: now it is back after all.
  const tell = async (effect: 'notify-refund' | 'write-back-refund', about: string) => {
    await intents.revive(trx, { effect, number: about }, app.clock.now())
    await later(app, trx, { effect, number: about, order })
  }
  if (afterMoney(amounts, ownMoneyIsTold(app, bankRefundNo)) === 'notifying')
    await tell('notify-refund', number)
  if (order.hisWriteBack === 'done') await tell('write-back-refund', refundNo)
}

/** 6203 was refused for good: nothing went back; the order and the refund wait for a person. */
export function stoppedByRefusal(app: App, order: Order, refund: Refund, message: string): Changes {
  return {
    order: { state: 'needs-review' },
    also: async (trx) => {
      await moveRefund(trx, refund, { state: 'needs-review', refusal: message })
      await askAPerson(app, trx, {
        kind: 'refund-refused',
        opensAgain: true,
        order,
        sentence: `医保退费未成功（${message}），自费部分未动，请核实原因后再次退费或终止退费。`,
        actions: ['refund-again', 'reject-refund', 'returned-by-hand', 'ask-insurer', 'note'],
      })
    },
  }
}

/**
 * The order is disputed: a refund whose money is not back waits with it, under the number it has.
 * @returns whether one does, or the own money that nobody asked for (§8 a)
 */
export async function stopForReview(trx: Db, order: Order): Promise<boolean> {
  await intents.suspend(trx, order.id)
  const refund = await refunds.runningOf(trx, order.id)
  if (refund === null) return order.state === 'refunding'
  const stops = refund.state === 'insurance' || refund.state === 'self-pay'
  if (stops) await moveRefund(trx, refund, { state: 'needs-review' })
  return stops || refund.state === 'needs-review'
}

/** The bank took back what it had returned: the own money is held again (slow re-check). */
export function takenBack(app: App, order: Order, refund: Refund | null, number: string): Changes {
  const returned = refund?.amounts.selfPayFen ?? order.amounts.selfPayFen
  const promise = refund?.promise ?? order.refundPromise
  return {
    order: {
      state: 'needs-review',
      selfPay: 'refunding',
      refundedFen: fen(order.refundedFen - returned),
      refundPromise: promise && { ...promise, confirmedAt: null },
    },
    also: async (trx) => {
      await intents.suspend(trx, order.id)
      await rememberReturn(app, trx, order, { number, refund, amountFen: returned })
      if (refund) {
        const { 'self-pay': _, ...done } = refund.done
        await moveRefund(trx, refund, { state: 'needs-review', done })
      }
      await askAPerson(app, trx, {
        kind: 'refund-reversed',
        opensAgain: true,
        order,
        sentence: `银行确认退回的自费款项（${number}）后来又被退回商户，患者未收到，请核实后再次退款。`,
        actions: ['refund-again', 'returned-by-hand', 'ask-bank', 'note'],
      })
    },
  }
}

/** Of §8 a only the intent knows when the money was back. */
async function rememberReturn(
  app: App,
  trx: Db,
  { id: orderId }: Order,
  { number, refund, amountFen }: { number: string; refund: Refund | null; amountFen: Fen },
): Promise<void> {
  const takenBackAt = app.clock.now()
  const returnedAt =
    (refund
      ? refund.done['self-pay']
      : await intents.closedAt(trx, { effect: 'refund-self-pay', number })) ?? takenBackAt
  const one = { orderId, number, amountFen, returnedAt, takenBackAt }
  await returnsTakenBack.append(trx, one)
}
