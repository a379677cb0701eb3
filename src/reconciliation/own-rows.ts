/** What we know of an order, as rows of our own book for one of the other sides. */
import { insuranceFen, type Amounts } from '../payment/amounts.ts'
import { businessDate, settlementNo } from '../payment/numbers.ts'
import type { InsuranceStatus, SelfPayStatus, WriteBackStatus } from '../payment/order.ts'
import type { Refund } from '../payment/refunds.ts'
import { REFUNDS } from '../payment/refunds.ts'
import { type OrderState, STATES } from '../payment/states.ts'
import type { BookName } from './ageing.ts'
import type { Row, RowStatus } from './row.ts'

/** One try of an order with the numbers that the others know it by. Times are UTC milliseconds. */
export interface OwnAttempt {
  readonly orderId: string
  readonly state: OrderState
  /** An earlier try is known to be dead. */
  readonly current: boolean
  readonly amounts: Amounts
  readonly selfPay: SelfPayStatus
  readonly insurance: InsuranceStatus
  readonly hisWriteBack: WriteBackStatus
  readonly createdAt: number
  readonly paidAt: number | null
  readonly t0: number | null
  readonly outTradeNo: string | null
  readonly bankOrderNo: string | null
  readonly medOrgOrd: string | null
  readonly payOrdId: string | null
}

/** A return of own money under one of its numbers. */
export interface OwnReturn {
  readonly refundNo: string
  readonly bankOrderNo: string | null
  readonly outTradeNo: string | null
  readonly amountFen: Row['amountFen']
  readonly status: RowStatus
  readonly at: number
}

/** Own money beside the orders, or its return, as HIS was told of it. */
export interface OwnReceipt {
  readonly id: string
  readonly refundNo: string | null
  readonly amountFen: Row['amountFen']
  readonly knownToHis: boolean
  readonly at: number
}

export type OwnRefund = Pick<
  Refund,
  | 'refundNo'
  | 'number'
  | 'orderId'
  | 'state'
  | 'requestedBy'
  | 'amounts'
  | 'done'
  | 'byHand'
  | 'createdAt'
> &
  Pick<OwnAttempt, 'medOrgOrd' | 'payOrdId' | 'hisWriteBack'>

type Content = Omit<Row, 'businessDate' | 'place' | 'at'> & { readonly at: number }

/** The row's own day is its order's: T0, also when the money came after midnight (SC-Q12). */
const dated = (content: Content): Omit<Row, 'place'> => ({
  ...content,
  businessDate: businessDate(content.at),
})

/** Nothing was taken under this number; nobody knows yet; or it was, whatever became of it later. */
function takenOf(leg: SelfPayStatus | InsuranceStatus, attempt: OwnAttempt): RowStatus {
  if (!attempt.current) return 'none'
  if (leg === 'waiting') {
    const open = STATES[attempt.state].recovery === 'ask-the-bank'
    return open || attempt.state === 'needs-review' ? 'unknown' : 'none'
  }
  return leg === 'none' || leg === 'failed' ? 'none' : 'done'
}

export const PAYMENT_ROW: Readonly<
  Record<BookName, (attempt: OwnAttempt) => Omit<Row, 'place'> | null>
> = {
  bank: (attempt) => {
    const { selfPayFen } = attempt.amounts
    if (attempt.outTradeNo === null || selfPayFen === 0) return null
    return dated({
      kind: 'payment',
      status: takenOf(attempt.selfPay, attempt),
      bankOrderNo: attempt.bankOrderNo,
      merchantOrderNo: attempt.outTradeNo,
      refundNo: null,
      amountFen: selfPayFen,
      at: attempt.t0 ?? attempt.createdAt,
    })
  },
  insurance: (attempt) => {
    const amountFen = insuranceFen(attempt.amounts)
    if (attempt.payOrdId === null || amountFen === 0) return null
    return dated({
      kind: 'payment',
      status: takenOf(attempt.insurance, attempt),
      bankOrderNo: attempt.payOrdId,
      merchantOrderNo: attempt.medOrgOrd,
      refundNo: null,
      amountFen,
      at: attempt.t0 ?? attempt.createdAt,
    })
  },
  // HIS counts by the instant that we wrote back, and never hears of what went back before.
  his: (attempt) => {
    if (!attempt.current || attempt.paidAt === null) return null
    return dated({
      kind: 'payment',
      status: knownToHis(attempt) ? 'done' : 'none',
      bankOrderNo: null,
      merchantOrderNo: settlementNo(attempt.orderId),
      refundNo: null,
      amountFen: attempt.amounts.totalFen,
      at: attempt.paidAt,
    })
  },
}

const knownToHis = ({ hisWriteBack, state }: OwnAttempt): boolean =>
  hisWriteBack !== 'none' && !(hisWriteBack === 'refused' && state === 'refunded')

export const returnRow = (back: OwnReturn): Omit<Row, 'place'> =>
  dated({
    kind: 'refund',
    status: back.status,
    bankOrderNo: back.bankOrderNo,
    merchantOrderNo: back.outTradeNo,
    refundNo: back.refundNo,
    amountFen: back.amountFen,
    at: back.at,
  })

/**
 * Of the insurance part alone. What a window returned in the insurance's own system stands there
 * under the window's number, and goes by its order: the part goes back whole or not at all.
 */
export function insuranceReturnRow(refund: OwnRefund): Omit<Row, 'place'> | null {
  const amountFen = insuranceFen(refund.amounts)
  if (amountFen === 0 || refund.payOrdId === null) return null
  const { insurance: returnedAt } = refund.done
  const atWindow = refund.byHand.some(({ part }) => part === 'insurance')
  const underWay = refund.state === 'insurance' || refund.state === 'needs-review'
  return dated({
    kind: 'refund',
    status: returnedAt === undefined ? (underWay ? 'unknown' : 'none') : 'done',
    bankOrderNo: refund.payOrdId,
    merchantOrderNo: refund.medOrgOrd,
    refundNo: atWindow ? null : refund.number,
    amountFen,
    at: returnedAt ?? refund.createdAt,
  })
}

/** HIS is told once, when every part is back; not of what it gave back at a desk itself. */
export function hisReturnRow(refund: OwnRefund): Omit<Row, 'place'> {
  const { insurance, 'self-pay': own } = refund.done
  const whole =
    (insuranceFen(refund.amounts) === 0 || insurance !== undefined) &&
    (refund.amounts.selfPayFen === 0 || own !== undefined)
  const told = refund.hisWriteBack === 'done' && refund.requestedBy !== 'system'
  const back = told && whole && (refund.state === 'notifying' || !REFUNDS[refund.state].running)
  return dated({
    kind: 'refund',
    status: back && refund.state !== 'rejected' ? 'done' : 'none',
    bankOrderNo: null,
    merchantOrderNo: settlementNo(refund.orderId),
    refundNo: refund.refundNo,
    amountFen: refund.amounts.totalFen,
    at: Math.max(insurance ?? 0, own ?? 0) || refund.createdAt,
  })
}

export const hisReceiptRow = (receipt: OwnReceipt): Omit<Row, 'place'> =>
  dated({
    kind: receipt.refundNo === null ? 'payment' : 'refund',
    status: receipt.knownToHis ? 'done' : 'none',
    bankOrderNo: null,
    merchantOrderNo: settlementNo(receipt.id),
    refundNo: receipt.refundNo,
    amountFen: receipt.amountFen,
    at: receipt.at,
  })
