/** Money that people returned outside (线下退款): told to patient, HIS and channel like any refund. */
import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { type Amounts, insuranceFen } from '../../payment/amounts.ts'
import { fen, sumFen, ZERO } from '../../payment/money.ts'
import type { BackgroundEffect } from '../../payment/effects.ts'
import type { Order } from '../../payment/order.ts'
import { nextMoney, type Refund, type RefundPart } from '../../payment/refunds.ts'
import * as intents from '../../store/intents.ts'
import * as refunds from '../../store/refunds.ts'
import { partsReturned, refundIsOver, tellEverybody } from './advance-refund.ts'
import { lastAutomaticNumber, numbersSent } from './ask-own-money.ts'
import { later, revokeLater } from '../background.ts'
import { type HeldOrder, holdOrder, takeStep } from '../held-order.ts'
import type { Changes } from '../perform.ts'
import { recheckLater } from './recheck-refund.ts'
import type { Decided } from './refund-actions.ts'
import { newRefund } from './request-refund.ts'
import { bureauHoldsNothing } from '../operators/settle-review.ts'
import { cashOrderEnd, cashOrderOf } from '../self-pay-order.ts'

/** Which parts went back outside, and what proves it. */
export interface ByHand {
  readonly parts: readonly RefundPart[]
  readonly voucherNo: string
}

const WAIT_MS = 9_000

const refuse = (why: string): never => {
  throw new AppError('invalid-request', why)
}

/**
 * Two people have seen the voucher. Nothing is recorded while a number of ours may still return the
 * same money: the bank must call every one of them failed or unknown to it. Parts that are not
 * named go on by themselves, or must be held nowhere.
 */
export async function recordReturnedByHand(app: App, decided: Decided & ByHand): Promise<string> {
  const { orderId, operator, item, parts, voucherNo } = decided
  const said = await holdOrder(app, { orderId, waitMs: WAIT_MS }, async (held) => {
    if (parts.includes('insurance')) await noInsuranceRefundUnanswered(app, held.order)
    const sent = parts.includes('self-pay') ? await nothingOnItsWay(app, held.order) : null
    const { changes, said } = await changesOf(app, held, decided)
    await takeStep(app, held, {
      what: 'returned-by-hand',
      detail: { workItem: item.id, operator, parts, voucherNo },
      ...changes,
      also: async (trx) => {
        await intents.giveUp(trx, orderId, {
          why: 'returned by hand',
          now: app.clock.now(),
          effects: endedBy(parts),
        })
        await decided.ends(trx, said)
        await changes.also?.(trx)
        if (sent !== null) await recheckLater(app, trx, held.order, sent)
      },
    })
    return said
  })
  if (said === null) throw new AppError('request-in-progress', '订单正在被处理，请稍后再试。')
  app.wake()
  return said
}

/** What was settled and given back at the window is not revoked any more. */
const endedBy = (parts: readonly RefundPart[]): readonly BackgroundEffect[] => [
  'refund-insurance',
  'refund-self-pay',
  ...(parts.includes('insurance') ? (['revoke-upload'] as const) : []),
]

interface Recorded {
  readonly changes: Changes
  readonly said: string
}

async function changesOf(app: App, held: HeldOrder, by: Decided & ByHand): Promise<Recorded> {
  const { order } = held
  const refund = await refunds.runningOf(app.db, order.id)
  if (refund) return ofRefund(app, order, refund, by)
  if (order.state !== 'needs-review' && order.state !== 'refunding')
    return refuse('这笔订单没有待退的款项。')
  return withoutRefund(app, held, by)
}

/** A refund that stopped, or whose number the bank refuses again and again. */
function ofRefund(app: App, order: Order, refund: Refund, by: ByHand): Recorded {
  const { amounts, done } = refund
  const first = nextMoney(refund)
  const isOwed = (part: RefundPart): boolean => done[part] === undefined && fenOf(amounts, part) > 0
  const stands = refund.state === 'needs-review' || refund.state === 'self-pay'
  if (!stands || first === null) return refuse('退费正在进行，结果未明，不能登记线下退款。')
  if (!by.parts.every(isOwed) || !by.parts.some((part) => part === first))
    return refuse('所填部分不在待退之列；医保部分未退时，不能只登记自费部分。')
  const selfPay = by.parts.includes('self-pay') && {
    promise: promiseKept(app, order, amounts.selfPayFen),
    number: refund.number,
    bankRefundNo: null,
  }
  const changes = partsReturned(app, order, refund, {
    ...(by.parts.includes('insurance') && { insurance: true }),
    ...(selfPay && { selfPay }),
    byHand: vouchers(app, by),
  })
  return {
    changes,
    said: `已登记线下退款（凭证号 ${by.voucherNo}），退费单号 ${refund.refundNo}。`,
  }
}

/** Nobody asked for a refund: §8 a, or an order in review. What is not named is held nowhere. */
async function withoutRefund(app: App, held: HeldOrder, by: Decided & ByHand): Promise<Recorded> {
  const { order } = held
  const amounts = amountsOf(order, by.parts)
  if (by.parts.some((part) => fenOf(amounts, part) === 0)) return refuse('订单没有所填的部分。')
  if (!by.parts.includes('insurance') && !(await bureauHoldsNothing(app, held)))
    return refuse('医保中台没有确认医保部分未结算，须一并登记或先行核实。')
  if (!by.parts.includes('self-pay') && !(await bankHoldsNoCash(app, order)))
    return refuse('银行没有确认自费部分未收款，须一并登记或先行核实。')
  const refund = await refundOf(app, order, amounts, by)
  const changes = allReturned(app, order, refund)
  return {
    changes,
    said: `已登记线下退款（凭证号 ${by.voucherNo}），退费单号 ${refund.refundNo}。`,
  }
}

