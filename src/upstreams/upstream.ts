import type { Secret } from '../errors.ts'
import type { AuthCode, PayAuthNo } from '../payment/authorisation.ts'
import type { Amounts } from '../payment/amounts.ts'
import type { Bill, Surface } from '../payment/order.ts'
import type { Ledger } from './ledger.ts'

/**
 * What an upstream's answer means. `unknown` is a lost, unreadable or unverifiable answer: the
 * effect may have happened. `unsent` is provably not sent (no connection): it did not happen.
 * `heard`: the answer was believed, so somebody is there, whatever they meant.
 */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'pending' }
  | { readonly kind: 'unknown'; readonly cause: string; readonly heard?: true }
  | { readonly kind: 'unsent'; readonly cause: string; readonly heard?: true }

/** The answer to a question may also be an explicit, believable "no such thing". */
export type Answer<T> = Outcome<T> | { readonly kind: 'absent' }

export const done = <T>(value: T): Outcome<T> => ({ kind: 'done', value })
export function refused<T>(code: string, message: string): Outcome<T> {
  return { kind: 'refused', code, message }
}
export const unknown = <T>(cause: string): Outcome<T> => ({ kind: 'unknown', cause })
/** Of an answer that was believed. */
export const unlisted = <T>(cause: string): Outcome<T> => ({ kind: 'unknown', cause, heard: true })

// ---------------------------------------------------------------- hospital information system
/** HIS (医院信息系统): bills, holds and the write-back of what was paid. */
export interface HospitalSystem {
  bill(billNo: string): Promise<Answer<Bill>>
  hold(billNo: string, orderId: string, until: number): Promise<Outcome<void>>
  release(billNo: string, orderId: string): Promise<Outcome<void>>
  writeBack(settlement: Settlement): Promise<Outcome<void>>
  settlement(billNo: string, settlementNo: string): Promise<Answer<void>>
  /** Step 2 of table 3 (退费校验), HIS's half: service not used, invoice voidable. A question. */
  refundCheck(billNo: string, refundNo: string): Promise<Outcome<RefundCheck>>
  /** The same number again is safe. */
  writeBackRefund(refund: RefundSettlement): Promise<Outcome<void>>
  /** HIS's own receipts and refunds of a business date, whole or not at all. */
  ledger(date: string): Promise<Answer<Ledger>>
}

export interface RefundCheck {
  readonly allowed: boolean
  /** HIS's own words, empty when allowed. */
  readonly reason: string
}

/** `amounts` are what this refund gave back. */
export interface RefundSettlement {
  readonly refundNo: string
  readonly settlementNo: string
  readonly billNo: string
  readonly amounts: Amounts
  readonly refundedAt: number
}

export interface Settlement {
  readonly settlementNo: string
  readonly billNo: string
  readonly orderId: string
  readonly scenario: string
  readonly amounts: Amounts
  readonly mixTradeNo: string
  readonly payOrdId: string | null
  readonly paidAt: number
}

// ---------------------------------------------------------------- payment channel
/** Third-party payment channel (第三方支付渠道): authorisation page and cashier, nothing else (SC-G01). */
export interface Channel {
  /** Step 3: what the front end needs to open the authorisation page. A question: it may be repeated. */
  authorisation(request: AuthorisationRequest): Promise<Outcome<AuthorisationJump>>
  /** Step 4: one-time authCode -> payAuthNo. Never sent twice for one code. */
  exchange(request: AuthorisationExchange): Promise<Outcome<ChannelAuthorisation>>
  /**
   * The cashier is a page that only the bank's answer to step 9 names: a question that finds the
   * mixed order does not replace that answer.
   */
  readonly cashierIsPage: boolean
  /** Step 10, made from the bank's answers alone; null while they do not say enough for a cashier. */
  cashier(placed: Placed): Cashier | null
}

export interface AuthorisationRequest {
  readonly surface: Surface
  readonly state: string
  /** Our number of this authorisation: the same in both steps, and not the state itself. */
  readonly reference: string
  /** Who is signed in at the hospital's platform: WeChat openid, Alipay user id. */
  readonly userId: string
}

export interface AuthorisationExchange extends AuthorisationRequest {
  readonly authCode: AuthCode
}

/** What the bank said of the orders of steps 8 and 9. */
export interface Placed {
  readonly mixTradeNo: string
  readonly prepay: Prepay | null
  readonly page: string | null
}

export type AuthorisationJump =
  | {
      readonly kind: 'mini-program'
      readonly appId: string
      readonly path: string
      readonly envVersion: string
      readonly state: string
    }
  | { readonly kind: 'page'; readonly url: string; readonly state: string }
  /** Confirmed before: step 4 follows at once. */
  | { readonly kind: 'authorised'; readonly state: string }

/** The card holder is who pays; with family payment (亲情付) that is not the patient. */
export interface ChannelAuthorisation {
  readonly payAuthNo: PayAuthNo
  readonly payer: { readonly name: string; readonly idNo: string }
  readonly family: boolean
  /** `"longitude,latitude"` when the channel tells it. */
  readonly location: string | null
}

/** The channel's prepay order (预下单) as the bank hands it over, ready to pass to the cashier. */
export interface Prepay extends Partial<CallUp> {
  /** WeChat's prepay_id, Alipay's trade number. */
  readonly prepayId: string
}

/** What WeChat's client is called up with; Alipay's cashier is a page and needs none of it. */
export interface CallUp {
  readonly timeStamp: string
  readonly nonceStr: string
  readonly package: string
  readonly signType: string
  readonly paySign: string
}

