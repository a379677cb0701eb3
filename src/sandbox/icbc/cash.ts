/** Cash orders: consumepurchase, orderqry, its close flag (upstreams/icbc/README.md 2.2, 2.4). */
import { shanghai } from '../shanghai.ts'
import type { Bank, CashOrder, WxDataPackage } from './book.ts'
import { digits, findCash, firstTime, misbehaviour, record } from './book.ts'
import type { Refusal } from './envelope.ts'
import { isRefusal, refuse } from './envelope.ts'
import type { ConsumeRequest, OrderqryRequest } from './schemas.ts'

/** What an API did, before it is put into an envelope: `lose` says the answer must not arrive. */
export interface Handled {
  readonly billNo: string
  readonly fields: Record<string, unknown> | Refusal
  readonly lose?: boolean
}

/** A prepay number lives two hours whatever expire_time says (docs/mixed-order.md 1). */
const PREPAY_LIFE_S = 7200

export function consume(bank: Bank, request: ConsumeRequest): Handled {
  const billNo = request.order_apd_inf || request.out_trade_no
  const log = { billNo, call: 'consumepurchase', number: request.out_trade_no } as const
  if (misbehaviour(billNo) === 'F13' && firstTime(bank, billNo, 'consumepurchase')) {
    record(bank, { ...log, result: 'lost-request' })
    return { billNo, fields: {}, lose: true }
  }
  const wrong = wrongConsume(bank, request)
  if (wrong !== null) {
    record(bank, { ...log, result: 'refused' })
    return { billNo, fields: wrong }
  }
  const cash = openCash(bank, request, billNo)
  bank.cashOrders.set(cash.outTradeNo, cash)
  record(bank, { ...log, result: 'effect' })
  return {
    billNo,
    fields: {
      return_code: 0,
      return_msg: 'success',
      total_amt: request.total_fee,
      out_trade_no: cash.outTradeNo,
      order_id: cash.orderId,
      mer_id: request.mer_id,
      pay_mode: request.pay_mode,
      access_type: request.access_type,
      trade_type: 'JSAPI',
      ...(cash.wxDataPackage === null
        ? { zfb_data_package: cash.prepayId }
        : { wx_data_package: JSON.stringify(cash.wxDataPackage) }),
      attach: cash.attach,
    },
    lose: misbehaviour(billNo) === 'F09' && firstTime(bank, billNo, 'consumepurchase-answer'),
  }
}

function wrongConsume(bank: Bank, request: ConsumeRequest): Refusal | null {
  const { icbc } = bank.context.parameters
  if (request.mer_id !== icbc.merId || request.mer_prtcl_no !== icbc.merPrtclNo)
    return refuse('00005019', '商户检查不通过')
  const mine = request.pay_mode === '10' ? isOpened(bank) : request.shop_appid === icbc.subAppid
  if (request.icbc_appid !== icbc.appId || !mine) return refuse('21003116', '商户与APPID对照不通过')
  if (request.notify_type === 'HS' && request.mer_url === undefined)
    return refuse('92200001', '参数检查失败：mer_url')
  if (bank.cashOrders.has(request.out_trade_no)) return refuse('00005031', '已下单,不允许再次下单')
  return null
}

const isOpened = (bank: Bank): boolean => Boolean(bank.context.parameters.alipay)

function openCash(bank: Bank, request: ConsumeRequest, billNo: string): CashOrder {
  const { world } = bank.context
  const at = world.now()
  const isAlipay = request.pay_mode === '10'
  const prepayId = `${isAlipay ? '20' : 'wx'}${shanghai.compact(at)}${digits(bank, 12)}`
  return {
    orderId: `${bank.context.parameters.icbc.merId}${shanghai.compact(at).slice(2)}${digits(bank, 6)}`,
    outTradeNo: request.out_trade_no,
    billNo,
    amountFen: Number(request.total_fee),
    openId: isAlipay ? request.union_id : request.open_id,
    attach: request.attach ?? '',
    merUrl: request.notify_type === 'HS' ? (request.mer_url ?? null) : null,
    expiresAt: at + Math.min(Number(request.expire_time), PREPAY_LIFE_S) * 1000,
    prepayId,
    wxDataPackage: isAlipay ? null : wxDataPackage(bank, request.shop_appid, prepayId),
    thirdTradeNo: `42000${digits(bank, 23)}`,
    status: 'open',
    paidAt: null,
    reservedFen: 0,
    refundedFen: 0,
  }
}

