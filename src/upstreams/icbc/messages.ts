/**
 * What ICBC sends, in its words and order. Amounts come as texts or numbers, codes with leading
 * zeros; members that we do not read are not listed. Sections are those of README.md.
 */
import { z } from 'zod'

/** A text, or a number as the same text; an empty text is as good as missing. */
const text = z
  .union([z.string(), z.number(), z.null()])
  .transform((value) => (value === null || value === '' ? undefined : String(value)))
  .optional()

export const API = {
  consumepurchase: '/api/cardbusiness/aggregatepay/b2c/online/consumepurchase/V1',
  orderqry: '/api/cardbusiness/aggregatepay/b2c/online/orderqry/V1',
  merrefund: '/api/cardbusiness/aggregatepay/b2c/online/merrefund/V1',
  refundqry: '/api/cardbusiness/aggregatepay/b2c/online/refundqry/V1',
  ybconsumepurchase: '/api/cardbusiness/aggregatepay/b2c/online/ybconsumepurchase/V1',
  yborderqry: '/api/cardbusiness/aggregatepay/b2c/online/yborderqry/V1',
  submitorder: '/api/mybank/medical/mixorder/submitorder/V1',
  queryorder: '/api/mybank/medical/mixorder/queryorder/V1',
  hebeiSubmit: '/api/hbfh/mimp/mixorder/V1',
  orderstatusquery: '/api/hbfh/mimp/orderstatusquery/V1',
  refundsnotify: '/api/mybank/medical/mixorder/refundsnotify/V1',
  ybmerrefund: '/api/cardbusiness/aggregatepay/b2c/online/ybmerrefund/V1',
  mixrefundnotify: '/api/hbfh/mimp/mixrefundnotify/V1',
} as const

/** 2.2 consumepurchase/V1 */
export const CONSUMED = z.object({
  total_amt: text,
  out_trade_no: text,
  order_id: text,
  /** A text of JSON; some gateways hand over the object itself. */
  wx_data_package: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  /** Alipay's trade number. */
  zfb_data_package: text,
})

/** 2.4 orderqry/V1 */
export const CASH_ORDER = z.object({
  pay_status: text,
  total_amt: text,
  out_trade_no: text,
  order_id: text,
  third_party_return_code: text,
  order_status: text,
})
export type CashOrder = z.infer<typeof CASH_ORDER>

/** 2.5 merrefund/V1 */
export const REFUND_ACCEPTED = z.object({ outtrx_serial_no: text })

/** 2.6 refundqry/V1 */
export const CASH_REFUND = z.object({
  pay_status: text,
  outtrx_serial_no: text,
  intrx_serial_no: text,
  real_reject_amt: text,
  reject_amt: text,
  refund_time: text,
})
export type CashRefund = z.infer<typeof CASH_REFUND>

/** 3.4; no answer is public: what it repeats, if it does, must be ours. */
export const REFUND_NOTICED = z.object({ mix_trade_no: text, out_refund_no: text })

/** 3.1 submitorder, with the names of WeChat's answer; 3.2 the same of an order that stands */
export const MIXED_PLACED = z.object({
  mix_trade_no: text,
  out_trade_no: text,
  order_id: text,
  /** Alipay's cashier page, named as in Alipay's own answer (assumed). */
  pay_url: text,
})

/** 3.1 queryorder and the callback, with WeChat's names (docs/mixed-order.md 2) */
export const MIXED = z.object({
  mix_trade_no: text,
  mix_pay_status: text,
  self_pay_status: text,
  med_ins_pay_status: text,
  med_ins_fail_reason: text,
  paid_time: text,
  out_trade_no: text,
  /** 3.2 alone. */
  order_id: text,
  total_fee: text,
  med_ins_gov_fee: text,
  med_ins_self_fee: text,
  med_ins_other_fee: text,
  med_ins_cash_fee: text,
  wechat_pay_cash_fee: text,
})
export type Mixed = z.infer<typeof MIXED>

/** 1.6 biz_content of the self-pay callback */
export const CASH_NOTICE = z.object({
  return_code: text,
  msg_id: text,
  out_trade_no: text,
})

/** Never written down in clear (SC-S03): people, what they pay with, and what lets one pay. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'name',
  'id_digest',
  'payer_name',
  'payer_id_digest',
  'relative_name',
  'relative_id_digest',
  'pay_auth_no',
  'geo_location',
  'passthrough_request_content',
  'passthrough_response_content',
  'open_id',
  'openid',
  'sub_openid',
  'union_id',
  'card_no',
  'spbill_create_ip',
  'decive_info',
  'device_info',
  'prepay_id',
  'pay_url',
  'wx_data_package',
  'zfb_data_package',
  'union_data_package',
])
