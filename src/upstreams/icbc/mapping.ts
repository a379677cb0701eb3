/** Our words <-> the bank's. What is on no list here is `unknown`: never refused, never done. */
import { createHash } from 'node:crypto'
import type { Amounts } from '../../payment/amounts.ts'
import type { Leg, LegReport, Overall } from '../../payment/legs.ts'
import { type Fen, parseFen } from '../../payment/money.ts'
import type { BusinessType, ChannelName, Surface } from '../../payment/order.ts'
import type { MixedState, RefundState, SelfPayState } from '../bank.ts'
import { type Content, isNumber, parseObject } from '../content.ts'
import type { Prepay } from '../upstream.ts'
import type { CashOrder, CashRefund, Mixed } from './messages.ts'

/** README.md 2.6: 查询不到订单信息. Listed for the refund query; assumed for the order query. */
export const CASH_ORDER_ABSENT: ReadonlySet<string> = new Set(['20000049'])
/** 没有对应的退款记录. `20000049` is not here: an order that we saw paid cannot be missing. */
export const REFUND_ABSENT: ReadonlySet<string> = new Set(['20000051'])
/** WeChat 未找到订单 (docs/mixed-order.md 5); how ICBC prints it is not public. */
export const MIXED_ABSENT: ReadonlySet<string> = new Set(['268529515'])

/** WeChat 订单已存在 and ICBC 已下单: there is an order under this number, ours or an earlier one. */
export const ALREADY_EXISTS: ReadonlySet<string> = new Set(['268512536', '00005031', '00005032'])
/** 500031 rate, 500032 concurrency: turned away at the gate, the API was never reached. */
export const TURNED_AWAY: ReadonlySet<string> = new Set(['500031', '500032'])

/**
 * merrefund codes after which the money certainly stays where it is. The others of README.md 2.5
 * (already returned, cannot be returned further, internal errors) may follow a refund that
 * worked, and a refund believed refused goes on under a second number.
 */
export const REFUND_REFUSED: ReadonlySet<string> = new Set([
  '00005002',
  '00005019',
  '00070030',
  '21003116',
  '62867007',
  '80000001',
  '92200001',
])

export const ORDER_TYPE: Record<BusinessType, string> = {
  registration: 'REG_PAY',
  consultation: 'DIAG_PAY',
  pharmacy: 'PHARMACY_PAY',
}

export const PAY_MODE: Record<ChannelName, string> = { wechat: '9', alipay: '10' }

/** 2.2: 7 公众号 (WeChat), 8 生活号 (Alipay), 9 小程序 */
export const ACCESS_TYPE: Record<ChannelName, Record<Surface, string>> = {
  wechat: { h5: '7', 'mini-program': '9' },
  alipay: { h5: '8', 'mini-program': '9' },
}

/**
 * The document knows three results and no refund: `0` stays "paid" for ever. A channel that returned
 * the cash shows WeChat's own trade state REFUND as third-party code (assumed). WeChat says REFUND
 * after a part, too: it proves "all came back by itself" only while nobody here asked for a refund.
 */
export function selfPayState(order: CashOrder): SelfPayState {
  return {
    status: cashStatus(order),
    amountFen: fenOrNull(order.total_amt),
    bankOrderNo: order.order_id ?? null,
  }
}

function cashStatus(order: CashOrder): SelfPayState['status'] {
  if (order.pay_status === '0')
    return order.third_party_return_code === 'REFUND' ? 'refunded' : 'paid'
  if (order.pay_status === '1') return 'closed'
  if (order.pay_status !== '2') return 'unknown'
  if (order.order_status === '1') return 'waiting'
  return order.order_status === '2' ? 'paying' : 'unknown'
}

const REFUND_STATUS = new Map<string | undefined, RefundState['status']>([
  ['0', 'returned'],
  ['1', 'failed'],
])

export function refundState(refund: CashRefund): RefundState {
  const refundedAt = Date.parse(`${(refund.refund_time ?? '').replace(' ', 'T')}+08:00`)
  return {
    status: REFUND_STATUS.get(refund.pay_status) ?? 'unknown',
    bankRefundNo: isNumber(refund.intrx_serial_no) ? refund.intrx_serial_no : null,
    amountFen: fenOrNull(refund.reject_amt ?? refund.real_reject_amt),
    refundedAt: Number.isNaN(refundedAt) ? null : refundedAt,
  }
}

