import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { orderFor, rightsOf, takePaymentNotice } from '../flows/one-card/requests.ts'
import type { Provided } from '../payment/one-card.ts'
import { readBody } from './body.ts'
import { JSON_TYPE, type Reply } from './errors.ts'
import type { Networks } from './networks.ts'

/** What the one-card platform calls here: routing, checking and the interface description are drawn from it. */
export interface OneCardEndpoint {
  readonly service: Provided
  readonly path: string
  /** 接口备注 */
  readonly summary: string
  readonly body: z.ZodType
  readonly data: z.ZodType
  readonly run: (app: App, content: unknown) => Promise<Said>
}

/** Null: there is no such thing, or nothing to say. */
type Said = object | null | 'unreadable' | 'unavailable'

const NUMBER = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/)
const AMOUNT = z.int().positive()

const RIGHTS = z.strictObject({
  name: z.string().min(1).max(64).describe('姓名（SM4 加密）'),
  socialSecurityNo: z
    .string()
    .regex(/^\d{17}[\dXx]$/)
    .describe('社会保障号码（SM4 加密）'),
})
const ORDER = z.strictObject({ orderNo: NUMBER.describe('订单号，取自支付二维码') })
const NOTICE = z.strictObject({
  orderNo: NUMBER.describe('订单号'),
  payNo: NUMBER.describe('平台支付流水号'),
  amount: AMOUNT.describe('金额，单位：分'),
  state: z.string().max(32).describe('支付状态：PAID、FAILED、CLOSED'),
  paidAt: z.int().positive().optional().describe('支付时间，毫秒时间戳'),
})

function endpoint<B extends z.ZodType>(
  description: Omit<OneCardEndpoint, 'body' | 'run'> & {
    readonly body: B
    readonly run: (app: App, content: z.output<B>) => Promise<Said>
  },
): OneCardEndpoint {
  return {
    ...description,
    run: async (app, content) => {
      const parsed = description.body.safeParse(content)
      return parsed.success ? description.run(app, parsed.data) : 'unreadable'
    },
  }
}

export const ONE_CARD_ENDPOINTS: readonly OneCardEndpoint[] = [
  endpoint({
    service: 'rights',
    path: '/one-card/rights',
    summary: '个人权益信息查询接口',
    body: RIGHTS,
    data: z.object({
      items: z
        .array(
          z.object({
            kind: z.enum(['payment', 'card-use']).describe('类别'),
            what: z.string().describe('账单号或用卡类型'),
            amount: AMOUNT.optional().describe('金额，单位：分'),
            at: z.string().describe('时间'),
          }),
        )
        .describe('本人在本院的支付与用卡记录'),
    }),
    run: rightsOf,
  }),
  endpoint({
    service: 'order',
    path: '/one-card/orders',
    summary: '主扫支付订单信息查询接口',
    body: ORDER,
    data: z.object({
      orderNo: NUMBER.describe('订单号'),
      state: z.enum(['UNPAID', 'PAID', 'CLOSED']).describe('订单状态；仅 UNPAID 可支付'),
      amount: AMOUNT.optional().describe('金额，单位：分；未支付时返回'),
      title: z.string().optional().describe('订单标题；未支付时返回'),
      expiresAt: z.int().optional().describe('失效时间，毫秒时间戳；未支付时返回'),
    }),
    run: (app, { orderNo }) => orderFor(app, orderNo),
  }),
  endpoint({
    service: 'payment-notice',
    path: '/callbacks/one-card/payment',
    summary: '支付结果通知接口',
    body: NOTICE,
    data: z.object({}),
    run: async (app, told) => {
      await takePaymentNotice(app, told)
      return null
    },
  }),
]

/**
 * Form of the body, then white list, signature and repeat, then the content. What is no JSON or too large
 * never gets as far as the platform's own words.
 */
export async function answerOneCard(
  app: App,
  request: IncomingMessage,
  from: { readonly endpoint: OneCardEndpoint; readonly ip: string; readonly allowed: Networks },
): Promise<Reply> {
  if (app.oneCard === null) throw new AppError('not-found')
  const { calls } = app.oneCard
  const { endpoint, ip, allowed } = from
  const { service } = endpoint
  const body = await readBody(request, 'application/json')
  const { rawHeaders } = request
  const verdict = await calls.check({ service, rawHeaders, body, listed: allowed.has(ip) })
  if (!verdict.believed) {
    const { reason } = verdict
    app.log.warn({ audit: 'one-card-refused', service, reason }, 'a call of the platform refused')
    return replyOf(verdict.answer)
  }
  const said = await endpoint.run(app, verdict.content)
  if (said === 'unreadable') return replyOf(calls.unreadable())
  if (said === 'unavailable') return replyOf(calls.unavailable())
  return replyOf(calls.succeed(said))
}

const replyOf = ({ status, body }: { status: number; body: string }): Reply => ({
  status,
  body,
  contentType: JSON_TYPE,
  headers: {},
})
