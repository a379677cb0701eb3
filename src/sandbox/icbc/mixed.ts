/** Mixed orders: submitorder and queryorder (upstreams/icbc/README.md 3.1). */
import { ALIPAY_PAGES } from '../alipay.ts'
import type { Misbehaviour } from '../scenario.ts'
import { shanghai } from '../shanghai.ts'
import type { Bank, MixedOrder } from './book.ts'
import { canonical, digits, findMixed, firstTime, misbehaviour, record } from './book.ts'
import { sendForged } from './callbacks.ts'
import type { Handled } from './cash.ts'
import { describe } from './describe.ts'
import type { Refusal } from './envelope.ts'
import { refuse } from './envelope.ts'
import { checkSubmit, isAlipay } from './mixed-rules.ts'
import { payMixed } from './payment.ts'
import type { QueryRequest, SubmitRequest } from './schemas.ts'

/** F11: how long after the lost answer the patient pays from WeChat's own unpaid-order card. */
const PAID_ELSEWHERE_MS = 20_000
/** F15: soon after the answer, well before any patient has paid. */
const FORGED_AFTER_MS = 500

export async function submit(bank: Bank, request: SubmitRequest): Promise<Handled> {
  const billNo = billOf(bank, request)
  const log = { billNo, call: 'mixed-submit', number: request.out_trade_no } as const
  const kind = misbehaviour(billNo)
  if (kind === 'F12' && firstTime(bank, billNo, 'submit')) {
    record(bank, { ...log, result: 'lost-request' })
    return { billNo, fields: {}, lose: true }
  }
  const known = knownOrder(bank, request)
  if (known !== null && 'refusal' in known) {
    record(bank, { ...log, result: 'refused' })
    return { billNo, fields: known }
  }
  if (known !== null) {
    record(bank, { ...log, result: 'repeat' })
    return { billNo, fields: placed(bank, known), lose: kind === 'F11' }
  }
  const checked = checkSubmit(bank, request)
  if ('refusal' in checked) {
    record(bank, { ...log, result: 'refused' })
    return { billNo, fields: checked }
  }
  const mixed: MixedOrder = {
    mixTradeNo: `P${shanghai.compact(bank.context.world.now())}${digits(bank, 16)}`,
    billNo,
    request,
    text: canonical(request),
    ...checked,
    payUrl: isAlipay(bank, request) ? `${ALIPAY_PAGES}/pay?token=${digits(bank, 24)}` : null,
    attempted: false,
    insurance: checked.upload === null ? 'none' : 'created',
    paidAt: null,
  }
  bank.mixedOrders.set(request.out_trade_no, mixed)
  record(bank, { ...log, result: 'effect' })
  await afterwards(bank, mixed, kind)
  const lose = kind === 'F11' || (kind === 'F10' && firstTime(bank, billNo, 'submit-answer'))
  return { billNo, fields: placed(bank, mixed), lose }
}

/** What happens at once, before or instead of the patient's cashier. */
async function afterwards(bank: Bank, mixed: MixedOrder, kind: Misbehaviour | null): Promise<void> {
  const { world } = bank.context
  if (kind === 'F37') await payMixed(bank, mixed)?.delivered
  if (kind === 'F11')
    void world.sleep(PAID_ELSEWHERE_MS * world.timeScale).then(() => payMixed(bank, mixed))
  if (kind === 'F15')
    void world.sleep(FORGED_AFTER_MS * world.timeScale).then(() => sendForged(bank, mixed))
}

function billOf(bank: Bank, request: SubmitRequest): string {
  const upload = bank.context.registry.uploads.get(request.pay_order_id ?? '')
  const cash = [...bank.cashOrders.values()].find((order) => order.orderId === request.out_trade_no)
  return request.attach || (upload?.billNo ?? cash?.billNo ?? request.out_trade_no)
}

/** One mixed order per (sub_mchid, out_trade_no), and one per icbc_serial_no. */
function knownOrder(bank: Bank, request: SubmitRequest): MixedOrder | Refusal | null {
  const orders = [...bank.mixedOrders.values()]
  const known =
    bank.mixedOrders.get(request.out_trade_no) ??
    orders.find((mixed) => mixed.request.icbc_serial_no === request.icbc_serial_no)
  if (known === undefined) return null
  return known.text === canonical(request) ? known : refuse('268512536', '订单已存在')
}

function placed(bank: Bank, mixed: MixedOrder): Record<string, unknown> {
  return {
    return_code: 0,
    return_msg: 'success',
    icbc_serial_no: mixed.request.icbc_serial_no,
    ...(mixed.payUrl !== null && { pay_url: mixed.payUrl }),
    ...describe(bank, mixed),
  }
}

export function query(bank: Bank, request: QueryRequest): Handled {
  const { icbc } = bank.context.parameters
  const number = request.mix_trade_no ?? request.out_trade_no ?? ''
  const allowed = bank.context.profiles.icbc.queryByOutTradeNo || request.out_trade_no === undefined
  if (!allowed || (request.mix_trade_no === undefined) === (request.out_trade_no === undefined))
    return { billNo: '', fields: refuse('268435461', '参数非法：mix_trade_no') }
  const mixed =
    request.mix_trade_no === undefined
      ? (bank.mixedOrders.get(request.out_trade_no ?? '') ?? null)
      : findMixed(bank, request.mix_trade_no)
  const mine = request.hospital_id === icbc.hospitalId && request.sub_mchid === icbc.subMchid
  const billNo = mixed?.billNo ?? ''
  record(bank, { billNo, call: 'mixed-query', number, result: 'question' })
  if (mixed === null || !mine) return { billNo, fields: refuse('268529515', '未找到订单') }
  return {
    billNo,
    fields: { return_code: 0, return_msg: 'success', ...describe(bank, mixed) },
  }
}
