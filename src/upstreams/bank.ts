import { sm3Hex } from '../crypto/sm3.ts'
import type { Amounts, MixPayType } from '../payment/amounts.ts'
import type { PayAuthNo } from '../payment/authorisation.ts'
import type { LegReport } from '../payment/legs.ts'
import type { Fen } from '../payment/money.ts'
import type { BusinessType, ChannelName, Surface } from '../payment/order.ts'
import { type Answer, type Outcome, type Prepay, refused } from './upstream.ts'

/** Clearing bank (清算银行): every order, question and refund of the 间联 model goes through it. */
export interface Bank {
  readonly profile: BankProfile
  /** Step 8. `number` is our out_trade_no. */
  placeSelfPayOrder(order: SelfPayOrder): Promise<Outcome<SelfPayPlaced>>
  /** The cash order, by our number. Prepay data never comes back this way. */
  selfPayOrder(outTradeNo: string): Promise<Answer<SelfPayState>>
  /** Asks the bank to close the cash order; only the next question tells whether it is closed. */
  closeSelfPayOrder(outTradeNo: string): Promise<Outcome<void>>
  /** Step 9. */
  placeMixedOrder(order: MixedOrder): Promise<Outcome<MixedPlaced>>
  /** Step 12, by the mixed number, or by the institution number where the profile can. */
  mixedOrder(question: MixedQuestion): Promise<Answer<MixedState>>
  /** merrefund: accepted is not returned; only `refund()` tells. */
  refundSelfPay(refund: SelfPayRefund): Promise<Outcome<void>>
  refund(question: { outTradeNo: string; refundNo: string }): Promise<Answer<RefundState>>
  /**
   * Step 6 of table 3 (退费结果通知): tells the channel through the bank that the insurance part
   * went back, and where the profile says so that own money alone did; repeating is safe, the
   * latest wins.
   */
  noticeInsuranceRefund(notice: InsuranceRefundNotice): Promise<Outcome<void>>
  /** Steps 11: reads and verifies a callback over the raw bytes. */
  readNotice(raw: RawNotice): Notice
  /** The signed answer to a callback; `accepted` only after commit. */
  acknowledge(notice: Notice, accepted: boolean): Acknowledgement
}

export interface BankProfile {
  /** Callbacks come to `/callbacks/{name}/mixed-order` and `/callbacks/{name}/self-pay`. */
  readonly name: string
  readonly noticeMediaType: 'application/json' | 'application/x-www-form-urlencoded'
  /** Whether `mixedOrder` can ask by institution number. */
  readonly queryByOutTradeNo: boolean
  /** Whether the channel is to hear of a refund of own money alone too. */
  readonly noticesOwnMoney: boolean
  readonly merchantNo: string
  /** How institution numbers (从业机构订单号) are made for insurance-only orders. */
  readonly institutionNumberTemplate: string
}

/** Ours to say, before anything is sent. */
export const CHANNEL_NOT_OPENED = refused<never>('channel-not-supported', '银行侧未开通此支付渠道')

export interface SelfPayOrder {
  readonly outTradeNo: string
  readonly amountFen: Fen
  readonly billNo: string
  readonly channel: ChannelName
  readonly surface: Surface
  readonly userId: string
  readonly clientIp: string
  readonly deviceId: string
  readonly orderedAt: number
  readonly expiresAt: number
  /** The mixed order that will follow, for a bank that places both in one call. */
  readonly mixed: MixedContent
}

export interface SelfPayPlaced {
  /** The bank's self-pay order number (银行自费订单号). */
  readonly bankOrderNo: string
  readonly prepay: Prepay
}

export interface SelfPayState {
  readonly status: 'waiting' | 'paying' | 'paid' | 'closed' | 'refunded' | 'unknown'
  readonly amountFen: Fen | null
  readonly bankOrderNo: string | null
}

