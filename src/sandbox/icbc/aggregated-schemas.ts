/** The calls that place and ask for both orders at once (upstreams/icbc/README.md 3.2). */
import { z } from 'zod'
import { ACQUIRING, alphanumeric, fenText, SUBMIT, text } from './schemas.ts'

const { decive_info: device, total_fee: _, ...acquiring } = ACQUIRING
const { name, id_digest: idDigest, card_type: cardType } = SUBMIT.shape.payer.shape
const insuredFen = z.string().regex(/^(0|[1-9]\d{0,16})$/)

/** What a cash order needs besides; insurance alone has none of it. */
export const CASH_MEMBERS = z
  .object({
    ...acquiring,
    device_info: device,
    access_type: z.enum(['7', '8', '9']),
    wechat_pay_cash_fee: fenText,
  })
  .omit({ mer_id: true, mer_prtcl_no: true, out_trade_no: true, icbc_appid: true, attach: true })

export const YB_CONSUME = z.strictObject({
  ...CASH_MEMBERS.partial().shape,
  mer_id: acquiring.mer_id,
  mer_prtcl_no: acquiring.mer_prtcl_no,
  out_trade_no: acquiring.out_trade_no,
  pay_mode: z.enum(['9', '10']),
  icbc_appid: acquiring.icbc_appid,
  shop_appid: text(32).optional(),
  open_id: text(128).optional(),
  union_id: text(128).optional(),
  attach: acquiring.attach,
  ...SUBMIT.pick({
    mix_pay_type: true,
    order_type: true,
    serial_no: true,
    pay_order_id: true,
    pay_auth_no: true,
    geo_location: true,
    city_id: true,
    med_inst_name: true,
    med_inst_no: true,
    med_ins_order_create_time: true,
    callback_url: true,
    passthrough_request_content: true,
  }).shape,
  payer_name: name,
  payer_id_digest: idDigest,
  payer_card_type: cardType,
  pay_for_relatives: z.enum(['true', 'false']),
  relative_name: name.optional(),
  relative_id_digest: idDigest.optional(),
  relative_card_type: cardType.optional(),
  total_fee: fenText,
  med_ins_gov_fee: insuredFen.optional(),
  med_ins_self_fee: insuredFen.optional(),
  med_ins_other_fee: insuredFen.optional(),
  med_ins_cash_fee: insuredFen.optional(),
})
export type YbConsumeRequest = z.infer<typeof YB_CONSUME>

export const YB_ORDERQRY = z
  .strictObject({
    merId: text(20),
    outTradeNo: alphanumeric(50).optional(),
    orderId: text(30).optional(),
    merPrtclNo: text(20),
  })
  .refine((order) => (order.outTradeNo === undefined) !== (order.orderId === undefined))
export type YbOrderqryRequest = z.infer<typeof YB_ORDERQRY>
