/** What the bank sends, in its words and order; members that we do not read are not listed (README.md). */
import { z } from 'zod'
import { fen } from '../../payment/money.ts'

export const PATH = {
  selfPayOrder: '/v1/self-pay-orders',
  selfPayQuery: '/v1/self-pay-orders/query',
  selfPayClose: '/v1/self-pay-orders/close',
  mixedOrder: '/v1/mixed-orders',
  mixedQuery: '/v1/mixed-orders/query',
  refund: '/v1/refunds',
  refundQuery: '/v1/refunds/query',
  refundNotice: '/v1/refund-notices',
} as const

const number = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/)
const word = z.string().min(1).max(512)
const amount = z
  .int()
  .nonnegative()
  .transform((value) => fen(value))
const time = z.iso.datetime({ offset: true })

/** 2.1 */
export const SELF_PAY_PLACED = z.object({
  outTradeNo: number,
  bankOrderNo: number,
  amountFen: amount,
  prepay: z
    .object({
      prepayId: number,
      timeStamp: word,
      nonceStr: word,
      package: word,
      signType: word,
      paySign: word,
    })
    .optional(),
  tradeNo: number.optional(),
})

/** 2.2 */
export const SELF_PAY_ORDER = z.object({
  outTradeNo: number,
  bankOrderNo: number,
  amountFen: amount,
  status: z.string(),
})
export type SelfPayOrderMessage = z.infer<typeof SELF_PAY_ORDER>

/** 2.3 */
export const SELF_PAY_CLOSED = z.object({ outTradeNo: number })

/** 3.1 */
export const MIXED_PLACED = z.object({
  mixTradeNo: number,
  institutionNo: number,
  cashierPage: z.string().max(1024).optional(),
})

/** 3.2 */
export const MIXED_ORDER = z.object({
  mixTradeNo: number,
  institutionNo: number,
  status: z.object({ overall: z.string(), selfPay: z.string(), insurance: z.string() }),
  amounts: z.object({
    totalFen: amount,
    fundFen: amount,
    accountFen: amount,
    otherFen: amount,
    selfPayFen: amount,
  }),
  paidAt: time.optional(),
  failReason: z.string().max(256).optional(),
})
export type MixedOrderMessage = z.infer<typeof MIXED_ORDER>

/** 4.1 */
export const REFUND_ACCEPTED = z.object({ refundNo: number })

/** 4.2 */
export const REFUND = z.object({
  refundNo: number,
  bankRefundNo: number.optional(),
  status: z.string(),
  amountFen: amount,
  refundedAt: time.optional(),
})
export type RefundMessage = z.infer<typeof REFUND>

/** 4.3 */
export const REFUND_NOTICED = z.object({ mixTradeNo: number, refundNo: number })

const noticeId = z.string().regex(/^[0-9A-Za-z]{1,40}$/)

/** 5.1 */
export const MIXED_NOTICE = MIXED_ORDER.extend({ noticeId, merchantNo: z.string() })

/** 5.2 */
export const SELF_PAY_NOTICE = z.object({
  noticeId,
  merchantNo: z.string(),
  outTradeNo: number,
  status: z.string(),
})

/** Never written down: people, what they pay with, and what lets one pay (SC-S03). */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'userId',
  'clientIp',
  'deviceId',
  'payer',
  'relative',
  'payAuthNo',
  'location',
  'prepay',
  'prepayId',
  'tradeNo',
  'cashierPage',
])
