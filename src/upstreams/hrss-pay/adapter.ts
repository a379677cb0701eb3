/** 人社支付平台: each method is one call of its document and what the answer proves. */
import type { z } from 'zod'
import type { Random } from '../../payment/numbers.ts'
import { answerTo, type Content } from '../content.ts'
import { type RecordExchange, recorder } from '../exchange.ts'
import type {
  HrssNumbers,
  HrssOrder,
  HrssOrderState,
  HrssPay,
  HrssPayProfile,
  HrssPayStatus,
  HrssPlaced,
  HrssRefund,
  HrssRefundQuestion,
  HrssRefundState,
} from '../hrss-pay.ts'
import type { Send } from '../http-client.ts'
import { type Answer, done, type Outcome, refused, unknown } from '../upstream.ts'
import { cashierOf, qrImageOf } from './cashier.ts'
import {
  acknowledge,
  answerPerson,
  type InboundOptions,
  readNotice,
  readCashierPush,
  readPersonQuestion,
} from './inbound.ts'
import * as map from './mapping.ts'
import * as messages from './messages.ts'
import { type HrssKeys, hrssSigning } from './signing.ts'
import { type Access, hrssCalls, type HrssReply } from './transport.ts'

const { SERVICE } = messages

export interface HrssPaySettings extends Omit<InboundOptions, 'signing'> {
  readonly access: Access
  readonly keys: HrssKeys
  readonly profile: HrssPayProfile
  /** Hosts of the cashier; nothing else is ever opened. */
  readonly cashierHosts: readonly string[]
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly random: Random
  readonly timeouts: { readonly questionMs: number; readonly effectMs: number }
  readonly warn: (about: Content, message: string) => void
}

interface Context {
  readonly settings: HrssPaySettings
  readonly call: ReturnType<typeof hrssCalls>
}

export function hrssPay(settings: HrssPaySettings): HrssPay {
  const signing = hrssSigning(settings.keys)
  const record = recorder({ ...settings, upstream: 'hrss-pay', sensitive: messages.SENSITIVE })
  const context: Context = { settings, call: hrssCalls({ ...settings, signing, record }) }
  const inbound: InboundOptions = { ...settings, signing }
  return {
    profile: settings.profile,
    place: (order) => place(context, order),
    order: (numbers) => order(context, numbers),
    close: (numbers) => close(context, numbers),
    refund: (wish) => refund(context, wish),
    refundState: (question) => refundState(context, question),
    readNotice: (raw) => readNotice(raw, inbound),
    acknowledge,
    readCashierPush: (raw) => readCashierPush(raw, inbound),
    readPersonQuestion: (raw) => readPersonQuestion(raw, inbound),
    answerPerson: (person, orders) => answerPerson(person, orders, inbound),
  }
}

/** Checked against the platform's lengths and tables before anything leaves. */
function checked(
  schema: z.ZodType<Content>,
  request: object,
): { parameters: Content } | { refusal: Outcome<never> } {
  const read = schema.safeParse(request)
  if (read.success) return { parameters: read.data }
  const names = read.error.issues.map(({ path }) => path.join('.')).join(', ')
  return { refusal: refused('request-invalid', `人社支付平台不接受：${names}`) }
}

async function place({ settings, call }: Context, wish: HrssOrder): Promise<Outcome<HrssPlaced>> {
  const { way, mchOrderId } = wish
  const asked = checked(messages.ORDER_REQUEST, map.orderRequest(wish, settings.notifyUrl))
  if ('refusal' in asked) return asked.refusal
  if ((way === 'presented') !== (wish.qrCode !== null))
    return refused('request-invalid', '人社支付平台不接受：qrCode')
  const reply = await call({
    service: SERVICE[way],
    name: `order-${way}`,
    number: mchOrderId,
    parameters: asked.parameters,
    timeoutMs: settings.timeouts.effectMs,
  })
  const answer = effect(reply, settings)
  if (answer.kind !== 'done') return answer
  if (way === 'dynamic') {
    const placed = answerTo(messages.IMAGE_PLACED, answer.value, { mchOrderId })
    if (placed === null) return unknown('answer-to-another-question')
    return done({ payOrderId: placed.payOrderId, cashier: qrImageOf(placed.qrImage) })
  }
  const placed = answerTo(messages.CASHIER_PLACED, answer.value, { mchOrderId })
  if (placed === null) return unknown('answer-to-another-question')
  const cashier = cashierOf(placed.payUrl, settings.cashierHosts)
  return done({ payOrderId: placed.payOrderId, cashier })
}

