import { type Amounts, insuranceFen } from './amounts.ts'
import type { RefundPromise } from './order.ts'

/**
 * The law of a refund (退费, table 3 of the standard): what each state means, what may follow, what
 * is shown. `states.md` is drawn from this table.
 */

export const REFUND_STATES = [
  'checking',
  'insurance',
  'self-pay',
  'notifying',
  'refunded',
  'rejected',
  'needs-review',
] as const
export type RefundState = (typeof REFUND_STATES)[number]

export interface RefundStateRule {
  readonly means: string
  readonly next: readonly RefundState[]
  readonly text: string
  /** No second refund of the order may begin. */
  readonly running: boolean
}

export const REFUNDS: Record<RefundState, RefundStateRule> = {
  checking: {
    means: 'asked for and within our own rules; the hospital is asked whether it may be',
    next: ['insurance', 'self-pay', 'rejected'],
    text: '正在核对是否可以退费',
    running: true,
  },
  insurance: {
    means: 'steps 3-4: the insurance part is being returned, or its answer is unknown',
    next: ['self-pay', 'notifying', 'needs-review'],
    text: '医保部分正在退回',
    running: true,
  },
  'self-pay': {
    means: 'step 5: the own money is being returned; only the bank confirms that it was',
    next: ['notifying', 'refunded', 'needs-review'],
    text: '自费部分正在退回，请留意到账',
    running: true,
  },
  notifying: {
    means: 'step 6: all money is back; the channel is being told of the insurance part',
    next: ['refunded', 'needs-review'],
    text: '款项已退回，正在通知支付渠道',
    running: true,
  },
  refunded: {
    means: 'every part is back and the channel knows',
    next: ['needs-review'],
    text: '退费完成',
    running: false,
  },
  rejected: {
    means: 'not allowed, or finally refused before anything moved',
    next: [],
    text: '未能退费',
    running: false,
  },
  'needs-review': {
    means: 'refused after it began, or taken back by the bank: a person decides',
    next: ['insurance', 'self-pay', 'notifying', 'refunded', 'rejected'],
    text: '退费需要人工核对，医院将与您联系',
    running: true,
  },
}

export function refundMayFollow(from: RefundState, to: RefundState): boolean {
  return REFUNDS[from].next.includes(to)
}

export const REQUESTERS = ['patient', 'his', 'operator', 'system'] as const
/** Who asked: the patient, the hospital's own system, an operator, or this service itself. */
export type Requester = (typeof REQUESTERS)[number]

/** The steps of table 3 after the first, in their order. */
export const REFUND_STEPS = [
  'check',
  'authorisation',
  'insurance',
  'self-pay',
  'notification',
] as const
export type RefundStep = (typeof REFUND_STEPS)[number]

/** What a part of a refund is; each goes back whole. */
export type RefundPart = 'insurance' | 'self-pay'

/** A part that people returned outside (线下退款), with the number of the voucher that proves it. */
export interface ReturnedByHand {
  readonly part: RefundPart
  readonly voucherNo: string
  readonly at: number
}

/** One return of one order's money. Times are UTC milliseconds. */
export interface Refund {
  readonly id: string
  /** What the hospital calls it (退款单号): its own number, or ours. */
  readonly refundNo: string
  /** What the outside knows it by; `-2` and so on after a final failure (docs/rulings.md 1). */
  readonly number: string
  readonly orderId: string
  readonly version: number
  readonly state: RefundState
  readonly reason: string
  readonly requestedBy: Requester
  readonly requester: string
  /** What is to be returned, part by part. */
  readonly amounts: Amounts
  /** When each step ended. */
  readonly done: Partial<Record<RefundStep, number>>
  readonly promise: RefundPromise | null
  /** The bank's own number of the self-pay refund, where it tells one. */
  readonly bankRefundNo: string | null
  readonly byHand: readonly ReturnedByHand[]
  /** Why it was rejected, in one Chinese sentence. */
  readonly refusal: string | null
  readonly createdAt: number
}

export type RefundChanges = Partial<
  Pick<Refund, 'number' | 'state' | 'done' | 'promise' | 'bankRefundNo' | 'byHand' | 'refusal'>
>

/**
 * Table 3 by scenario: insurance-only has no step 5, self-pay-only neither 3, 4 nor 6, unless the
 * bank wants to hear of own money alone too.
 */
export function stepsOf(amounts: Amounts, ownMoneyIsTold = false): readonly RefundStep[] {
  const insurance = insuranceFen(amounts) > 0
  return REFUND_STEPS.filter((step) => {
    if (step === 'check') return true
    if (step === 'notification') return insurance || ownMoneyIsTold
    return step === 'self-pay' ? amounts.selfPayFen > 0 : insurance
  })
}

/** The state in which the first money step that is not done is carried out; null when all are. */
export function nextMoney({ amounts, done }: Pick<Refund, 'amounts' | 'done'>): RefundState | null {
  if (insuranceFen(amounts) > 0 && done.insurance === undefined) return 'insurance'
  return amounts.selfPayFen > 0 && done['self-pay'] === undefined ? 'self-pay' : null
}

/** What is left once every part is back. */
export function afterMoney(amounts: Amounts, ownMoneyIsTold = false): 'notifying' | 'refunded' {
  return insuranceFen(amounts) > 0 || ownMoneyIsTold ? 'notifying' : 'refunded'
}
