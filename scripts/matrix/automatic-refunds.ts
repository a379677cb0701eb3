/** Own money that goes back by itself because the insurance failed (§8 a): nobody asked for it. */
import type { Evidence } from './evidence.ts'
import { row } from './failures.ts'
import { AUTOMATIC } from './refunding.ts'
import type { Expectation, Row } from './row.ts'

/** SC-X: what the patient was promised is kept, to the fen and with its time. */
function promiseKept({ order }: Evidence): string[] {
  const { refundPromise, amounts, selfPay, insurance } = order
  const kept =
    refundPromise?.amountFen === amounts.selfPayFen &&
    refundPromise.confirmedAt !== null &&
    order.refundedFen === amounts.selfPayFen &&
    selfPay.status === 'refunded' &&
    insurance.status === 'failed'
  return kept ? [] : ['退款承诺没有兑现']
}

/** §8 a: own money alone, and neither 6203 nor a notice (SC-X04). */
const goesBack = (code: string, title: string, told: Partial<Expectation> = {}): Row =>
  row(code, {
    title,
    expect: {
      status: 'refunded',
      effects: { refund: 1, '6401': 1 },
      calls: [AUTOMATIC],
      also: promiseKept,
      ...told,
    },
  })

export const AUTOMATIC_REFUNDS: readonly Row[] = [
  goesBack('F01', '自费已扣、医保失败：自动退回一次'),
  goesBack('F02', '同上，渠道已自行退回：不再退款', {
    effects: { refund: 0, '6401': 1 },
    calls: [],
  }),
  goesBack('F21', '退款应答丢失：同号问清，只退一次'),
  goesBack('F22', '退款首次被明确拒绝：换号再退', { calls: [`${AUTOMATIC}（被拒）`, AUTOMATIC] }),
  goesBack('F23', '退款结果一段时间内未知：只问不重退', { seen: ['refund-query question'] }),
  goesBack('F40', '退款首次请求未到达：同号重发', { calls: [`${AUTOMATIC}（未到达）`, AUTOMATIC] }),
]
