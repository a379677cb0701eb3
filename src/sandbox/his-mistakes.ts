/** What goes wrong in the books of HIS, one mistake of a class each: lost, invented, mistyped, entered twice. */
import { digits } from './answers.ts'
import type { HisAmounts, HisBill, HisRefund, HisSettlement } from './his-bills.ts'
import type { SandboxContext } from './registry.ts'
import type { Injected } from './settlement-files/errors.ts'

/** As the hospital's reconciliation is expected to class them: what HIS lists has happened, so no status can differ. */
export const MISTAKES = [
  'BANK_ONLY',
  'HOSPITAL_ONLY',
  'AMOUNT_DIFF',
  'DUPLICATE',
  'REFUND_BANK_ONLY',
  'REFUND_HOSPITAL_ONLY',
  'REFUND_AMOUNT_DIFF',
  'REFUND_DUPLICATE',
] as const
type Mistake = (typeof MISTAKES)[number]

/**
 * @param bills each carries one mistake at most; refunds are mistaken where there is one, payments
 * where there is none.
 * @throws Error when there are not enough of them
 */
export function makeMistakes(context: SandboxContext, bills: readonly HisBill[]): Injected[] {
  const free = [...bills]
  return MISTAKES.map((error) => {
    const at = free.findIndex((bill) => carries(bill, error))
    const [bill] = at === -1 ? [] : free.splice(at, 1)
    if (bill === undefined) throw new Error(`no bill for ${error}`)
    const [settlement] = bill.settlements.values()
    const [refund] = bill.refunds.values()
    if (settlement === undefined) throw new Error(`${bill.billNo}: not settled`)
    const made =
      refund === undefined
        ? aboutPayment(context, { bill, settlement, error })
        : aboutRefund(bill, refund, error)
    return { error, orderNo: '', merchantNo: settlement.settlementNo, refundNo: '', ...made }
  })
}

const carries = ({ settlements, refunds }: HisBill, error: Mistake): boolean =>
  settlements.size === 1 &&
  refunds.size === (error.startsWith('REFUND_') && error !== 'REFUND_BANK_ONLY' ? 1 : 0)

interface Payment {
  readonly bill: HisBill
  readonly settlement: HisSettlement
  readonly error: Mistake
}

function aboutPayment(
  { world }: SandboxContext,
  { bill, settlement, error }: Payment,
): Partial<Injected> {
  const { settlementNo } = settlement
  if (error === 'HOSPITAL_ONLY') {
    bill.settlements.clear()
    bill.status = 'unpaid'
  }
  if (error === 'AMOUNT_DIFF')
    bill.settlements.set(settlementNo, { ...settlement, amounts: oneFenMore(settlement.amounts) })
  if (error === 'DUPLICATE') bill.settlements.set(`${settlementNo} again`, settlement)
  if (error === 'BANK_ONLY') {
    const merchantNo = `${settlementNo.slice(0, -8)}${digits(world, 8)}`
    bill.settlements.set(merchantNo, { ...settlement, settlementNo: merchantNo })
    return { merchantNo }
  }
  if (error === 'REFUND_BANK_ONLY') {
    const refundNo = `WINDOW${digits(world, 12)}`
    bill.refunds.set(refundNo, { ...settlement, refundNo })
    return { refundNo }
  }
  return {}
}

function aboutRefund(bill: HisBill, refund: HisRefund, error: Mistake): Partial<Injected> {
  const { refundNo } = refund
  if (error === 'REFUND_HOSPITAL_ONLY') {
    bill.refunds.clear()
    bill.status = 'paid'
  }
  if (error === 'REFUND_AMOUNT_DIFF')
    bill.refunds.set(refundNo, { ...refund, amounts: oneFenMore(refund.amounts) })
  if (error === 'REFUND_DUPLICATE') bill.refunds.set(`${refundNo} again`, refund)
  return { refundNo }
}

const oneFenMore = (amounts: HisAmounts): HisAmounts => ({
  ...amounts,
  totalFen: amounts.totalFen + 1,
  selfPayFen: amounts.selfPayFen + 1,
})
