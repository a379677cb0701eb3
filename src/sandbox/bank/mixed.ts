/** Mixed orders: placing one, and being asked about it. */
import { ALIPAY_PAGES } from '../alipay.ts'
import { digits } from '../answers.ts'
import type { Misbehaviour } from '../scenario.ts'
import { shanghai } from '../shanghai.ts'
import type { Bank, Counter, Handled, MixedOrder, MixedWish } from './book.ts'
import { findMixed, firstTime, misbehaviour, record, Refusal } from './book.ts'
import { checkMixed } from './mixed-rules.ts'
import { sendForged } from './notices.ts'
import { payMixed } from './payment.ts'

/** F11: how long after the lost answer the patient pays from WeChat's own unpaid-order card. */
const PAID_ELSEWHERE_MS = 20_000
/** F15: soon after the answer, well before any patient has paid. */
const FORGED_AFTER_MS = 500

export async function placeMixed(counter: Counter, wish: MixedWish): Promise<Handled<MixedOrder>> {
  const billNo = billOf(counter, wish)
  const log = { billNo, call: 'mixed-submit', number: wish.institutionNo } as const
  const kind = misbehaviour(billNo)
  if (kind === 'F12' && firstTime(counter, billNo, 'submit')) {
    record(counter, { ...log, result: 'lost-request' })
    return { billNo, told: 'lost' }
  }
  const known = knownOrder(counter, wish)
  if (known !== null) {
    const refused = known instanceof Refusal
    record(counter, { ...log, result: refused ? 'refused' : 'repeat' })
    return { billNo, told: !refused && kind === 'F11' ? 'lost' : known }
  }
  const checked = checkMixed(counter, wish)
  if (checked instanceof Refusal) {
    record(counter, { ...log, result: 'refused' })
    return { billNo, told: checked }
  }
  const { world } = counter.context
  const mixed: MixedOrder = {
    protocol: counter.protocol,
    orderedAt: world.now(),
    mixTradeNo: `P${shanghai.compact(world.now())}${digits(world, 16)}`,
    billNo,
    wish,
    ...checked,
    payUrl: wish.channel === 'alipay' ? `${ALIPAY_PAGES}/pay?token=${digits(world, 24)}` : null,
    attempted: false,
    insurance: checked.upload === null ? 'none' : 'created',
    paidAt: null,
  }
  counter.mixedOrders.set(wish.institutionNo, mixed)
  record(counter, { ...log, result: 'effect' })
  await afterwards(counter, mixed, kind)
  const lost = kind === 'F11' || (kind === 'F10' && firstTime(counter, billNo, 'submit-answer'))
  return { billNo, told: lost ? 'lost' : mixed }
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

export function billOf(bank: Bank, wish: MixedWish): string {
  const upload = bank.context.registry.uploads.get(wish.payOrdId ?? '')
  const cash = [...bank.cashOrders.values()].find((order) => order.orderId === wish.institutionNo)
  return wish.billNo || (upload?.billNo ?? cash?.billNo ?? wish.institutionNo)
}

/** One mixed order per institution number, and one per serial number. */
function knownOrder(bank: Bank, wish: MixedWish): MixedOrder | Refusal | null {
  const orders = [...bank.mixedOrders.values()]
  const known =
    bank.mixedOrders.get(wish.institutionNo) ??
    orders.find((mixed) => mixed.wish.serialNo === wish.serialNo)
  if (known === undefined) return null
  return known.wish.text === wish.text ? known : new Refusal('mixed-order-exists', '订单已存在')
}

/** By the bank's number, or by the institution number. */
export function askMixed(
  counter: Counter,
  asked: { readonly mixTradeNo: string } | { readonly institutionNo: string },
): Handled<MixedOrder> {
  const byBank = 'mixTradeNo' in asked
  const number = byBank ? asked.mixTradeNo : asked.institutionNo
  const mixed = byBank ? findMixed(counter, number) : counter.mixedOrders.get(number)
  const billNo = mixed?.billNo ?? ''
  record(counter, { billNo, call: 'mixed-query', number, result: 'question' })
  return { billNo, told: mixed ?? new Refusal('no-mixed-order', '未找到订单') }
}
