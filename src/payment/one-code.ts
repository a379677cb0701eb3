/**
 * 医保一码付 at the counter: one show of the medical-insurance code (医保码) settles the insurance
 * and pays the own money with a one-use certificate (付款凭据). What a payment is and what is
 * allowed; no I/O.
 */
import type { Secret } from '../errors.ts'
import type { Fen } from './money.ts'
import type { Bill } from './order.ts'

interface StateRecord {
  readonly means: string
  readonly next: readonly OneCodeState[]
  /** What whoever reads the payment is told. */
  readonly text: string
}

export const ONE_CODE_STATES = [
  'begun',
  'usable',
  'certifying',
  'certified',
  'charging',
  'paid',
  'declined',
  'needs-review',
] as const
export type OneCodeState = (typeof ONE_CODE_STATES)[number]

export const ONE_CODE_RECORDS: Record<OneCodeState, StateRecord> = {
  begun: {
    means: 'stored; nobody was asked yet',
    next: ['usable', 'declined'],
    text: '正在查询一码付状态',
  },
  usable: {
    means: 'the patient has signed up and may pay',
    next: ['certifying', 'declined'],
    text: '正在获取付款凭据',
  },
  certifying: {
    means: 'a certificate is asked for under a stored serial number',
    next: ['certified', 'usable', 'declined'],
    text: '正在获取付款凭据',
  },
  certified: {
    means: 'the certificate is here and unused',
    next: ['charging', 'usable', 'declined'],
    text: '正在扣款',
  },
  charging: {
    means: 'the certificate was used; asked about until the answer is known',
    next: ['paid', 'declined', 'needs-review'],
    text: '正在确认扣款结果，请勿重复收款',
  },
  paid: { means: 'the own money is taken, exactly', next: [], text: '自费部分已支付' },
  declined: {
    means: 'nothing was taken and nothing will be: the ordinary self-pay path is open',
    next: [],
    text: '未扣款，请按提示办理或改用其他方式支付自费部分',
  },
  'needs-review': {
    means: 'another amount was taken',
    next: [],
    text: '扣款金额有误，已转人工处理，请勿重复收款',
  },
}

export const isOneCodeOver = (state: OneCodeState): boolean =>
  ONE_CODE_RECORDS[state].next.length === 0

export const mayFollowOneCode = (from: OneCodeState, to: OneCodeState): boolean =>
  ONE_CODE_RECORDS[from].next.includes(to)

// ---------------------------------------------------------------- what to do after a "no"

/** What the counter does about a "no", and how often we ask again by ourselves. */
interface HandlingRule {
  readonly text: string
  /** How often a question is put at most, the first time included. */
  readonly questions: number
  /** The same for a certificate, under the same serial number. */
  readonly certificates: number
  /** Least pause before the next time. */
  readonly pauseMs: number
  /** Somebody of the hospital has to mend something: it is logged as an error. */
  readonly alarm: boolean
}

const rule = (text: string, more: Partial<HandlingRule> = {}): HandlingRule => ({
  text,
  questions: 1,
  certificates: 1,
  pauseMs: 0,
  alarm: false,
  ...more,
})

export const HANDLINGS = [
  'ask-again',
  'unlisted',
  'back-off',
  'configuration',
  'rescan',
  'ask-patient',
  'other-payment',
  'window',
  'check-identity',
  'by-hand',
  'no-password',
] as const
export type Handling = (typeof HANDLINGS)[number]

export const HANDLING_RULES: Record<Handling, HandlingRule> = {
  'ask-again': rule('结果未知，可重试一次，或改用其他方式支付', { questions: 2, pauseMs: 200 }),
  unlisted: rule('请改用其他方式支付', { alarm: true }),
  'back-off': rule('请稍候重试，或改用其他方式支付', {
    questions: 3,
    certificates: 3,
    pauseMs: 1_000,
  }),
  configuration: rule('接口参数有误，请联系信息科，并改用其他方式支付', { alarm: true }),
  rescan: rule('请患者刷新医保码后重新扫码'),
  'ask-patient': rule('请患者在出示医保码的应用中办妥后重试，或改用其他方式支付'),
  'other-payment': rule('请改用其他方式支付'),
  window: rule('请到人工窗口办理'),
  'check-identity': rule('请停止办理并核对患者身份'),
  'by-hand': rule('可由操作员重试，或采用线下方式核验'),
  // Whoever says that no password is needed has not answered yet (return code 500320).
  'no-password': rule('无需输入密码，可直接办理', { questions: 2, certificates: 2 }),
}

