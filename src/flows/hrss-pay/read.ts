import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import type { HrssPayment, HrssRefundRow } from '../../payment/hrss-payment.ts'
import * as payments from '../../store/hrss-payments.ts'
import * as refunds from '../../store/hrss-refunds.ts'
import { platformOf } from './held-payment.ts'

export interface HrssPaymentNow {
  readonly payment: HrssPayment
  readonly refunds: readonly HrssRefundRow[]
}

/** @throws AppError `order-not-found` */
export async function readHrssPayment(app: App, id: string): Promise<HrssPaymentNow> {
  platformOf(app)
  const payment = await payments.byId(app.db, id)
  if (!payment) throw new AppError('order-not-found')
  return { payment, refunds: await refunds.ofPayment(app.db, id) }
}
