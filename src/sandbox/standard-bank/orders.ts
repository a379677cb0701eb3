/** From this bank's words to the pretend bank's own. */
import type { Bank, MixedOrder, MixedWish } from '../bank/book.ts'
import { canonical } from '../bank/book.ts'
import type { CashWish } from '../bank/cash.ts'
import { legsOf } from '../bank/legs.ts'
import { idDigest } from '../bank/mixed-rules.ts'
import type { RefundNoticeWish } from '../bank/refund-notices.ts'
import type { RefundWish } from '../bank/refunds.ts'
import { describeMixed } from './describe.ts'
import type {
  MixedOrderRequest,
  RefundNoticeRequest,
  RefundRequest,
  SelfPayOrderRequest,
} from './schemas.ts'

export function selfPayWish({ context }: Bank, order: SelfPayOrderRequest): CashWish {
  const { billNo, outTradeNo, amountFen, channel, userId, callbackUrl, expiresAt } = order
  const lifeMs = Date.parse(expiresAt) - context.world.now()
  return { billNo, outTradeNo, amountFen, channel, userId, callbackUrl, lifeMs, attach: billNo }
}

export function mixedWish(order: MixedOrderRequest): MixedWish {
  const { amounts, insurance } = order
  const { totalFen, fundFen, accountFen, otherFen, selfPayFen } = amounts
  return {
    billNo: order.billNo,
    serialNo: order.serialNo,
    institutionNo: order.institutionNo,
    mixPayType: order.mixPayType,
    channel: order.channel,
    userId: order.userId,
    payer: identity(order.payer),
    relative: order.relative === undefined ? null : identity(order.relative),
    medicalSerialNo: order.medicalSerialNo,
    payOrdId: insurance?.payOrdId ?? null,
    payAuthNo: insurance?.payAuthNo ?? null,
    amounts: {
      totalFen,
      fundFen,
      accountFen,
      otherFen,
      insuredCashFen: selfPayFen,
      cashFen: selfPayFen,
    },
    addedFen: 0,
    reducedFen: 0,
    prepayId: order.prepayId ?? null,
    callbackUrl: order.callbackUrl,
    // After the fields were opened: each repeat seals them anew.
    text: canonical(order),
    echo: {},
  }
}

const identity = ({ name, idNo }: MixedOrderRequest['payer']) => ({
  name,
  idDigest: idDigest(idNo),
})

export function refundWish(refund: RefundRequest): RefundWish {
  const { outTradeNo, bankOrderNo: orderId, refundNo, amountFen, billNo } = refund
  return { outTradeNo, orderId, refundNo, amountFen, billNo, text: canonical(refund) }
}

export function refundNoticeWish(notice: RefundNoticeRequest): RefundNoticeWish {
  const { mixTradeNo, refundNo, bankRefundNo = null, amounts } = notice
  const totalFen = amounts.fundFen + amounts.accountFen + amounts.otherFen
  const text = canonical(notice)
  return { mixTradeNo, refundNo, bankRefundNo, cashFen: null, totalFen, ...amounts, text }
}

/** The order as it stands now. */
export const mixedNow = (bank: Bank, mixed: MixedOrder): Record<string, unknown> =>
  describeMixed(mixed, { legs: legsOf(bank, mixed), paidAt: mixed.paidAt })
