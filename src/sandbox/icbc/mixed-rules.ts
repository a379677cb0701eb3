/**
 * What the bank and the channel behind it refuse about a mixed order, with the channel's own
 * sub-codes (docs/mixed-order.md 1, 5). Every rule is a line a real hospital has failed on.
 */
import { createHash } from 'node:crypto'
import type { PayAuth, Upload } from '../registry.ts'
import type { Bank, CashOrder } from './book.ts'
import { findCash } from './book.ts'
import type { Refusal } from './envelope.ts'
import { refuse } from './envelope.ts'
import type { SubmitRequest } from './schemas.ts'

const INSURANCE_FIELDS = [
  'pay_order_id',
  'pay_auth_no',
  'geo_location',
  'med_ins_order_create_time',
  'med_ins_gov_fee',
  'med_ins_self_fee',
  'med_ins_other_fee',
  'med_ins_cash_fee',
] as const

export type Checked = { cash: CashOrder | null; upload: Upload | null }

export function checkSubmit(bank: Bank, request: SubmitRequest): Checked | Refusal {
  const early = wrongMerchant(bank, request) ?? wrongPresence(request) ?? wrongAmounts(request)
  if (early !== null) return early
  const cash = bankOrder(bank, request)
  if (cash !== null && 'refusal' in cash) return cash
  const upload = request.mix_pay_type === 'CASH_ONLY' ? null : uploadOf(bank, request)
  if (upload !== null && 'refusal' in upload) return upload
  return { cash, upload }
}

/** The application says at which channel the user is known. */
export function isAlipay(bank: Bank, request: SubmitRequest): boolean {
  return request.sub_appid === bank.context.parameters.alipay?.appId
}

function wrongMerchant(bank: Bank, request: SubmitRequest): Refusal | null {
  const { icbc } = bank.context.parameters
  if (request.hospital_id !== icbc.hospitalId) return refuse('268435461', '参数非法：hospital_id')
  if (request.sub_mchid !== icbc.subMchid) return refuse('268435461', '商户与子商户不是受理关系')
  if (request.sub_appid !== icbc.subAppid && !isAlipay(bank, request))
    return refuse('268510604', 'sub_appid+sub_openid 不正确')
  if (request.city_id !== icbc.cityId) return refuse('268510610', '医保局结算校验失败：city_id')
  if (request.med_inst_no !== icbc.medInstNo || request.med_inst_name !== icbc.medInstName)
    return refuse('268510610', '医保局结算校验失败：med_inst_no')
  return null
}

/** The presence table: decided by which orders exist at the bureau and at the bank. */
function wrongPresence(request: SubmitRequest): Refusal | null {
  const code = request.mix_pay_type === 'CASH_ONLY' ? '268529474' : '268529475'
  const insured = request.mix_pay_type !== 'CASH_ONLY'
  for (const field of INSURANCE_FIELDS)
    if ((request[field] !== undefined) !== insured)
      return refuse(code, `字段校验失败：${field} ${insured ? '必输' : '不允许上送'}`)
  const cash = request.mix_pay_type !== 'INSURANCE_ONLY'
  const fee = request.wechat_pay_cash_fee ?? 0
  if ((request.prepay_id !== undefined) !== cash) return refuse(code, '字段校验失败：prepay_id')
  if (cash !== fee > 0) return refuse(code, '字段校验失败：wechat_pay_cash_fee')
  if ((request.pay_for_relatives ?? false) !== (request.relative !== undefined))
    return refuse('268435461', '参数非法：relative')
  if (!cash && !/^[0-9A-Za-z]{1,32}$/.test(request.out_trade_no))
    return refuse('268435461', '参数非法：out_trade_no')
  return insured ? wrongPassthrough(request) : null
}

/** Optional here, as the handbook contradicts itself; when sent it must say the same again. */
function wrongPassthrough(request: SubmitRequest): Refusal | null {
  if (request.passthrough_request_content === undefined) return null
  const wrong = refuse('268547120', 'PAY_AUTH_NO 校验失败：passthrough_request_content')
  try {
    const content: unknown = JSON.parse(request.passthrough_request_content)
    if (typeof content !== 'object' || content === null) return wrong
    const said = new Map<string, unknown>(Object.entries(content))
    return said.get('payAuthNo') === request.pay_auth_no &&
      said.get('payOrdId') === request.pay_order_id &&
      said.get('setlLatlnt') === request.geo_location
      ? null
      : wrong
  } catch {
    return wrong
  }
}

