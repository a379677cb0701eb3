/** biz_content of every API in the bank's words, order and lengths; unknown members are refused. */
import { isIP } from 'node:net'
import { z } from 'zod'

export const text = (max: number) => z.string().min(1).max(max)
export const alphanumeric = (max: number) => z.string().regex(new RegExp(`^[0-9A-Za-z]{1,${max}}$`))
/** Fen as digits, no sign, no leading zero (17). */
export const fenText = z.string().regex(/^[1-9]\d{0,16}$/)
const fen = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** Port 443 or 80 (upstreams/icbc/README.md 1.6); on loopback the service has any port. */
const notifyUrl = (max: number) =>
  text(max).refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : null
    if (url === null || url.search !== '' || url.hash !== '') return false
    if (loopback.has(url.hostname)) return true
    return url.protocol === 'https:' && ['', '80'].includes(url.port)
  }, '须为 https、443/80 端口、不带参数的地址')

/** 2.2 consumepurchase/V1; expire_time is required here: docs/rulings.md 3.2 always sends it. */
export const ACQUIRING = {
  mer_id: text(20),
  mer_prtcl_no: text(20),
  out_trade_no: alphanumeric(50),
  orig_date_time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
  decive_info: text(64),
  body: text(128),
  fee_type: z.literal('001'),
  spbill_create_ip: z.string().refine((value) => isIP(value) !== 0),
  total_fee: fenText,
  mer_url: notifyUrl(1024).optional(),
  icbc_appid: text(20),
  mer_acct: z.string().max(34).optional(),
  expire_time: z.string().regex(/^[1-9]\d{0,5}$/),
  attach: z.string().max(127).optional(),
  notify_type: z.enum(['HS', 'AG']),
  result_type: z.enum(['0', '1']).optional(),
  pay_limit: z.enum(['', 'no_credit', 'no_balance']).optional(),
  order_apd_inf: z.string().max(100).optional(),
}
export const CONSUME = z.discriminatedUnion('pay_mode', [
  z.strictObject({
    ...ACQUIRING,
    pay_mode: z.literal('9'),
    access_type: z.enum(['7', '9']),
    shop_appid: text(32),
    open_id: text(128),
  }),
  z.strictObject({
    ...ACQUIRING,
    pay_mode: z.literal('10'),
    access_type: z.enum(['8', '9']),
    union_id: text(128),
  }),
])
export type ConsumeRequest = z.infer<typeof CONSUME>

/** 2.4 orderqry/V1 */
export const ORDERQRY = z
  .strictObject({
    mer_id: text(20),
    out_trade_no: alphanumeric(50).optional(),
    order_id: text(30).optional(),
    deal_flag: z.enum(['0', '1', '2']),
    icbc_appid: text(20),
    mer_prtcl_no: text(20),
  })
  .refine((order) => order.out_trade_no !== undefined || order.order_id !== undefined)
export type OrderqryRequest = z.infer<typeof ORDERQRY>

/** 2.5 merrefund/V1 */
export const MERREFUND = z
  .strictObject({
    mer_id: text(20),
    outtrx_serial_no: text(50),
    order_id: text(30).optional(),
    out_trade_no: alphanumeric(50).optional(),
    ret_total_amt: fenText,
    trnsc_ccy: z.literal('001'),
    icbc_appid: text(20),
    mer_acct: z.string().max(34).optional(),
    order_apd_inf: z.string().max(100).optional(),
    mer_prtcl_no: text(20).optional(),
    refund_source: z.enum(['1', '2']).optional(),
  })
  .refine((order) => order.out_trade_no !== undefined || order.order_id !== undefined)
export type MerrefundRequest = z.infer<typeof MERREFUND>

/** 2.6 refundqry/V1; icbc_appid and acct are tolerated, as in the SDK's samples. */
export const REFUNDQRY = z
  .strictObject({
    mer_id: text(20),
    out_trade_no: alphanumeric(50).optional(),
    order_id: text(30).optional(),
    outtrx_serial_no: text(50),
    mer_prtcl_no: text(20).optional(),
    icbc_appid: text(20).optional(),
  })
  .refine((order) => order.out_trade_no !== undefined || order.order_id !== undefined)
export type RefundqryRequest = z.infer<typeof REFUNDQRY>

