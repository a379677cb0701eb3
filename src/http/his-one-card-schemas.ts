/** What HIS says and hears about the one-card; personal fields are `sm4:` fields of its link. */
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { ONE_CARD_PAYMENTS, ONE_CARD_STATES } from '../payment/one-card.ts'
import { BILL_NO } from './schemas.ts'

export const PLATFORM_ERRORS: readonly ErrorCode[] = ['upstream-refused', 'upstream-unavailable']

export const PAY_ERRORS: readonly ErrorCode[] = [
  'bill-not-found',
  'bill-being-paid',
  'bill-already-paid',
  'bill-invalid',
  'payment-in-progress',
  'person-mismatch',
  'authorisation-failed',
  ...PLATFORM_ERRORS,
]

const personal = z.string().min(1).max(512).describe('SM4 加密')
const word = z.string().min(1).max(64)
const number = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, '须为 1-64 位字母、数字、横线或下划线')
const time = z.iso.datetime({ offset: true })
const code = z.string().regex(/^[\x21-\x7e]{1,256}$/, '不是电子卡的码')

export const HOLDER = z.strictObject({ name: personal, socialSecurityNo: personal })
export const MATCH = z.object({ matches: z.boolean() })

export const CARD = z.strictObject({
  idType: word,
  idNo: personal,
  name: personal,
  cardNo: personal,
})
export const CARD_STATE = z.object({ valid: z.boolean(), state: z.string() })

const MASKED = z
  .object({
    idType: z.string(),
    idNo: z.string(),
    name: z.string(),
    cardNo: z.string(),
    isExpected: z.boolean().nullable().describe('是否为 expectedIdNo 所指之人'),
  })
  .describe('已脱敏')

export const SHOWN_CODE = z.strictObject({ code, expectedIdNo: personal.optional() })
export const SHOWN = z.object({
  state: z.enum(['valid', 'expired', 'used']),
  holder: MASKED.nullable(),
})

const session = z.string().min(8).max(128).describe('窗口或就诊的会话，结果只属于它')

export const CHECK = z.strictObject({
  kind: z.enum(['presence', 'scan']),
  session,
  businessType: word,
  holder: HOLDER.optional(),
})
export const CHECK_BEGUN = z.object({
  id: z.string(),
  expiresAt: time,
  page: z.string().nullable(),
  qr: z.string().nullable(),
})
export const SESSION = z.strictObject({ session })
export const CHECK_STATE = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'passed', 'failed', 'expired', 'used']),
})
export const USE_CHECK = z.strictObject({
  session,
  businessType: word,
  expectedIdNo: personal.optional(),
})
export const CHECK_USED = z.object({ holder: MASKED.nullable() })

export const USE = z.strictObject({
  recordNo: number.optional(),
  name: personal,
  socialSecurityNo: personal,
  channel: word,
  kind: word,
  detail: z.string().max(1_024),
  usedAt: time,
})
export const RECORDED = z.object({ recordNo: z.string() })

const MOST_ROWS = 500

export const GRANT = z.strictObject({
  batchNo: number,
  benefitType: word,
  rows: z
    .array(
      z.strictObject({
        rowNo: z.int().positive(),
        idType: word,
        idNo: personal,
        name: personal,
        amountFen: z.int().positive(),
        detail: z.string().min(1).max(200),
      }),
    )
    .min(1)
    .max(MOST_ROWS)
    .refine((rows) => new Set(rows.map(({ rowNo }) => rowNo)).size === rows.length, '行号重复'),
})
export const GRANT_STATE = z.object({
  batchNo: z.string(),
  state: z.enum(['open', 'taken', 'done', 'refused']),
  rows: z.array(
    z.object({
      rowNo: z.int(),
      state: z.enum(['granted', 'failed', 'pending']),
      reason: z.string().nullable(),
    }),
  ),
})

export const PAY = z.strictObject({
  kind: z.enum(ONE_CARD_PAYMENTS).describe('online 线上，shown 主扫（出示我方的码），scanned 被扫'),
  billNo: BILL_NO,
  holder: HOLDER.optional(),
  code: code.optional(),
  card: z
    .strictObject({ transactionCode: z.string().min(1).max(128).optional() })
    .optional()
    .describe('以实体卡支付；交易认证码必填'),
})
export const PAYMENT = z.object({
  orderNo: z.string(),
  kind: z.enum(ONE_CARD_PAYMENTS),
  billNo: z.string(),
  amountFen: z.int(),
  status: z.enum(ONE_CARD_STATES),
  qr: z.string().nullable(),
  hisWriteBack: z.enum(['none', 'waiting', 'done', 'refused']),
  expiresAt: time,
  paidAt: time.nullable(),
})
