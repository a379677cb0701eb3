/** How a mixed order stands: its two legs, and what follows for the whole (docs/mixed-order.md 2). */
import type { Bank, CashOrder, MixedAmounts, MixedOrder } from './book.ts'
import { ageCash, misbehaviour } from './book.ts'
import { isReturned } from './cash.ts'

export type Leg = 'none' | 'created' | 'success' | 'fail' | 'refund'

export interface Legs {
  readonly overall: Exclude<Leg, 'none'>
  readonly selfPay: Leg
  readonly insurance: Leg
}

export function legsOf(bank: Bank, mixed: MixedOrder): Legs {
  if (mixed.cash !== null) ageCash(bank, mixed.cash)
  const selfPay = selfPayLeg(mixed.cash)
  const insurance = insuranceLeg(mixed)
  return { overall: overallOf(mixed, selfPay, insurance), selfPay, insurance }
}

/** What a forger claims before anybody has paid. */
export function legsIfPaid(mixed: MixedOrder): Legs {
  return {
    overall: 'success',
    selfPay: mixed.cash === null ? 'none' : 'success',
    insurance: mixed.upload === null ? 'none' : 'success',
  }
}

function selfPayLeg(cash: CashOrder | null): Leg {
  if (cash === null) return 'none'
  if (isReturned(cash)) return 'refund'
  if (cash.status === 'paid') return 'success'
  return cash.status === 'open' ? 'created' : 'fail'
}

/**
 * A closed cash order or a revoked upload ends an insurance part that has not begun. That it went
 * back at the bureau nobody tells the channel but the hospital (§6.2, step 6).
 */
function insuranceLeg(mixed: MixedOrder): Leg {
  if (mixed.upload === null) return 'none'
  if (mixed.refundNotice !== null && mixed.upload.settlement === 'refunded') return 'refund'
  if (mixed.insurance === 'settled') return 'success'
  if (mixed.insurance === 'failed') return 'fail'
  if (mixed.insurance === 'paying') return 'created'
  const over = mixed.cash?.status === 'closed' || mixed.cash?.status === 'failed'
  return over || (mixed.upload.revoked && !mixed.attempted) ? 'fail' : 'created'
}

/** A leg that does not exist has nothing left to return. */
const isGivenBack = (leg: Leg): boolean => leg === 'refund' || leg === 'none'

function overallOf(mixed: MixedOrder, selfPay: Leg, insurance: Leg): Legs['overall'] {
  if (mixed.paidAt !== null)
    return isGivenBack(selfPay) && isGivenBack(insurance) ? 'refund' : 'success'
  return selfPay === 'fail' || insurance === 'fail' ? 'fail' : 'created'
}

/** Why the insurance failed; null when it did not. */
export function failReason(mixed: MixedOrder, { insurance }: Legs): string | null {
  if (insurance !== 'fail') return null
  if (mixed.insurance === 'failed') return '医保局结算校验失败'
  return mixed.upload?.revoked ? '费用明细已撤销' : '订单已关闭'
}

/** F26 reports one fen too much, in total and in its first part. */
export function toldAmounts({ wish: { amounts }, billNo, cash }: MixedOrder): MixedAmounts {
  if (misbehaviour(billNo) !== 'F26') return amounts
  const { totalFen, cashFen, fundFen } = amounts
  return {
    ...amounts,
    totalFen: totalFen + 1,
    ...(cash === null ? { fundFen: (fundFen ?? 0) + 1 } : { cashFen: (cashFen ?? 0) + 1 }),
  }
}
