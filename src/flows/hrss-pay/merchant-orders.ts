import type { App } from '../../app.ts'
import { commitAs } from '../../store/database.ts'
import * as payments from '../../store/hrss-payments.ts'
import type { HrssCall } from '../../upstreams/hrss-pay.ts'
import { platformOf } from './held-payment.ts'
import { HRSS_TITLE } from './place.ts'

/**
 * 5.1, static code way 2: a person's unpaid, unexpired payments of this kind. From the first time one
 * is told, the platform may have an order for it: that is written down before the answer leaves.
 */
export async function answerMerchantOrders(app: App, call: HrssCall): Promise<string> {
  const platform = platformOf(app)
  const person = platform.readPersonQuestion(call)
  if ('reason' in person) {
    app.log.warn({ audit: 'hrss-question-not-believed', reason: person.reason }, 'question refused')
    return platform.acknowledge(false, '请求未通过校验')
  }
  const now = app.clock.now()
  const mark = payments.personMark(app.db, person)
  const told = await commitAs(app.db, 'hrss-told', async (trx) => {
    const offered = await payments.offeredTo(trx, mark, now)
    const still = await Promise.all(offered.map((one) => payments.markTold(trx, one, now)))
    return offered.filter((_, at) => still[at])
  })
  const listed = told.map(({ mchOrderId, amountFen, orderType, createdAt }) => ({
    mchOrderId,
    amountFen,
    orderType,
    createdAt,
    title: HRSS_TITLE,
  }))
  return platform.answerPerson(person, listed)
}
