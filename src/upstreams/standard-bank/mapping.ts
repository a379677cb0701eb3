/** Our words <-> the bank's. What is on no list here is `unknown`: never refused, never done. */
import type { Leg, LegReport, Overall } from '../../payment/legs.ts'
import type { BusinessType } from '../../payment/order.ts'
import type { MixedState, RefundState, SelfPayState } from '../bank.ts'
import type { MixedOrderMessage, RefundMessage, SelfPayOrderMessage } from './messages.ts'

/** Refused by any call, before it looked at the matter itself (README.md 6). */
const AT_THE_DOOR = ['PARAMETER_INVALID', 'MERCHANT_INVALID', 'CHANNEL_NOT_OPENED']

const refusals = (...codes: string[]): ReadonlySet<string> => new Set([...AT_THE_DOOR, ...codes])

/** By call: the codes after which nothing has happened and nothing will (README.md 6). */
export const REFUSED = {
  selfPayOrder: refusals(),
  selfPayClose: refusals('ORDER_PAID', 'ORDER_PAYING', 'ORDER_NOT_FOUND'),
  mixedOrder: refusals(
    'ORDER_EXISTS',
    'AMOUNTS_MISMATCH',
    'SELF_PAY_ORDER_MISMATCH',
    'USER_MISMATCH',
    'PAYER_MISMATCH',
    'AUTHORISATION_INVALID',
    'INSURANCE_REFUSED',
  ),
  refund: refusals('ORDER_NOT_FOUND'),
  refundNotice: refusals(
    'ORDER_NOT_FOUND',
    'AMOUNTS_MISMATCH',
    'INSURANCE_REFUSED',
    'REFUND_NOT_FOUND',
  ),
} as const

/** Turned away before it was read: nothing happened (README.md 6). */
export const TURNED_AWAY = 'TOO_MANY_REQUESTS'

export const BUSINESS: Record<BusinessType, string> = {
  registration: 'REGISTRATION',
  consultation: 'CONSULTATION',
  pharmacy: 'PHARMACY',
}

const SELF_PAY_STATUS = new Map<string, SelfPayState['status']>([
  ['WAITING', 'waiting'],
  ['PAYING', 'paying'],
  ['PAID', 'paid'],
  ['CLOSED', 'closed'],
  ['REFUNDED', 'refunded'],
])

export function selfPayState(order: SelfPayOrderMessage): SelfPayState {
  return {
    status: SELF_PAY_STATUS.get(order.status) ?? 'unknown',
    amountFen: order.amountFen,
    bankOrderNo: order.bankOrderNo,
  }
}

const OVERALL = new Map<string, Overall>([
  ['CREATED', 'created'],
  ['SUCCESS', 'success'],
  ['FAILED', 'fail'],
  ['REFUNDED', 'refund'],
])
const LEG = new Map<string, Leg>([
  ['NONE', 'none'],
  ['WAITING', 'pending'],
  ['SUCCESS', 'success'],
  ['FAILED', 'fail'],
  ['REFUNDED', 'refund'],
])

function legReport({ overall, selfPay, insurance }: MixedOrderMessage['status']): LegReport {
  return {
    overall: OVERALL.get(overall) ?? 'unknown',
    selfPay: LEG.get(selfPay) ?? 'unknown',
    insurance: LEG.get(insurance) ?? 'unknown',
  }
}

export function mixedState(order: MixedOrderMessage): MixedState {
  return {
    mixTradeNo: order.mixTradeNo,
    institutionNo: order.institutionNo,
    legs: legReport(order.status),
    amounts: order.amounts,
    paidAt: instant(order.paidAt),
    failReason: order.failReason ?? null,
  }
}

const REFUND_STATUS = new Map<string, RefundState['status']>([
  ['RETURNED', 'returned'],
  ['FAILED', 'failed'],
])

export function refundState(refund: RefundMessage): RefundState {
  return {
    status: REFUND_STATUS.get(refund.status) ?? 'unknown',
    bankRefundNo: refund.bankRefundNo ?? null,
    amountFen: refund.amountFen,
    refundedAt: instant(refund.refundedAt),
  }
}

const instant = (text: string | undefined): number | null =>
  text === undefined ? null : Date.parse(text)
