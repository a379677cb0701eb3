/** A clearing bank whose interface follows Annex B: each method is one call and what its answer means. */
import type { Random } from '../../payment/numbers.ts'
import {
  type Bank,
  type BankProfile,
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
import { answerTo, cashierPageOf, type Content } from '../content.ts'
import { type RecordExchange, recorder } from '../exchange.ts'
import type { Send } from '../http-client.ts'
import { type SignedReply, signedCalls } from '../signed-calls.ts'
import { type SignedLink, signedSend } from '../signed-link.ts'
import { sealField } from '../signed-request.ts'
import { type Answer, done, type Outcome, refused, unlisted } from '../upstream.ts'
import * as map from './mapping.ts'
import * as messages from './messages.ts'
import { acknowledgement, type NoticeOptions, readNotice } from './notice.ts'
import * as requests from './requests.ts'

const { PATH } = messages

export interface StandardBankSettings extends Omit<requests.Merchant, 'seal'> {
  readonly baseUrl: string
  readonly link: SignedLink
  readonly institutionNumberTemplate: string
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly random: Random
  readonly timeouts: { readonly questionMs: number; readonly effectMs: number }
}

interface Context {
  readonly merchant: requests.Merchant
  readonly ask: ReturnType<typeof signedCalls>
  readonly timeouts: StandardBankSettings['timeouts']
}

export function standardBank(settings: StandardBankSettings): Bank {
  const { link, random, merchantNo, institutionNumberTemplate } = settings
  const profile: BankProfile = {
    name: 'standard-bank',
    noticeMediaType: 'application/json',
    queryByOutTradeNo: true,
    noticesOwnMoney: false,
    merchantNo,
    institutionNumberTemplate,
  }
  const sensitive = messages.SENSITIVE
  const record = recorder({ ...settings, upstream: profile.name, sensitive })
  const seal = (text: string): string => sealField(text, link.fieldKey.reveal(), random)
  const context: Context = {
    merchant: { ...settings, seal },
    ask: signedCalls({ baseUrl: settings.baseUrl, send: signedSend(link, settings), record }),
    timeouts: settings.timeouts,
  }
  const notices: NoticeOptions = settings
  return {
    profile,
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

async function placeSelfPayOrder(
  { merchant, ask, timeouts }: Context,
  order: SelfPayOrder,
): Promise<Outcome<SelfPayPlaced>> {
  if (merchant.appIds[order.channel] === null) return CHANNEL_NOT_OPENED
  const reply = await ask({
    path: PATH.selfPayOrder,
    name: 'self-pay-order',
    number: order.outTradeNo,
    content: requests.selfPayOrder(merchant, order),
    timeoutMs: timeouts.effectMs,
  })
  const answer = effect(reply, map.REFUSED.selfPayOrder)
  if (answer.kind !== 'done') return answer
  const { outTradeNo } = order
  const placed = answerTo(messages.SELF_PAY_PLACED, answer.value, { outTradeNo })
  if (placed === null) return unlisted('answer-to-another-question')
  if (placed.amountFen !== order.amountFen) return unlisted('answer-with-another-amount')
  const { prepay, tradeNo, bankOrderNo } = placed
  if (order.channel === 'wechat')
    return prepay === undefined ? unlisted('answer-incomplete') : done({ bankOrderNo, prepay })
  return tradeNo === undefined
    ? unlisted('answer-incomplete')
    : done({ bankOrderNo, prepay: { prepayId: tradeNo } })
}

async function selfPayOrder(
  { merchant, ask, timeouts }: Context,
  outTradeNo: string,
): Promise<Answer<SelfPayState>> {
  const reply = await ask({
    path: PATH.selfPayQuery,
    name: 'self-pay-query',
    number: outTradeNo,
    content: requests.selfPayQuestion(merchant, outTradeNo),
    timeoutMs: timeouts.questionMs,
  })
  const answer = question(reply, 'ORDER_NOT_FOUND')
  if (answer.kind !== 'done') return answer
  const order = answerTo(messages.SELF_PAY_ORDER, answer.value, { outTradeNo })
  return order === null ? unlisted('answer-to-another-question') : done(map.selfPayState(order))
}

async function closeSelfPayOrder(
  { merchant, ask, timeouts }: Context,
  outTradeNo: string,
): Promise<Outcome<void>> {
  const reply = await ask({
    path: PATH.selfPayClose,
    name: 'self-pay-close',
    number: outTradeNo,
    content: requests.selfPayQuestion(merchant, outTradeNo),
    timeoutMs: timeouts.effectMs,
  })
  const answer = effect(reply, map.REFUSED.selfPayClose)
  if (answer.kind !== 'done') return answer
  const closed = answerTo(messages.SELF_PAY_CLOSED, answer.value, { outTradeNo })
  return closed === null ? unlisted('answer-to-another-question') : done(undefined)
}

async function placeMixedOrder(
  { merchant, ask, timeouts }: Context,
  order: MixedOrder,
): Promise<Outcome<MixedPlaced>> {
  if (merchant.appIds[order.channel] === null) return CHANNEL_NOT_OPENED
  const { institutionNo } = order
  const reply = await ask({
    path: PATH.mixedOrder,
    name: 'mixed-order',
    number: institutionNo,
    content: requests.mixedOrder(merchant, order),
    timeoutMs: timeouts.effectMs,
  })
  const answer = effect(reply, map.REFUSED.mixedOrder)
  if (answer.kind === 'refused' && answer.code === 'ORDER_EXISTS')
    return refused('already-exists', answer.message)
  if (answer.kind !== 'done') return answer
  const placed = answerTo(messages.MIXED_PLACED, answer.value, { institutionNo })
  if (placed === null) return unlisted('answer-to-another-question')
  const { mixTradeNo } = placed
  if (order.channel === 'wechat') return done({ mixTradeNo, cashierPage: null })
  const cashierPage = cashierPageOf(placed.cashierPage)
  return cashierPage === null ? unlisted('answer-incomplete') : done({ mixTradeNo, cashierPage })
}

async function mixedOrder(
  { merchant, ask, timeouts }: Context,
  asked: MixedQuestion,
): Promise<Answer<MixedState>> {
  const { mixTradeNo, institutionNo } = asked
  const reply = await ask({
    path: PATH.mixedQuery,
    name: 'mixed-query',
    number: mixTradeNo ?? institutionNo,
    content: requests.mixedQuestion(merchant, asked),
    timeoutMs: timeouts.questionMs,
  })
  const answer = question(reply, 'ORDER_NOT_FOUND')
  if (answer.kind !== 'done') return answer
  const echo = { institutionNo, ...(mixTradeNo !== null && { mixTradeNo }) }
  const order = answerTo(messages.MIXED_ORDER, answer.value, echo)
  return order === null ? unlisted('answer-to-another-question') : done(map.mixedState(order))
}

async function refundSelfPay(
  { merchant, ask, timeouts }: Context,
  refund: SelfPayRefund,
): Promise<Outcome<void>> {
  const { refundNo } = refund
  const reply = await ask({
    path: PATH.refund,
    name: 'refund',
    number: refundNo,
    content: requests.refund(merchant, refund),
    timeoutMs: timeouts.effectMs,
  })
  const answer = effect(reply, map.REFUSED.refund)
  if (answer.kind !== 'done') return answer
  const accepted = answerTo(messages.REFUND_ACCEPTED, answer.value, { refundNo })
  return accepted === null ? unlisted('answer-to-another-question') : done(undefined)
}

async function refund(
  { merchant, ask, timeouts }: Context,
  asked: { outTradeNo: string; refundNo: string },
): Promise<Answer<RefundState>> {
  const { refundNo } = asked
  const reply = await ask({
    path: PATH.refundQuery,
    name: 'refund-query',
    number: refundNo,
    content: requests.refundQuestion(merchant, asked),
    timeoutMs: timeouts.questionMs,
  })
  const answer = question(reply, 'REFUND_NOT_FOUND')
  if (answer.kind !== 'done') return answer
  const state = answerTo(messages.REFUND, answer.value, { refundNo })
  return state === null ? unlisted('answer-to-another-question') : done(map.refundState(state))
}

async function noticeInsuranceRefund(
  { merchant, ask, timeouts }: Context,
  notice: InsuranceRefundNotice,
): Promise<Outcome<void>> {
  const { mixTradeNo, refundNo } = notice
  const reply = await ask({
    path: PATH.refundNotice,
    name: 'refund-notice',
    number: refundNo,
    content: requests.refundNotice(merchant, notice),
    timeoutMs: timeouts.effectMs,
  })
  const answer = effect(reply, map.REFUSED.refundNotice)
  if (answer.kind !== 'done') return answer
  const noticed = answerTo(messages.REFUND_NOTICED, answer.value, { mixTradeNo, refundNo })
  return noticed === null ? unlisted('answer-to-another-question') : done(undefined)
}

/** Only a code on the call's own list refuses; whatever else is said leaves the effect open. */
function effect(reply: SignedReply, refusals: ReadonlySet<string>): Outcome<Content> {
  if (reply.kind !== 'answered') return reply
  const { code, message, content } = reply
  if (code === 'OK') return done(content)
  if (code === map.TURNED_AWAY) return { kind: 'unsent', cause: `code ${code}`, heard: true }
  return refusals.has(code) ? refused(code, message) : unlisted(`code ${code}`)
}

/** A question that failed says nothing of the matter; only an explicit "no such thing" does. */
function question(reply: SignedReply, absent: string): Answer<Content> {
  if (reply.kind !== 'answered') return reply
  if (reply.code === 'OK') return done(reply.content)
  return reply.code === absent ? { kind: 'absent' } : unlisted(`code ${reply.code}`)
}
