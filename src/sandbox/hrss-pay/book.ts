/** What the pretend platform remembers, and its own ledger. */
import { digits } from '../answers.ts'
import { Ledger } from '../ledger.ts'
import type { World } from '../world.ts'
import type { OrderRequest } from './schemas.ts'

export interface Order {
  readonly request: Pick<OrderRequest, 'mchOrderId' | 'orderAmount' | 'notifyUrl'>
  /** The whole request as text: the same number with other content is another order. */
  readonly text: string
  readonly service: string
  readonly payOrderId: string
  readonly billNo: string
  /** 支付状态 */
  payStatus: '0' | '2' | '4'
  paidAt: number | null
  refundedFen: number
}

export interface Refund {
  readonly mchRefundId: string
  readonly mchOrderId: string
  readonly refundOrderId: string
  readonly amountFen: number
  readonly text: string
  readonly at: number
  /** `returned` money has left; `under-way` until asked for twice; `failed` finally. */
  state: 'returned' | 'under-way' | 'failed'
  asked: number
}

export interface Book {
  readonly ledger: Ledger
  /** By mchOrderId. */
  readonly orders: Map<string, Order>
  /** By mchRefundId. */
  readonly refunds: Map<string, Refund>
  /** Every notification sent, with what was answered. */
  readonly notices: { readonly mchOrderId: string; readonly answer: string }[]
  /** While it is down, nobody is answered. */
  down: boolean
}

export const createBook = (): Book => ({
  ledger: new Ledger(),
  orders: new Map(),
  refunds: new Map(),
  notices: [],
  down: false,
})

/** 20 digits, of orders and of refunds. */
export const platformNumber = (world: World): string => `1${digits(world, 19)}`

/** The password in the cashier. @returns false when the order is not there to be paid. */
export function pay(world: World, { ledger }: Book, order: Order): boolean {
  if (order.payStatus !== '0') return false
  order.payStatus = '2'
  order.paidAt = world.now()
  ledger.move({
    at: world.now(),
    billNo: order.billNo,
    from: 'patient',
    to: 'bank',
    amountFen: order.request.orderAmount,
    why: 'social-security-card',
    number: order.payOrderId,
  })
  return true
}

/** The money leaves the hospital's account for the card it came from. */
export function giveBack(
  world: World,
  { ledger }: Book,
  given: { order: Order; refund: Refund },
): void {
  const { order, refund } = given
  refund.state = 'returned'
  order.refundedFen += refund.amountFen
  ledger.move({
    at: world.now(),
    billNo: order.billNo,
    from: 'bank',
    to: 'patient',
    amountFen: refund.amountFen,
    why: 'social-security-card-refund',
    number: refund.mchRefundId,
  })
}

/** 退款状态 of an order: 9 nothing, 8 a part, 7 the whole. */
export function refundStatusOf(order: Order): string {
  if (order.refundedFen === 0) return '9'
  return order.refundedFen === order.request.orderAmount ? '7' : '8'
}
