/** biz_content of every call, in the document's words and order (README.md 2, 3.1). */
import { offsetTime, plainTime } from '../../payment/numbers.ts'
import type {
  MixedContent,
  MixedOrder,
  MixedQuestion,
  SelfPayOrder,
  SelfPayRefund,
} from '../bank.ts'
import type { Content } from '../content.ts'
import { ACCESS_TYPE, idDigest, ORDER_TYPE, PAY_MODE } from './mapping.ts'

/** What the bank, WeChat and the bureau gave the hospital when it joined. */
export interface Merchant {
  readonly appId: string
  readonly merId: string
  readonly merPrtclNo: string
  readonly merAcct?: string
  readonly hospitalId: string
  readonly subMchid: string
  readonly subAppid: string
  /** The hospital's application at Alipay; null while that channel is not opened. */
  readonly alipayAppid: string | null
  /** Issued by Tencent; may differ from the division code. */
  readonly cityId: string
  readonly medInstName: string
  readonly medInstNo: string
  /** https without a query; the bank calls ports 443 and 80 only. Its path is in the signed text. */
  readonly mixedCallbackUrl: string
  readonly selfPayCallbackUrl: string
}

/** WeChat shows it in the payer's bill, so it says nothing of the visit. */
const GOODS = '医疗费用'

/** Digits of `expire_time` (2.2). */
const LONGEST_EXPIRY_S = 999_999

/** 2.2; `expire_time` always, so that the prepay dies with the order (docs/rulings.md 3.2). */
export function consumepurchase(merchant: Merchant, order: SelfPayOrder, now: number): Content {
  const secondsLeft = Math.floor((order.expiresAt - now) / 1000)
  return {
    mer_id: merchant.merId,
    mer_prtcl_no: merchant.merPrtclNo,
    out_trade_no: order.outTradeNo,
    pay_mode: PAY_MODE[order.channel],
    access_type: ACCESS_TYPE[order.channel][order.surface],
    orig_date_time: plainTime(order.orderedAt).replace(' ', 'T'),
    decive_info: order.deviceId,
    body: GOODS,
    fee_type: '001',
    spbill_create_ip: order.clientIp,
    total_fee: String(order.amountFen),
    mer_url: merchant.selfPayCallbackUrl,
    icbc_appid: merchant.appId,
    ...userOf(merchant, order),
    ...(merchant.merAcct === undefined ? {} : { mer_acct: merchant.merAcct }),
    expire_time: String(Math.min(LONGEST_EXPIRY_S, Math.max(1, secondsLeft))),
    attach: order.billNo,
    notify_type: 'HS',
    result_type: '0',
    // Comes back in the settlement file.
    order_apd_inf: order.billNo,
  }
}

const userOf = (
  merchant: Merchant,
  { channel, userId }: Pick<SelfPayOrder, 'channel' | 'userId'>,
): Content =>
  channel === 'wechat' ? { shop_appid: merchant.subAppid, open_id: userId } : { union_id: userId }

/** 2.4; `deal_flag` 0 asks, 1 closes. */
export function orderqry(merchant: Merchant, outTradeNo: string, dealFlag: '0' | '1'): Content {
  return {
    mer_id: merchant.merId,
    out_trade_no: outTradeNo,
    deal_flag: dealFlag,
    icbc_appid: merchant.appId,
    mer_prtcl_no: merchant.merPrtclNo,
  }
}

/** 2.5 */
export function merrefund(merchant: Merchant, refund: SelfPayRefund): Content {
  return {
    mer_id: merchant.merId,
    outtrx_serial_no: refund.refundNo,
    order_id: refund.bankOrderNo,
    out_trade_no: refund.outTradeNo,
    ret_total_amt: String(refund.amountFen),
    trnsc_ccy: '001',
    icbc_appid: merchant.appId,
    order_apd_inf: refund.billNo,
    mer_prtcl_no: merchant.merPrtclNo,
  }
}

/** 2.6 */
export function refundqry(merchant: Merchant, outTradeNo: string, refundNo: string): Content {
  return {
    mer_id: merchant.merId,
    out_trade_no: outTradeNo,
    outtrx_serial_no: refundNo,
    mer_prtcl_no: merchant.merPrtclNo,
  }
}

/** 3.1 submitorder; `mix_pay_type` fixes which members may be there (docs/mixed-order.md 1.2). */
export function submitorder(
  merchant: Merchant,
  order: MixedOrder,
  includePassthrough: boolean,
): Content {
  return {
    icbc_serial_no: order.serialNo,
    hospital_id: merchant.hospitalId,
    mix_pay_type: order.mixPayType,
    order_type: ORDER_TYPE[order.businessType],
    sub_openid: order.userId,
    sub_appid: appidOf(merchant, order),
    sub_mchid: merchant.subMchid,
    payer: person(order.payer),
    pay_for_relatives: order.relative !== null,
    ...(order.relative === null ? {} : { relative: person(order.relative) }),
    out_trade_no: order.institutionNo,
    serial_no: order.medicalSerialNo,
    ...insurancePart(order, includePassthrough),
    city_id: merchant.cityId,
    med_inst_name: merchant.medInstName,
    med_inst_no: merchant.medInstNo,
    total_fee: order.amounts.totalFen,
    ...cashPart(order),
    callback_url: merchant.mixedCallbackUrl,
    attach: order.billNo,
  }
}

