/** The roles with a breaker that counts how their calls end; they answer as before. */
import type { ChannelName } from '../payment/order.ts'
import type { Bank } from './bank.ts'
import type { Breaker, Breakers } from './breaker.ts'
import type { HrssPay } from './hrss-pay.ts'
import type { Collection, OneCode, OneCodePay } from './one-code.ts'
import { ORIGINAL_AUTHORISATION } from './original-authorisation.ts'
import type { Channel, InsuredPersons, Insurer, RefundAuthorisation } from './upstream.ts'

export interface Roles {
  readonly channels: Readonly<Partial<Record<ChannelName, Channel>>>
  readonly insuredPersons: InsuredPersons
  readonly insurer: Insurer
  readonly refundAuthorisation: RefundAuthorisation
  readonly bank: Bank
  /** Null: the hospital has not opened 一码付. */
  readonly oneCode: OneCode | null
  /** 人社支付平台; null where the hospital has not joined it. */
  readonly hrssPay: HrssPay | null
}

export function watchedRoles(roles: Roles, breakers: Breakers): Roles {
  const { wechat, alipay } = roles.channels
  return {
    channels: {
      ...(wechat && { wechat: watchedChannel(wechat, breakers.wechat) }),
      ...(alipay && { alipay: watchedChannel(alipay, breakers.alipay) }),
    },
    insuredPersons: watchedPersons(roles.insuredPersons, breakers['insurance-baseline']),
    insurer: watchedInsurer(roles.insurer, breakers['mid-platform']),
    refundAuthorisation: watchedAuthorisation(roles.refundAuthorisation, breakers['mid-platform']),
    bank: watchedBank(roles.bank, breakers.bank),
    oneCode: roles.oneCode && {
      pay: watchedPay(roles.oneCode.pay, breakers['one-code']),
      collection: watchedCollection(roles.oneCode.collection, breakers.collection),
    },
    hrssPay: roles.hrssPay && watchedHrssPay(roles.hrssPay, breakers['hrss-pay']),
  }
}

const watchedPay = (pay: OneCodePay, { watch }: Breaker): OneCodePay => ({
  ...pay,
  status: (asked) => watch(pay.status(asked)),
  certificate: (wish) => watch(pay.certificate(wish)),
})

const watchedCollection = (collection: Collection, { watch }: Breaker): Collection => ({
  ...collection,
  charge: (wish) => watch(collection.charge(wish)),
  chargeState: (outTradeNo) => watch(collection.chargeState(outTradeNo)),
})

/** Step 3 is no call at WeChat: it would pass for an answer. */
const watchedChannel = (channel: Channel, { watch }: Breaker): Channel => ({
  ...channel,
  exchange: (request) => watch(channel.exchange(request)),
})

const watchedPersons = (persons: InsuredPersons, { watch }: Breaker): InsuredPersons => ({
  ...persons,
  signIn: () => watch(persons.signIn()),
  person: (query) => watch(persons.person(query)),
})

const watchedInsurer = (insurer: Insurer, { watch }: Breaker): Insurer => ({
  ...insurer,
  upload: (payload) => watch(insurer.upload(payload)),
  order: (request) => watch(insurer.order(request)),
  query: (question) => watch(insurer.query(question)),
  revoke: (question) => watch(insurer.revoke(question)),
  refund: (refund) => watch(insurer.refund(refund)),
})

/** The payment's own authorisation is used without a call: it would pass for an answer. */
const watchedAuthorisation = (
  authorisation: RefundAuthorisation,
  { watch }: Breaker,
): RefundAuthorisation =>
  authorisation === ORIGINAL_AUTHORISATION
    ? authorisation
    : { authorise: (request) => watch(authorisation.authorise(request)) }

const watchedBank = (bank: Bank, { watch }: Breaker): Bank => ({
  ...bank,
  placeSelfPayOrder: (order) => watch(bank.placeSelfPayOrder(order)),
  selfPayOrder: (outTradeNo) => watch(bank.selfPayOrder(outTradeNo)),
  closeSelfPayOrder: (outTradeNo) => watch(bank.closeSelfPayOrder(outTradeNo)),
  placeMixedOrder: (order) => watch(bank.placeMixedOrder(order)),
  mixedOrder: (question) => watch(bank.mixedOrder(question)),
  refundSelfPay: (refund) => watch(bank.refundSelfPay(refund)),
  refund: (question) => watch(bank.refund(question)),
  noticeInsuranceRefund: (notice) => watch(bank.noticeInsuranceRefund(notice)),
})

const watchedHrssPay = (platform: HrssPay, { watch }: Breaker): HrssPay => ({
  ...platform,
  place: (order) => watch(platform.place(order)),
  order: (numbers) => watch(platform.order(numbers)),
  close: (numbers) => watch(platform.close(numbers)),
  refund: (wish) => watch(platform.refund(wish)),
  refundState: (question) => watch(platform.refundState(question)),
})
