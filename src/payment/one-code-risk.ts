/** Risk control (风控措施) of the hospital: pure rules, asked at the instant before money moves. */
import type { Fen } from './money.ts'
import type { Certificate, CounterShare, OneCodePayment } from './one-code.ts'

/** What is known at that instant. */
export interface ChargeFacts {
  readonly now: number
  readonly payment: OneCodePayment
  readonly certificate: Certificate
  /** The bill as HIS has it now. */
  readonly bill: { readonly isUnpaid: boolean; readonly share: CounterShare | undefined }
  readonly orgCode: string
  /** Charges of this device in the last minute, this one not counted. */
  readonly chargesOfDevice: number
  readonly mostChargesOfDevice: number
}

interface ChargeRule {
  readonly code: string
  readonly holds: (facts: ChargeFacts) => boolean
  readonly text: string
}

const amountNow = ({ bill }: ChargeFacts): Fen | undefined => bill.share?.selfPayFen

export const CHARGE_RULES: readonly ChargeRule[] = [
  {
    code: 'certificate-used',
    holds: ({ payment }) => payment.outTradeNo === null,
    text: '付款凭据已经使用过，不能再次扣款。',
  },
  {
    code: 'certificate-expired',
    holds: ({ now, certificate }) => certificate.value !== null && now < certificate.until,
    text: '付款凭据已过有效期。',
  },
  {
    code: 'bill-already-paid',
    holds: ({ bill }) => bill.isUnpaid,
    text: '账单已支付或已作废，没有扣款。',
  },
  {
    code: 'amount-drift',
    holds: (facts) => {
      const { selfPayFen } = facts.payment
      const same = facts.certificate.amountFen === selfPayFen && amountNow(facts) === selfPayFen
      return same && selfPayFen > 0
    },
    text: '自费金额与账单或付款凭据不一致，没有扣款。',
  },
  {
    code: 'insurance-changed',
    holds: ({ payment, bill }) => bill.share?.insurance === payment.insurance,
    text: '医保结算状态已变化，没有扣款。',
  },
  {
    code: 'other-institution',
    holds: ({ certificate, orgCode }) => certificate.orgCode === orgCode,
    text: '付款凭据不属于本机构，没有扣款。',
  },
  {
    code: 'too-many-charges',
    holds: ({ chargesOfDevice, mostChargesOfDevice }) => chargesOfDevice < mostChargesOfDevice,
    text: '此设备扣款过于频繁，没有扣款。',
  },
]

/** @returns the first rule that forbids this charge, or null. */
export const chargeRefusal = (facts: ChargeFacts): ChargeRule | null =>
  CHARGE_RULES.find(({ holds }) => !holds(facts)) ?? null

/** An earlier payment with the same code, shown at some counter. */
export interface EarlierUse {
  readonly operatorId: string
  readonly deviceId: string
}

/** A code that was shown to one operator is not used by another, nor at another device. */
export const isUsedElsewhere = (wish: EarlierUse, earlier: readonly EarlierUse[]): boolean =>
  earlier.some(
    ({ operatorId, deviceId }) => operatorId !== wish.operatorId || deviceId !== wish.deviceId,
  )
