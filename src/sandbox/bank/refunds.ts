/** Cash refunds: the bank only accepts one; the question tells whether it came through. */
import { digits } from '../answers.ts'
import type { Movement } from '../ledger.ts'
import type { Bank, CashOrder, Counter, Handled, Refund } from './book.ts'
import { firstTime, misbehaviour, record, Refusal } from './book.ts'
import { shanghai } from '../shanghai.ts'
import { type CashNumbers, findByNumbers } from './cash.ts'

/** How long an accepted refund stays unknown: normally a moment, with F23 a while. */
const SETTLING_MS = 300
const SETTLING_F23_MS = 30_000
/** R06: so many questions do not find out. */
const SILENT_QUESTIONS = 6

export interface RefundWish extends CashNumbers {
  readonly refundNo: string
  readonly amountFen: number
  readonly billNo: string
  /** The request's canonical text: a repeat must say the same. */
  readonly text: string
}

export function refundCash(counter: Counter, wish: RefundWish): Handled<Refund> {
  const { refundNo, text } = wish
  const cash = findByNumbers(counter, wish)
  const billNo = cash?.billNo ?? wish.billNo
  const log = { billNo, call: 'refund', number: refundNo } as const
  if (misbehaviour(billNo) === 'F40' && firstTime(counter, billNo, 'refund')) {
    record(counter, { ...log, result: 'lost-request' })
    return { billNo, told: 'lost' }
  }
  const known = counter.refunds.get(refundNo)
  if (known !== undefined && known.text === text && known.status !== 'failed') {
    record(counter, { ...log, result: 'repeat' })
    return { billNo, told: known }
  }
  const refusal = wrongRefund(cash, wish.amountFen)
  if (refusal !== null || cash === null || known !== undefined) {
    record(counter, { ...log, result: 'refused' })
    const used = new Refusal('refund-number-used', '退货流水号重复，不允许再次退货')
    return { billNo, told: refusal ?? used }
  }
  const refund = book(counter, cash, wish)
  if (misbehaviour(billNo) === 'F22' && firstTime(counter, billNo, 'refund')) {
    refund.status = 'failed'
    record(counter, { ...log, result: 'refused' })
    return { billNo, told: new Refusal('refund-failed', '退货异常') }
  }
  cash.reservedFen += refund.amountFen
  record(counter, { ...log, result: 'effect' })
  startReturning(counter, refund)
  const lost = misbehaviour(billNo) === 'F21' && firstTime(counter, billNo, 'refund')
  return { billNo, told: lost ? 'lost' : refund }
}

function wrongRefund(cash: CashOrder | null, amountFen: number): Refusal | null {
  if (cash === null) return new Refusal('nothing-to-refund', '订单或订单生命周期表不存在')
  if (cash.status === 'returned') return not('渠道已原路退回')
  if (cash.status !== 'paid') return not('未支付')
  return cash.reservedFen + amountFen > cash.amountFen ? not('超过可退金额') : null
}

const not = (why: string) => new Refusal('not-refundable', `订单不允许继续退货：${why}`)

function book(counter: Counter, cash: CashOrder, wish: RefundWish): Refund {
  const refund: Refund = {
    refundNo: wish.refundNo,
    bankRefundNo: `${counter.protocol.merchantNo}${digits(counter.context.world, 18)}`,
    cash,
    amountFen: wish.amountFen,
    text: wish.text,
    status: 'processing',
    doneAt: null,
  }
  counter.refunds.set(refund.refundNo, refund)
  return refund
}

function startReturning(bank: Bank, refund: Refund): void {
  const { world } = bank.context
  const ms = misbehaviour(refund.cash.billNo) === 'F23' ? SETTLING_F23_MS : SETTLING_MS
  const fails =
    misbehaviour(refund.cash.billNo) === 'R07' && firstTime(bank, refund.cash.billNo, 'refund')
  void world.sleep(ms * world.timeScale).then(() => {
    if (fails) fail(refund)
    else giveBack(bank, refund)
  })
}

function giveBack(bank: Bank, refund: Refund): void {
  refund.status = 'returned'
  refund.doneAt = bank.context.world.now()
  refund.cash.refundedFen += refund.amountFen
  move(bank, refund, { from: 'bank', to: 'patient', why: 'cash-refund' })
}

/** What was set aside for it is free for another number. */
function fail(refund: Refund): void {
  refund.status = 'failed'
  refund.doneAt = null
  refund.cash.reservedFen -= refund.amountFen
}

/** The channel could not pay it out: the money is the hospital's again. Null when it was not out. */
export function reverseRefund(bank: Bank, refundNo: string): Refund | null {
  const refund = bank.refunds.get(refundNo)
  if (refund?.status !== 'returned') return null
  fail(refund)
  refund.cash.refundedFen -= refund.amountFen
  move(bank, refund, { from: 'patient', to: 'bank', why: 'cash-refund-reversed' })
  return refund
}

function move(
  { context: { world } }: Bank,
  { cash: { billNo }, amountFen, refundNo: number }: Refund,
  how: Pick<Movement, 'from' | 'to' | 'why'>,
): void {
  world.ledger.move({ at: world.now(), billNo, amountFen, number, ...how })
}

export function askRefund(
  counter: Counter,
  asked: CashNumbers & { readonly refundNo: string },
): Handled<Refund> {
  const refund = counter.refunds.get(asked.refundNo)
  const cash = findByNumbers(counter, asked)
  const billNo = cash?.billNo ?? ''
  record(counter, { billNo, call: 'refund-query', number: asked.refundNo, result: 'question' })
  if (cash === null) return { billNo, told: new Refusal('no-cash-order', '查询不到订单信息') }
  if (refund?.cash !== cash)
    return { billNo, told: new Refusal('no-refund', '退货查询失败,没有对应的退款记录') }
  return { billNo, told: asFarAsKnown(counter, refund) }
}

function asFarAsKnown(bank: Bank, refund: Refund): Refund {
  const { billNo } = refund.cash
  const kind = misbehaviour(billNo)
  const { world } = bank.context
  if (kind === 'R06' && world.count(`bank:refund-question:${billNo}`) < SILENT_QUESTIONS)
    return { ...refund, status: 'processing', doneAt: null }
  const isLater = refund.doneAt !== null && dayOf(refund.doneAt) < dayOf(world.now())
  if (kind === 'R08' && isLater && firstTime(bank, billNo, 'reversal'))
    reverseRefund(bank, refund.refundNo)
  return refund
}

const dayOf = (at: number): string => shanghai.spaced(at).slice(0, 10)
