import type { Secret } from '../errors.ts'
import type { Amounts, Scenario } from './amounts.ts'
import type { Attempt } from './attempt.ts'
import type { Fen } from './money.ts'
import type { OrderState } from './states.ts'

export const BUSINESS_TYPES = ['registration', 'consultation', 'pharmacy'] as const
/** Registration (挂号), consultation (诊间), pharmacy (购药). */
export type BusinessType = (typeof BUSINESS_TYPES)[number]

export const CHANNELS = ['wechat', 'alipay'] as const
export type ChannelName = (typeof CHANNELS)[number]

export const SURFACES = ['mini-program', 'h5'] as const
export type Surface = (typeof SURFACES)[number]

export const PAY_MODES = ['insurance', 'self-pay'] as const
export type PayMode = (typeof PAY_MODES)[number]

export const FULFILMENTS = ['none', 'started', 'delivered'] as const
export type Fulfilment = (typeof FULFILMENTS)[number]

/** A bill (账单) as HIS tells it. Σ `lines[].amountFen` = `totalFen`. Times are UTC milliseconds. */
export interface Bill {
  readonly billNo: string
  readonly businessType: BusinessType
  readonly status: 'unpaid' | 'paid' | 'void'
  readonly totalFen: Fen
  readonly patient: Patient
  readonly visit: Visit
  readonly lines: readonly BillLine[]
  /** Whether the service was given (执行状态), where HIS tells. */
  readonly fulfilment?: Fulfilment
  /** How the desks share it, once they know; `selfPayFen` is what a counter takes. */
  readonly counter?: Amounts & { readonly insurance: 'settled' | 'later' | 'none' }
}

export interface Patient {
  readonly patientId: string
  readonly name: string
  readonly idType: string
  readonly idNo: string
  readonly phone: string
}

export interface Visit {
  readonly visitNo: string
  readonly registeredAt: number
  readonly deptCode: string
  readonly deptName: string
  /** National department category (科别). */
  readonly deptCategory: string
  readonly doctorCode: string
  readonly doctorName: string
  /** Medical type (医疗类别): 11 outpatient, 12 registration. */
  readonly medType: string
  readonly diagnoses: readonly Diagnosis[]
}

export interface Diagnosis {
  readonly type: string
  readonly order: number
  readonly code: string
  readonly name: string
  readonly doctorCode: string
  readonly doctorName: string
  readonly diagnosedAt: number
}

/** `quantity` and `unitPrice` (yuan) are decimal texts with up to 6 decimals; `amountFen` decides. */
export interface BillLine {
  readonly lineNo: string
  readonly nationalCode: string
  readonly hospitalCode: string
  readonly name: string
  readonly specification: string
  readonly quantity: string
  readonly unitPrice: string
  readonly amountFen: Fen
  readonly prescriptionNo: string
  readonly orderedAt: number
  readonly deptCode: string
  readonly deptName: string
  readonly doctorCode: string
  readonly doctorName: string
  readonly reimbursable: boolean
}

export type SelfPayStatus = 'none' | 'waiting' | 'paid' | 'failed' | 'refunding' | 'refunded'
export type InsuranceStatus = 'none' | 'waiting' | 'settled' | 'failed' | 'refunding' | 'refunded'
export type WriteBackStatus = 'none' | 'waiting' | 'done' | 'refused'

/** Own money owed back to the patient: what was promised, when it was sent, when it was confirmed. */
export interface RefundPromise {
  readonly amountFen: Fen
  readonly promisedAt: number
  readonly sentAt: number | null
  readonly confirmedAt: number | null
}

/** One payment of one bill. Times are UTC milliseconds. Everything about a try lives on `attempt`. */
export interface Order {
  readonly id: string
  readonly version: number
  readonly billNo: string
  readonly businessType: BusinessType
  readonly patientId: string
  readonly channel: ChannelName
  readonly surface: Surface
  readonly payMode: PayMode
  /** The channel's user id: WeChat openid, Alipay user id. */
  readonly userId: Secret
  readonly clientIp: string
  readonly deviceId: string
  readonly state: OrderState
  readonly scenario: Scenario | null
  readonly amounts: Amounts
  readonly refundedFen: Fen
  readonly selfPay: SelfPayStatus
  readonly insurance: InsuranceStatus
  readonly hisWriteBack: WriteBackStatus
  readonly refundPromise: RefundPromise | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly paidAt: number | null
  readonly attempt: Attempt
}

/** What may change on an order; the rest is fixed when it is opened. */
export type OrderChanges = Partial<
  Pick<
    Order,
    | 'state'
    | 'scenario'
    | 'amounts'
    | 'refundedFen'
    | 'selfPay'
    | 'insurance'
    | 'hisWriteBack'
    | 'refundPromise'
    | 'paidAt'
  >
>

const STAYS: ReadonlySet<string> = new Set(['none', 'refunded'])

/** Over without payment: what stood at the bank failed, what never did is no part of it any more. */
export function legsUnpaid({ selfPay, insurance, attempt }: Order): OrderChanges {
  const ordered = attempt.outTradeNo ?? attempt.institutionNo ?? attempt.mixTradeNo
  const to = ordered === null ? 'none' : 'failed'
  return {
    selfPay: STAYS.has(selfPay) ? selfPay : to,
    insurance: STAYS.has(insurance) ? insurance : to,
  }
}
