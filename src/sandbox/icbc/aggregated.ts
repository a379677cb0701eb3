/**
 * Cash order and mixed order in one call (upstreams/icbc/README.md 3.2). Each half is read and
 * refused as strictly as where it is a call of its own.
 */
import type { CashOrder, MixedOrder } from '../bank/book.ts'
import { firstTime, misbehaviour, record, Refusal as BankRefusal } from '../bank/book.ts'
import { askMixed, openMixed, placeMixed } from '../bank/mixed.ts'
import {
  CASH_MEMBERS,
  type YbConsumeRequest,
  type YbOrderqryRequest,
} from './aggregated-schemas.ts'
import { consume } from './cash.ts'
import { mixedNow } from './describe.ts'
import { isRefusal, refuse } from './envelope.ts'
import { wishOf, wrongSubmission } from './mixed.ts'
import { type Answered, answered, type IcbcCounter, refused } from './protocol.ts'
import { ACQUIRING, CONSUME, SUBMIT, type SubmitRequest } from './schemas.ts'

export async function ybconsume(
  counter: IcbcCounter,
  request: YbConsumeRequest,
): Promise<Answered> {
  if (request.mix_pay_type === 'INSURANCE_ONLY') return insuranceOnly(counter, request)
  const cash = CONSUME.safeParse(cashHalf(request))
  if (!cash.success) return invalid(cash.error.issues[0]?.path.join('.'))
  const placed = consume(counter, cash.data)
  const order = counter.cashOrders.get(request.out_trade_no)
  if (order === undefined || (placed.fields !== 'lost' && isRefusal(placed.fields))) return placed
  const problem = await addMixed(counter, request, order)
  if (problem !== null) {
    // One call is one order: nothing of it stands.
    counter.cashOrders.delete(request.out_trade_no)
    return problem
  }
  if (placed.fields === 'lost') return placed
  return { ...placed, fields: { ...placed.fields, total_amt: request.total_fee } }
}

/** @returns why the whole call is refused, or null. */
async function addMixed(
  counter: IcbcCounter,
  request: YbConsumeRequest,
  cash: CashOrder,
): Promise<Answered | null> {
  const submission = SUBMIT.safeParse(mixedHalf(counter, request, cash))
  if (!submission.success) return invalid(submission.error.issues[0]?.path.join('.'))
  const { billNo } = cash
  const wrong = wrongSubmission(counter, submission.data)
  const call = { billNo, call: 'mixed-submit', number: cash.orderId }
  if (wrong !== null) return refused(counter, call, wrong)
  const { told } = await openMixed(counter, wishOf(counter, submission.data))
  return told instanceof BankRefusal ? answered({ billNo, told }, () => ({})) : null
}

async function insuranceOnly(counter: IcbcCounter, request: YbConsumeRequest): Promise<Answered> {
  const members = Object.keys(request).find((name) => name in CASH_MEMBERS.shape)
  if (members !== undefined) return invalid(members)
  const submission = SUBMIT.safeParse(mixedHalf(counter, request, null))
  if (!submission.success) return invalid(submission.error.issues[0]?.path.join('.'))
  const { icbc } = counter.context.parameters
  const number = request.out_trade_no
  const call = { billNo: request.attach ?? '', call: 'mixed-submit', number }
  const merchant = request.mer_id === icbc.merId && request.mer_prtcl_no === icbc.merPrtclNo
  if (!merchant) return refused(counter, call, refuse('00005019', '商户检查不通过'))
  const wrong = wrongSubmission(counter, submission.data)
  if (wrong !== null) return refused(counter, call, wrong)
  // As with cash orders, a repetition is told that there is an order, not which.
  if (counter.mixedOrders.has(number))
    return refused(counter, call, refuse('00005031', '已下单,不允许再次下单'))
  return answered(await placeMixed(counter, wishOf(counter, submission.data)), (mixed) =>
    describe(counter, mixed),
  )
}

const invalid = (member = ''): Answered => ({
  billNo: '',
  fields: refuse('92200001', `参数检查失败：${member}`),
})

type Fields = Record<string, unknown>

const USER_MEMBERS = ['pay_mode', 'access_type', 'shop_appid', 'open_id', 'union_id']
const OF_CASH = new Set([...Object.keys(ACQUIRING), ...USER_MEMBERS])

