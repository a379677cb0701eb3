/** The bodies of every call (upstreams/standard-bank/README.md 2 to 4); unknown members are refused. */
import { isIP } from 'node:net'
import { z } from 'zod'

const text = (max: number) => z.string().min(1).max(max)
const alphanumeric = (max: number) => z.string().regex(new RegExp(`^[0-9A-Za-z]{1,${max}}$`))
const fen = z.int().nonnegative()
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** An `sm4:` field, opened on the way: what it holds is judged by its clear text. */
export type Reveal = (field: string) => string | null

const callbackUrl = text(256).refine((value) => {
  const url = URL.canParse(value) ? new URL(value) : null
  if (url === null || url.search !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || LOOPBACK.has(url.hostname)
})

/** Schemas whose personal fields are opened by this link's key. */
export function schemasFor(reveal: Reveal) {
  const sealed: Sealed = (max) =>
    z.string().transform((field, context) => {
      const clear = reveal(field)
      if (clear !== null && clear.length > 0 && clear.length <= max) return clear
      context.addIssue({ code: 'custom', message: 'sm4' })
      return z.NEVER
    })
  return {
    selfPayOrder: selfPayOrder(sealed),
    selfPayQuestion: z.strictObject(SELF_PAY_NUMBER),
    mixedOrder: mixedOrder(sealed),
    mixedQuestion: MIXED_QUESTION,
    refund: z.strictObject({
      ...SELF_PAY_NUMBER,
      refundNo: REFUND_NO,
      bankOrderNo: text(32),
      amountFen: fen.positive(),
      billNo: text(64),
    }),
    refundQuestion: z.strictObject({ ...SELF_PAY_NUMBER, refundNo: REFUND_NO }),
    refundNotice: REFUND_NOTICE,
  } as const
}

type Sealed = (max: number) => z.ZodType<string>

const SELF_PAY_NUMBER = { merchantNo: text(32), outTradeNo: alphanumeric(50) }
const REFUND_NO = z.string().regex(/^[0-9A-Za-z-]{1,50}$/)
const REFUND_NOTICE = z.strictObject({
  merchantNo: text(32),
  mixTradeNo: text(32),
  refundNo: REFUND_NO,
  bankRefundNo: text(64).optional(),
  amounts: z.strictObject({ fundFen: fen, accountFen: fen, otherFen: fen }),
  refundedAt: time,
})
const MIXED_QUESTION = z
  .strictObject({
    merchantNo: text(32),
    mixTradeNo: text(32).optional(),
    institutionNo: alphanumeric(32).optional(),
  })
  .refine((asked) => (asked.mixTradeNo === undefined) !== (asked.institutionNo === undefined))

const channelOf = (sealed: Sealed) => ({
  channel: z.enum(['wechat', 'alipay']),
  channelAppId: text(32),
  userId: sealed(128),
})

function selfPayOrder(sealed: Sealed) {
  return z.strictObject({
    ...SELF_PAY_NUMBER,
    ...channelOf(sealed),
    amountFen: fen.positive(),
    surface: z.enum(['mini-program', 'h5']),
    clientIp: z.string().refine((value) => isIP(value) !== 0),
    deviceId: text(64),
    subject: text(128),
    orderedAt: time,
    expiresAt: time,
    callbackUrl,
    billNo: text(64),
  })
}

function mixedOrder(sealed: Sealed) {
  const person = z.strictObject({ name: sealed(64), idNo: sealed(18) })
  const insurance = z.strictObject({
    payOrdId: text(64),
    payAuthNo: sealed(40),
    location: sealed(40),
    orderedAt: time,
  })
  return z
    .strictObject({
      merchantNo: text(32),
      serialNo: z.string().regex(/^\d{1,32}$/),
      institutionNo: alphanumeric(32),
      mixPayType: z.enum(['CASH_ONLY', 'INSURANCE_ONLY', 'CASH_AND_INSURANCE']),
      businessType: z.enum(['REGISTRATION', 'CONSULTATION', 'PHARMACY']),
      ...channelOf(sealed),
      payer: person,
      relative: person.optional(),
      medicalSerialNo: alphanumeric(20),
      amounts: AMOUNTS,
      insurance: insurance.optional(),
      prepayId: text(64).optional(),
      callbackUrl,
      billNo: text(64),
    })
    .refine((order) => (order.mixPayType !== 'CASH_ONLY') === (order.insurance !== undefined), {
      path: ['insurance'],
    })
    .refine((order) => hasCash(order) === (order.prepayId !== undefined), { path: ['prepayId'] })
    .refine((order) => hasCash(order) === order.amounts.selfPayFen > 0, {
      path: ['amounts', 'selfPayFen'],
    })
}

const AMOUNTS = z.strictObject({
  totalFen: fen.positive(),
  fundFen: fen,
  accountFen: fen,
  otherFen: fen,
  selfPayFen: fen,
})

const hasCash = ({ mixPayType }: { mixPayType: string }): boolean => mixPayType !== 'INSURANCE_ONLY'

type Schemas = ReturnType<typeof schemasFor>
export type SelfPayOrderRequest = z.output<Schemas['selfPayOrder']>
export type MixedOrderRequest = z.output<Schemas['mixedOrder']>
export type RefundRequest = z.output<Schemas['refund']>
export type RefundNoticeRequest = z.output<Schemas['refundNotice']>
