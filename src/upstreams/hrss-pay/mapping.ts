/** Our words <-> the platform's code tables. What is on no list is `unknown`: never final. */
import { plainTime } from '../../payment/numbers.ts'
import type {
  HrssListed,
  HrssOrder,
  HrssOrderState,
  HrssPayStatus,
  HrssRefundState,
  HrssRefundStatus,
} from '../hrss-pay.ts'
import type { OrderRequest, OrderStateMessage, RefundStateMessage } from './messages.ts'

/** 支付状态 */
const PAY_STATUS = new Map<string, HrssPayStatus>([
  ['0', 'waiting'],
  ['1', 'paying'],
  ['2', 'paid'],
  ['3', 'failed'],
  ['4', 'cancelled'],
  ['5', 'abnormal'],
])

export const payStatusOf = (told: string): HrssPayStatus => PAY_STATUS.get(told) ?? 'unknown'

/** 退款状态; the table has no 5 and no 6. 取消 and 未发生实际退款 returned nothing. */
const REFUND_STATUS = new Map<string, HrssRefundStatus>([
  ['0', 'waiting'],
  ['1', 'waiting'],
  ['2', 'returned'],
  ['3', 'failed'],
  ['4', 'failed'],
  ['7', 'full'],
  ['8', 'part'],
  ['9', 'none'],
])

const refundStatusOf = (told: string): HrssRefundStatus => REFUND_STATUS.get(told) ?? 'unknown'

/** 支付方式 in what comes in; what goes out is SBK alone. */
const WAY_CODES: ReadonlySet<string> = new Set(['SBK', 'WX', 'ALI'])

export function orderState(
  told: Omit<OrderStateMessage, 'refundStatus'> & Pick<Partial<OrderStateMessage>, 'refundStatus'>,
): HrssOrderState {
  const known = WAY_CODES.has(told.wayCode)
  return {
    mchOrderId: told.mchOrderId,
    payOrderId: told.payOrderId,
    status: known ? payStatusOf(told.payStatus) : 'unknown',
    // The document's own sample leaves it out.
    refundStatus: told.refundStatus == null ? 'none' : refundStatusOf(told.refundStatus),
    amountFen: told.orderAmount ?? null,
    paidAt: told.payTime ?? null,
  }
}

/** Null when the institution's own amounts contradict each other: for the log, nothing else. */
export function couponsAddUp(
  told: Pick<OrderStateMessage, 'totalAmount' | 'receiptAmount' | 'couponAmount'>,
): boolean {
  const { totalAmount, receiptAmount, couponAmount } = told
  if (totalAmount == null || receiptAmount == null || couponAmount == null) return true
  return receiptAmount + couponAmount === totalAmount
}

export function refundState(told: RefundStateMessage): HrssRefundState {
  return {
    status: refundStatusOf(told.refundStatus),
    refundOrderId: told.refundOrderId ?? null,
    amountFen: told.refundAmount ?? null,
    paidFen: told.payAmount ?? null,
    refundedAt: told.refundTime ?? null,
  }
}

/** In the order of the tables 4.1 to 4.3. */
export function orderRequest(
  order: HrssOrder,
  notifyUrl: string,
): Record<keyof OrderRequest, unknown> {
  return {
    wayCode: 'SBK',
    orderAmount: order.amountFen,
    mchOrderId: order.mchOrderId,
    orderType: order.orderType,
    payType: '1',
    notifyUrl,
    returnUrl: order.way === 'online' ? (order.returnUrl ?? undefined) : undefined,
    orderCreateTime: plainTime(order.createdAt),
    idTypeOrder: order.person.idType,
    idNumberOrder: order.person.idNo,
    idNameOrder: order.person.name,
    qrCode: order.qrCode ?? undefined,
    orderTitle: order.title,
    extraParams: JSON.stringify({ billNo: order.billNo }),
  }
}

/** 5.1.3; members that are left out have no value here. */
export const listedOrder = (order: HrssListed, notifyUrl: string): Record<string, unknown> => ({
  orderAmount: order.amountFen,
  mchOrderId: order.mchOrderId,
  orderType: order.orderType,
  notifyUrl,
  orderCreateTime: plainTime(order.createdAt),
  orderTitle: order.title,
})
