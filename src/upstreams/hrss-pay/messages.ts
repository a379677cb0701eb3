/** What is said to and by the platform, in its words and order (README.md 4, 5). */
import { z } from 'zod'
import { type Fen, isFen, parseFen } from '../../payment/money.ts'
import { HRSS_ID_TYPES, HRSS_ORDER_TYPES, type HrssWay } from '../hrss-pay.ts'

/** 交易号: the last part of the path. Close and refund query stand the other way round than in the text. */
export const SERVICE = {
  online: '88800200001',
  presented: '88800400001',
  dynamic: '88800300001',
  order: '88800100001',
  refund: '88800100002',
  close: '88800100003',
  refundState: '88800100004',
} as const satisfies Record<HrssWay | 'order' | 'refund' | 'close' | 'refundState', string>

// ---------------------------------------------------------------- what we say

const text = (max: number) => z.string().min(1).max(max)
const number = (max: number) => z.string().regex(new RegExp(`^[0-9A-Za-z_-]{1,${max}}$`))
const amount = z.number().refine((value) => isFen(value) && value > 0, 'is no amount')

const NUMBERS = { mchOrderId: number(32), payOrderId: number(20) }

/** 4.1, 4.2, 4.3: one shape; only a presented order has `qrCode`, only an online one `returnUrl`. */
export const ORDER_REQUEST = z.strictObject({
  wayCode: z.literal('SBK'),
  orderAmount: amount,
  mchOrderId: number(32),
  orderType: z.enum(HRSS_ORDER_TYPES),
  payType: z.literal('1'),
  notifyUrl: text(256),
  returnUrl: z
    .url({ protocol: /^https?$/ })
    .max(256)
    .optional(),
  orderCreateTime: text(19),
  idTypeOrder: z.enum(HRSS_ID_TYPES),
  idNumberOrder: z.string().regex(/^[0-9A-Za-z()（）-]{1,32}$/),
  idNameOrder: text(80),
  qrCode: z
    .string()
    .regex(/^[\x21-\x7e]{1,34}$/)
    .optional(),
  orderTitle: text(255),
  /** Ours, passed through and never read by the platform. */
  extraParams: text(512),
})
export type OrderRequest = z.output<typeof ORDER_REQUEST>

/** 4.5; without the platform's number only where that is agreed. */
export const ORDER_QUESTION = z.strictObject({
  ...NUMBERS,
  payOrderId: z.union([z.literal(''), number(20)]),
})
/** 4.6; the print of this table is broken off, the amount is ours (README.md 4.4). */
export const REFUND_REQUEST = z.strictObject({
  ...NUMBERS,
  orderAmount: amount,
  mchRefundId: number(32),
  refundAmount: amount,
})
/** 4.7 */
export const REFUND_QUESTION = z.strictObject({ mchOrderId: number(32), refundOrderId: number(20) })
/** 4.8 */
export const CLOSE_REQUEST = z.strictObject({ ...NUMBERS, closeDesc: text(256) })

// ---------------------------------------------------------------- what the platform says

const word = z.string().max(4_096)
/** `N`: a JSON number or digits, and a doubled zero in the document's own sample. */
const fenTold = z.union([z.number(), z.string()]).transform((value, context): Fen => {
  const read = typeof value === 'string' ? parseFen(value.replace(/^0+(?=\d)/, '')) : value
  if (isFen(read)) return read
  context.addIssue({ code: 'custom', message: 'is no amount' })
  return z.NEVER
})
/** Not told, however that is written. */
const nothing = z.union([z.undefined(), z.null(), z.literal('')])
const optional = <T extends z.ZodType>(schema: T) =>
  z.union([nothing.transform(() => null), schema]).optional()

const SHANGHAI_TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/

/** `yyyy-MM-dd HH:mm:ss` of Asia/Shanghai as UTC milliseconds; null for what no calendar or clock has. */
export function instantOf(told: string): number | null {
  const [, date, time] = SHANGHAI_TIME.exec(told) ?? []
  if (date === undefined || time === undefined) return null
  const at = Date.parse(`${date}T${time}Z`)
  // Date would make 02-30 a day of March and 24:00:00 the next day.
  if (Number.isNaN(at) || new Date(at).toISOString() !== `${date}T${time}.000Z`) return null
  return at - 8 * 3_600_000
}

const timeTold = z.string().transform((value, context) => {
  const at = instantOf(value)
  if (at !== null) return at
  context.addIssue({ code: 'custom', message: 'is no time' })
  return z.NEVER
})

/** A code that is text everywhere; the number 1 passes for it in the envelope alone. */
const envelopeCode = z.union([z.string(), z.int().transform(String)])

/** 3.5.1.5, outside. */
export const ANSWER = z.object({
  code: envelopeCode,
  msg: word,
  sub_code: word.nullish(),
  sub_msg: word.nullish(),
  biz_data: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
})

/** 3.5.1.5, inside. */
export const BIZ_DATA = z.object({
  code: envelopeCode,
  message: word,
  appid: z.string(),
  aaz001: z.string(),
  aaz002: word.min(1),
  data: z.string().nullish(),
})

const told = number(64)

/** 4.1, 4.2 */
export const CASHIER_PLACED = z.object({
  mchOrderId: told,
  payOrderId: number(20),
  payUrl: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
})
/** 4.3 */
export const IMAGE_PLACED = z.object({
  mchOrderId: told,
  payOrderId: number(20),
  qrImage: z.string(),
})

/** 4.5 */
export const ORDER_STATE = z.object({
  mchOrderId: told,
  payOrderId: number(20),
  payStatus: z.string(),
  refundStatus: optional(z.string()),
  payTime: optional(timeTold),
  wayCode: z.string().max(40),
  orderAmount: optional(fenTold),
  totalAmount: optional(fenTold),
  receiptAmount: optional(fenTold),
  couponAmount: optional(fenTold),
  channelOrderId: optional(word),
  channelMsg: optional(word),
})
export type OrderStateMessage = z.output<typeof ORDER_STATE>

/** 4.6, 4.7 */
export const REFUND_STATE = z.object({
  mchRefundId: told,
  refundOrderId: optional(number(20)),
  refundStatus: z.string(),
  refundTime: optional(timeTold),
  payAmount: optional(fenTold),
  refundAmount: optional(fenTold),
  refundRealAmt: optional(fenTold),
})
export type RefundStateMessage = z.output<typeof REFUND_STATE>

/** 4.8 */
export const CLOSED = z.object({
  mchOrderId: told,
  payOrderId: number(20),
  payStatus: z.string(),
})

/** 5.1.2 */
export const PERSON = z.object({
  idTypeOrder: optional(z.enum(HRSS_ID_TYPES)),
  idNumberOrder: z.string().regex(/^[0-9A-Za-z()（）-]{1,32}$/),
})

/** 5.2.2; what it says besides is let be. */
export const NOTICE = ORDER_STATE.omit({ refundStatus: true, channelMsg: true }).extend({
  errCode: optional(word),
  errMsg: optional(word),
})

/** 6.2, 6.3 */
export const CASHIER = z.object({
  type: z.literal('miniProgram'),
  appid: z.string().min(1).max(64),
  path: z.string().max(1_024),
  url: z.string().max(2_048),
  extraData: z.record(z.string(), z.unknown()).nullish(),
})

/** 6.3 */
export const CASHIER_PUSH = z.object({ qrCode: z.string().regex(/^[\x21-\x7e]{1,34}$/) })

/** Never written down: people, what they present, and what lets one pay (SC-S03). */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'idNumberOrder',
  'idNameOrder',
  'qrCode',
  'payUrl',
  'qrImage',
])
