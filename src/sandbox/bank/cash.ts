/** Cash orders: placing, asking, closing. */
import { digits } from '../answers.ts'
import { shanghai } from '../shanghai.ts'
import type { World } from '../world.ts'
import type { Bank, CallUp, CashOrder, Counter, Handled } from './book.ts'
import { findCash, firstTime, misbehaviour, record, Refusal } from './book.ts'

export type CashWish = Pick<
  CashOrder,
  'outTradeNo' | 'billNo' | 'amountFen' | 'channel' | 'userId' | 'attach' | 'callbackUrl'
> & { readonly lifeMs: number }

/** By either number; both must fit where both are given. */
export interface CashNumbers {
  readonly outTradeNo: string | undefined
  readonly orderId: string | undefined
}

/** A prepay number lives two hours whatever the order's own life (docs/mixed-order.md 1). */
const PREPAY_LIFE_MS = 7_200_000

export function placeCash(counter: Counter, wish: CashWish): Handled<CashOrder> {
  const { billNo } = wish
  const log = { billNo, call: 'self-pay-order', number: wish.outTradeNo } as const
  if (misbehaviour(billNo) === 'F13' && firstTime(counter, billNo, 'self-pay-order')) {
    record(counter, { ...log, result: 'lost-request' })
    return { billNo, told: 'lost' }
  }
  if (counter.cashOrders.has(wish.outTradeNo)) {
    record(counter, { ...log, result: 'refused' })
    return { billNo, told: new Refusal('cash-order-exists', '已下单,不允许再次下单') }
  }
  const cash = openCash(counter, wish)
  counter.cashOrders.set(cash.outTradeNo, cash)
  record(counter, { ...log, result: 'effect' })
  const lost = misbehaviour(billNo) === 'F09' && firstTime(counter, billNo, 'self-pay-answer')
  return { billNo, told: lost ? 'lost' : cash }
}

function openCash(
  { context: { world }, protocol }: Counter,
  { lifeMs, ...wish }: CashWish,
): CashOrder {
  const at = world.now()
  const isAlipay = wish.channel === 'alipay'
  const prepayId = `${isAlipay ? '20' : 'wx'}${shanghai.compact(at)}${digits(world, 12)}`
  return {
    ...wish,
    protocol,
    orderId: `${protocol.merchantNo}${shanghai.compact(at).slice(2)}${digits(world, 6)}`,
    expiresAt: at + Math.min(lifeMs, PREPAY_LIFE_MS),
    prepayId,
    callUp: isAlipay ? null : callUp(world, prepayId),
    thirdTradeNo: `42000${digits(world, 23)}`,
    status: 'open',
    paidAt: null,
    reservedFen: 0,
    refundedFen: 0,
  }
}

function callUp(world: World, prepayId: string): CallUp {
  return {
    timeStamp: String(Math.floor(world.now() / 1000)),
    nonceStr: digits(world, 32),
    package: `prepay_id=${prepayId}`,
    signType: 'RSA',
    // Signed with the bank's WeChat key; only WeChat verifies it, so noise of the right length.
    paySign: noise(world, 256),
  }
}

const noise = (world: World, length: number): string =>
  Buffer.from(Array.from({ length }, () => Math.floor(world.random() * 256))).toString('base64')

export function findByNumbers(bank: Bank, { outTradeNo, orderId }: CashNumbers): CashOrder | null {
  return findCash(
    bank,
    (cash) =>
      (outTradeNo ?? cash.outTradeNo) === cash.outTradeNo &&
      (orderId ?? cash.orderId) === cash.orderId,
  )
}

const numberOf = ({ outTradeNo, orderId }: CashNumbers): string => outTradeNo ?? orderId ?? ''

const NOT_FOUND = new Refusal('no-cash-order', '查询不到订单信息')

export function askCash(counter: Counter, asked: CashNumbers): Handled<CashOrder> {
  const cash = findByNumbers(counter, asked)
  const billNo = cash?.billNo ?? ''
  record(counter, { billNo, call: 'self-pay-query', number: numberOf(asked), result: 'question' })
  return { billNo, told: cash ?? NOT_FOUND }
}

export function closeCash(counter: Counter, asked: CashNumbers): Handled<CashOrder> {
  const cash = findByNumbers(counter, asked)
  const billNo = cash?.billNo ?? ''
  const before = cash?.status
  const refusal = cash === null ? NOT_FOUND : close(counter, cash)
  const result = before === 'open' ? 'effect' : 'repeat'
  record(counter, {
    billNo,
    call: 'close',
    number: numberOf(asked),
    result: refusal === null ? result : 'refused',
  })
  return { billNo, told: refusal ?? cash ?? NOT_FOUND }
}

function close(bank: Bank, cash: CashOrder): Refusal | null {
  if (cash.status === 'paid' || cash.status === 'returned')
    return new Refusal('cash-order-paid', '订单已支付，不允许关单')
  if (cash.status !== 'open') return null
  if (misbehaviour(cash.billNo) === 'F39' && firstTime(bank, cash.billNo, 'close'))
    return new Refusal('cash-order-being-paid', '用户支付中，不允许关单')
  cash.status = 'closed'
  return null
}

/** Nothing of it is left at the bank. */
export const isReturned = (cash: CashOrder): boolean =>
  cash.status === 'returned' || cash.refundedFen === cash.amountFen
