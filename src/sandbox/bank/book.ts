/** What the pretend bank remembers. It is one bank, whichever protocol a hospital speaks with it. */
import type { SandboxContext, Upload } from '../registry.ts'
import type { Misbehaviour } from '../scenario.ts'
import { scenarioOf } from '../scenario.ts'
import type { CallRecord } from '../world.ts'
import type { Delivered, Notice } from './notices.ts'

/** How one kind of bank speaks; the orders that came by it are told of in the same way. */
export interface BankProtocol {
  readonly name: 'icbc' | 'standard-bank'
  readonly merchantNo: string
  /** The hospital's own application at a channel; undefined while that channel is not opened. */
  readonly appIds: Readonly<Record<'wechat' | 'alipay', string | undefined>>
  /** Whether callbacks come for failures too. */
  readonly tellsOfFailures: boolean
  readonly notify: (notice: Notice) => Promise<Delivered>
}

/** The values that call up WeChat's cashier. */
export interface CallUp {
  readonly timeStamp: string
  readonly nonceStr: string
  readonly package: string
  readonly signType: 'RSA'
  readonly paySign: string
}

export interface CashOrder {
  readonly protocol: BankProtocol
  /** The bank's own number: what the mixed order carries as institution number. */
  readonly orderId: string
  readonly outTradeNo: string
  readonly billNo: string
  readonly amountFen: number
  readonly channel: 'wechat' | 'alipay'
  readonly userId: string
  readonly attach: string
  /** Null when no callback is wanted. */
  readonly callbackUrl: string | null
  readonly expiresAt: number
  /** WeChat's prepay_id, or Alipay's trade number. */
  readonly prepayId: string
  /** Null for an Alipay order. */
  readonly callUp: CallUp | null
  readonly thirdTradeNo: string
  status: 'open' | 'paid' | 'failed' | 'closed' | 'returned'
  paidAt: number | null
  /** Sum of refunds that were accepted and did not fail. */
  reservedFen: number
  /** Sum of refunds that reached the patient. */
  refundedFen: number
}

export interface Identity {
  readonly name: string
  /** MD5 of the upper-case 18-digit number, lower-case hex (docs/mixed-order.md 1.4). */
  readonly idDigest: string
}

/** Null is a part that was not sent. `insuredCashFen` is what the bureau calls own money, `cashFen` what is paid. */
export interface MixedAmounts {
  readonly totalFen: number
  readonly fundFen: number | null
  readonly accountFen: number | null
  readonly otherFen: number | null
  readonly insuredCashFen: number | null
  readonly cashFen: number | null
}

/** A mixed order as the hospital wants it, in no protocol's words; presence by type was checked. */
export interface MixedWish {
  readonly billNo: string
  readonly serialNo: string
  readonly institutionNo: string
  readonly mixPayType: 'CASH_ONLY' | 'INSURANCE_ONLY' | 'CASH_AND_INSURANCE'
  readonly channel: 'wechat' | 'alipay'
  readonly userId: string
  readonly payer: Identity
  readonly relative: Identity | null
  readonly medicalSerialNo: string
  readonly payOrdId: string | null
  readonly payAuthNo: string | null
  readonly amounts: MixedAmounts
  readonly addedFen: number
  readonly reducedFen: number
  readonly prepayId: string | null
  readonly callbackUrl: string
  /** The request's canonical text: a repeat must say the same. */
  readonly text: string
  /** What the protocol repeats in every answer about it. */
  readonly echo: Readonly<Record<string, unknown>>
}

export interface MixedOrder {
  readonly protocol: BankProtocol
  readonly mixTradeNo: string
  readonly orderedAt: number
  readonly billNo: string
  readonly wish: MixedWish
  readonly cash: CashOrder | null
  readonly upload: Upload | null
  /** Alipay's cashier page; null for WeChat. */
  readonly payUrl: string | null
  /** The patient entered the password once; a second time pays nothing. */
  attempted: boolean
  insurance: 'none' | 'created' | 'paying' | 'settled' | 'failed'
  paidAt: number | null
  /** The newest refund notice's content: what the channel knows of an insurance part that went back. */
  refundNotice: string | null
}

export interface Refund {
  readonly refundNo: string
  readonly bankRefundNo: string
  readonly cash: CashOrder
  readonly amountFen: number
  readonly text: string
  status: 'processing' | 'returned' | 'failed'
  doneAt: number | null
}

