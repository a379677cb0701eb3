/** The hospital tells that an insurance part went back (退费结果通知); the channel hears it from nobody else. */
import type { Counter, Handled, MixedOrder } from './book.ts'
import { findMixed, misbehaviour, record, Refusal } from './book.ts'

/** R09 */
const REFUSED_TIMES = 5

/** In no protocol's words; null is what a protocol does not say. */
export interface RefundNoticeWish {
  readonly mixTradeNo: string
  readonly refundNo: string
  readonly bankRefundNo: string | null
  readonly cashFen: number | null
  readonly totalFen: number
  readonly fundFen: number
  readonly accountFen: number
  readonly otherFen: number
  /** The request's canonical text: the newest counts. */
  readonly text: string
}

export function noticeRefund(counter: Counter, wish: RefundNoticeWish): Handled<MixedOrder> {
  const mixed = findMixed(counter, wish.mixTradeNo)
  const billNo = mixed?.billNo ?? ''
  const log = { billNo, call: 'refund-notice', number: wish.refundNo } as const
  const refusal = mixed === null ? UNKNOWN_ORDER : wrongNotice(counter, mixed, wish)
  if (mixed === null || refusal !== null) {
    record(counter, { ...log, result: 'refused' })
    return { billNo, told: refusal ?? UNKNOWN_ORDER }
  }
  record(counter, { ...log, result: mixed.refundNotice === wish.text ? 'repeat' : 'effect' })
  mixed.refundNotice = wish.text
  return { billNo, told: mixed }
}

const UNKNOWN_ORDER = new Refusal('no-mixed-order', '未找到订单')

function wrongNotice(counter: Counter, mixed: MixedOrder, wish: RefundNoticeWish): Refusal | null {
  const { upload } = mixed
  if (wish.totalFen === 0 && wish.cashFen !== null) return wrongCash(counter, mixed, wish)
  if (upload === null) return new Refusal('nothing-insured', '订单没有医保部分')
  const { fundFen, accountFen, otherFen } = wish
  if (wish.totalFen !== fundFen + accountFen + otherFen)
    return new Refusal('total', '医保退费总额与各项之和不符')
  const settled = upload.amounts
  if (
    settled?.fundFen !== fundFen ||
    settled.accountFen !== accountFen ||
    settled.otherFen !== otherFen
  )
    return new Refusal('total', '医保退费金额与订单不符')
  if (upload.settlement !== 'refunded') return new Refusal('bureau', '医保部分尚未退费')
  const refused =
    misbehaviour(mixed.billNo) === 'R09' &&
    counter.context.world.count(`bank:notice:${mixed.billNo}`) < REFUSED_TIMES
  if (refused) return new Refusal('bureau', '暂时不能受理退费结果通知')
  return wrongCash(counter, mixed, wish)
}

/** Own money goes back first, and the notice bears that refund's number. */
function wrongCash(counter: Counter, { cash }: MixedOrder, wish: RefundNoticeWish): Refusal | null {
  const claimsCash = wish.bankRefundNo !== null || wish.cashFen !== null
  if (cash === null) return claimsCash ? new Refusal('no-refund', '订单没有自费部分') : null
  if (cash.status === 'returned') return null
  const refund = counter.refunds.get(wish.refundNo)
  if (refund === undefined || refund.cash !== cash || refund.status === 'failed')
    return new Refusal('no-refund', '没有对应的自费退款记录')
  const right =
    (wish.bankRefundNo ?? refund.bankRefundNo) === refund.bankRefundNo &&
    (wish.cashFen ?? refund.amountFen) === refund.amountFen
  return right ? null : new Refusal('no-refund', '自费退款流水号或金额不符')
}
