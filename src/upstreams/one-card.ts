/**
 * Social security one-card platform (社会保障一卡通应用平台) of Hunan: what the hospital asks of it, and
 * how the platform's calls to us are believed. An optional module: nothing else depends on it.
 */
import type { Secret } from '../errors.ts'
import type { Fen } from '../payment/money.ts'
import type { Provided } from '../payment/one-card.ts'
import type { Answer, Outcome } from './upstream.ts'

/** Social security number (社会保障号码): the only key between card and business data (HN-14). */
export interface Holder {
  readonly name: string
  readonly socialSecurityNo: string
}

export interface CardHolder {
  /** Kind and number of the identity document (证件类型, 证件号码). */
  readonly idType: string
  readonly idNo: string
  readonly name: string
  readonly cardNo: string
}

export interface OneCard {
  /** Real-name check (实名认证); anything but `match` stops the business. */
  person(holder: Holder): Promise<Outcome<{ readonly matches: boolean }>>
  /** Real-person check (实人认证), by text message or face; asked for by our number. */
  startPresence(request: PresenceRequest): Promise<Outcome<PresenceStarted>>
  presence(requestNo: string): Promise<Answer<CheckState>>
  /** Physical card (实体卡认证). */
  card(card: CardHolder): Promise<Outcome<{ readonly valid: boolean; readonly state: string }>>
  /** Electronic card shown to us (出示电子卡). */
  shownCode(code: Secret): Promise<Outcome<ShownCode>>
  /** A code that the holder scans and authorises (扫描二维码). */
  scanCode(request: { requestNo: string; businessType: string }): Promise<Outcome<ScanCode>>
  scanned(requestNo: string): Promise<Answer<Scanned>>
  /** Record of a card use (用卡记录); the same number is the same record. */
  recordUse(use: CardUse): Promise<Outcome<void>>
  /** Online payment (线上支付). */
  pay(order: OneCardOrder & { readonly holder: Holder }): Promise<Outcome<PaymentState>>
  /** A code that the holder scans to pay (主扫支付): the platform then asks us for the order. */
  payCode(order: OneCardOrder): Promise<Outcome<{ readonly qr: string }>>
  /** Whose pay code this is (被扫支付). */
  codeHolder(code: Secret): Promise<Answer<CardHolder>>
  payByCode(order: OneCardOrder & { readonly code: Secret }): Promise<Outcome<PaymentState>>
  payment(orderNo: string): Promise<Answer<PaymentState>>
  /** Benefits paid out through the platform (系统对接发放); a batch number is one batch for ever. */
  grant(batch: GrantBatch): Promise<Outcome<void>>
  granted(batchNo: string): Promise<Answer<GrantResult>>
}

export interface PresenceRequest extends Holder {
  readonly requestNo: string
  readonly businessType: string
}

export type CheckState = 'waiting' | 'passed' | 'failed' | 'expired' | 'unknown'

export interface PresenceStarted {
  readonly state: CheckState
  /** Page that the holder opens; null when a text message was sent. */
  readonly page: string | null
}

export type ShownCode =
  { readonly state: 'valid'; readonly holder: CardHolder } | { readonly state: 'expired' | 'used' }

export interface ScanCode {
  readonly qr: string
  readonly expiresAt: number
}

export type Scanned =
  | { readonly state: 'passed'; readonly holder: CardHolder }
  | { readonly state: Exclude<CheckState, 'passed'> }

export interface CardUse extends Holder {
  readonly recordNo: string
  /** Where and what for (用卡渠道, 用卡类型), and its particulars (用卡具体信息). */
  readonly channel: string
  readonly kind: string
  readonly detail: string
  readonly usedAt: number
}

export interface OneCardOrder {
  readonly orderNo: string
  readonly amountFen: Fen
  readonly title: string
  readonly expiresAt: number
  /** Of the terminal, when a physical card pays (交易认证码, HN-15). */
  readonly transactionCode: Secret | null
}

export interface PaymentState {
  readonly status: 'paying' | 'paid' | 'failed' | 'closed' | 'unknown'
  /** The platform's own number. */
  readonly payNo: string
  readonly amountFen: Fen
  readonly paidAt: number | null
}

export interface GrantRow extends Omit<CardHolder, 'cardNo'> {
  readonly rowNo: number
  readonly amountFen: Fen
  readonly detail: string
}

export interface GrantBatch {
  readonly batchNo: string
  readonly benefitType: string
  readonly rows: readonly GrantRow[]
}

export interface GrantResult {
  readonly rows: readonly {
    readonly rowNo: number
    readonly state: 'granted' | 'failed' | 'pending'
    readonly reason: string | null
  }[]
}

// ---------------------------------------------------------------- the platform calls us

export interface OneCardRequest {
  readonly service: Provided
  /** Names and values as received, so that a header that came twice is seen. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Whether the caller's address is on our white list of the platform's. */
  readonly listed: boolean
}

export type OneCardVerdict =
  | { readonly believed: true; readonly content: Readonly<Record<string, unknown>> }
  | { readonly believed: false; readonly reason: string; readonly answer: OneCardAnswer }

export interface OneCardAnswer {
  readonly status: number
  readonly body: string
}

export interface OneCardCalls {
  check(request: OneCardRequest): Promise<OneCardVerdict>
  /** Personal members are sealed on the way (HN-12); null is "no such thing". */
  succeed(data: unknown): OneCardAnswer
  /** What was believed cannot be understood (95270001). */
  unreadable(): OneCardAnswer
  /** We cannot say now (95279503). */
  unavailable(): OneCardAnswer
}

/** Both directions, as the app holds them. */
export interface OneCardLink {
  readonly platform: OneCard
  readonly calls: OneCardCalls
}