/** `consumepurchase` of the own money alone. */
function cashHalf(request: YbConsumeRequest): Fields {
  const members = Object.entries(request).filter(([name]) => OF_CASH.has(name))
  return {
    ...Object.fromEntries(members),
    decive_info: request.device_info,
    total_fee: request.wechat_pay_cash_fee,
  }
}

const SAID_ALIKE = [
  'mix_pay_type',
  'order_type',
  'serial_no',
  'pay_order_id',
  'pay_auth_no',
  'geo_location',
  'city_id',
  'med_inst_name',
  'med_inst_no',
  'med_ins_order_create_time',
  'callback_url',
  'passthrough_request_content',
  'attach',
] as const satisfies readonly (keyof YbConsumeRequest & keyof SubmitRequest)[]

const FEES = [
  'total_fee',
  'med_ins_gov_fee',
  'med_ins_self_fee',
  'med_ins_other_fee',
  'med_ins_cash_fee',
  'wechat_pay_cash_fee',
] as const

/** `submitorder` beside this cash order; what the merchant's number stands for is filled in. */
function mixedHalf(
  { context, protocol }: IcbcCounter,
  request: YbConsumeRequest,
  cash: CashOrder | null,
): Fields {
  const { hospitalId, subMchid } = context.parameters.icbc
  const { relative_name: name, relative_id_digest, relative_card_type } = request
  return {
    ...Object.fromEntries(SAID_ALIKE.map((member) => [member, request[member]])),
    ...Object.fromEntries(
      FEES.filter((fee) => request[fee] !== undefined).map((fee) => [fee, Number(request[fee])]),
    ),
    icbc_serial_no: request.out_trade_no,
    hospital_id: hospitalId,
    sub_mchid: subMchid,
    sub_appid: request.pay_mode === '10' ? protocol.appIds.alipay : request.shop_appid,
    sub_openid: request.pay_mode === '10' ? request.union_id : request.open_id,
    payer: {
      name: request.payer_name,
      id_digest: request.payer_id_digest,
      card_type: request.payer_card_type,
    },
    pay_for_relatives: request.pay_for_relatives === 'true',
    relative:
      name === undefined
        ? undefined
        : { name, id_digest: relative_id_digest, card_type: relative_card_type },
    out_trade_no: cash?.orderId ?? request.out_trade_no,
    prepay_id: cash?.prepayId,
  }
}

export function yborderqry(counter: IcbcCounter, request: YbOrderqryRequest): Answered {
  const { icbc } = counter.context.parameters
  const { outTradeNo, orderId } = request
  const asked = outTradeNo ?? orderId ?? ''
  const merchant = request.merId === icbc.merId && request.merPrtclNo === icbc.merPrtclNo
  if (!merchant) {
    const call = { billNo: '', call: 'mixed-query', number: asked }
    return refused(counter, call, refuse('00005019', '商户检查不通过'))
  }
  const cash = counter.cashOrders.get(outTradeNo ?? '')
  const institutionNo = cash?.orderId ?? asked
  const mixed = counter.mixedOrders.get(institutionNo)
  if (mixed !== undefined && isLost(counter, mixed)) {
    const call = { billNo: mixed.billNo, call: 'mixed-query', number: asked } as const
    record(counter, { ...call, result: 'lost-request' })
    return { billNo: mixed.billNo, fields: 'lost' }
  }
  return answered(askMixed(counter, { institutionNo }), (found) => describe(counter, found))
}

/** Where step 9 is this question, what spoils step 9 spoils it. */
function isLost(counter: IcbcCounter, { cash, attempted, billNo }: MixedOrder): boolean {
  if (cash === null) return false
  const kind = misbehaviour(billNo)
  if (kind === 'F11') return !attempted
  if (kind === 'F12') return firstTime(counter, billNo, 'submit')
  return kind === 'F10' && firstTime(counter, billNo, 'submit-answer')
}

/** As in a callback, but by the number under which the hospital placed it. */
function describe(counter: IcbcCounter, mixed: MixedOrder): Fields {
  const { cash, payUrl, wish } = mixed
  return {
    return_code: 0,
    return_msg: 'success',
    ...mixedNow(counter, mixed),
    out_trade_no: cash?.outTradeNo ?? wish.institutionNo,
    ...(cash !== null && { order_id: cash.orderId }),
    ...(payUrl !== null && { pay_url: payUrl }),
  }
}
