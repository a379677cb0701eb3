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
  const kind = misbehaviour(billNo)
  if (kind === 'F12' && firstTime(counter, billNo, 'submit')) {
    const call = { billNo, call: 'mixed-submit', number: wish.institutionNo } as const
    record(counter, { ...call, result: 'lost-request' })
    return { billNo, told: 'lost' }
  }
  const { told, result } = await openMixed(counter, wish)
  const lost =
    (kind === 'F11' && result !== 'refused') ||
    (kind === 'F10' && result === 'effect' && firstTime(counter, billNo, 'submit-answer'))
  return { billNo, told: lost ? 'lost' : told }
}

export interface Opened {
  readonly told: MixedOrder | Refusal
  readonly result: 'effect' | 'repeat' | 'refused'
}

/** The order itself, whatever becomes of the answer about it. */
export async function openMixed(counter: Counter, wish: MixedWish): Promise<Opened> {
  const billNo = billOf(counter, wish)
  const known = knownOrder(counter, wish)
  const told = known ?? newOrder(counter, wish)
  const repeat = known === null ? 'effect' : 'repeat'
  const result = told instanceof Refusal ? 'refused' : repeat
  record(counter, { billNo, call: 'mixed-submit', number: wish.institutionNo, result })
  if (!(told instanceof Refusal) && result === 'effect') {
    counter.mixedOrders.set(wish.institutionNo, told)
    await afterwards(counter, told, misbehaviour(billNo))
  }
  return { told, result }
}

function newOrder(counter: Counter, wish: MixedWish): MixedOrder | Refusal {
  const checked = checkMixed(counter, wish)
  if (checked instanceof Refusal) return checked
  const { world } = counter.context
  return {
    protocol: counter.protocol,
    orderedAt: world.now(),
    mixTradeNo: `P${shanghai.compact(world.now())}${digits(world, 16)}`,
    billNo: billOf(counter, wish),
    wish,
    ...checked,
    payUrl: wish.channel === 'alipay' ? `${ALIPAY_PAGES}/pay?token=${digits(world, 24)}` : null,
    attempted: false,
    insurance: checked.upload === null ? 'none' : 'created',
    paidAt: null,
    refundNotice: null,
  }
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
