/** What the bank says about a mixed order: three states, fees and times (docs/mixed-order.md 2). */
import { shanghai } from '../shanghai.ts'
import type { Bank, CashOrder, MixedOrder } from './book.ts'
import { ageCash, misbehaviour } from './book.ts'

/** The order with its three states, as query and callback tell it (docs/mixed-order.md 2). */
export function describe(bank: Bank, mixed: MixedOrder): Record<string, unknown> {
  const { request } = mixed
  const status = mixedStatus(bank, mixed)
  const failed = status.med_ins_pay_status === 'MED_INS_PAY_FAIL'
  return {
    mix_trade_no: mixed.mixTradeNo,
    ...status,
    ...(mixed.paidAt === null ? {} : { paid_time: shanghai.rfc3339(mixed.paidAt) }),
    ...(failed ? { med_ins_fail_reason: failReason(mixed) } : {}),
    mix_pay_type: request.mix_pay_type,
    order_type: request.order_type,
    sub_appid: request.sub_appid,
    sub_mchid: request.sub_mchid,
    sub_openid: request.sub_openid,
    pay_for_relatives: request.pay_for_relatives ?? false,
    out_trade_no: request.out_trade_no,
    serial_no: request.serial_no,
    ...fees(mixed),
    ...(request.attach === undefined ? {} : { attach: request.attach }),
  }
}

function failReason(mixed: MixedOrder): string {
  if (mixed.insurance === 'failed') return '医保局结算校验失败'
  return mixed.upload?.revoked ? '费用明细已撤销' : '订单已关闭'
}

/** Parts that were not sent are absent; F26 reports one fen too much of the first part and in total. */
function fees(mixed: MixedOrder): Record<string, number> {
  const { request } = mixed
  const names = [
    'total_fee',
    'med_ins_gov_fee',
    'med_ins_self_fee',
    'med_ins_other_fee',
    'med_ins_cash_fee',
    'wechat_pay_cash_fee',
  ] as const
  const sent: [string, number][] = names.flatMap((name) => {
    const fee = request[name]
    return fee === undefined ? [] : [[name, fee]]
  })
  const extra = misbehaviour(mixed.billNo) === 'F26' ? 1 : 0
  const wrong = new Set([
    'total_fee',
    mixed.cash === null ? 'med_ins_gov_fee' : 'wechat_pay_cash_fee',
  ])
  return Object.fromEntries(sent.map(([name, fee]) => [name, wrong.has(name) ? fee + extra : fee]))
}

interface MixedStatus {
  readonly mix_pay_status: string
  readonly self_pay_status: string
  readonly med_ins_pay_status: string
}

function selfPayStatus(cash: CashOrder | null): string {
  if (cash === null) return 'NO_SELF_PAY'
  if (cash.status === 'returned' || (cash.status === 'paid' && cash.refundedFen === cash.amountFen))
    return 'SELF_PAY_REFUND'
  if (cash.status === 'paid') return 'SELF_PAY_SUCCESS'
  return cash.status === 'open' ? 'SELF_PAY_CREATED' : 'SELF_PAY_FAIL'
}

/** A closed cash order or a revoked upload ends an insurance part that has not begun. */
function insuranceStatus(mixed: MixedOrder): string {
  if (mixed.upload === null) return 'NO_MED_INS_PAY'
  if (mixed.upload.settlement === 'refunded') return 'MED_INS_PAY_REFUND'
  if (mixed.insurance === 'settled') return 'MED_INS_PAY_SUCCESS'
  if (mixed.insurance === 'failed') return 'MED_INS_PAY_FAIL'
  if (mixed.insurance === 'paying') return 'MED_INS_PAY_CREATED'
  const over = mixed.cash?.status === 'closed' || mixed.cash?.status === 'failed'
  return over || (mixed.upload.revoked && !mixed.attempted)
    ? 'MED_INS_PAY_FAIL'
    : 'MED_INS_PAY_CREATED'
}

/** The three states of docs/mixed-order.md 2 as they follow from the two legs. */
export function mixedStatus(bank: Bank, mixed: MixedOrder): MixedStatus {
  if (mixed.cash !== null) ageCash(bank, mixed.cash)
  const self = selfPayStatus(mixed.cash)
  const insurance = insuranceStatus(mixed)
  return {
    mix_pay_status: overallStatus(mixed, self, insurance),
    self_pay_status: self,
    med_ins_pay_status: insurance,
  }
}

/** A leg that does not exist has nothing left to return. */
const refunded = (status: string): boolean => /REFUND$|^NO_/.test(status)

function overallStatus(mixed: MixedOrder, self: string, insurance: string): string {
  if (mixed.paidAt !== null)
    return refunded(self) && refunded(insurance) ? 'MIX_PAY_REFUND' : 'MIX_PAY_SUCCESS'
  return self === 'SELF_PAY_FAIL' || insurance === 'MED_INS_PAY_FAIL'
    ? 'MIX_PAY_FAIL'
    : 'MIX_PAY_CREATED'
}
