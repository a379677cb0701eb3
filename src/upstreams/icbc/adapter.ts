/** ICBC as the clearing bank: each method is one call of the gateway and what its answer means. */
import { businessDate, type Random } from '../../payment/numbers.ts'
import type { ChannelName } from '../../payment/order.ts'
import { type RecordExchange, recorder } from '../exchange.ts'
import type { Send } from '../http-client.ts'
import {
  type Bank,
  CHANNEL_NOT_OPENED,
  type InsuranceRefundNotice,
  type MixedOrder,
  type MixedPlaced,
  type MixedQuestion,
  type MixedState,
  type RefundState,
  type SelfPayOrder,
  type SelfPayPlaced,
  type SelfPayRefund,
  type SelfPayState,
} from '../bank.ts'
import { answerTo, cashierPageOf, type Content, isNumber } from '../content.ts'
import { type Answer, done, type Outcome, refused, unknown, unlisted } from '../upstream.ts'
import { FAMILIES, type Family, type FamilySettings } from './families.ts'
import * as map from './mapping.ts'
import * as messages from './messages.ts'
import { acknowledgement, type NoticeOptions, readNotice } from './notice.ts'
import * as requests from './requests.ts'
import type { IcbcSecurity } from './security.ts'
import { type Gateway, gateway, type GatewayReply } from './transport.ts'

const { API } = messages

export interface IcbcSettings extends FamilySettings {
  /** `https://gw.open.icbc.com.cn` */
  readonly baseUrl: string
  readonly security: IcbcSecurity
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly random: Random
  /** Defaults: 4 s for a question (docs/rulings.md 2.6), 8 s for an effect. */
  readonly timeouts?: { readonly questionMs?: number; readonly effectMs?: number }
}

interface Context {
  readonly settings: IcbcSettings
  readonly family: Family
  readonly ask: Gateway
  readonly questionMs: number
  readonly effectMs: number
}

export function icbcBank(settings: IcbcSettings): Bank {
  const record = recorder({ ...settings, upstream: 'icbc', sensitive: messages.SENSITIVE })
  const family = FAMILIES[settings.profile.family]
  const context: Context = {
    settings,
    family,
    ask: gateway({ ...settings, record }),
    questionMs: settings.timeouts?.questionMs ?? 4_000,
    effectMs: settings.timeouts?.effectMs ?? 8_000,
  }
  const notices: NoticeOptions = {
    ...settings,
    publicPath: {
      'mixed-order': new URL(settings.mixedCallbackUrl).pathname,
      'self-pay': new URL(settings.selfPayCallbackUrl).pathname,
    },
    includeReturnCode: settings.profile.includeReturnCode ?? false,
  }
  return {
    profile: {
      ...settings.profile,
      queryByOutTradeNo: family.queryByOutTradeNo(settings.profile),
      noticesOwnMoney: family.noticesOwnMoney,
      noticeMediaType: 'application/x-www-form-urlencoded',
    },
    placeSelfPayOrder: (order) => placeSelfPayOrder(context, order),
    selfPayOrder: (outTradeNo) => selfPayOrder(context, outTradeNo),
    closeSelfPayOrder: (outTradeNo) => closeSelfPayOrder(context, outTradeNo),
    placeMixedOrder: (order) => placeMixedOrder(context, order),
    mixedOrder: (question) => mixedOrder(context, question),
    refundSelfPay: (refund) => refundSelfPay(context, refund),
    refund: (question) => refund(context, question),
    noticeInsuranceRefund: (notice) => noticeInsuranceRefund(context, notice),
    readNotice: (raw) => readNotice(raw, notices),
    acknowledge: (notice, accepted) => acknowledgement(notice, accepted, notices),
  }
}

const isOpened = (settings: IcbcSettings, channel: ChannelName): boolean =>
  channel === 'wechat' || settings.alipayAppid !== null