/** A callback as sent once and what the service answered. */
export interface AckRecord extends Delivered {
  readonly at: number
  readonly billNo: string
  readonly kind: Notice['kind']
  /** The mixed number, or the bank's number of a cash order. */
  readonly number: string
  readonly messageId: string
  readonly url: string
  readonly forged: boolean
  readonly accepted: boolean
}

export interface Bank {
  readonly context: SandboxContext
  /** By the hospital's number. */
  readonly cashOrders: Map<string, CashOrder>
  /** By institution number (从业机构订单号). */
  readonly mixedOrders: Map<string, MixedOrder>
  /** By the hospital's number. */
  readonly refunds: Map<string, Refund>
  readonly acks: AckRecord[]
}

/** The bank as a call by this protocol finds it. */
export interface Counter extends Bank {
  readonly protocol: BankProtocol
}

export function createBank(context: SandboxContext): Bank {
  return {
    context,
    cashOrders: new Map(),
    mixedOrders: new Map(),
    refunds: new Map(),
    acks: [],
  }
}

/** Why the bank says no; each protocol has a code of its own for it. */
export type Reason =
  | 'cash-order-exists'
  | 'no-cash-order'
  | 'cash-order-paid'
  | 'cash-order-being-paid'
  | 'mixed-order-exists'
  | 'no-mixed-order'
  | 'total'
  | 'own-money'
  | 'nothing-insured'
  | 'cash-order-differs'
  | 'user'
  | 'identity'
  | 'name'
  | 'relative'
  | 'authorisation-unknown'
  | 'authorisation-used'
  | 'bureau'
  | 'nothing-to-refund'
  | 'not-refundable'
  | 'refund-number-used'
  | 'refund-failed'
  | 'no-refund'

export class Refusal {
  readonly reason: Reason
  readonly message: string

  constructor(reason: Reason, message: string) {
    this.reason = reason
    this.message = message
  }
}

/** What becomes of a call: `lost` is no answer at all, with or without the effect. */
export interface Handled<T> {
  readonly billNo: string
  readonly told: T | Refusal | 'lost'
}

export function misbehaviour(billNo: string): Misbehaviour | null {
  return scenarioOf(billNo).misbehaviour
}

/** True for the first occasion of `what` for this bill only. */
export function firstTime(bank: Bank, billNo: string, what: string): boolean {
  return bank.context.world.count(`bank:${what}:${billNo}`) === 0
}

export type BankCall = Pick<CallRecord, 'billNo' | 'call' | 'number' | 'result'>

export function record({ context: { world }, protocol }: Counter, call: BankCall): void {
  world.calls.push({ at: world.now(), upstream: protocol.name, ...call })
}

/** An order whose time is over is closed by the bank itself (upstreams/icbc/README.md 2.7). */
export function ageCash(bank: Bank, cash: CashOrder): CashOrder {
  if (cash.status === 'open' && bank.context.world.now() >= cash.expiresAt) cash.status = 'closed'
  if (cash.status === 'paid' && misbehaviour(cash.billNo) === 'R12' && isReturnedWhole(bank, cash))
    returnByChannel(bank, cash)
  return cash
}

/** R12: what 6203 ALL sets off at the channel. */
function isReturnedWhole(bank: Bank, cash: CashOrder): boolean {
  const mixed = [...bank.mixedOrders.values()].find((order) => order.cash === cash)
  return mixed?.upload?.returnedWhole === true
}

export function returnByChannel({ context: { world } }: Bank, cash: CashOrder): void {
  cash.status = 'returned'
  world.ledger.move({
    at: world.now(),
    billNo: cash.billNo,
    from: 'bank',
    to: 'patient',
    amountFen: cash.amountFen,
    why: 'channel-return',
    number: cash.orderId,
  })
}

/** By the patient's prepay number, the bank's order number or ours; aged. */
export function findCash(bank: Bank, known: (cash: CashOrder) => boolean): CashOrder | null {
  const cash = [...bank.cashOrders.values()].find((order) => known(order))
  return cash === undefined ? null : ageCash(bank, cash)
}

export function findMixed(bank: Bank, mixTradeNo: string): MixedOrder | null {
  const orders = [...bank.mixedOrders.values()]
  return orders.find((order) => order.mixTradeNo === mixTradeNo) ?? null
}

/** The same members in another order are the same content. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