/** What tells the channels apart in a mixed order (assumed): the application that the user belongs to. */
function appidOf(merchant: Merchant, { channel }: Pick<MixedOrder, 'channel'>): string {
  if (channel === 'wechat') return merchant.subAppid
  if (merchant.alipayAppid === null) throw new Error('an Alipay order without an application there')
  return merchant.alipayAppid
}

function person({ name, idNo }: { name: string; idNo: string }): Content {
  return { name, id_digest: idDigest(idNo), card_type: 'ID_CARD' }
}

/** The bureau's data unchanged (SC-P09 b). The three are wanted inside the passthrough as well. */
function insurancePart(order: MixedContent, includePassthrough: boolean): Content {
  if (order.mixPayType === 'CASH_ONLY') return {}
  const { insurance, amounts } = order
  if (insurance === null) throw new Error(`${order.mixPayType} without insurance data`)
  const payAuthNo = insurance.payAuthNo.reveal()
  const passthrough = {
    payAuthNo,
    payOrdId: insurance.payOrdId,
    setlLatlnt: insurance.location,
  }
  return {
    pay_order_id: insurance.payOrdId,
    pay_auth_no: payAuthNo,
    geo_location: insurance.location,
    med_ins_order_create_time: offsetTime(insurance.orderedAt),
    med_ins_gov_fee: amounts.fundFen,
    med_ins_self_fee: amounts.accountFen,
    med_ins_other_fee: amounts.otherFen,
    med_ins_cash_fee: amounts.selfPayFen,
    ...(includePassthrough ? { passthrough_request_content: JSON.stringify(passthrough) } : {}),
  }
}

function cashPart(order: MixedOrder): Content {
  if (order.mixPayType === 'INSURANCE_ONLY') return {}
  if (order.prepayId === null) throw new Error(`${order.mixPayType} without a prepay number`)
  return { wechat_pay_cash_fee: order.amounts.selfPayFen, prepay_id: order.prepayId }
}

/** 3.1 queryorder; `out_trade_no` only where the profile says that this bank can. */
export function queryorder(
  merchant: Merchant,
  question: Pick<MixedQuestion, 'mixTradeNo' | 'institutionNo'>,
): Content {
  return {
    hospital_id: merchant.hospitalId,
    ...(question.mixTradeNo === null
      ? { out_trade_no: question.institutionNo }
      : { mix_trade_no: question.mixTradeNo }),
    sub_mchid: merchant.subMchid,
  }
}

/** 3.3 orderstatusquery; `trxDate` `yyyy-MM-dd` of the day on which the bank took the order. */
export function orderstatusquery(
  merchant: Merchant,
  question: Pick<MixedQuestion, 'mixTradeNo' | 'institutionNo'>,
  trxDate: string,
): Content {
  return {
    query_type: question.mixTradeNo === null ? 'OUT_TRADE_NO' : 'MIX_TRADE_NO',
    ...queryorder(merchant, question),
    trx_date: trxDate,
  }
}

/** 3.2 with own money: `consumepurchase` and the mixed order in one; all amounts are texts. */
export function ybconsumepurchase(
  merchant: Merchant,
  order: SelfPayOrder,
  options: { readonly now: number; readonly includePassthrough: boolean },
): Content {
  const { decive_info, ...consumption } = consumepurchase(merchant, order, options.now)
  return {
    ...consumption,
    device_info: decive_info,
    ...ybPart(merchant, order.mixed, options.includePassthrough),
    wechat_pay_cash_fee: String(order.amountFen),
  }
}

/** 3.2 for insurance alone: nothing of a cash order, under our institution number. */
export function ybInsuranceOnly(
  merchant: Merchant,
  order: MixedOrder,
  includePassthrough: boolean,
): Content {
  return {
    mer_id: merchant.merId,
    mer_prtcl_no: merchant.merPrtclNo,
    out_trade_no: order.institutionNo,
    pay_mode: PAY_MODE[order.channel],
    icbc_appid: merchant.appId,
    ...userOf(merchant, order),
    attach: order.billNo,
    ...ybPart(merchant, order, includePassthrough),
  }
}

function ybPart(merchant: Merchant, order: MixedContent, includePassthrough: boolean): Content {
  const insurance = Object.entries(insurancePart(order, includePassthrough))
  return {
    mix_pay_type: order.mixPayType,
    order_type: ORDER_TYPE[order.businessType],
    ...ybPerson('payer', order.payer),
    pay_for_relatives: String(order.relative !== null),
    ...(order.relative === null ? {} : ybPerson('relative', order.relative)),
    serial_no: order.medicalSerialNo,
    ...Object.fromEntries(insurance.map(([name, value]) => [name, String(value)])),
    city_id: merchant.cityId,
    med_inst_name: merchant.medInstName,
    med_inst_no: merchant.medInstNo,
    total_fee: String(order.amounts.totalFen),
    callback_url: merchant.mixedCallbackUrl,
  }
}

const ybPerson = (who: 'payer' | 'relative', { name, idNo }: MixedContent['payer']): Content => ({
  [`${who}_name`]: name,
  [`${who}_id_digest`]: idDigest(idNo),
  [`${who}_card_type`]: 'ID_CARD',
})

/** 3.2; by the number under which we placed the order. */
export function yborderqry(
  merchant: Merchant,
  { outTradeNo, institutionNo }: Pick<MixedQuestion, 'outTradeNo' | 'institutionNo'>,
): Content {
  return {
    merId: merchant.merId,
    outTradeNo: outTradeNo ?? institutionNo,
    merPrtclNo: merchant.merPrtclNo,
  }
}