export type Cashier =
  | ({
      readonly method: 'requestMedicalInsurancePay'
      readonly mixTradeNo: string
    } & Partial<CallUp>)
  | { readonly method: 'page'; readonly url: string }

// ---------------------------------------------------------------- insurance core (基线版)
/** Provincial insurance core (省医保核心系统): sign-in and insured persons. */
export interface InsuredPersons {
  /** 9001: one sign-in an operator and business day; the newest number wins. */
  signIn(): Promise<Outcome<{ signNo: string }>>
  /** 1101 or queryPsninfobyZFB, by profile. `refused` with code `invalid-sign-no` clears the sign-in. */
  person(request: PersonQuery): Promise<Outcome<InsuredPerson>>
  /** The operator whose sign-in this is: the key of the sign-in lease. */
  readonly operator: string
}

export interface PersonQuery {
  readonly signNo: string
  readonly payAuthNo: PayAuthNo
  readonly name: string
  readonly idNo: string
  readonly patientId: string
}

export interface InsuredPerson {
  readonly psnNo: string
  readonly name: string
  readonly idNo: string
  /** Insurance type (险种), 310 or 390. */
  readonly insutype: string
  /** Division code of the insured place (参保地医保区划). */
  readonly insuplcAdmdvs: string
  readonly ecToken: Secret | null
}

// ---------------------------------------------------------------- mobile payment mid-platform
/** Provincial mobile payment mid-platform (省医保移动支付中台). */
export interface Insurer {
  /**
   * The exact 6201 payload for this upload: stored before the call, so that a lost answer is
   * followed by a byte-identical resend.
   */
  composeUpload(upload: Upload): string
  /** 6201 fee detail upload (费用明细上传). */
  upload(payload: string): Promise<Outcome<Uploaded>>
  /** 6202 order and pre-settlement (支付下单). */
  order(request: InsuranceOrder): Promise<Outcome<PreSettled>>
  /** 6301 result query (结算结果查询): a second opinion, never a result by itself. */
  query(request: InsuranceQuestion): Promise<Answer<InsuranceOrderState>>
  /** 6401 revoke upload (费用明细上传撤销). */
  revoke(request: InsuranceQuestion): Promise<Outcome<void>>
  /**
   * 6203 (医保退费): gives the insurance part back, once per refund number. 6301 tells when the
   * answer is lost.
   */
  refund(refund: InsuranceRefund): Promise<Outcome<InsuranceRefunded>>
  /** 6302 settlement notice (结算结果通知); null when it cannot be believed. */
  readNotice(body: Buffer): InsurerNotice | null
  acknowledge(believed: boolean): string
}

export interface InsurerNotice {
  readonly payOrdId: string
  /** As in 6301; not every platform tells it. */
  readonly ordStas: string | null
}

export interface Upload {
  readonly medOrgOrd: string
  readonly chrgBchno: string
  readonly payAuthNo: PayAuthNo
  readonly person: InsuredPerson
  readonly bill: Bill
  /** `"longitude,latitude"`. */
  readonly location: string
}

export interface Uploaded {
  readonly payOrdId: string
  readonly payToken: Secret
  readonly mdtrtId: string | null
}

export interface InsuranceOrder {
  readonly payAuthNo: PayAuthNo
  readonly payOrdId: string
  readonly payToken: Secret
  readonly orgBizSer: string
  readonly chrgBchno: string
  readonly mdtrtId: string | null
}

/** The same refund number again must carry the same content: it is one refund. */
export interface InsuranceRefund {
  readonly payOrdId: string
  /** 6203 does not take it; asking for the state afterwards does. */
  readonly payToken?: never
  /** appRefdSn (应用退款流水号). */
  readonly refundNo: string
  /** What step 3 gave. */
  readonly payAuthNo: PayAuthNo
  /** The order's exact split: nothing but the whole can be given back. */
  readonly amounts: Amounts
  readonly refundedAt: number
}

/** `exceptional` (异常): somebody must look, the platform does not say what has moved. */
export interface InsuranceRefunded {
  readonly status: 'returned' | 'exceptional'
  readonly refundSerialNo: string | null
  readonly refundedAt: number | null
}

export interface PreSettled {
  readonly payOrdId: string
  readonly amounts: Amounts
}

export interface InsuranceQuestion {
  readonly payOrdId: string
  readonly payToken: Secret
  readonly name: string
  readonly idNo: string
}

export type InsurancePhase =
  'saved' | 'pre-settled' | 'settling' | 'settled' | 'refunded' | 'revoked' | 'failed' | 'unknown'

export interface InsuranceOrderState {
  /** The platform's own ordStas (0..16), for the record. */
  readonly ordStas: string
  readonly phase: InsurancePhase
  readonly amounts: Amounts | null
  /** Whether nothing of the insurance part is taken any more; null where the state does not say. */
  readonly insuranceReturned: boolean | null
  /** Whether all own money is back, as far as the platform knows: the bank alone decides. */
  readonly cashReturned: boolean | null
}

// ---------------------------------------------------------------- authorisation of a refund
/** Step 3 of table 3 (获取授权): insurance core or mid-platform, never the payment channel. */
export interface RefundAuthorisation {
  /** A question: it may be repeated. */
  authorise(request: RefundAuthorisationRequest): Promise<Outcome<PayAuthNo>>
}

export interface RefundAuthorisationRequest {
  readonly refundNo: string
  /** What the patient's authorisation of the payment gave. */
  readonly original: PayAuthNo
  readonly payOrdId: string
  readonly name: string
  readonly idNo: string
}
