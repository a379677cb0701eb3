import { z } from 'zod'
import { ERRORS } from '../errors.ts'
import { CHANNELS, PAY_MODES, SURFACES, BUSINESS_TYPES } from '../payment/order.ts'
import { REFUND_STATES, REFUND_STEPS } from '../payment/refunds.ts'
import { ORDER_STATES, STATES } from '../payment/states.ts'

/** Everything with a name in the published contract. */
export const NAMED = z.registry<{ id: string }>()

// ---------------------------------------------------------------- words both ways

const PUBLIC_STATUSES = [...new Set(ORDER_STATES.map((state) => STATES[state].shows))] as const

export const BILL_NO = z
  .string()
  .regex(/^[0-9A-Za-z._-]{1,64}$/, '须为 1-64 位字母、数字、点、横线或下划线')
export const ORDER_ID = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, '不是订单号')
const FEN = z.int().nonnegative().describe('整数分')
const TIME = z.iso.datetime({ offset: true }).describe('RFC 3339，+08:00')
const oneOf = <const T extends readonly string[]>(words: T) =>
  z.enum(words, `须为以下之一：${words.join('、')}`)

// ---------------------------------------------------------------- requests

export const NOTHING = z.strictObject({})

export const OPEN_ORDER = z
  .strictObject({
    billNo: BILL_NO,
    channel: oneOf(CHANNELS),
    surface: oneOf(SURFACES),
    payMode: oneOf(PAY_MODES),
  })
  .register(NAMED, { id: 'OpenOrder' })

const degrees = (limit: number) => z.number().min(-limit).max(limit)

export const PRE_SETTLE = z
  .strictObject({
    state: z.string().min(1).max(128),
    authCode: z
      .string()
      .regex(/^[\x21-\x7e]{1,256}$/, '不是授权码')
      .optional()
      .describe('微信：医保授权页返回的授权码；支付宝：my.getAuthCode 的授权码'),
    location: z.strictObject({ longitude: degrees(180), latitude: degrees(90) }).optional(),
  })
  .register(NAMED, { id: 'PreSettle' })

/** ASCII digits only: a full-width digit or `1e1` is no number here. */
const wholeNumber = (pattern: RegExp, hint: string) => z.string().regex(pattern, hint).optional()

export const WAIT = z.strictObject({
  wait: wholeNumber(/^(\d|1\d|2[0-5])$/, '须为 0-25 的整数（秒）'),
  version: wholeNumber(/^\d{1,9}$/, '须为整数'),
})

export const LIST = z.strictObject({
  status: z.union([z.literal(''), oneOf(PUBLIC_STATUSES)]).optional(),
  cursor: z.union([z.literal(''), ORDER_ID]).optional(),
})

export const OF_BILL = z.strictObject({ billNo: BILL_NO })

const REASON = z
  .string()
  .regex(/^[^\p{C}]{1,200}$/u, '须为 1-200 个可见字符')
  .describe('退费原因')
const REFUND_FEN = z.int().positive().describe('整数分；不给则为全部')

export const REQUEST_REFUND = z
  .strictObject({ reason: REASON, amountFen: REFUND_FEN.optional() })
  .register(NAMED, { id: 'RequestRefund' })

const REFUND_NO = z
  .string()
  .regex(/^[0-9A-Za-z._-]{1,64}$/, '须为 1-64 位字母、数字、点、横线或下划线')

export const HIS_REFUND = z
  .strictObject({
    billNo: BILL_NO,
    refundNo: REFUND_NO,
    reason: REASON,
    operator: z.string().regex(/^[^\p{C}]{1,64}$/u, '须为 1-64 个可见字符'),
    amountFen: REFUND_FEN.optional(),
  })
  .register(NAMED, { id: 'RefundBill' })

export const OF_REFUND = z.strictObject({ refundNo: REFUND_NO })

/** Orders and payments of the other systems name themselves so at the lock; nobody else may give theirs back. */
export const DESK = z
  .string()
  .regex(/^(?!order:|人社支付 |一卡通 )[^\p{C}]{1,64}$/u, '须为 1-64 个可见字符')

export const LOCK = z.strictObject({ desk: DESK, until: TIME }).register(NAMED, { id: 'LockBill' })
export const UNLOCK = z.strictObject({ desk: DESK }).register(NAMED, { id: 'UnlockBill' })

