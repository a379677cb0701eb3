/** Orders as the flows give them to a bank, each with numbers of its own. */
import { allSelfPay } from '../../src/payment/amounts.ts'
import { asPayAuthNo } from '../../src/payment/authorisation.ts'
import { fen } from '../../src/payment/money.ts'
import type {
  MixedContent,
  MixedOrder,
  SelfPayOrder,
  SelfPayPlaced,
} from '../../src/upstreams/bank.ts'
import type { Answer } from '../../src/upstreams/upstream.ts'
import { NOW, type Rig } from './bank-rig.ts'

let last = 0
/** Another for each order of a run. */
function fresh(): string {
  last += 1
  return String(last).padStart(6, '0')
}

export const USER = 'o4GgauInH_RCEdvrrNGrntXDuXXX'

export function selfPayOrder(change: Partial<SelfPayOrder> = {}): SelfPayOrder {
  const no = fresh()
  return {
    outTradeNo: `01JD00000000000000${no}C1T1`,
    amountFen: fen(12_345),
    billNo: `MZ20261121${no}`,
    channel: 'wechat',
    surface: 'mini-program',
    userId: USER,
    clientIp: '203.0.113.7',
    deviceId: 'device-1',
    orderedAt: NOW,
    expiresAt: NOW + 1_800_000,
    mixed: ownMoney(),
    ...change,
  }
}

const ownMoney = (): MixedContent => ({
  mixPayType: 'CASH_ONLY',
  businessType: 'consultation',
  payer: { name: '张三', idNo: '44030019000101123x' },
  relative: null,
  amounts: allSelfPay(fen(12_345)),
  insurance: null,
  medicalSerialNo: `20261121100000${fresh()}`,
})

export function cashOnly(change: Partial<MixedOrder> = {}): MixedOrder {
  const no = fresh()
  return {
    ...ownMoney(),
    serialNo: `20261121100000${no}`,
    institutionNo: 'unknown',
    outTradeNo: null,
    channel: 'wechat',
    userId: USER,
    prepayId: null,
    billNo: `MZ20261121${no}`,
    ...change,
  }
}

export const RELATIVE = { name: '张小三', idNo: '440300190001011237' }

/** Puts at the bureau what steps 4 to 7 would have put there, and orders accordingly. */
export function insured({ sandbox }: Pick<Rig, 'sandbox'>, change: Partial<MixedOrder> = {}) {
  const no = fresh()
  const payAuthNo = `AUTH510100202611210000000${no}`
  const payOrdId = `ORD510100202611210000000${no}`
  const medOrgOrd = `20261121100000${no}`
  const insurance = {
    medOrgOrd,
    payOrdId,
    payAuthNo: asPayAuthNo(payAuthNo),
    location: '104.065735,30.659462',
    orderedAt: NOW,
  }
  const order = cashOnly({
    mixPayType: 'INSURANCE_ONLY',
    institutionNo: `160683583020261121100000${no}`,
    medicalSerialNo: medOrgOrd,
    amounts: {
      totalFen: fen(10_000),
      fundFen: fen(6_000),
      accountFen: fen(3_500),
      otherFen: fen(500),
      selfPayFen: fen(0),
    },
    ...change,
    insurance,
  })
  const { billNo, userId, relative, amounts } = order
  const payer = { name: '张三', idType: '01', idNo: '44030019000101123X', phone: '19900000001' }
  const person = relative === null ? payer : { ...payer, ...RELATIVE }
  const family = relative === null ? {} : { payer, family: true }
  const { registry } = sandbox.context
  registry.payAuthNos.set(payAuthNo, { payAuthNo, billNo, openid: userId, person, ...family })
  registry.uploads.set(payOrdId, {
    billNo,
    medOrgOrd,
    payOrdId,
    payAuthNo,
    person,
    amounts: {
      totalFen: amounts.totalFen,
      fundFen: amounts.fundFen,
      accountFen: amounts.accountFen,
      otherFen: amounts.otherFen,
      cashFen: amounts.selfPayFen,
    },
    revoked: false,
    settlement: 'none',
  })
  return { ...order, insurance }
}

export function doneWith<T>(answer: Answer<T>): T {
  if (answer.kind !== 'done') throw new Error(JSON.stringify(answer))
  return answer.value
}

/** A mixed order of own money alone, up to the cashier. */
export async function placed(rig: Rig, change: Partial<SelfPayOrder> = {}) {
  const cash = selfPayOrder(change)
  const { bankOrderNo, prepay }: SelfPayPlaced = doneWith(await rig.bank.placeSelfPayOrder(cash))
  const { billNo, channel, outTradeNo, mixed } = cash
  const { prepayId } = prepay
  const numbers = { institutionNo: bankOrderNo, outTradeNo, prepayId }
  const order = cashOnly({ ...mixed, billNo, channel, ...numbers })
  return { cash, bankOrderNo, prepay, order }
}

/** The same with insurance beside it. */
export async function placedMixed(rig: Rig, change: Partial<MixedOrder> = {}) {
  const wished = insured(rig, {
    mixPayType: 'CASH_AND_INSURANCE',
    amounts: {
      totalFen: fen(11_000),
      fundFen: fen(6_000),
      accountFen: fen(3_500),
      otherFen: fen(500),
      selfPayFen: fen(1_000),
    },
    ...change,
  })
  const cash = selfPayOrder({ amountFen: fen(1_000), billNo: wished.billNo, mixed: wished })
  const { bankOrderNo, prepay } = doneWith(await rig.bank.placeSelfPayOrder(cash))
  const { outTradeNo } = cash
  const { prepayId } = prepay
  const order = { ...wished, institutionNo: bankOrderNo, outTradeNo, prepayId }
  return { cash, order }
}

export const questionOf = (
  mixTradeNo: string | null,
  institutionNo: string,
  outTradeNo: string | null = null,
) => ({
  mixTradeNo,
  institutionNo,
  outTradeNo,
  businessDate: '2026-11-21',
})
