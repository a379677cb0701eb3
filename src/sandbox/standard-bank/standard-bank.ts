/** The pretend bank behind the interface of upstreams/standard-bank/README.md: signed JSON, eight calls. */
import type { ZodType } from 'zod'
import { header, json, parseObject } from '../answers.ts'
import type { Bank, Handled, Reason } from '../bank/book.ts'
import { Refusal } from '../bank/book.ts'
import { askCash, closeCash, placeCash } from '../bank/cash.ts'
import { askMixed, placeMixed } from '../bank/mixed.ts'
import { noticeRefund } from '../bank/refund-notices.ts'
import { askRefund, refundCash } from '../bank/refunds.ts'
import { delayOf, GARBAGE, type Spoilt, spoilt } from '../bank/spoilt.ts'
import type { SandboxReply, SandboxRequest, SandboxUpstream } from '../world.ts'
import { describeCash, describePlaced, describeRefund } from './describe.ts'
import { mixedNow, mixedWish, refundNoticeWish, refundWish, selfPayWish } from './orders.ts'
import { type StandardBankCounter, standardBankCounter } from './protocol.ts'
import { schemasFor } from './schemas.ts'

export const STANDARD_BANK_PREFIX = '/standard-bank'

type Fields = Readonly<Record<string, unknown>>

interface Answered {
  readonly billNo: string
  readonly fields: Fields | 'lost'
}

interface Call {
  readonly question: boolean
  readonly run: (body: unknown) => Answered | Promise<Answered>
}

const refusal = (code: string, message: string): Fields => ({ code, message })

export function createStandardBank(bank: Bank): SandboxUpstream {
  const counter = standardBankCounter(bank)
  const calls = callsAt(counter)
  const { link } = counter.protocol
  return {
    prefix: STANDARD_BANK_PREFIX,
    handle: async (request) => {
      const wrong = link.distrust(request, STANDARD_BANK_PREFIX)
      if (wrong !== null) return link.sign(request, json(401, refusal('SIGNATURE_INVALID', wrong)))
      const call = calls[request.path]
      const isJson = /^application\/json\b/i.test(header(request, 'content-type'))
      if (call === undefined || request.method !== 'POST' || !isJson)
        return link.sign(request, json(404, refusal('PARAMETER_INVALID', '没有这个接口')))
      const { billNo, fields } = await call.run(parseObject(request.body.toString('utf8')))
      if (fields === 'lost') return { kind: 'lost' }
      const kind = call.question ? spoilt(counter, billNo) : null
      return reply(counter, request, { fields, kind })
    },
  }
}

function reply(
  counter: StandardBankCounter,
  request: SandboxRequest,
  { fields, kind }: { fields: Fields; kind: Spoilt | null },
): SandboxReply {
  if (kind === 'garbage') return GARBAGE
  const { link } = counter.protocol
  const told = { ...json(200, kind === 'unlisted' ? unlisted(fields) : fields) }
  const signed = link.sign(request, { ...told, delayMs: delayOf(counter, kind) })
  return kind === 'bad-signature' ? { ...signed, body: `${signed.body} ` } : signed
}

/** Words that no table lists. */
function unlisted(fields: Fields): Fields {
  if (!('status' in fields)) return fields
  const legs = { overall: 'PAYING', selfPay: 'PAYING', insurance: 'PROCESSING' }
  return { ...fields, status: typeof fields['status'] === 'string' ? 'PENDING' : legs }
}