const person = z.strictObject({
  name: text(64),
  /** MD5 of the upper-case 18-digit number, lower-case hex (docs/mixed-order.md 1.4). */
  id_digest: z.string().regex(/^[0-9a-f]{32}$/),
  card_type: z.enum([
    'ID_CARD',
    'HOUSEHOLD_REGISTRATION',
    'FOREIGNER_PASSPORT',
    'MAINLAND_TRAVEL_PERMIT_FOR_TW',
    'MAINLAND_TRAVEL_PERMIT_FOR_MO',
    'MAINLAND_TRAVEL_PERMIT_FOR_HK',
    'FOREIGN_PERMANENT_RESIDENT',
  ]),
})

/** 3.1 mixorder/submitorder/V1 with WeChat's limits (docs/mixed-order.md 1). */
export const SUBMIT = z.strictObject({
  icbc_serial_no: alphanumeric(32),
  hospital_id: text(32),
  mix_pay_type: z.enum(['CASH_ONLY', 'INSURANCE_ONLY', 'CASH_AND_INSURANCE']),
  order_type: z.enum([
    'REG_PAY',
    'DIAG_PAY',
    'COVID_EXAM_PAY',
    'IN_HOSP_PAY',
    'PHARMACY_PAY',
    'INSURANCE_PAY',
    'INT_REG_PAY',
    'INT_RE_DIAG_PAY',
    'INT_RX_PAY',
    'COVID_ANTIGEN_PAY',
    'MED_PAY',
  ]),
  sub_openid: text(128),
  sub_appid: text(32),
  sub_mchid: text(32),
  payer: person,
  pay_for_relatives: z.boolean().optional(),
  relative: person.optional(),
  out_trade_no: alphanumeric(64),
  serial_no: alphanumeric(20),
  pay_order_id: text(64).optional(),
  pay_auth_no: text(40).optional(),
  geo_location: z
    .string()
    .max(40)
    .regex(/^-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?$/)
    .optional(),
  city_id: text(8),
  med_inst_name: text(128),
  med_inst_no: text(32),
  med_ins_order_create_time: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
    .optional(),
  total_fee: fen.positive(),
  med_ins_gov_fee: fen.optional(),
  med_ins_self_fee: fen.optional(),
  med_ins_other_fee: fen.optional(),
  med_ins_cash_fee: fen.optional(),
  wechat_pay_cash_fee: fen.optional(),
  cash_add_detail: z
    .array(
      z.strictObject({
        cash_add_fee: fen.positive(),
        cash_add_type: z.enum(['DEFAULT_ADD_TYPE', 'FREIGHT', 'OTHER_MEDICAL_EXPENSES']),
      }),
    )
    .optional(),
  cash_reduce_detail: z
    .array(
      z.strictObject({
        cash_reduce_fee: fen.positive(),
        cash_reduce_type: z.enum([
          'DEFAULT_REDUCE_TYPE',
          'HOSPITAL_REDUCE',
          'PHARMACY_DISCOUNT',
          'DISCOUNT',
          'PRE_PAYMENT',
          'DEPOSIT_DEDUCTION',
        ]),
      }),
    )
    .optional(),
  callback_url: notifyUrl(256),
  prepay_id: text(64).optional(),
  passthrough_request_content: z.string().max(2048).optional(),
  extends_field: z.string().max(2048).optional(),
  attach: z.string().max(128).optional(),
  channel_no: text(32).optional(),
})
export type SubmitRequest = z.infer<typeof SUBMIT>

/** 3.1 mixorder/queryorder/V1; out_trade_no only where the profile says the bank can. */
export const QUERY = z.strictObject({
  hospital_id: text(32),
  mix_trade_no: text(32).optional(),
  out_trade_no: alphanumeric(64).optional(),
  sub_mchid: text(32),
})
export type QueryRequest = z.infer<typeof QUERY>

const statusQuery = {
  hospital_id: text(32),
  sub_mchid: text(64),
  trx_date: z.string().regex(/^\d{4}-\d\d-\d\d$/),
}
/** 3.3 orderstatusquery/V1: by one of the two numbers, and which is said. */
export const STATUS_QUERY = z.discriminatedUnion('query_type', [
  z.strictObject({
    ...statusQuery,
    query_type: z.literal('MIX_TRADE_NO'),
    mix_trade_no: text(64),
  }),
  z.strictObject({
    ...statusQuery,
    query_type: z.literal('OUT_TRADE_NO'),
    out_trade_no: alphanumeric(64),
  }),
])
export type StatusQueryRequest = z.infer<typeof STATUS_QUERY>