const OVERALL = new Map<string | undefined, Overall>([
  ['MIX_PAY_CREATED', 'created'],
  // In no enum table, but in WeChat's handbook: the payer is typing the password.
  ['MIX_PAY_USER_PAYING', 'created'],
  ['MIX_PAY_SUCCESS', 'success'],
  ['MIX_PAY_REFUND', 'refund'],
  ['MIX_PAY_FAIL', 'fail'],
])
const SELF_PAY = new Map<string | undefined, Leg>([
  ['SELF_PAY_CREATED', 'pending'],
  ['SELF_PAY_SUCCESS', 'success'],
  ['SELF_PAY_REFUND', 'refund'],
  ['SELF_PAY_FAIL', 'fail'],
  ['NO_SELF_PAY', 'none'],
])
const INSURANCE = new Map<string | undefined, Leg>([
  ['MED_INS_PAY_CREATED', 'pending'],
  ['MED_INS_PAY_SUCCESS', 'success'],
  ['MED_INS_PAY_REFUND', 'refund'],
  ['MED_INS_PAY_FAIL', 'fail'],
  ['NO_MED_INS_PAY', 'none'],
])

export function legReport(mixed: Mixed): LegReport {
  return {
    overall: OVERALL.get(mixed.mix_pay_status) ?? 'unknown',
    selfPay: SELF_PAY.get(mixed.self_pay_status) ?? 'unknown',
    insurance: INSURANCE.get(mixed.med_ins_pay_status) ?? 'unknown',
  }
}

/** @returns null when it names no order or an amount cannot be read: half a state is none. */
export function mixedState(mixed: Mixed): MixedState | null {
  const amounts = partialAmounts(mixed)
  if (!isNumber(mixed.mix_trade_no) || amounts === null) return null
  const paidAt = Date.parse(mixed.paid_time ?? '')
  return {
    mixTradeNo: mixed.mix_trade_no,
    institutionNo: mixed.out_trade_no ?? null,
    legs: legReport(mixed),
    amounts,
    paidAt: Number.isNaN(paidAt) ? null : paidAt,
    failReason: mixed.med_ins_fail_reason ?? null,
  }
}

function partialAmounts(mixed: Mixed): Partial<Amounts> | null {
  const printed: Record<keyof Amounts, string | undefined> = {
    totalFen: mixed.total_fee,
    fundFen: mixed.med_ins_gov_fee,
    accountFen: mixed.med_ins_self_fee,
    otherFen: mixed.med_ins_other_fee,
    // What WeChat charges; we never add to or take off the bureau's cash part, so both are one.
    selfPayFen: mixed.wechat_pay_cash_fee ?? mixed.med_ins_cash_fee,
  }
  const present = Object.entries(printed).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, parseFen(value)] as const],
  )
  return present.some(([, amount]) => amount === null) ? null : Object.fromEntries(present)
}

function fenOrNull(text: string | undefined): Fen | null {
  return text === undefined ? null : parseFen(text)
}

/** Members of `wx_data_package` in either case (README.md 2.2); null when one is missing. */
export function prepayOf(wxDataPackage: string | Content | undefined): Prepay | null {
  const content =
    typeof wxDataPackage === 'string' ? parseObject(wxDataPackage) : (wxDataPackage ?? {})
  const members = new Map(
    Object.entries(content ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const read = (...names: string[]): string => {
    const value = names.map((name) => members.get(name)).find((found) => found !== undefined)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const prepay = {
    timeStamp: read('timestamp'),
    nonceStr: read('noncestr'),
    package: read('package'),
    signType: read('signtype'),
    paySign: read('paysign', 'sign'),
  }
  const prepayId = /^prepay_id=([\w-]{1,64})$/.exec(prepay.package)?.[1]
  if (prepayId === undefined || Object.values(prepay).includes('')) return null
  return { prepayId, ...prepay }
}

/** `zfb_data_package` is the trade number itself; it stands where WeChat has its prepay number. */
export function alipayPrepayOf(zfbDataPackage: string | undefined): Prepay | null {
  return isNumber(zfbDataPackage) ? { prepayId: zfbDataPackage } : null
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** MD5 of the upper-case number: WeChat's rule, not a protection (docs/mixed-order.md 1.4). */
export function idDigest(idNo: string): string {
  const upper = idNo.toUpperCase()
  const full = /^\d{15}$/.test(upper) ? lengthened(upper) : upper
  return createHash('md5').update(full).digest('hex')
}

/** GB 11643: the century goes in and the check digit goes on. */
function lengthened(idNo15: string): string {
  const body = `${idNo15.slice(0, 6)}19${idNo15.slice(6)}`
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(body[i]), 0)
  return body + '10X98765432'.charAt(sum % 11)
}
