/** Cash refunds: merrefund only accepts, refundqry tells (upstreams/icbc/README.md 2.5, 2.6). */
import { shanghai } from '../shanghai.ts'
import type { Bank, CashOrder, Refund } from './book.ts'
import { canonical, digits, findCash, firstTime, misbehaviour, record } from './book.ts'
import type { Handled } from './cash.ts'
import type { Refusal } from './envelope.ts'
import { refuse } from './envelope.ts'
import type { MerrefundRequest, RefundqryRequest } from './schemas.ts'

/** How long an accepted refund stays unknown: normally a moment, with F23 a while. */
const SETTLING_MS = 300
const SETTLING_F23_MS = 30_000

export function merrefund(bank: Bank, request: MerrefundRequest): Handled {
  const cash = findRefundable(bank, request)
  const billNo = cash?.billNo ?? request.order_apd_inf ?? ''
  const log = { billNo, call: 'merrefund', number: request.outtrx_serial_no } as const
  if (misbehaviour(billNo) === 'F40' && firstTime(bank, billNo, 'merrefund')) {
    record(bank, { ...log, result: 'lost-request' })
    return { billNo, fields: {}, lose: true }
  }
  const known = bank.refunds.get(request.outtrx_serial_no)
  const text = canonical(request)
  if (known !== undefined && known.text === text && known.status !== 'failed') {
    record(bank, { ...log, result: 'repeat' })
    return { billNo, fields: accepted(known) }
  }
  const refusal = wrongRefund(bank, request, cash)
  if (refusal !== null || cash === null || known !== undefined) {
    record(bank, { ...log, result: 'refused' })
    return { billNo, fields: refusal ?? refuse('00070043', '退货流水号重复，不允许再次退货') }
  }
  const refund = book(bank, cash, {
    refundNo: request.outtrx_serial_no,
    text,
    amount: request.ret_total_amt,
  })
  if (misbehaviour(billNo) === 'F22' && firstTime(bank, billNo, 'merrefund')) {
    refund.status = 'failed'
    record(bank, { ...log, result: 'refused' })
    return { billNo, fields: refuse('92207001', '退货异常') }
  }
  cash.reservedFen += refund.amountFen
  record(bank, { ...log, result: 'effect' })
  startReturning(bank, refund)
  const lose = misbehaviour(billNo) === 'F21' && firstTime(bank, billNo, 'merrefund')
  return { billNo, fields: accepted(refund), lose }
}

function findRefundable(
  bank: Bank,
  request: MerrefundRequest | RefundqryRequest,
): CashOrder | null {
  return findCash(
    bank,
    (cash) =>
      (request.out_trade_no ?? cash.outTradeNo) === cash.outTradeNo &&
      (request.order_id ?? cash.orderId) === cash.orderId,
  )
}

function wrongRefund(
  bank: Bank,
  request: MerrefundRequest,
  cash: CashOrder | null,
): Refusal | null {
  const { icbc } = bank.context.parameters
  if (request.mer_id !== icbc.merId) return refuse('00005019', '商户检查不通过')
  if (request.icbc_appid !== icbc.appId) return refuse('21003116', '商户与APPID对照不通过')
  if (cash === null) return refuse('00070030', '订单或订单生命周期表不存在')
  if (cash.status === 'returned') return refuse('00070037', '订单不允许继续退货：渠道已原路退回')
  if (cash.status !== 'paid') return refuse('00070037', '订单不允许继续退货：未支付')
  if (cash.reservedFen + Number(request.ret_total_amt) > cash.amountFen)
    return refuse('00070037', '订单不允许继续退货：超过可退金额')
  return null
}

function book(
  bank: Bank,
  cash: CashOrder,
  known: { refundNo: string; text: string; amount: string },
): Refund {
  const refund: Refund = {
    refundNo: known.refundNo,
    intrxSerialNo: `${bank.context.parameters.icbc.merId}${digits(bank, 18)}`,
    cash,
    amountFen: Number(known.amount),
    text: known.text,
    status: 'processing',
    doneAt: null,
  }
  bank.refunds.set(refund.refundNo, refund)
  return refund
}

function startReturning(bank: Bank, refund: Refund): void {
  const { world } = bank.context
  const ms = misbehaviour(refund.cash.billNo) === 'F23' ? SETTLING_F23_MS : SETTLING_MS
  void world.sleep(ms * world.timeScale).then(() => {
    refund.status = 'returned'
    refund.doneAt = world.now()
    refund.cash.refundedFen += refund.amountFen
    world.ledger.move({
      at: world.now(),
      billNo: refund.cash.billNo,
      from: 'bank',
      to: 'patient',
      amountFen: refund.amountFen,
      why: 'cash-refund',
      number: refund.refundNo,
    })
  })
}

function accepted(refund: Refund): Record<string, unknown> {
  const amount = String(refund.amountFen)
  return {
    return_code: '0',
    return_msg: 'success',
    outtrx_serial_no: refund.refundNo,
    intrx_serial_no: refund.intrxSerialNo,
    out_trade_no: refund.cash.outTradeNo,
    order_id: refund.cash.orderId,
    reject_amt: amount,
    real_reject_amt: amount,
    pay_type: '9',
  }
}

const PAY_STATUS = { returned: '0', failed: '1', processing: '2' } as const

export function refundqry(bank: Bank, request: RefundqryRequest): Handled {
  const refund = bank.refunds.get(request.outtrx_serial_no)
  const cash = findRefundable(bank, request)
  const billNo = cash?.billNo ?? ''
  record(bank, { billNo, call: 'refundqry', number: request.outtrx_serial_no, result: 'question' })
  if (request.mer_id !== bank.context.parameters.icbc.merId)
    return { billNo, fields: refuse('00005019', '商户检查不通过') }
  if (cash === null) return { billNo, fields: refuse('20000049', '查询不到订单信息') }
  if (refund === undefined || refund.cash !== cash)
    return { billNo, fields: refuse('20000051', '退货查询失败,没有对应的退款记录') }
  const { doneAt } = refund
  return {
    billNo,
    fields: {
      ...accepted(refund),
      pay_status: PAY_STATUS[refund.status],
      ...(doneAt === null ? {} : { refund_time: shanghai.spaced(doneAt) }),
    },
  }
}