function wxDataPackage(bank: Bank, appId: string, prepayId: string): WxDataPackage {
  return {
    appId,
    timeStamp: String(Math.floor(bank.context.world.now() / 1000)),
    nonceStr: digits(bank, 32),
    package: `prepay_id=${prepayId}`,
    signType: 'RSA',
    // Signed with the bank's WeChat key; only WeChat verifies it, so noise of the right length.
    paySign: bank.signing.noise(256),
  }
}

export function orderqry(bank: Bank, request: OrderqryRequest): Handled {
  const { icbc } = bank.context.parameters
  const closing = request.deal_flag !== '0'
  const log = {
    call: closing ? 'close' : 'orderqry',
    number: request.out_trade_no ?? request.order_id ?? '',
  }
  const mine = request.mer_id === icbc.merId && request.mer_prtcl_no === icbc.merPrtclNo
  const cash = mine && request.icbc_appid === icbc.appId ? findAsked(bank, request) : null
  if (cash === null) {
    record(bank, { ...log, billNo: '', result: mine && !closing ? 'question' : 'refused' })
    const refusal = mine
      ? refuse('20000049', '查询不到订单信息')
      : refuse('00005019', '商户检查不通过')
    return { billNo: '', fields: refusal }
  }
  const before = cash.status
  const refusal = closing ? close(bank, cash) : null
  const result = closing ? (before === 'open' ? 'effect' : 'repeat') : 'question'
  record(bank, { ...log, billNo: cash.billNo, result: refusal === null ? result : 'refused' })
  return { billNo: cash.billNo, fields: refusal ?? describe(bank, cash) }
}

function findAsked(bank: Bank, request: OrderqryRequest): CashOrder | null {
  return findCash(
    bank,
    (cash) =>
      (request.out_trade_no ?? cash.outTradeNo) === cash.outTradeNo &&
      (request.order_id ?? cash.orderId) === cash.orderId,
  )
}

function close(bank: Bank, cash: CashOrder): Refusal | null {
  if (cash.status === 'paid' || cash.status === 'returned')
    return refuse('268554200', '订单已支付，不允许关单')
  if (cash.status !== 'open') return null
  if (misbehaviour(cash.billNo) === 'F39' && firstTime(bank, cash.billNo, 'close'))
    return refuse('268560650', '用户支付中，不允许关单')
  cash.status = 'closed'
  return null
}

/** pay_status 0 paid, 1 failed (also closed), 2 unknown with order_status 1 waiting. */
const PAY_STATUS = { open: '2', paid: '0', returned: '0', failed: '1', closed: '1' } as const

/**
 * No public document says how a returned order looks: WeChat's own trade state is shown in
 * third_party_return_code (REFUND when nothing is left, CLOSED, PAYERROR); pay_status stays as it was.
 */
function thirdParty(cash: CashOrder): Record<string, string> {
  const returned = cash.status === 'returned' || cash.refundedFen === cash.amountFen
  if (returned) return { third_party_return_code: 'REFUND', third_party_return_msg: '转入退款' }
  if (cash.status === 'closed')
    return { third_party_return_code: 'CLOSED', third_party_return_msg: '已关闭' }
  if (cash.status === 'failed')
    return { third_party_return_code: 'PAYERROR', third_party_return_msg: '支付失败' }
  return {}
}

function describe(bank: Bank, cash: CashOrder): Record<string, unknown> {
  const amount = String(cash.amountFen)
  const paid = cash.paidAt !== null
  return {
    return_code: 0,
    return_msg: 'success',
    pay_status: PAY_STATUS[cash.status],
    mer_id: bank.context.parameters.icbc.merId,
    total_amt: amount,
    payment_amt: paid ? amount : '0',
    out_trade_no: cash.outTradeNo,
    order_id: cash.orderId,
    attach: cash.attach,
    pay_type: cash.wxDataPackage === null ? '10' : '9',
    access_type: '9',
    open_id: cash.openId,
    ...(cash.paidAt === null
      ? {}
      : { pay_time: shanghai.compact(cash.paidAt), third_trade_no: cash.thirdTradeNo }),
    ...(cash.status === 'open' ? { order_status: '1' } : {}),
    ...thirdParty(cash),
  }
}

/** The fields an answer carries when the API refused; pay_status is required even then (2.4, 2.6). */
export function refusalFields(api: string, handled: Handled['fields']): Record<string, unknown> {
  if (!isRefusal(handled)) return handled
  const asks = api.includes('orderqry') || api.includes('refundqry')
  return {
    return_code: handled.code,
    return_msg: handled.message,
    ...(asks ? { pay_status: '2' } : {}),
  }
}