async function order(
  { settings, call }: Context,
  { mchOrderId, payOrderId }: HrssNumbers,
): Promise<Answer<HrssOrderState>> {
  if (payOrderId === null && !settings.profile.queryWithoutPayOrderId)
    return unknown('the platform’s number is not known')
  const asked = { mchOrderId, payOrderId: payOrderId ?? '' }
  const question = checked(messages.ORDER_QUESTION, asked)
  if ('refusal' in question) return unknown('question-invalid')
  const reply = await call({
    service: SERVICE.order,
    name: 'order-query',
    number: mchOrderId,
    parameters: question.parameters,
    timeoutMs: settings.timeouts.questionMs,
  })
  const content = answered(reply, settings)
  if (content.kind !== 'done') return content
  const echo = { mchOrderId, ...(payOrderId !== null && { payOrderId }) }
  const told = answerTo(messages.ORDER_STATE, content.value, echo)
  if (told === null) return unknown('answer-to-another-question')
  if (!map.couponsAddUp(told)) settings.warn({ mchOrderId }, 'receipt and coupon are not the total')
  return done(map.orderState(told))
}

async function close(
  { settings, call }: Context,
  { mchOrderId, payOrderId, reason }: HrssNumbers & { reason: string },
): Promise<Outcome<HrssPayStatus>> {
  const asked = checked(messages.CLOSE_REQUEST, { mchOrderId, payOrderId, closeDesc: reason })
  if ('refusal' in asked) return asked.refusal
  const reply = await call({
    service: SERVICE.close,
    name: 'order-close',
    number: mchOrderId,
    parameters: asked.parameters,
    timeoutMs: settings.timeouts.effectMs,
  })
  const answer = effect(reply, settings)
  if (answer.kind !== 'done') return answer
  const told = answerTo(messages.CLOSED, answer.value, { mchOrderId })
  return told === null
    ? unknown('answer-to-another-question')
    : done(map.payStatusOf(told.payStatus))
}

async function refund(
  { settings, call }: Context,
  wish: HrssRefund,
): Promise<Outcome<HrssRefundState>> {
  const { mchOrderId, payOrderId, mchRefundId, orderFen, amountFen } = wish
  const asked = checked(messages.REFUND_REQUEST, {
    mchOrderId,
    payOrderId,
    orderAmount: orderFen,
    mchRefundId,
    refundAmount: amountFen,
  })
  if ('refusal' in asked) return asked.refusal
  const reply = await call({
    service: SERVICE.refund,
    name: 'refund',
    number: mchRefundId,
    parameters: asked.parameters,
    timeoutMs: settings.timeouts.effectMs,
  })
  const answer = effect(reply, settings)
  if (answer.kind !== 'done') return answer
  const told = answerTo(messages.REFUND_STATE, answer.value, { mchRefundId })
  return told === null ? unknown('answer-to-another-question') : done(map.refundState(told))
}

async function refundState(
  { settings, call }: Context,
  { mchOrderId, mchRefundId, refundOrderId }: HrssRefundQuestion,
): Promise<Answer<HrssRefundState>> {
  const question = checked(messages.REFUND_QUESTION, { mchOrderId, refundOrderId })
  if ('refusal' in question) return unknown('question-invalid')
  const reply = await call({
    service: SERVICE.refundState,
    name: 'refund-query',
    number: mchRefundId,
    parameters: question.parameters,
    timeoutMs: settings.timeouts.questionMs,
  })
  const content = answered(reply, settings)
  if (content.kind !== 'done') return content
  const told = answerTo(messages.REFUND_STATE, content.value, { mchRefundId, refundOrderId })
  return told === null ? unknown('answer-to-another-question') : done(map.refundState(told))
}

/** What an effect's answer proves, by the handling of its code (README.md 3). */
function effect(reply: HrssReply, { warn }: HrssPaySettings): Outcome<Content> {
  switch (reply.kind) {
    case 'answered':
      return done(reply.content)
    case 'declined':
      return refused('declined', reply.message)
    case 'coded': {
      const { subCode, handling } = reply.row
      if (handling === 'ours') {
        warn({ subCode }, 'refused by the platform’s gateway: somebody must look')
        return refused(subCode, reply.message)
      }
      return handling === 'turned-away' ? { kind: 'unsent', cause: subCode } : unknown(subCode)
    }
    case 'unsent':
    case 'unknown':
      return reply
  }
}

/** A question is never refused: whatever is not an answer leaves us as wise as before. */
function answered(reply: HrssReply, settings: HrssPaySettings): Outcome<Content> {
  const outcome = effect(reply, settings)
  return outcome.kind === 'refused' ? unknown(`${outcome.code} ${outcome.message}`) : outcome
}