function callsAt(counter: StandardBankCounter): Record<string, Call> {
  const schemas = schemasFor(counter.protocol.link.reveal)
  const at = opened(counter)
  return {
    '/v1/self-pay-orders': at(schemas.selfPayOrder, false, (order) =>
      answered(placeCash(counter, selfPayWish(counter, order)), describePlaced),
    ),
    '/v1/self-pay-orders/query': at(schemas.selfPayQuestion, true, ({ outTradeNo }) =>
      answered(askCash(counter, { outTradeNo, orderId: undefined }), describeCash),
    ),
    '/v1/self-pay-orders/close': at(schemas.selfPayQuestion, false, ({ outTradeNo }) =>
      answered(closeCash(counter, { outTradeNo, orderId: undefined }), describeCash),
    ),
    '/v1/mixed-orders': at(schemas.mixedOrder, false, async (order) =>
      answered(await placeMixed(counter, mixedWish(order)), (mixed) => ({
        mixTradeNo: mixed.mixTradeNo,
        institutionNo: mixed.wish.institutionNo,
        ...(mixed.payUrl !== null && { cashierPage: mixed.payUrl }),
      })),
    ),
    '/v1/mixed-orders/query': at(schemas.mixedQuestion, true, (asked) => {
      const { mixTradeNo, institutionNo = '' } = asked
      const by = mixTradeNo === undefined ? { institutionNo } : { mixTradeNo }
      return answered(askMixed(counter, by), (mixed) => mixedNow(counter, mixed))
    }),
    '/v1/refunds': at(schemas.refund, false, (refund) =>
      answered(refundCash(counter, refundWish(refund)), ({ refundNo }) => ({ refundNo })),
    ),
    '/v1/refunds/query': at(schemas.refundQuestion, true, ({ outTradeNo, refundNo }) =>
      answered(askRefund(counter, { outTradeNo, orderId: undefined, refundNo }), describeRefund),
    ),
    '/v1/refund-notices': at(schemas.refundNotice, false, (notice) =>
      answered(noticeRefund(counter, refundNoticeWish(notice)), ({ mixTradeNo }) => ({
        mixTradeNo,
        refundNo: notice.refundNo,
      })),
    ),
  }
}

/** Form, merchant and channel first; the first wrong member is named. */
function opened({ protocol }: StandardBankCounter) {
  return <T extends { merchantNo: string }>(
    schema: ZodType<T>,
    question: boolean,
    handle: (request: T) => Answered | Promise<Answered>,
  ): Call => ({
    question,
    run: (body) => {
      const parsed = schema.safeParse(body)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]
        const extra = issue?.code === 'unrecognized_keys' ? issue.keys : []
        const where = [...(issue?.path ?? []), ...extra].join('.')
        return { billNo: '', fields: refusal('PARAMETER_INVALID', `参数不正确：${where}`) }
      }
      const request: T & { channel?: 'wechat' | 'alipay'; channelAppId?: string } = parsed.data
      if (request.merchantNo !== protocol.merchantNo)
        return { billNo: '', fields: refusal('MERCHANT_INVALID', '商户号未登记') }
      const { channel, channelAppId } = request
      if (channel !== undefined && protocol.appIds[channel] !== channelAppId)
        return { billNo: '', fields: refusal('CHANNEL_NOT_OPENED', '该渠道未开通或应用未登记') }
      return handle(request)
    },
  })
}

/** upstreams/standard-bank/README.md 6 */
const CODES: Record<Reason, string> = {
  'cash-order-exists': 'ORDER_EXISTS',
  'no-cash-order': 'ORDER_NOT_FOUND',
  'cash-order-paid': 'ORDER_PAID',
  'cash-order-being-paid': 'ORDER_PAYING',
  'mixed-order-exists': 'ORDER_EXISTS',
  'no-mixed-order': 'ORDER_NOT_FOUND',
  total: 'AMOUNTS_MISMATCH',
  'own-money': 'AMOUNTS_MISMATCH',
  'nothing-insured': 'AMOUNTS_MISMATCH',
  'cash-order-differs': 'SELF_PAY_ORDER_MISMATCH',
  user: 'USER_MISMATCH',
  identity: 'PAYER_MISMATCH',
  name: 'PAYER_MISMATCH',
  relative: 'PAYER_MISMATCH',
  'authorisation-unknown': 'AUTHORISATION_INVALID',
  'authorisation-used': 'AUTHORISATION_INVALID',
  bureau: 'INSURANCE_REFUSED',
  'nothing-to-refund': 'ORDER_NOT_FOUND',
  'not-refundable': 'NOT_REFUNDABLE',
  'refund-number-used': 'REFUND_EXISTS',
  'refund-failed': 'REFUND_FAILED',
  'no-refund': 'REFUND_NOT_FOUND',
}

function answered<T>({ billNo, told }: Handled<T>, describe: (value: T) => Fields): Answered {
  if (told === 'lost') return { billNo, fields: 'lost' }
  if (told instanceof Refusal) return { billNo, fields: refusal(CODES[told.reason], told.message) }
  return { billNo, fields: { code: 'OK', message: '成功', ...describe(told) } }
}
