/** 人社支付平台 at the desk: HIS opens, reads, closes and refunds. */
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { pushedCashier } from '../flows/hrss-pay/cashier-pushes.ts'
import { closeHrssPayment } from '../flows/hrss-pay/close.ts'
import { openHrssPayment } from '../flows/hrss-pay/place.ts'
import { type HrssPaymentNow, readHrssPayment } from '../flows/hrss-pay/read.ts'
import { refundHrssPayment } from '../flows/hrss-pay/refund.ts'
import { HRSS_PAYMENT_WAYS, HRSS_STATE_RULES, HRSS_STATES } from '../payment/hrss-payment.ts'
import { fen } from '../payment/money.ts'
import { offsetTime } from '../payment/numbers.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import type { Hospital } from './his.ts'
import { BILL_NO, NAMED, NOTHING, ORDER_ID } from './schemas.ts'

const FEN = z.int().nonnegative().describe('整数分')
const TIME = z.iso.datetime({ offset: true }).nullable()

const OPEN = z
  .strictObject({
    billNo: BILL_NO,
    channel: z.literal('SBK').optional().describe('社保卡支付'),
    way: z
      .enum(HRSS_PAYMENT_WAYS)
      .describe('online 线上，presented 被扫，dynamic 主扫动态码，static 主扫静态码（方式二）'),
    qrCode: z
      .string()
      .regex(/^[\x21-\x7e]{1,34}$/, '须为 1-34 个 ASCII 字符')
      .optional()
      .describe('被扫时患者出示的码'),
    returnUrl: z
      .url({ protocol: /^https$/ })
      .max(256)
      .optional()
      .describe('线上支付后返回的页面'),
  })
  .refine(({ way, qrCode }) => (way === 'presented') === (qrCode !== undefined), {
    path: ['qrCode'],
    message: '被扫（presented）时必填，其他方式不填',
  })
  .register(NAMED, { id: 'OpenHrssPayment' })

const REFUND = z
  .strictObject({
    refundNo: z
      .string()
      .regex(/^[0-9A-Za-z._-]{1,64}$/, '须为 1-64 位字母、数字、点、横线或下划线'),
    amountFen: z.int().positive().max(100_000_000_000),
    reason: z.string().min(1).max(80),
  })
  .register(NAMED, { id: 'HrssRefundWish' })

const CASHIER = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('cashier'),
    appId: z.string(),
    path: z.string(),
    url: z.string().describe('H5、公众号'),
    miniProgramUrl: z.string().describe('小程序'),
    extraData: z.record(z.string(), z.unknown()).nullable(),
  }),
  z.object({ kind: z.literal('qr-image'), image: z.string() }),
])

const WRITE_BACK = z.enum(['none', 'waiting', 'done', 'refused'])

const PAYMENT = z
  .object({
    id: ORDER_ID,
    version: z.int(),
    billNo: z.string(),
    channel: z.literal('SBK'),
    way: z.enum(HRSS_PAYMENT_WAYS),
    status: z.enum(HRSS_STATES),
    statusText: z.string(),
    amountFen: FEN,
    refundedFen: FEN,
    mchOrderId: z.string(),
    payOrderId: z.string().nullable(),
    cashier: CASHIER.nullable(),
    hisWriteBack: WRITE_BACK,
    refunds: z.array(
      z.object({
        refundNo: z.string(),
        amountFen: FEN,
        status: z.enum(['open', 'returned']),
        hisWriteBack: WRITE_BACK,
        createdAt: z.string(),
        returnedAt: TIME,
      }),
    ),
    createdAt: z.string(),
    expiresAt: z.string(),
    paidAt: TIME,
  })
  .register(NAMED, { id: 'HrssPayment' })

const timeOrNull = (at: number | null): string | null => (at === null ? null : offsetTime(at))

function present({ payment, refunds }: HrssPaymentNow): z.output<typeof PAYMENT> {
  return {
    id: payment.id,
    version: payment.version,
    billNo: payment.billNo,
    channel: 'SBK',
    way: payment.way,
    status: payment.state,
    statusText: HRSS_STATE_RULES[payment.state].text,
    amountFen: payment.amountFen,
    refundedFen: payment.refundedFen,
    mchOrderId: payment.mchOrderId,
    payOrderId: payment.payOrderId,
    // What cannot be paid any more is not shown to be paid.
    cashier: payment.state === 'waiting' ? payment.sealed.reveal().cashier : null,
    hisWriteBack: payment.writeBack,
    refunds: refunds.map(({ refundNo, amountFen, state, writeBack, createdAt, returnedAt }) => ({
      refundNo,
      amountFen,
      status: state,
      hisWriteBack: writeBack,
      createdAt: offsetTime(createdAt),
      returnedAt: timeOrNull(returnedAt),
    })),
    createdAt: offsetTime(payment.createdAt),
    expiresAt: offsetTime(payment.expiresAt),
    paidAt: timeOrNull(payment.paidAt),
  }
}

