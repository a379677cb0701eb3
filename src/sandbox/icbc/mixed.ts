/** Mixed orders: submitorder and queryorder (upstreams/icbc/README.md 3.1). */
import type { Identity, MixedWish } from '../bank/book.ts'
import { canonical, findMixed } from '../bank/book.ts'
import { askMixed, billOf, placeMixed } from '../bank/mixed.ts'
import { shanghai } from '../shanghai.ts'
import { mixedNow } from './describe.ts'
import type { Refusal } from './envelope.ts'
import { refuse } from './envelope.ts'
import { type Answered, answered, type IcbcCounter, refused } from './protocol.ts'
import type { QueryRequest, StatusQueryRequest, SubmitRequest } from './schemas.ts'

export async function submit(counter: IcbcCounter, request: SubmitRequest): Promise<Answered> {
  const wish = wishOf(counter, request)
  const wrong = wrongSubmission(counter, request)
  const call = { billNo: billOf(counter, wish), call: 'mixed-submit', number: wish.institutionNo }
  if (wrong !== null) return refused(counter, call, wrong)
  return answered(await placeMixed(counter, wish), (mixed) => ({
    return_code: 0,
    return_msg: 'success',
    icbc_serial_no: request.icbc_serial_no,
    ...(mixed.payUrl !== null && { pay_url: mixed.payUrl }),
    ...mixedNow(counter, mixed),
  }))
}

export const wrongSubmission = (counter: IcbcCounter, request: SubmitRequest): Refusal | null =>
  wrongMerchant(counter, request) ?? wrongPresence(request)

/** The application says at which channel the user is known. */
export function wishOf({ protocol }: IcbcCounter, request: SubmitRequest): MixedWish {
  return {
    billNo: request.attach ?? '',
    serialNo: request.icbc_serial_no,
    institutionNo: request.out_trade_no,
    mixPayType: request.mix_pay_type,
    channel: request.sub_appid === protocol.appIds.alipay ? 'alipay' : 'wechat',
    userId: request.sub_openid,
    payer: identity(request.payer),
    relative: request.relative === undefined ? null : identity(request.relative),
    medicalSerialNo: request.serial_no,
    payOrdId: request.pay_order_id ?? null,
    payAuthNo: request.pay_auth_no ?? null,
    amounts: {
      totalFen: request.total_fee,
      fundFen: request.med_ins_gov_fee ?? null,
      accountFen: request.med_ins_self_fee ?? null,
      otherFen: request.med_ins_other_fee ?? null,
      insuredCashFen: request.med_ins_cash_fee ?? null,
      cashFen: request.wechat_pay_cash_fee ?? null,
    },
    addedFen: sum(request.cash_add_detail?.map((detail) => detail.cash_add_fee)),
    reducedFen: sum(request.cash_reduce_detail?.map((detail) => detail.cash_reduce_fee)),
    prepayId: request.prepay_id ?? null,
    callbackUrl: request.callback_url,
    text: canonical(request),
    echo: {
      mix_pay_type: request.mix_pay_type,
      order_type: request.order_type,
      sub_appid: request.sub_appid,
      sub_mchid: request.sub_mchid,
      sub_openid: request.sub_openid,
      pay_for_relatives: request.pay_for_relatives ?? false,
      ...(request.attach === undefined ? {} : { attach: request.attach }),
    },
  }
}

const identity = (person: SubmitRequest['payer']): Identity => ({
  name: person.name,
  idDigest: person.id_digest,
})

const sum = (fees: readonly number[] = []): number => fees.reduce((total, fee) => total + fee, 0)

function wrongMerchant({ context, protocol }: IcbcCounter, request: SubmitRequest): Refusal | null {
  const { icbc } = context.parameters
  const { appIds } = protocol
  if (request.hospital_id !== icbc.hospitalId) return refuse('268435461', '参数非法：hospital_id')
  if (request.sub_mchid !== icbc.subMchid) return refuse('268435461', '商户与子商户不是受理关系')
  if (request.sub_appid !== appIds.wechat && request.sub_appid !== appIds.alipay)
    return refuse('268510604', 'sub_appid+sub_openid 不正确')
  if (request.city_id !== icbc.cityId) return refuse('268510610', '医保局结算校验失败：city_id')
  if (request.med_inst_no !== icbc.medInstNo || request.med_inst_name !== icbc.medInstName)
    return refuse('268510610', '医保局结算校验失败：med_inst_no')
  return null
}

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

/** By exactly one of the two numbers; by ours only where the profile says that the bank can. */
export function query(counter: IcbcCounter, request: QueryRequest): Answered {
  const { profiles } = counter.context
  const { mix_trade_no: mixTradeNo, out_trade_no: institutionNo } = request
  const number = mixTradeNo ?? institutionNo ?? ''
  const call = { billNo: '', call: 'mixed-query', number }
  const allowed = profiles.icbc.queryByOutTradeNo || institutionNo === undefined
  if (!allowed || (mixTradeNo === undefined) === (institutionNo === undefined))
    return refused(counter, call, refuse('268435461', '参数非法：mix_trade_no'))
  if (isForeign(counter, request)) return refused(counter, call, NOT_FOUND)
  return tell(counter, mixTradeNo === undefined ? { institutionNo: number } : { mixTradeNo })
}

/** An order of another day is not found, however right its number. */
export function statusQuery(counter: IcbcCounter, request: StatusQueryRequest): Answered {
  const asked =
    request.query_type === 'MIX_TRADE_NO'
      ? { mixTradeNo: request.mix_trade_no }
      : { institutionNo: request.out_trade_no }
  const number = asked.mixTradeNo ?? asked.institutionNo
  const known =
    asked.mixTradeNo === undefined
      ? counter.mixedOrders.get(asked.institutionNo)
      : findMixed(counter, asked.mixTradeNo)
  const otherDay = !known || shanghai.spaced(known.orderedAt).slice(0, 10) !== request.trx_date
  if (otherDay || isForeign(counter, request))
    return refused(counter, { billNo: known?.billNo ?? '', call: 'mixed-query', number }, NOT_FOUND)
  return tell(counter, asked)
}

const NOT_FOUND = refuse('268529515', '未找到订单')

const isForeign = (
  { context: { parameters } }: IcbcCounter,
  asked: { hospital_id: string; sub_mchid: string },
): boolean =>
  asked.hospital_id !== parameters.icbc.hospitalId || asked.sub_mchid !== parameters.icbc.subMchid

const tell = (counter: IcbcCounter, asked: Parameters<typeof askMixed>[1]): Answered =>
  answered(askMixed(counter, asked), (mixed) => ({
    return_code: 0,
    return_msg: 'success',
    ...mixedNow(counter, mixed),
  }))
