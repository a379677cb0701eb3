/** How cash orders, mixed orders and refunds look in ICBC's words (upstreams/icbc/README.md 2, 3.1). */
import type { Bank, CashOrder, MixedOrder, Refund } from '../bank/book.ts'
import { isReturned } from '../bank/cash.ts'
import { failReason, type Leg, type Legs, legsOf, toldAmounts } from '../bank/legs.ts'
import { shanghai } from '../shanghai.ts'

type Fields = Record<string, unknown>

/** pay_status 0 paid, 1 failed (also closed), 2 unknown with order_status 1 waiting. */
const CASH_STATUS = { open: '2', paid: '0', returned: '0', failed: '1', closed: '1' } as const

/**
 * No public document says how a returned order looks: WeChat's own trade state is shown in
 * third_party_return_code (REFUND when nothing is left, CLOSED, PAYERROR); pay_status stays as it was.
 */
function thirdParty(cash: CashOrder): Fields {
  if (isReturned(cash))
    return { third_party_return_code: 'REFUND', third_party_return_msg: '转入退款' }
  if (cash.status === 'closed')
    return { third_party_return_code: 'CLOSED', third_party_return_msg: '已关闭' }
  if (cash.status === 'failed')
    return { third_party_return_code: 'PAYERROR', third_party_return_msg: '支付失败' }
  return {}
}

export function describeCash(cash: CashOrder): Fields {
  const amount = String(cash.amountFen)
  const paid = cash.paidAt !== null
  return {
    return_code: 0,
    return_msg: 'success',
    pay_status: CASH_STATUS[cash.status],
    mer_id: cash.protocol.merchantNo,
    total_amt: amount,
    payment_amt: paid ? amount : '0',
    out_trade_no: cash.outTradeNo,
    order_id: cash.orderId,
    attach: cash.attach,
    pay_type: cash.channel === 'alipay' ? '10' : '9',
    access_type: '9',
    open_id: cash.userId,
    ...(cash.paidAt === null
      ? {}
      : { pay_time: shanghai.compact(cash.paidAt), third_trade_no: cash.thirdTradeNo }),
    ...(cash.status === 'open' ? { order_status: '1' } : {}),
    ...thirdParty(cash),
  }
}

const REFUND_STATUS = { returned: '0', failed: '1', processing: '2' } as const

export function describeAccepted(refund: Refund): Fields {
  const amount = String(refund.amountFen)
  return {
    return_code: '0',
    return_msg: 'success',
    outtrx_serial_no: refund.refundNo,
    intrx_serial_no: refund.bankRefundNo,
    out_trade_no: refund.cash.outTradeNo,
    order_id: refund.cash.orderId,
    reject_amt: amount,
    real_reject_amt: amount,
    pay_type: '9',
  }
}

export function describeRefund(refund: Refund): Fields {
  const { doneAt } = refund
  return {
    ...describeAccepted(refund),
    pay_status: REFUND_STATUS[refund.status],
    ...(doneAt === null ? {} : { refund_time: shanghai.spaced(doneAt) }),
  }
}

const LEG: Record<Leg, string> = {
  none: '',
  created: 'CREATED',
  success: 'SUCCESS',
  fail: 'FAIL',
  refund: 'REFUND',
}
const legText = (name: string, leg: Leg): string =>
  leg === 'none' ? `NO_${name}` : `${name}_${LEG[leg]}`

/** The order as it stands now. */
export const mixedNow = (bank: Bank, mixed: MixedOrder): Fields =>
  describeMixed(mixed, { legs: legsOf(bank, mixed), paidAt: mixed.paidAt })

/** The order with its three states, as query and callback tell it (docs/mixed-order.md 2). */
export function describeMixed(
  mixed: MixedOrder,
  { legs, paidAt }: { legs: Legs; paidAt: number | null },
): Fields {
  const { wish } = mixed
  const reason = failReason(mixed, legs)
  return {
    mix_trade_no: mixed.mixTradeNo,
    mix_pay_status: legText('MIX_PAY', legs.overall),
    self_pay_status: legText('SELF_PAY', legs.selfPay),
    med_ins_pay_status: legText('MED_INS_PAY', legs.insurance),
    ...(paidAt === null ? {} : { paid_time: shanghai.rfc3339(paidAt) }),
    ...(reason === null ? {} : { med_ins_fail_reason: reason }),
    out_trade_no: wish.institutionNo,
    serial_no: wish.medicalSerialNo,
    ...fees(mixed),
    ...wish.echo,
  }
}

/** Parts that were not sent are absent. */
function fees(mixed: MixedOrder): Fields {
  const amounts = toldAmounts(mixed)
  const told = {
    total_fee: amounts.totalFen,
    med_ins_gov_fee: amounts.fundFen,
    med_ins_self_fee: amounts.accountFen,
    med_ins_other_fee: amounts.otherFen,
    med_ins_cash_fee: amounts.insuredCashFen,
    wechat_pay_cash_fee: amounts.cashFen,
  }
  return Object.fromEntries(Object.entries(told).filter(([, fee]) => fee !== null))
}
