/** How orders and refunds look in this bank's words (upstreams/standard-bank/README.md 2 to 4). */
import type { CashOrder, MixedOrder, Refund } from '../bank/book.ts'
import { isReturned } from '../bank/cash.ts'
import { failReason, type Leg, type Legs, toldAmounts } from '../bank/legs.ts'
import { shanghai } from '../shanghai.ts'

type Fields = Record<string, unknown>

export function describePlaced(cash: CashOrder): Fields {
  const { outTradeNo, orderId, amountFen, prepayId, callUp } = cash
  return {
    outTradeNo,
    bankOrderNo: orderId,
    amountFen,
    ...(callUp === null ? { tradeNo: prepayId } : { prepay: { prepayId, ...callUp } }),
  }
}

const CASH_STATUS = {
  open: 'WAITING',
  paid: 'PAID',
  returned: 'REFUNDED',
  failed: 'CLOSED',
  closed: 'CLOSED',
} as const

export function describeCash(cash: CashOrder): Fields {
  return {
    outTradeNo: cash.outTradeNo,
    bankOrderNo: cash.orderId,
    amountFen: cash.amountFen,
    status: isReturned(cash) ? 'REFUNDED' : CASH_STATUS[cash.status],
    ...(cash.paidAt === null ? {} : { paidAt: shanghai.rfc3339(cash.paidAt) }),
  }
}

const LEG: Record<Leg, string> = {
  none: 'NONE',
  created: 'WAITING',
  success: 'SUCCESS',
  fail: 'FAILED',
  refund: 'REFUNDED',
}
const OVERALL: Record<Legs['overall'], string> = {
  created: 'CREATED',
  success: 'SUCCESS',
  fail: 'FAILED',
  refund: 'REFUNDED',
}

export function describeMixed(
  mixed: MixedOrder,
  { legs, paidAt }: { legs: Legs; paidAt: number | null },
): Fields {
  const { totalFen, fundFen, accountFen, otherFen, cashFen } = toldAmounts(mixed)
  const reason = failReason(mixed, legs)
  return {
    mixTradeNo: mixed.mixTradeNo,
    institutionNo: mixed.wish.institutionNo,
    status: {
      overall: OVERALL[legs.overall],
      selfPay: LEG[legs.selfPay],
      insurance: LEG[legs.insurance],
    },
    amounts: { totalFen, fundFen, accountFen, otherFen, selfPayFen: cashFen },
    ...(paidAt === null ? {} : { paidAt: shanghai.rfc3339(paidAt) }),
    ...(reason === null ? {} : { failReason: reason }),
  }
}

const REFUND_STATUS = { returned: 'RETURNED', failed: 'FAILED', processing: 'PROCESSING' } as const

export function describeRefund(refund: Refund): Fields {
  const { refundNo, bankRefundNo, amountFen, status, doneAt } = refund
  return {
    refundNo,
    bankRefundNo,
    amountFen,
    status: REFUND_STATUS[status],
    ...(doneAt === null ? {} : { refundedAt: shanghai.rfc3339(doneAt) }),
  }
}
