/** The bodies of every call, in the order of README.md 2 to 4. */
import { offsetTime } from '../../payment/numbers.ts'
import type { ChannelName } from '../../payment/order.ts'
import type {
  InsuranceRefundNotice,
  MixedOrder,
  MixedQuestion,
  SelfPayOrder,
  SelfPayRefund,
} from '../bank.ts'
import type { Content } from '../content.ts'
import { BUSINESS } from './mapping.ts'

/** What the bank gave the hospital when it joined, and where it calls back. */
export interface Merchant {
  readonly merchantNo: string
  /** The hospital's own application at each channel; null while it is not opened. */
  readonly appIds: Readonly<Record<ChannelName, string | null>>
  /** As the bank knows the address, in front of every proxy of ours: its path is signed. */
  readonly callbackUrl: Readonly<Record<'mixed-order' | 'self-pay', string>>
  /** To an `sm4:` field. */
  readonly seal: (text: string) => string
}

/** The channel shows it in the payer's bill, so it says nothing of the visit. */
const SUBJECT = '医疗费用'

export function selfPayOrder(merchant: Merchant, order: SelfPayOrder): Content {
  return {
    merchantNo: merchant.merchantNo,
    outTradeNo: order.outTradeNo,
    amountFen: order.amountFen,
    channel: order.channel,
    surface: order.surface,
    channelAppId: merchant.appIds[order.channel],
    userId: merchant.seal(order.userId),
    clientIp: order.clientIp,
    deviceId: order.deviceId,
    subject: SUBJECT,
    orderedAt: offsetTime(order.orderedAt),
    expiresAt: offsetTime(order.expiresAt),
    callbackUrl: merchant.callbackUrl['self-pay'],
    billNo: order.billNo,
  }
}

export const selfPayQuestion = ({ merchantNo }: Merchant, outTradeNo: string): Content => ({
  merchantNo,
  outTradeNo,
})

export function mixedOrder(merchant: Merchant, order: MixedOrder): Content {
  return {
    merchantNo: merchant.merchantNo,
    serialNo: order.serialNo,
    institutionNo: order.institutionNo,
    mixPayType: order.mixPayType,
    businessType: BUSINESS[order.businessType],
    channel: order.channel,
    channelAppId: merchant.appIds[order.channel],
    userId: merchant.seal(order.userId),
    payer: person(merchant, order.payer),
    ...(order.relative && { relative: person(merchant, order.relative) }),
    medicalSerialNo: order.medicalSerialNo,
    amounts: order.amounts,
    ...(order.insurance && { insurance: insurance(merchant, order.insurance) }),
    ...(order.prepayId !== null && { prepayId: order.prepayId }),
    callbackUrl: merchant.callbackUrl['mixed-order'],
    billNo: order.billNo,
  }
}

const person = ({ seal }: Merchant, { name, idNo }: MixedOrder['payer']): Content => ({
  name: seal(name),
  idNo: seal(idNo),
})

function insurance(
  { seal }: Merchant,
  { payOrdId, payAuthNo, location, orderedAt }: NonNullable<MixedOrder['insurance']>,
): Content {
  return {
    payOrdId,
    payAuthNo: seal(payAuthNo.reveal()),
    location: seal(location),
    orderedAt: offsetTime(orderedAt),
  }
}

export function mixedQuestion(
  { merchantNo }: Merchant,
  { mixTradeNo, institutionNo }: MixedQuestion,
): Content {
  return { merchantNo, ...(mixTradeNo === null ? { institutionNo } : { mixTradeNo }) }
}

export function refund({ merchantNo }: Merchant, refund: SelfPayRefund): Content {
  return {
    merchantNo,
    refundNo: refund.refundNo,
    outTradeNo: refund.outTradeNo,
    bankOrderNo: refund.bankOrderNo,
    amountFen: refund.amountFen,
    billNo: refund.billNo,
  }
}

export const refundQuestion = (
  { merchantNo }: Merchant,
  { outTradeNo, refundNo }: { outTradeNo: string; refundNo: string },
): Content => ({ merchantNo, outTradeNo, refundNo })

export function refundNotice({ merchantNo }: Merchant, notice: InsuranceRefundNotice): Content {
  const { fundFen, accountFen, otherFen } = notice.amounts
  return {
    merchantNo,
    mixTradeNo: notice.mixTradeNo,
    refundNo: notice.refundNo,
    ...(notice.bankRefundNo !== null && { bankRefundNo: notice.bankRefundNo }),
    amounts: { fundFen, accountFen, otherFen },
    refundedAt: offsetTime(notice.refundedAt),
  }
}