const idOf = (params: Readonly<Record<string, string>>): string => {
  const id = ORDER_ID.safeParse(params['id'])
  if (!id.success) throw new AppError('order-not-found')
  return id.data
}

const open = endpoint<Hospital, typeof OPEN, typeof NOTHING>({
  method: 'post',
  path: '/his/hrss-payments',
  summary: '用社保卡（人社支付平台）收取一张账单的自费；应答未知时 202，凭 id 查询',
  body: OPEN,
  query: NOTHING,
  answers: { 200: PAYMENT, 201: PAYMENT, 202: PAYMENT },
  errors: [
    'bill-not-found',
    'bill-invalid',
    'bill-being-paid',
    'bill-already-paid',
    'payment-in-progress',
    'upstream-refused',
    'upstream-unavailable',
    'entry-closed',
  ],
  run: async (app, { body }) => {
    const { billNo, way, qrCode = null, returnUrl = null } = body
    const { payment, created } = await openHrssPayment(app, { billNo, way, qrCode, returnUrl })
    const value = present(await readHrssPayment(app, payment.id))
    const isUnknown = value.status === 'ordering' || value.status === 'closing'
    return { status: isUnknown ? 202 : created ? 201 : 200, value }
  },
})

const read = endpoint<Hospital, typeof NOTHING, typeof NOTHING>({
  method: 'get',
  path: '/his/hrss-payments/{id}',
  summary: '一笔社保卡支付的现状，含退款',
  body: NOTHING,
  query: NOTHING,
  answers: { 200: PAYMENT },
  errors: ['order-not-found', 'entry-closed'],
  run: async (app, { params }) => ({
    status: 200,
    value: present(await readHrssPayment(app, idOf(params))),
  }),
})

const close = endpoint<Hospital, typeof NOTHING, typeof NOTHING>({
  method: 'post',
  path: '/his/hrss-payments/{id}/close',
  summary: '关闭未支付的订单：查询、关闭、再查询；尚不能确认时 202',
  body: NOTHING,
  query: NOTHING,
  answers: { 200: PAYMENT, 202: PAYMENT },
  errors: ['order-not-found', 'already-paid', 'payment-in-progress', 'entry-closed'],
  run: async (app, { params }) => {
    const { state } = await closeHrssPayment(app, idOf(params))
    const value = present(await readHrssPayment(app, idOf(params)))
    return { status: state === 'closed' || state === 'failed' ? 200 : 202, value }
  },
})

const refund = endpoint<Hospital, typeof REFUND, typeof NOTHING>({
  method: 'post',
  path: '/his/hrss-payments/{id}/refunds',
  summary: '原路退回全部或部分；同一 refundNo 只退一次，到账见 refunds[].status',
  body: REFUND,
  query: NOTHING,
  answers: { 202: PAYMENT },
  errors: ['order-not-found', 'not-refundable', 'refund-in-progress', 'entry-closed'],
  run: async (app, { params, body }) => {
    const { refundNo, reason } = body
    await refundHrssPayment(app, idOf(params), { refundNo, reason, amountFen: fen(body.amountFen) })
    return { status: 202, value: present(await readHrssPayment(app, idOf(params))) }
  },
})

const CODE = z.strictObject({
  qrCode: z.string().regex(/^[\x21-\x7e]{1,34}$/, '须为 1-34 个 ASCII 字符'),
})

const pushed = endpoint<Hospital, typeof CODE, typeof NOTHING>({
  method: 'post',
  path: '/his/hrss-cashiers',
  summary: '展码端：所展示的码被扫后，平台推送的收银台；尚未被扫为 404',
  body: CODE,
  query: NOTHING,
  answers: { 200: CASHIER },
  errors: ['not-found', 'entry-closed'],
  run: async (app, { body }) => ({ status: 200, value: await pushedCashier(app, body.qrCode) }),
})

export const HRSS_PAY_ENDPOINTS: readonly Endpoint<Hospital>[] = [open, read, close, refund, pushed]
