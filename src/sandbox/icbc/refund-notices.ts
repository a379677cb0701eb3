/** refundsnotify, ybmerrefund and mixrefundnotify (upstreams/icbc/README.md 3.4); unknown members are refused. */
import { z } from 'zod'
import { canonical } from '../bank/book.ts'
import { noticeRefund, type RefundNoticeWish } from '../bank/refund-notices.ts'
import { refuse } from './envelope.ts'
import { type Answered, answered, type IcbcCounter, refused } from './protocol.ts'
import { alphanumeric, text } from './schemas.ts'

const fee = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const refundTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
const refundNo = z.string().regex(/^[0-9A-Za-z-]{1,64}$/)

/** The same in each shape. */
const NOTICE = {
  med_refund_total_fee: fee,
  med_refund_gov_fee: fee,
  med_refund_self_fee: fee,
  med_refund_other_fee: fee,
  refund_time: refundTime,
  out_refund_no: refundNo,
}
const HOSPITAL = { hospital_id: text(32), sub_mchid: text(64), mix_trade_no: text(32) }

export const REFUNDS_NOTIFY = z.strictObject({ ...HOSPITAL, ...NOTICE })
type RefundsNotify = z.infer<typeof REFUNDS_NOTIFY>

const insured = { ...HOSPITAL, ...NOTICE }
export const MIX_REFUND_NOTIFY = z.discriminatedUnion('refund_type', [
  z.strictObject({ ...insured, refund_type: z.literal('MED_REFUND') }),
  z.strictObject({
    ...insured,
    refund_type: z.literal('MIX_REFUND'),
    intrx_serial_no: text(30),
    cash_refund_fee: fee.positive(),
  }),
  z.strictObject({
    ...HOSPITAL,
    refund_type: z.literal('SELF_REFUND'),
    intrx_serial_no: text(30),
    cash_refund_fee: fee.positive(),
    refund_time: refundTime,
    out_refund_no: refundNo,
  }),
])
type MixRefundNotify = z.infer<typeof MIX_REFUND_NOTIFY>

const feeText = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/)
  .transform(Number)
export const YB_MERREFUND = z
  .strictObject({
    mer_id: text(20),
    mer_prtcl_no: text(20),
    out_trade_no: alphanumeric(50).optional(),
    order_id: text(30).optional(),
    mix_trade_no: text(32).optional(),
    ...NOTICE,
    med_refund_total_fee: feeText,
    med_refund_gov_fee: feeText,
    med_refund_self_fee: feeText,
    med_refund_other_fee: feeText,
  })
  .refine((notice) => (notice.out_trade_no === undefined) !== (notice.mix_trade_no === undefined))
type YbMerrefund = z.infer<typeof YB_MERREFUND>

const NOT_FOUND = refuse('268529515', '未找到订单')

export function refundsNotify(counter: IcbcCounter, notice: RefundsNotify): Answered {
  const { icbc } = counter.context.parameters
  if (notice.hospital_id !== icbc.hospitalId || notice.sub_mchid !== icbc.subMchid)
    return refused(counter, callOf(notice), NOT_FOUND)
  return tell(counter, notice, { mixTradeNo: notice.mix_trade_no, ...NO_CASH })
}

export function mixRefundNotify(counter: IcbcCounter, notice: MixRefundNotify): Answered {
  const { icbc } = counter.context.parameters
  if (notice.hospital_id !== icbc.hospitalId || notice.sub_mchid !== icbc.subMchid)
    return refused(counter, callOf(notice), NOT_FOUND)
  const cash =
    notice.refund_type === 'MED_REFUND'
      ? NO_CASH
      : { bankRefundNo: notice.intrx_serial_no, cashFen: notice.cash_refund_fee }
  const insured = notice.refund_type === 'SELF_REFUND' ? { ...NO_FEES, ...notice } : notice
  return tell(counter, insured, { mixTradeNo: notice.mix_trade_no, ...cash })
}

const NO_FEES = {
  med_refund_total_fee: 0,
  med_refund_gov_fee: 0,
  med_refund_self_fee: 0,
  med_refund_other_fee: 0,
}

/** By the number under which the order was placed; both must fit where the bank's is there too. */
export function ybMerrefund(counter: IcbcCounter, notice: YbMerrefund): Answered {
  const { icbc } = counter.context.parameters
  if (notice.mer_id !== icbc.merId || notice.mer_prtcl_no !== icbc.merPrtclNo)
    return refused(counter, callOf(notice), refuse('00005019', '商户检查不通过'))
  const { out_trade_no: outTradeNo, order_id: orderId } = notice
  const cash = counter.cashOrders.get(outTradeNo ?? '')
  const wrongOrder = cash !== undefined && orderId !== undefined && cash.orderId !== orderId
  const mixed = counter.mixedOrders.get(cash?.orderId ?? '')
  const mixTradeNo = notice.mix_trade_no ?? mixed?.mixTradeNo
  if (wrongOrder || mixTradeNo === undefined) return refused(counter, callOf(notice), NOT_FOUND)
  return tell(counter, notice, { mixTradeNo, ...NO_CASH })
}

const NO_CASH = { bankRefundNo: null, cashFen: null }

const callOf = ({ out_refund_no: number }: { out_refund_no: string }) => ({
  billNo: '',
  call: 'refund-notice',
  number,
})

function tell(
  counter: IcbcCounter,
  notice: Pick<RefundsNotify, keyof typeof NOTICE>,
  from: Pick<RefundNoticeWish, 'mixTradeNo' | 'bankRefundNo' | 'cashFen'>,
): Answered {
  const handled = noticeRefund(counter, {
    ...from,
    refundNo: notice.out_refund_no,
    totalFen: notice.med_refund_total_fee,
    fundFen: notice.med_refund_gov_fee,
    accountFen: notice.med_refund_self_fee,
    otherFen: notice.med_refund_other_fee,
    text: canonical(notice),
  })
  return answered(handled, ({ mixTradeNo }) => ({
    return_code: 0,
    return_msg: 'success',
    mix_trade_no: mixTradeNo,
    out_refund_no: notice.out_refund_no,
  }))
}
