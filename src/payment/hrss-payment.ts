import type { Secret } from '../errors.ts'
import type { Fen } from './money.ts'

/** Own money through 人社支付平台 (`SBK`): what a payment there is, and what may follow. */

export const HRSS_PAYMENT_WAYS = ['online', 'presented', 'dynamic', 'static'] as const
export type HrssPaymentWay = (typeof HRSS_PAYMENT_WAYS)[number]

export const HRSS_STATES = [
  'ordering',
  'offered',
  'waiting',
  'closing',
  'paid',
  'refunded',
  'closed',
  'failed',
  'needs-review',
] as const
export type HrssState = (typeof HRSS_STATES)[number]

interface StateRule {
  readonly means: string
  readonly next: readonly HrssState[]
  readonly text: string
  /** Nobody else may take the bill. */
  readonly holdsBill: boolean
}

/** Paid never becomes unpaid; what contradicts an end goes to a person. */
export const HRSS_STATE_RULES: Record<HrssState, StateRule> = {
  ordering: {
    means: 'the order is intended; it may stand at the platform',
    next: ['waiting', 'closing', 'paid', 'failed', 'closed', 'needs-review'],
    text: '正在下单，请稍候',
    holdsBill: true,
  },
  offered: {
    means:
      'listed for whoever scans the static code; the platform has no order yet, or is not asked',
    next: ['paid', 'failed', 'closed', 'needs-review'],
    text: '请扫静态码付款',
    holdsBill: true,
  },
  waiting: {
    means: 'the order stands, nobody has paid',
    next: ['closing', 'paid', 'failed', 'closed', 'needs-review'],
    text: '等待付款',
    holdsBill: true,
  },
  closing: {
    means: 'the close is intended; only an answer to a question ends it',
    next: ['paid', 'failed', 'closed', 'needs-review'],
    text: '正在关闭，请稍候',
    holdsBill: true,
  },
  paid: {
    means: 'the platform said paid, with our amount',
    next: ['refunded', 'needs-review'],
    text: '支付成功',
    holdsBill: true,
  },
  refunded: { means: 'all of it was returned', next: [], text: '已全额退款', holdsBill: false },
  closed: {
    means: 'nobody can pay it any more',
    next: ['needs-review'],
    text: '已关闭',
    holdsBill: false,
  },
  failed: {
    means: 'refused, or failed at the platform; nothing is held',
    next: ['needs-review'],
    text: '支付失败',
    holdsBill: false,
  },
  'needs-review': {
    means: 'the platform contradicts us or itself: a person looks, and we go on asking',
    next: ['paid', 'failed', 'closed', 'refunded'],
    text: '结果待人工核实，请勿重复付款',
    holdsBill: true,
  },
}

export interface HrssPayment {
  readonly id: string
  readonly version: number
  readonly billNo: string
  readonly way: HrssPaymentWay
  readonly orderType: '10001' | '10099'
  readonly state: HrssState
  /** Ours; one payment has one for ever. */
  readonly mchOrderId: string
  readonly payOrderId: string | null
  /** Who pays, what they presented, and the cashier they were given. */
  readonly sealed: Secret<HrssSealed>
  readonly amountFen: Fen
  readonly reservedFen: Fen
  readonly refundedFen: Fen
  readonly writeBack: 'none' | 'waiting' | 'done' | 'refused'
  readonly createdAt: number
  readonly expiresAt: number
  readonly paidAt: number | null
  /** When the platform was first told of it (5.1): from then on it may be paid. */
  readonly toldAt: number | null
  readonly askedAt: number | null
}

export interface HrssSealed {
  readonly person: {
    readonly idType: '01' | '90' | '99'
    readonly idNo: string
    readonly name: string
  }
  readonly qrCode: string | null
  readonly returnUrl: string | null
  readonly cashier: HrssCashierShown | null
}

export type HrssCashierShown =
  | {
      readonly kind: 'cashier'
      readonly appId: string
      readonly path: string
      readonly url: string
      readonly miniProgramUrl: string
      readonly extraData: Readonly<Record<string, unknown>> | null
    }
  | { readonly kind: 'qr-image'; readonly image: string }

export type HrssChanges = Partial<
  Pick<
    HrssPayment,
    'state' | 'payOrderId' | 'sealed' | 'refundedFen' | 'writeBack' | 'paidAt' | 'askedAt'
  >
>

export interface HrssRefundRow {
  readonly paymentId: string
  /** HIS's own number: the name of the wish. */
  readonly refundNo: string
  /** What the platform knows it by; a second one only after the first finally failed. */
  readonly number: string
  readonly refundOrderId: string | null
  readonly amountFen: Fen
  readonly reason: string
  readonly state: 'open' | 'returned'
  /** Whether HIS knows that it is back; `none` where HIS was never told of the payment. */
  readonly writeBack: HrssPayment['writeBack']
  /** Sends of this number that may have arrived. */
  readonly tries: number
  readonly failures: number
  readonly createdAt: number
  readonly dueAt: number | null
  readonly returnedAt: number | null
}

/** <= 32 `[0-9A-Z]` */
export const hrssOrderNo = (paymentId: string): string => `S${paymentId}`

/** <= 32 with the `-2`, `-3` of later numbers. */
export const hrssRefundNo = (id: string): string => `R${id}`

/** How long after its end an order may still be heard of: the time for which notices are repeated. */
export const HEARD_OF_FOR_MS = 86_400_000

/** Often at first, then a quarter of its age apart, `seldomMs` at most. */
export function nextHrssQuestion(
  { createdAt, askedAt }: Pick<HrssPayment, 'createdAt' | 'askedAt'>,
  pace: { readonly firstDelayMs: number; readonly periodMs: number; readonly tailPeriodMs: number },
): number {
  if (askedAt === null) return createdAt + pace.firstDelayMs
  const apart = Math.floor((askedAt - createdAt) / 16)
  return askedAt + Math.min(Math.max(apart, pace.periodMs), pace.tailPeriodMs)
}

const SELDOM_TOLD_MS = 600_000

/** HIS is told again after an eighth of the time that it has not heard of it, ten minutes at most. */
export const nextTellingAt = (since: number, now: number, firstMs: number): number =>
  now + Math.min(Math.max(firstMs, Math.floor((now - since) / 8)), SELDOM_TOLD_MS)
