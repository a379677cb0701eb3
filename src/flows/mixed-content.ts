import type { App } from '../app.ts'
import { mixPayTypeOf } from '../payment/amounts.ts'
import { medicalOrderNo } from '../payment/numbers.ts'
import type { Order } from '../payment/order.ts'
import type { MixedContent } from '../upstreams/bank.ts'

/**
 * What the mixed order settles. Step 9 wants it everywhere, step 8 where one call places both
 * orders: `mixPayType` and `medicalSerialNo` are stored before the first of them. The insurance
 * fields are what the mid-platform said (SC-P09 b).
 */
export function mixedContent(app: App, order: Order): MixedContent {
  const { attempt } = order
  const { payOrdId, payAuthNo, patient } = attempt
  if (!patient) throw new Error('attempt without patient')
  const medicalSerialNo = attempt.medOrgOrd ?? medicalOrderNo(app.clock.now(), app.random)
  return {
    mixPayType: mixPayTypeOf(order.amounts, payOrdId !== null),
    businessType: order.businessType,
    payer: (attempt.payer ?? patient).reveal(),
    relative: attempt.family ? patient.reveal() : null,
    amounts: order.amounts,
    insurance:
      payOrdId !== null && payAuthNo !== null
        ? {
            medOrgOrd: medicalSerialNo,
            payOrdId,
            payAuthNo,
            location: attempt.location ?? app.settings.HOSPITAL_LOCATION,
            orderedAt: attempt.insuranceOrderedAt ?? order.createdAt,
          }
        : null,
    medicalSerialNo,
  }
}