/** The identities of docs/mixed-order.md 1.3; insured fees may not all be zero. */
function wrongAmounts(request: SubmitRequest): Refusal | null {
  const gov = request.med_ins_gov_fee ?? 0
  const self = request.med_ins_self_fee ?? 0
  const other = request.med_ins_other_fee ?? 0
  const paid = request.wechat_pay_cash_fee ?? 0
  const added = (request.cash_add_detail ?? []).reduce((sum, { cash_add_fee: fee }) => sum + fee, 0)
  const reduced = (request.cash_reduce_detail ?? []).reduce(
    (sum, { cash_reduce_fee: fee }) => sum + fee,
    0,
  )
  if (request.total_fee !== gov + self + other + paid + reduced)
    return refuse('268529477', '总金额校验不通过')
  if (request.mix_pay_type === 'CASH_ONLY') return null
  const own = request.med_ins_cash_fee ?? 0
  if (paid !== own + added - reduced) return refuse('268529476', '自费金额校验不通过')
  return gov + self + other + own === 0 ? refuse('268529481', '混合金额校验不通过') : null
}

/** The cash part must be a living self-pay order of this bank, this payer and this amount. */
function bankOrder(bank: Bank, request: SubmitRequest): CashOrder | Refusal | null {
  if (request.mix_pay_type === 'INSURANCE_ONLY') return null
  const cash = findCash(bank, (order) => order.orderId === request.out_trade_no)
  if (cash === null) return refuse('268510610', 'out_trade_no 与自费订单不一致')
  if (cash.prepayId !== request.prepay_id) return refuse('268510610', 'prepay_id 不一致')
  if (cash.amountFen !== request.wechat_pay_cash_fee)
    return refuse('268529476', '自费金额校验不通过：与自费订单不一致')
  if ((cash.wxDataPackage === null) !== isAlipay(bank, request))
    return refuse('268510610', '自费订单与混合订单的支付渠道不一致')
  if (cash.openId !== request.sub_openid) return refuse('268510604', 'sub_appid+sub_openid 不正确')
  return cash.status === 'open' ? cash : refuse('268510610', `自费订单状态不允许：${cash.status}`)
}

/** The insurance part must be what the bureau holds: upload, authorisation, person and amounts. */
function uploadOf(bank: Bank, request: SubmitRequest): Upload | Refusal {
  const { uploads, payAuthNos } = bank.context.registry
  const upload = uploads.get(request.pay_order_id ?? '')
  if (upload === undefined || upload.revoked)
    return refuse('268510610', '医保局结算校验失败：费用明细不存在或已撤销')
  if (upload.medOrgOrd !== request.serial_no)
    return refuse('268510610', '医保局结算校验失败：serial_no')
  const auth = payAuthNos.get(request.pay_auth_no ?? '')
  if (auth === undefined || upload.payAuthNo !== auth.payAuthNo)
    return refuse('268545967', '未找到对应授权信息')
  return wrongPayer(bank, request, auth) ?? wrongSettlement(request, upload) ?? upload
}

function wrongPayer(bank: Bank, request: SubmitRequest, auth: PayAuth): Refusal | null {
  const used = [...bank.mixedOrders.values()].some(
    (mixed) => mixed.request.pay_auth_no === auth.payAuthNo,
  )
  if (used) return refuse('268547120', 'PAY_AUTH_NO 校验失败：已使用')
  if (auth.openid !== request.sub_openid) return refuse('268510604', 'sub_appid+sub_openid 不正确')
  const holder = auth.payer ?? auth.person
  if (request.payer.id_digest !== idDigest(holder.idNo))
    return refuse('268545961', '身份ID摘要与绑卡不匹配')
  if (request.payer.name !== holder.name) return refuse('268545962', '姓名与绑卡不匹配')
  return wrongRelative(request, auth)
}

/** Family payment exactly when the authorisation was one, and for the insured person alone. */
function wrongRelative({ relative }: SubmitRequest, { family, person }: PayAuth): Refusal | null {
  const right = family
    ? relative?.name === person.name && relative.id_digest === idDigest(person.idNo)
    : relative === undefined
  return right ? null : refuse('268545964', '亲情支付的就诊人与授权不匹配')
}

function wrongSettlement(request: SubmitRequest, upload: Upload): Refusal | null {
  const { amounts } = upload
  if (amounts === null) return refuse('268510610', '医保局结算校验失败：未下单')
  return amounts.totalFen + sum(request.cash_add_detail) === request.total_fee &&
    amounts.fundFen === request.med_ins_gov_fee &&
    amounts.accountFen === request.med_ins_self_fee &&
    amounts.otherFen === request.med_ins_other_fee &&
    amounts.cashFen === request.med_ins_cash_fee
    ? null
    : refuse('268510610', '医保局结算校验失败：预结算金额不匹配')
}

function sum(details: SubmitRequest['cash_add_detail']): number {
  return (details ?? []).reduce((total, detail) => total + detail.cash_add_fee, 0)
}

/** MD5 of the upper-case 18-digit number, lower-case hex (docs/mixed-order.md 1.4). */
function idDigest(idNo: string): string {
  return createHash('md5').update(idNo.toUpperCase()).digest('hex')
}