// ---------------------------------------------------------------- answers

const AMOUNTS = z.object({
  totalFen: FEN,
  fundFen: FEN.describe('统筹基金'),
  accountFen: FEN.describe('个人账户'),
  otherFen: FEN.describe('医保其他'),
  selfPayFen: FEN.describe('自费'),
})

const PROMISE = z
  .object({
    amountFen: FEN,
    promisedAt: TIME,
    sentAt: TIME.nullable(),
    confirmedAt: TIME.nullable(),
  })
  .nullable()

export const ORDER = z
  .object({
    id: ORDER_ID,
    version: z.int(),
    billNo: z.string(),
    businessType: z.enum(BUSINESS_TYPES),
    channel: z.enum(CHANNELS),
    surface: z.enum(SURFACES),
    payMode: z.enum(PAY_MODES),
    scenario: z.enum(['insurance-only', 'self-pay-only', 'mixed']).nullable(),
    status: z.enum(PUBLIC_STATUSES),
    statusText: z.string(),
    amounts: AMOUNTS,
    refundedFen: FEN,
    selfPay: z.object({
      status: z.enum(['none', 'waiting', 'paid', 'failed', 'refunding', 'refunded']),
    }),
    insurance: z.object({
      status: z.enum(['none', 'waiting', 'settled', 'failed', 'refunding', 'refunded']),
    }),
    hisWriteBack: z.enum(['none', 'waiting', 'done', 'refused']),
    refundPromise: PROMISE,
    createdAt: TIME,
    expiresAt: TIME,
    paidAt: TIME.nullable(),
  })
  .register(NAMED, { id: 'Order' })
export type OrderView = z.output<typeof ORDER>

export const PAGE = z
  .object({ items: z.array(ORDER), nextCursor: z.string().nullable() })
  .register(NAMED, { id: 'OrderPage' })

export const REFUND = z
  .object({
    id: ORDER_ID,
    refundNo: z.string(),
    orderId: ORDER_ID,
    version: z.int(),
    status: z.enum(REFUND_STATES),
    statusText: z.string(),
    reason: z.string(),
    amounts: AMOUNTS,
    steps: z.array(
      z.object({
        step: z.enum(REFUND_STEPS),
        status: z.enum(['waiting', 'running', 'done', 'stopped']),
        at: TIME.nullable(),
      }),
    ),
    promise: PROMISE,
    byHand: z
      .array(z.object({ part: z.enum(['insurance', 'self-pay']), voucherNo: z.string(), at: TIME }))
      .describe('医院线下退回的部分及其凭证号'),
    createdAt: TIME,
  })
  .register(NAMED, { id: 'Refund' })
export type RefundView = z.output<typeof REFUND>

export const PENDING = z
  .object({ order: ORDER })
  .describe('结果未知：等待订单变化或重复此请求')
  .register(NAMED, { id: 'Pending' })

export const JUMP = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('mini-program'),
      appId: z.string(),
      path: z.string(),
      envVersion: z.string(),
      state: z.string(),
    }),
    z.object({ kind: z.literal('page'), url: z.string(), state: z.string() }),
    z.object({ kind: z.literal('authorised'), state: z.string() }),
  ])
  .register(NAMED, { id: 'Authorisation' })
export type JumpView = z.output<typeof JUMP>

export const CASHIER = z
  .discriminatedUnion('method', [
    z.object({
      method: z.literal('requestMedicalInsurancePay'),
      mixTradeNo: z.string(),
      timeStamp: z.string().optional(),
      nonceStr: z.string().optional(),
      package: z.string().optional(),
      signType: z.string().optional(),
      paySign: z.string().optional(),
    }),
    z.object({ method: z.literal('page'), url: z.string() }),
  ])
  .register(NAMED, { id: 'Cashier' })
export type CashierView = z.output<typeof CASHIER>

export const PAYMENT = z
  .object({ order: ORDER, cashier: CASHIER })
  .register(NAMED, { id: 'Payment' })

export const BILL_LOCK = z
  .object({ billNo: z.string(), desk: z.string(), until: TIME.nullable() })
  .register(NAMED, { id: 'BillLock' })

const ERROR_CODES = Object.keys(ERRORS)

export const PROBLEM = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('患者可读的一句话'),
    code: z.enum(ERROR_CODES),
    traceId: z.string().nullable(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .register(NAMED, { id: 'Problem' })
