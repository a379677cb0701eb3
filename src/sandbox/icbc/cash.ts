/** consumepurchase, orderqry and its close flag, merrefund, refundqry (upstreams/icbc/README.md 2). */
import { canonical } from '../bank/book.ts'
import { askCash, closeCash, placeCash } from '../bank/cash.ts'
import { askRefund, refundCash } from '../bank/refunds.ts'
import { describeAccepted, describeCash, describeRefund } from './describe.ts'
import type { Refusal } from './envelope.ts'
import { refuse } from './envelope.ts'
import { type Answered, answered, type IcbcCounter, refused } from './protocol.ts'
import type {
  ConsumeRequest,
  MerrefundRequest,
  OrderqryRequest,
  RefundqryRequest,
} from './schemas.ts'

const WRONG_MERCHANT = refuse('00005019', '商户检查不通过')
const WRONG_APPLICATION = refuse('21003116', '商户与APPID对照不通过')

export function consume(counter: IcbcCounter, request: ConsumeRequest): Answered {
  const billNo = request.order_apd_inf || request.out_trade_no
  const wrong = wrongConsume(counter, request)
  const call = { billNo, call: 'self-pay-order', number: request.out_trade_no }
  if (wrong !== null) return refused(counter, call, wrong)
  const isAlipay = request.pay_mode === '10'
  const { protocol } = counter
  const handled = placeCash(counter, {
    billNo,
    outTradeNo: request.out_trade_no,
    amountFen: Number(request.total_fee),
    channel: isAlipay ? 'alipay' : 'wechat',
    userId: isAlipay ? request.union_id : request.open_id,
    attach: request.attach ?? '',
    callbackUrl: request.notify_type === 'HS' ? (request.mer_url ?? null) : null,
    lifeMs: Number(request.expire_time) * 1000,
  })
  return answered(handled, (cash) => ({
    return_code: 0,
    return_msg: 'success',
    total_amt: request.total_fee,
    out_trade_no: cash.outTradeNo,
    order_id: cash.orderId,
    mer_id: request.mer_id,
    pay_mode: request.pay_mode,
    access_type: request.access_type,
    trade_type: 'JSAPI',
    ...(cash.callUp === null
      ? { zfb_data_package: cash.prepayId }
      : { wx_data_package: JSON.stringify({ appId: protocol.appIds.wechat, ...cash.callUp }) }),
    attach: cash.attach,
  }))
}

function wrongConsume({ protocol, context }: IcbcCounter, request: ConsumeRequest): Refusal | null {
  const { icbc } = context.parameters
  if (request.mer_id !== icbc.merId || request.mer_prtcl_no !== icbc.merPrtclNo)
    return WRONG_MERCHANT
  const mine =
    request.pay_mode === '10'
      ? protocol.appIds.alipay !== undefined
      : request.shop_appid === protocol.appIds.wechat
  if (request.icbc_appid !== icbc.appId || !mine) return WRONG_APPLICATION
  return request.notify_type === 'HS' && request.mer_url === undefined
    ? refuse('92200001', '参数检查失败：mer_url')
    : null
}

const numbersOf = (request: OrderqryRequest | MerrefundRequest | RefundqryRequest) => ({
  outTradeNo: request.out_trade_no,
  orderId: request.order_id,
})

export function orderqry(counter: IcbcCounter, request: OrderqryRequest): Answered {
  const { icbc } = counter.context.parameters
  const closing = request.deal_flag !== '0'
  const number = request.out_trade_no ?? request.order_id ?? ''
  const call = { billNo: '', call: closing ? 'close' : 'self-pay-query', number }
  if (request.mer_id !== icbc.merId || request.mer_prtcl_no !== icbc.merPrtclNo)
    return refused(counter, call, WRONG_MERCHANT)
  if (request.icbc_appid !== icbc.appId) return refused(counter, call, WRONG_APPLICATION)
  const handled = closing
    ? closeCash(counter, numbersOf(request))
    : askCash(counter, numbersOf(request))
  return answered(handled, describeCash)
}

export function merrefund(counter: IcbcCounter, request: MerrefundRequest): Answered {
  const { icbc } = counter.context.parameters
  const billNo = request.order_apd_inf ?? ''
  const call = { billNo, call: 'refund', number: request.outtrx_serial_no }
  if (request.mer_id !== icbc.merId) return refused(counter, call, WRONG_MERCHANT)
  if (request.icbc_appid !== icbc.appId) return refused(counter, call, WRONG_APPLICATION)
  const handled = refundCash(counter, {
    ...numbersOf(request),
    refundNo: request.outtrx_serial_no,
    amountFen: Number(request.ret_total_amt),
    billNo,
    text: canonical(request),
  })
  return answered(handled, describeAccepted)
}

export function refundqry(counter: IcbcCounter, request: RefundqryRequest): Answered {
  const call = { billNo: '', call: 'refund-query', number: request.outtrx_serial_no }
  if (request.mer_id !== counter.context.parameters.icbc.merId)
    return refused(counter, call, WRONG_MERCHANT)
  const asked = { ...numbersOf(request), refundNo: request.outtrx_serial_no }
  return answered(askRefund(counter, asked), describeRefund)
}