async function placeSelfPayOrder(
  { settings, family, ask, effectMs }: Context,
  order: SelfPayOrder,
): Promise<Outcome<SelfPayPlaced>> {
  if (!isOpened(settings, order.channel)) return CHANNEL_NOT_OPENED
  const request = family.cashOrder(settings, order)
  const reply = await ask({ ...request, number: order.outTradeNo, timeoutMs: effectMs })
  // Refused as a repetition, there is an order under this number: it must be asked and closed.
  const answer = effect(reply, { notRefused: map.ALREADY_EXISTS })
  if (answer.kind !== 'done') return answer
  const placed = answerTo(messages.CONSUMED, answer.value, { out_trade_no: order.outTradeNo })
  if (placed === null) return unlisted('answer-to-another-question')
  const prepay =
    order.channel === 'wechat'
      ? map.prepayOf(placed.wx_data_package)
      : map.alipayPrepayOf(placed.zfb_data_package)
  if (!isNumber(placed.order_id) || prepay === null) return unlisted('answer-incomplete')
  if (placed.total_amt !== undefined && placed.total_amt !== request.content['total_fee'])
    return unlisted('answer-with-another-amount')
  return done({ bankOrderNo: placed.order_id, prepay })
}

async function selfPayOrder(
  { settings, ask, questionMs }: Context,
  outTradeNo: string,
): Promise<Answer<SelfPayState>> {
  const reply = await ask({
    api: API.orderqry,
    name: 'orderqry',
    number: outTradeNo,
    content: requests.orderqry(settings, outTradeNo, '0'),
    timeoutMs: questionMs,
  })
  const answer = question(reply, map.CASH_ORDER_ABSENT)
  if (answer.kind !== 'done') return answer
  const order = answerTo(messages.CASH_ORDER, answer.value, { out_trade_no: outTradeNo })
  return order === null ? unlisted('answer-to-another-question') : done(map.selfPayState(order))
}

async function closeSelfPayOrder(
  { settings, ask, effectMs }: Context,
  outTradeNo: string,
): Promise<Outcome<void>> {
  const reply = await ask({
    api: API.orderqry,
    name: 'close',
    number: outTradeNo,
    content: requests.orderqry(settings, outTradeNo, '1'),
    timeoutMs: effectMs,
  })
  const answer = effect(reply, {})
  return answer.kind === 'done' ? done(undefined) : answer
}

async function placeMixedOrder(context: Context, order: MixedOrder): Promise<Outcome<MixedPlaced>> {
  const { settings, family, ask, effectMs } = context
  if (!isOpened(settings, order.channel)) return CHANNEL_NOT_OPENED
  if (family.isOneCall && order.outTradeNo !== null) return findPlaced(context, order)
  const reply = await ask({
    ...family.mixedOrder(settings, order),
    number: order.institutionNo,
    timeoutMs: effectMs,
  })
  const answer = effect(reply, {})
  if (answer.kind === 'refused' && map.ALREADY_EXISTS.has(answer.code))
    return family.isOneCall
      ? findPlaced(context, order)
      : refused('already-exists', `${answer.code} ${answer.message}`)
  return answer.kind === 'done' ? mixedPlaced(order, answer.value, family) : answer
}

/** The order stands; only its number, and the page, are still to be heard. */
async function findPlaced(context: Context, order: MixedOrder): Promise<Outcome<MixedPlaced>> {
  const { outTradeNo, institutionNo } = order
  const today = businessDate(context.settings.now())
  const numbers = { mixTradeNo: null, outTradeNo, institutionNo }
  const answer = await askForMixed(context, { ...numbers, businessDate: today })
  if (answer.kind === 'absent') return unlisted('no mixed order under our number')
  return answer.kind === 'done' ? mixedPlaced(order, answer.value, context.family) : answer
}

function mixedPlaced(order: MixedOrder, content: Content, family: Family): Outcome<MixedPlaced> {
  const placed = answerTo(messages.MIXED_PLACED, content, family.echo(order))
  if (placed === null) return unlisted('answer-to-another-question')
  if (!isNumber(placed.mix_trade_no)) return unlisted('answer-incomplete')
  if (order.channel === 'wechat')
    return done({ mixTradeNo: placed.mix_trade_no, cashierPage: null })
  const cashierPage = cashierPageOf(placed.pay_url)
  if (cashierPage === null) return unlisted('answer-incomplete')
  return done({ mixTradeNo: placed.mix_trade_no, cashierPage })
}

