import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import type { Order } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import * as orders from '../../store/orders.ts'
import * as refunds from '../../store/refunds.ts'

/** A refund with the order whose promise it keeps. */
export interface KnownRefund {
  readonly refund: Refund
  readonly order: Order
}

async function withOrder(app: App, refund: Refund | null): Promise<KnownRefund> {
  const order = refund && (await orders.byId(app.db, refund.orderId))
  if (!refund || !order) throw new AppError('refund-not-found')
  return { refund, order }
}

/** A foreign refund looks exactly like none. @throws AppError `refund-not-found` */
export async function readRefund(
  app: App,
  id: string,
  patientIds: readonly string[],
): Promise<KnownRefund> {
  const known = await withOrder(app, await refunds.byId(app.db, id))
  if (!patientIds.includes(known.order.patientId)) throw new AppError('refund-not-found')
  return known
}

/** For the hospital itself. @throws AppError `refund-not-found` */
export async function refundOfHospital(app: App, refundNo: string): Promise<KnownRefund> {
  return withOrder(app, await refunds.byRefundNo(app.db, refundNo))
}

/** For an answer to who has just asked for it. */
export const refundAsItIs = (app: App, { id }: Refund): Promise<KnownRefund> =>
  refunds.byId(app.db, id).then((refund) => withOrder(app, refund))