/** Why nothing was taken, in words for the counter. */
export interface Reason {
  /** Ours in kebab case, or `return-code-` and the number. */
  readonly code: string
  readonly text: string
  readonly handling: Handling
}

// ---------------------------------------------------------------- the payment

/** How the bill is shared at the counter, and whether the insurance has paid its part yet. */
export type CounterShare = NonNullable<Bill['counter']>

/** Who stands where: personal or short-lived, gone once the payment is over. */
export interface Scan {
  /** ecToken of the decoded code. */
  readonly token: string
  readonly operatorName: string
  readonly deviceIp: string
}

export interface Certificate {
  /** Null once used and expired. */
  readonly value: Secret | null
  readonly serialNo: string
  readonly amountFen: Fen
  readonly orgCode: string
  /** From here on it is not sent any more. */
  readonly until: number
}

/** Times are UTC milliseconds. */
export interface OneCodePayment {
  readonly id: string
  readonly version: number
  readonly billNo: string
  readonly desk: string
  readonly operatorId: string
  readonly deviceId: string
  /** A keyed hash of the token: it is known again without being kept. */
  readonly tokenMark: string
  readonly scan: Secret<Scan> | null
  readonly state: OneCodeState
  readonly insurance: CounterShare['insurance']
  readonly selfPayFen: Fen
  /** When the status was answered `usable`. */
  readonly usableAt: number | null
  readonly channelName: string | null
  readonly channel: string | null
  /** The account at the payment channel, as the channel shows it. */
  readonly accountName: Secret | null
  /** Certificates asked for; part of their serial numbers. */
  readonly certificateTry: number
  readonly serialNo: string | null
  readonly certificate: Certificate | null
  readonly outTradeNo: string | null
  readonly chargeNo: string | null
  /** Somebody at the collection knew of it: "no such charge" ends nothing any more. */
  readonly isChargeSeen: boolean
  /** How often the charge was asked about. */
  readonly asked: number
  readonly reason: Reason | null
  readonly createdAt: number
  readonly paidAt: number | null
}

/** What may change; the rest is fixed when it is begun. */
export type OneCodeChanges = Partial<
  Pick<
    OneCodePayment,
    | 'scan'
    | 'state'
    | 'usableAt'
    | 'channelName'
    | 'channel'
    | 'accountName'
    | 'certificateTry'
    | 'serialNo'
    | 'certificate'
    | 'outTradeNo'
    | 'chargeNo'
    | 'isChargeSeen'
    | 'asked'
    | 'reason'
    | 'paidAt'
  >
>

/** <= 200 `[0-9A-Z]`: a serial number is one request for a certificate. */
export const certificateSerialNo = (id: string, certificateTry: number): string =>
  `${id}Y${certificateTry}`

/** <= 50 `[0-9A-Z]`: one payment is charged under one number, whatever happens to it. */
export const chargeNumber = (id: string): string => `${id}Q`

/** After this nobody stands at the counter any more: nothing new is begun, only asked about. */
const PATIENCE_MS = 180_000
/** "Usable" is an answer of its moment. */
const USABLE_MS = 60_000
/** Certificates of one payment, so that a channel whose certificates end at once is left alone. */
const MOST_CERTIFICATES = 3

export const isStillWaiting = ({ createdAt }: OneCodePayment, now: number): boolean =>
  now - createdAt < PATIENCE_MS

export const isUsableNow = ({ usableAt }: OneCodePayment, now: number): boolean =>
  usableAt !== null && now - usableAt <= USABLE_MS

export const mayCertifyAgain = (payment: OneCodePayment, now: number): boolean =>
  isStillWaiting(payment, now) && payment.certificateTry < MOST_CERTIFICATES