async function bankHoldsNoCash(app: App, order: Order): Promise<boolean> {
  const cash = cashOrderOf(order)
  const end = cash === null ? 'closed' : await cashOrderEnd(app, cash)
  return end === 'closed' || end === 'returned'
}

async function refundOf(
  app: App,
  order: Order,
  amounts: Amounts,
  by: Decided & ByHand,
): Promise<Refund> {
  const now = app.clock.now()
  const request = { requestedBy: 'operator', requester: by.operator, reason: by.note } as const
  const refund = await newRefund(app, order, { ...request, refundNo: null, amounts })
  const insured = by.parts.includes('insurance')
  // The channel hears of an insurance part only where it has heard of a payment.
  const told = insured && order.paidAt !== null
  return {
    ...refund,
    state: told ? 'notifying' : 'refunded',
    done: {
      check: now,
      ...(insured && { authorisation: now, insurance: now }),
      ...(by.parts.includes('self-pay') && { 'self-pay': now }),
    },
    promise: by.parts.includes('self-pay') ? promiseKept(app, order, amounts.selfPayFen) : null,
    byHand: vouchers(app, by),
  }
}

/** What was not returned was never held. */
function legAfter(fenBack: number, was: string): 'none' | 'failed' | 'refunded' {
  if (fenBack > 0 || was === 'refunded') return 'refunded'
  return was === 'none' ? 'none' : 'failed'
}

function allReturned(app: App, order: Order, refund: Refund): Changes {
  const { amounts, promise } = refund
  return {
    order: {
      state: 'refunded',
      refundedFen: fen(order.refundedFen + amounts.totalFen),
      selfPay: legAfter(amounts.selfPayFen, order.selfPay),
      insurance: legAfter(insuranceFen(amounts), order.insurance),
      ...(promise && { refundPromise: promise }),
    },
    also: async (trx) => {
      if (!(await refunds.insert(trx, refund))) throw new AppError('refund-in-progress')
      await refundIsOver(app, trx, order.id)
      if (order.paidAt === null) {
        if (insuranceFen(amounts) === 0) await revokeLater(app, trx, order)
        await later(app, trx, { effect: 'release-bill', number: order.id, order })
        const effects = ['revoke-upload', 'release-bill'] as const
        await intents.resume(trx, order.id, { effects, at: app.clock.now() })
      } else await tellEverybody(app, trx, order, refund)
    },
  }
}

// ---------------------------------------------------------------- parts

const fenOf = (amounts: Amounts, part: RefundPart): number =>
  part === 'insurance' ? insuranceFen(amounts) : amounts.selfPayFen

/** What is still held of these parts: what is back is not, and own money goes also in parts. */
function amountsOf(order: Order, parts: readonly RefundPart[]): Amounts {
  const { amounts, scenario } = order
  const insured = parts.includes('insurance') && order.insurance !== 'refunded'
  const before = scenario === 'self-pay-only' ? order.refundedFen : ZERO
  const ownHeld = parts.includes('self-pay') && order.selfPay !== 'refunded'
  const own = ownHeld ? fen(amounts.selfPayFen - before) : ZERO
  const part = (of: Amounts['fundFen']) => (insured ? of : ZERO)
  const [fundFen, accountFen] = [part(amounts.fundFen), part(amounts.accountFen)]
  const otherFen = part(amounts.otherFen)
  const totalFen = sumFen([fundFen, accountFen, otherFen, own])
  return { totalFen, fundFen, accountFen, otherFen, selfPayFen: own }
}

function vouchers(app: App, { parts, voucherNo }: ByHand) {
  const at = app.clock.now()
  return parts.map((part) => ({ part, voucherNo, at }))
}

function promiseKept(app: App, order: Order, amountFen: Amounts['selfPayFen']) {
  const now = app.clock.now()
  const { promisedAt, sentAt } = order.refundPromise ?? { promisedAt: now, sentAt: now }
  return { amountFen, promisedAt, sentAt: sentAt ?? now, confirmedAt: now }
}

/** Suspended by a dispute: only going on with it tells what 6203 came to. */
async function noInsuranceRefundUnanswered(app: App, { id }: Order): Promise<void> {
  const known = await intents.ofOrder(app.db, id)
  const unanswered = known.some(
    ({ effect, state, sent }) => effect === 'refund-insurance' && state === 'open' && sent > 0,
  )
  if (unanswered) refuse('医保部分退费结果未明，请先继续退款（refund-again），由系统查明结果。')
}

/**
 * A second return beside one of ours that works after all would be money lost.
 * @returns the last number, where the bank may have seen any
 */
async function nothingOnItsWay(app: App, order: Order): Promise<string | null> {
  const running = await refunds.runningOf(app.db, order.id)
  const last = running?.number ?? (await lastAutomaticNumber(app, order))
  const cash = cashOrderOf(order)
  if (last === null || cash === null) return null
  const known = await intents.ofOrder(app.db, order.id)
  const sent = await numbersSent(app, order, last)
  for (const refundNo of sent) {
    const isOpen = known.some(
      ({ effect, number, state }) =>
        effect === 'refund-self-pay' && number === refundNo && state === 'open',
    )
    const answer = await app.bank.refund({ outTradeNo: cash.outTradeNo, refundNo })
    const failed = answer.kind === 'done' && answer.value.status === 'failed'
    // One that is not there may still be on its way, as long as its answer is not known.
    const never = answer.kind === 'absent' && !isOpen
    if (!failed && !never)
      refuse(`银行没有确认退款号 ${refundNo} 未退，不能登记线下退款，请先核实以免重复退款。`)
  }
  return sent.length > 0 ? last : null
}