/** What a mixed order settles and for whom: known before the bank has given any number. */
export interface MixedContent {
  readonly mixPayType: MixPayType
  readonly businessType: BusinessType
  readonly payer: { readonly name: string; readonly idNo: string }
  readonly relative: { readonly name: string; readonly idNo: string } | null
  readonly amounts: Amounts
  readonly insurance: {
    readonly medOrgOrd: string
    readonly payOrdId: string
    readonly payAuthNo: PayAuthNo
    readonly location: string
    readonly orderedAt: number
  } | null
  /** medOrgOrd when uploaded, else our own serial: the bank wants one either way. */
  readonly medicalSerialNo: string
}

export interface MixedOrder extends MixedContent {
  readonly serialNo: string
  readonly institutionNo: string
  /** Our number of step 8; null without own money. */
  readonly outTradeNo: string | null
  readonly channel: ChannelName
  readonly userId: string
  readonly prepayId: string | null
  readonly billNo: string
}

export interface MixedPlaced {
  readonly mixTradeNo: string
  /** The channel's cashier page, where it has one (Alipay). */
  readonly cashierPage: string | null
}

export interface MixedQuestion {
  readonly mixTradeNo: string | null
  readonly institutionNo: string
  /** Our number of step 8; null without own money. */
  readonly outTradeNo: string | null
  /** Order date in Asia/Shanghai: some banks find nothing under another date. */
  readonly businessDate: string
}

/** What a mixed query or callback says, in our words. */
export interface MixedState {
  readonly mixTradeNo: string
  readonly institutionNo: string | null
  readonly legs: LegReport
  /** Absent parts are null; a part that is present must equal the order's. */
  readonly amounts: Partial<Amounts>
  readonly paidAt: number | null
  readonly failReason: string | null
}

export interface SelfPayRefund {
  readonly outTradeNo: string
  readonly bankOrderNo: string
  readonly refundNo: string
  readonly amountFen: Fen
  readonly billNo: string
}

export interface RefundState {
  readonly status: 'returned' | 'failed' | 'unknown'
  /** The bank's own number of the refund (退货流水号), as soon as it tells it. */
  readonly bankRefundNo: string | null
  readonly amountFen: Fen | null
  readonly refundedAt: number | null
}

export interface InsuranceRefundNotice {
  readonly mixTradeNo: string
  /** The self-pay refund's number where there is one. */
  readonly refundNo: string
  /** The bank's number of the self-pay refund; null without one, or while the bank has not told it. */
  readonly bankRefundNo: string | null
  /** Our number of step 8; null without own money. */
  readonly outTradeNo: string | null
  readonly bankOrderNo: string | null
  /** The order's exact split. */
  readonly amounts: Amounts
  /** When the insurance part went back; the own money, where there is no insurance. */
  readonly refundedAt: number
}

export type NoticeKind = 'mixed-order' | 'self-pay'

export interface RawNotice {
  readonly kind: NoticeKind
  readonly path: string
  /** By lower-case name: the `SIGNATURE_HEADERS` that came. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Where a bank puts its signature when not into the body. Nothing else of a request is kept. */
export const SIGNATURE_HEADERS = ['x-app-id', 'x-timestamp', 'x-nonce', 'x-signature'] as const

export interface Acknowledgement {
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Notice =
  | {
      readonly kind: 'mixed-order'
      readonly verified: true
      readonly messageId: string
      readonly state: MixedState
    }
  | {
      readonly kind: 'self-pay'
      readonly verified: true
      readonly messageId: string
      readonly outTradeNo: string
      readonly paid: boolean
    }
  | {
      readonly kind: 'unverified'
      readonly verified: false
      readonly messageId: string
      /** Read only to pull a question forward, never believed (docs/rulings.md 2.3). */
      readonly hint: { readonly mixTradeNo: string | null; readonly institutionNo: string | null }
      readonly reason: string
    }

/** Never the sender's own word: it could take the place of a real notice's number. */
export const unverifiedId = ({ body }: RawNotice): string =>
  `unverified-${sm3Hex(body).slice(0, 28)}`
