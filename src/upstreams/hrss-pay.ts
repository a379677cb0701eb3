import type { Fen } from '../payment/money.ts'
import type { Answer, Outcome } from './upstream.ts'

/** 人社支付平台: own money from a social security card (社保卡), as a bank of its own for the self-pay leg. */
export interface HrssPay {
  readonly profile: HrssPayProfile
  /** 线上, 被扫 or 主扫动态码 order; `mchOrderId` is one order for ever. */
  place(order: HrssOrder): Promise<Outcome<HrssPlaced>>
  /** 订单查询. Asks without the platform's number only where the profile says that it may. */
  order(numbers: HrssNumbers): Promise<Answer<HrssOrderState>>
  /** 订单关闭. What it answers is a hint; the next question tells. */
  close(numbers: HrssNumbers & { readonly reason: string }): Promise<Outcome<HrssPayStatus>>
  /** 退款: the same number once more is the same refund. */
  refund(refund: HrssRefund): Promise<Outcome<HrssRefundState>>
  /** 退款查询, by the platform's number of the refund alone. */
  refundState(question: HrssRefundQuestion): Promise<Answer<HrssRefundState>>
  /** 订单通知: verified over what was received, before anything of it is read. */
  readNotice(raw: HrssCall): HrssNotice
  acknowledge(accepted: boolean, message: string): string
  /** 获取商户订单信息: whose unpaid orders the platform asks for; a text says why it is not believed. */
  readPersonQuestion(raw: HrssCall): HrssPerson | { readonly reason: string }
  /** 6.3, the push of a cashier to whoever shows the code; a text says why it is not believed. */
  readCashierPush(raw: HrssCall): HrssCashierPush | { readonly reason: string }
  answerPerson(person: HrssPerson, orders: readonly HrssListed[]): string
}

export interface HrssPayProfile {
  /** Whether the same order may be sent twice, the platform knowing the second for a repeat. */
  readonly resendOrder: boolean
  readonly queryWithoutPayOrderId: boolean
}

export const HRSS_WAYS = ['online', 'presented', 'dynamic'] as const
/** 线上, 被扫, 主扫动态码; a static code (静态码) has no order call of its own. */
export type HrssWay = (typeof HRSS_WAYS)[number]

/** 证件类型 of the platform's table: 居民身份证, 社会保障卡, 其他. */
export const HRSS_ID_TYPES = ['01', '90', '99'] as const
export type HrssIdType = (typeof HRSS_ID_TYPES)[number]

/** 订单类型 of the platform's table: 门诊, 住院, 互联网医院, 医疗其他. */
export const HRSS_ORDER_TYPES = ['10001', '10002', '10003', '10099'] as const
export type HrssOrderType = (typeof HRSS_ORDER_TYPES)[number]

export interface HrssPerson {
  readonly idType: HrssIdType
  readonly idNo: string
}

export interface HrssOrder {
  readonly way: HrssWay
  readonly mchOrderId: string
  readonly amountFen: Fen
  readonly orderType: HrssOrderType
  readonly person: HrssPerson & { readonly name: string }
  readonly createdAt: number
  readonly title: string
  readonly billNo: string
  /** What the patient presents; exactly with `presented`. */
  readonly qrCode: string | null
  readonly returnUrl: string | null
}

export interface HrssNumbers {
  readonly mchOrderId: string
  readonly payOrderId: string | null
}

/** How the patient comes to the cashier of the platform; only ever to a host on our list. */
export type HrssCashier =
  | {
      readonly kind: 'cashier'
      readonly appId: string
      readonly path: string
      /** For H5 and official accounts. */
      readonly url: string
      /** The same for a mini-program, `appid` and `path` appended. */
      readonly miniProgramUrl: string
      readonly extraData: Readonly<Record<string, unknown>> | null
    }
  | { readonly kind: 'qr-image'; readonly image: string }

export interface HrssCashierPush {
  /** What our front end shows: it says whose cashier it is. */
  readonly qrCode: string
  readonly cashier: HrssCashier
}

export interface HrssPlaced {
  readonly payOrderId: string
  /** Null when the one it names cannot be opened safely: the order must be closed again. */
  readonly cashier: HrssCashier | null
}

/** `abnormal` (异常交易) is for a person; `unknown` is on no list and never final. */
export type HrssPayStatus =
  'waiting' | 'paying' | 'paid' | 'failed' | 'cancelled' | 'abnormal' | 'unknown'

/** `full` and `part` stand on an order; on a refund they say that it came through. */
export type HrssRefundStatus =
  'waiting' | 'returned' | 'failed' | 'full' | 'part' | 'none' | 'unknown'

export interface HrssOrderState extends HrssNumbers {
  readonly status: HrssPayStatus
  readonly refundStatus: HrssRefundStatus
  /** Null where it is not told: then nothing proves what was paid. */
  readonly amountFen: Fen | null
  readonly paidAt: number | null
}

export interface HrssRefund extends HrssNumbers {
  readonly payOrderId: string
  readonly mchRefundId: string
  /** Of the whole order. */
  readonly orderFen: Fen
  readonly amountFen: Fen
}

export interface HrssRefundQuestion {
  readonly mchOrderId: string
  readonly mchRefundId: string
  readonly refundOrderId: string
}

export interface HrssRefundState {
  readonly status: HrssRefundStatus
  readonly refundOrderId: string | null
  readonly amountFen: Fen | null
  /** What was paid at first, as the platform says; coupons may make it differ. */
  readonly paidFen: Fen | null
  readonly refundedAt: number | null
}

/** One call of the platform to us, as received. */
export interface HrssCall {
  readonly contentType: string
  readonly body: Buffer
}

export type HrssNotice =
  | {
      readonly verified: true
      /** The decrypted content: a repeat has the same, its signature may differ. */
      readonly content: string
      readonly state: HrssOrderState
    }
  | { readonly verified: false; readonly reason: string }

/** An unpaid order as we list it for its person. */
export interface HrssListed {
  readonly mchOrderId: string
  readonly amountFen: Fen
  readonly orderType: HrssOrderType
  readonly createdAt: number
  readonly title: string
}
