import { AppError } from '../errors.ts'
import { offsetTime } from '../payment/numbers.ts'

/** What whoever comes second hears: where the bill is being paid, and since when. */
export function beingPaid(where: string, since: number): AppError {
  const time = offsetTime(since).slice(11, 16)
  return new AppError('bill-being-paid', `这张账单自 ${time} 起正在${where}支付，请勿重复付款。`)
}
