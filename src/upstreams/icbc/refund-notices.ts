/** biz_content of the refund notices, a shape for each house (README.md 3.4). */
import { insuranceFen } from '../../payment/amounts.ts'
import { offsetTime } from '../../payment/numbers.ts'
import type { InsuranceRefundNotice } from '../bank.ts'
import type { Content } from '../content.ts'
import type { Merchant } from './requests.ts'

/** Head office. WeChat wants `out_refund_no`; the bank's own sample leaves it out. */
export function refundsnotify(merchant: Merchant, notice: InsuranceRefundNotice): Content {
  return {
    hospital_id: merchant.hospitalId,
    mix_trade_no: notice.mixTradeNo,
    sub_mchid: merchant.subMchid,
    ...insuredFees(notice),
    refund_time: offsetTime(notice.refundedAt),
    out_refund_no: notice.refundNo,
  }
}

/** Aggregated: texts; an order of insurance alone has no cash order to be found by. */
export function ybmerrefund(merchant: Merchant, notice: InsuranceRefundNotice): Content {
  const fees = Object.entries(insuredFees(notice))
  return {
    ...(notice.outTradeNo === null
      ? { mix_trade_no: notice.mixTradeNo }
      : { out_trade_no: notice.outTradeNo }),
    ...(notice.bankOrderNo !== null && { order_id: notice.bankOrderNo }),
    mer_id: merchant.merId,
    mer_prtcl_no: merchant.merPrtclNo,
    ...Object.fromEntries(fees.map(([name, fee]) => [name, String(fee)])),
    refund_time: offsetTime(notice.refundedAt),
    out_refund_no: notice.refundNo,
  }
}

/**
 * Hebei: of own money only with the bank's number of its refund, without which nothing is claimed;
 * of own money alone without the fees of the insurance.
 */
export function mixrefundnotify(merchant: Merchant, notice: InsuranceRefundNotice): Content {
  const { amounts, bankRefundNo } = notice
  const insured = insuranceFen(amounts) > 0
  const withCash = amounts.selfPayFen > 0 && bankRefundNo !== null
  return {
    hospital_id: merchant.hospitalId,
    sub_mchid: merchant.subMchid,
    refund_type: withCash ? (insured ? 'MIX_REFUND' : 'SELF_REFUND') : 'MED_REFUND',
    ...(withCash && { intrx_serial_no: bankRefundNo, cash_refund_fee: amounts.selfPayFen }),
    mix_trade_no: notice.mixTradeNo,
    ...(insured && insuredFees(notice)),
    refund_time: offsetTime(notice.refundedAt),
    out_refund_no: notice.refundNo,
  }
}

const insuredFees = ({ amounts }: InsuranceRefundNotice) => ({
  med_refund_total_fee: insuranceFen(amounts),
  med_refund_gov_fee: amounts.fundFen,
  med_refund_self_fee: amounts.accountFen,
  med_refund_other_fee: amounts.otherFen,
})