async function mixedOrder(context: Context, asked: MixedQuestion): Promise<Answer<MixedState>> {
  const { settings, family } = context
  const { mixTradeNo, institutionNo } = asked
  if (mixTradeNo === null && !family.queryByOutTradeNo(settings.profile))
    return unknown('the bank cannot be asked by institution number')
  const answer = await askForMixed(context, asked)
  if (answer.kind !== 'done') return answer
  const echo = { ...family.echo(asked), ...(mixTradeNo && { mix_trade_no: mixTradeNo }) }
  const mixed = answerTo(messages.MIXED, answer.value, echo)
  if (mixed === null) return unlisted('answer-to-another-question')
  const state = map.mixedState(mixed)
  if (state === null) return unlisted('answer-incomplete')
  // What it repeats of our numbers was compared above; not every family repeats this one.
  return done({ ...state, institutionNo: state.institutionNo && institutionNo })
}

async function askForMixed(
  { settings, family, ask, questionMs }: Context,
  asked: MixedQuestion,
): Promise<Answer<Content>> {
  let answer: Answer<Content> = { kind: 'absent' }
  for (const request of family.questions(settings, asked)) {
    const number = asked.mixTradeNo ?? asked.institutionNo
    const reply = await ask({ ...request, number, timeoutMs: questionMs })
    answer = question(reply, map.MIXED_ABSENT)
    if (answer.kind !== 'absent') return answer
  }
  return answer
}

async function refundSelfPay(
  { settings, ask, effectMs }: Context,
  refund: SelfPayRefund,
): Promise<Outcome<void>> {
  const reply = await ask({
    api: API.merrefund,
    name: 'merrefund',
    number: refund.refundNo,
    content: requests.merrefund(settings, refund),
    timeoutMs: effectMs,
  })
  const answer = effect(reply, { onlyRefused: map.REFUND_REFUSED })
  if (answer.kind !== 'done') return answer
  const accepted = answerTo(messages.REFUND_ACCEPTED, answer.value, {
    outtrx_serial_no: refund.refundNo,
  })
  return accepted === null ? unlisted('answer-to-another-question') : done(undefined)
}

async function refund(
  { settings, ask, questionMs }: Context,
  { outTradeNo, refundNo }: { outTradeNo: string; refundNo: string },
): Promise<Answer<RefundState>> {
  const reply = await ask({
    api: API.refundqry,
    name: 'refundqry',
    number: refundNo,
    content: requests.refundqry(settings, outTradeNo, refundNo),
    timeoutMs: questionMs,
  })
  const answer = question(reply, map.REFUND_ABSENT)
  if (answer.kind !== 'done') return answer
  const state = answerTo(messages.CASH_REFUND, answer.value, { outtrx_serial_no: refundNo })
  return state === null ? unlisted('answer-to-another-question') : done(map.refundState(state))
}

async function noticeInsuranceRefund(
  { settings, family, ask, effectMs }: Context,
  notice: InsuranceRefundNotice,
): Promise<Outcome<void>> {
  const { refundNo, mixTradeNo } = notice
  const request = family.refundNotice(settings, notice)
  const reply = await ask({ ...request, number: refundNo, timeoutMs: effectMs })
  const answer = effect(reply, {})
  if (answer.kind !== 'done') return answer
  const echo = { mix_trade_no: mixTradeNo, out_refund_no: refundNo }
  return answerTo(messages.REFUND_NOTICED, answer.value, echo) === null
    ? unlisted('answer-to-another-question')
    : done(undefined)
}

/**
 * A positive code refuses an effect, except where the list says what it does not or only refuses.
 * Turned away by the gateway's own limiter, the request never reached the bank: `unsent`.
 */
function effect(
  reply: GatewayReply,
  rule: { notRefused?: ReadonlySet<string>; onlyRefused?: ReadonlySet<string> },
): Outcome<Content> {
  if (reply.kind !== 'answered') return reply
  const { code, message, content } = reply
  if (code === '0') return done(content)
  if (map.TURNED_AWAY.has(code)) return { kind: 'unsent', cause: `code ${code}`, heard: true }
  const isRefusal = rule.onlyRefused?.has(code) ?? !rule.notRefused?.has(code)
  return isRefusal ? refused(code, message) : unlisted(`code ${code}`)
}

/** A question that failed says nothing of the matter; only an explicit "no such thing" does. */
function question(reply: GatewayReply, absent: ReadonlySet<string>): Answer<Content> {
  if (reply.kind !== 'answered') return reply
  if (reply.code === '0') return done(reply.content)
  return absent.has(reply.code) ? { kind: 'absent' } : unlisted(`code ${reply.code}`)
}
