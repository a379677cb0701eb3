/** What the pretend bank remembers, and what it says about a mixed order's legs. */
import type { SandboxContext, Upload } from '../registry.ts'
import type { Misbehaviour } from '../scenario.ts'
import { scenarioOf } from '../scenario.ts'
import type { CallRecord } from '../world.ts'
import type { SubmitRequest } from './schemas.ts'
import { createSigning } from './signing.ts'
import type { GatewaySigning } from './signing.ts'

/** The five call-up values of WeChat, as handed out in wx_data_package. */
export interface WxDataPackage {
  readonly appId: string
  readonly timeStamp: string
  readonly nonceStr: string
  readonly package: string
  readonly signType: 'RSA'
  readonly paySign: string
}

export interface CashOrder {
  /** 工行订单号: what the mixed order carries as out_trade_no. */
  readonly orderId: string
  readonly outTradeNo: string
  readonly billNo: string
  readonly amountFen: number
  readonly openId: string
  readonly attach: string
  /** Null when notify_type is AG. */
  readonly merUrl: string | null
  readonly expiresAt: number
  /** WeChat's prepay_id, or Alipay's trade number. */
  readonly prepayId: string
  /** Null for an Alipay order. */
  readonly wxDataPackage: WxDataPackage | null
  readonly thirdTradeNo: string
  status: 'open' | 'paid' | 'failed' | 'closed' | 'returned'
  paidAt: number | null
  /** Sum of refunds that were accepted and did not fail. */
  reservedFen: number
  /** Sum of refunds that reached the patient. */
  refundedFen: number
}

export interface MixedOrder {
  readonly mixTradeNo: string
  readonly billNo: string
  readonly request: SubmitRequest
  /** The request's canonical text: a repeat must say the same. */
  readonly text: string
  readonly cash: CashOrder | null
  readonly upload: Upload | null
  /** Alipay's cashier page; null for WeChat. */
  readonly payUrl: string | null
  /** The patient entered the password once; a second time pays nothing. */
  attempted: boolean
  insurance: 'none' | 'created' | 'paying' | 'settled' | 'failed'
  paidAt: number | null
}

export interface Refund {
  readonly refundNo: string
  readonly intrxSerialNo: string
  readonly cash: CashOrder
  readonly amountFen: number
  readonly text: string
  status: 'processing' | 'returned' | 'failed'
  doneAt: number | null
}

/** A callback as sent once and what the service answered. */
export interface AckRecord {
  readonly at: number
  readonly billNo: string
  readonly kind: 'mixed-order' | 'self-pay'
  /** mix_trade_no, or the bank's order_id of a cash order. */
  readonly number: string
  readonly messageId: string
  readonly url: string
  readonly forged: boolean
  readonly status: number
  readonly body: string
  readonly accepted: boolean
  /** Why it was not accepted; empty when it was. */
  readonly problem: string
}

export interface Bank {
  readonly context: SandboxContext
  readonly signing: GatewaySigning
  /** By out_trade_no. */
  readonly cashOrders: Map<string, CashOrder>
  /** By institution number (从业机构订单号). */
  readonly mixedOrders: Map<string, MixedOrder>
  /** By outtrx_serial_no. */
  readonly refunds: Map<string, Refund>
  readonly acks: AckRecord[]
}

export function createBank(context: SandboxContext): Bank {
  return {
    context,
    signing: createSigning(context),
    cashOrders: new Map(),
    mixedOrders: new Map(),
    refunds: new Map(),
    acks: [],
  }
}

export function digits(bank: Bank, length: number): string {
  return Array.from({ length }, () => Math.floor(bank.context.world.random() * 10)).join('')
}

export function misbehaviour(billNo: string): Misbehaviour | null {
  return scenarioOf(billNo).misbehaviour
}

/** True for the first occasion of `what` for this bill only. */
export function firstTime(bank: Bank, billNo: string, what: string): boolean {
  return bank.context.world.count(`icbc:${what}:${billNo}`) === 0
}

export function record(
  bank: Bank,
  call: Pick<CallRecord, 'billNo' | 'call' | 'number' | 'result'>,
) {
  bank.context.world.calls.push({ at: bank.context.world.now(), upstream: 'icbc', ...call })
}

/** An order whose time is over is closed by the bank itself (upstreams/icbc/README.md 2.7). */
export function ageCash(bank: Bank, cash: CashOrder): CashOrder {
  if (cash.status === 'open' && bank.context.world.now() >= cash.expiresAt) cash.status = 'closed'
  return cash
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
