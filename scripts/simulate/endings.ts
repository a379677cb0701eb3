/** What holds once everything has calmed down: the order book, the bank, the bureau and HIS say the same. */
import { INTENDED_EFFECTS, isBackground } from '../../src/payment/effects.ts'
import { settlementNo } from '../../src/payment/numbers.ts'
import type { HisBill } from '../../src/sandbox/his-bills.ts'
import { billOf } from '../../src/sandbox/his-bills.ts'
import type { Books, IntentRow, OrderRow, RefundRow } from './books.ts'
import type { Violation } from './invariants.ts'
import type { Simulated } from './world.ts'

const FINAL = new Set(['paid', 'refunded', 'failed', 'closed'])
/** A refund whose money is all back. */
const IS_BACK = new Set(['refunded', 'notifying'])

type Rule = (world: Simulated, books: Books) => Violation[]

export function endings(world: Simulated, books: Books): Violation[] {
  return RULES.flatMap((rule) => rule(world, books))
}

const broken = (order: OrderRow, rule: string, what: string): Violation => ({
  billNo: order.bill_no,
  rule,
  what: `${order.id} (${order.state}): ${what}`,
})

const everyOrderEnds: Rule = (_, { orders, owned }) =>
  orders
    .filter(({ id, state }) => !FINAL.has(state) && !owned.has(id))
    .map((order) => broken(order, 'every order ends or has an owner', 'neither'))

const everyRefundEnds: Rule = (_, { orders, refunds, owned }) =>
  refunds
    .filter(
      ({ state, order_id: id }) => !['refunded', 'rejected'].includes(state) && !owned.has(id),
    )
    .flatMap(({ refund_no: no, state, order_id: id }) =>
      orders
        .filter((order) => order.id === id)
        .map((order) => broken(order, 'every refund ends or has an owner', `${no} is ${state}`)),
    )

/**
 * A flow's own intent may stay behind in an order that was closed. Background work has nobody but
 * the worker: open and never due again it is forgotten.
 */
function isForgotten({ effect, due_at: dueAt }: IntentRow, { state }: OrderRow): boolean {
  if (dueAt !== null) return state !== 'closed'
  // A bill that was paid after its order had been closed is not given back to the desks.
  return BACKGROUND.has(effect) && !(effect === 'release-bill' && state === 'paid')
}

const BACKGROUND: ReadonlySet<string> = new Set(INTENDED_EFFECTS.filter(isBackground))

const everyIntentEnds: Rule = (_, { orders, intents, owned }) =>
  intents
    .filter((one) => one.state === 'open' && !owned.has(one.order_id))
    .flatMap((intent) =>
      orders
        .filter((order) => order.id === intent.order_id && isForgotten(intent, order))
        .map((order) => {
          const { effect, number, answer } = intent
          const what = `${effect} ${number}: ${answer}`
          return broken(order, 'every intent ends or has an owner', what)
        }),
    )

/** One event a version, the last of them where the order stands. */
const historyIsWhole: Rule = (_, { orders, events }) => {
  const byOrder = Map.groupBy(events, ({ order_id: id }) => id)
  return orders.flatMap((order) => {
    const own = byOrder.get(order.id) ?? []
    const gap = own.findIndex(({ version }, at) => version !== at + 1)
    const end = own.findLast(({ to_state: to }) => to !== null)?.to_state
    const whole = gap === -1 && own.length === order.version && end === order.state
    const told = `${own.length} events for version ${order.version}, the last to ${end}`
    return whole ? [] : [broken(order, 'no event is missing', told)]
  })
}

// ---------------------------------------------------------------- money

/** A person decides about this order, so its money may stand otherwise until then. */
function isInReview({ id, state }: OrderRow, { owned, refunds }: Books): boolean {
  const running = refunds.some(
    (refund) => refund.order_id === id && !['refunded', 'rejected'].includes(refund.state),
  )
  return owned.has(id) && (!FINAL.has(state) || running)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

const backOf = (
  { id }: OrderRow,
  refunds: readonly RefundRow[],
  part: 'total_fen' | 'self_pay_fen',
) =>
  sum(
    refunds.filter((one) => one.order_id === id && IS_BACK.has(one.state)).map((one) => one[part]),
  )

const insuredOf = (order: OrderRow): number => order.fund_fen + order.account_fen + order.other_fen

const moneyAgrees: Rule = ({ bank }, books) => {
  const { ledger } = bank.context.world
  return [...Map.groupBy(books.orders, (order) => order.bill_no)].flatMap(([billNo, orders]) => {
    if (orders.some((order) => isInReview(order, books))) return []
    const paid = orders.filter(({ state }) => state === 'paid')
    const own = sum(
      paid.map((one) => one.self_pay_fen - backOf(one, books.refunds, 'self_pay_fen')),
    )
    const insured = sum(paid.filter((one) => one.insurance === 'settled').map(insuredOf))
    const holder = (name: 'bank' | 'insurance-payable') => ledger.balance(billNo, name)
    const held = holder('bank')
    const settled = -sum(
      (['fund', 'account', 'other'] as const).map((name) => ledger.balance(billNo, name)),
    )
    const told = orders.map(({ id, state }) => `${id} ${state}`).join(', ')
    return [
      ...(held === own
        ? []
        : [{ billNo, rule: 'own money', what: `bank ${held}, book ${own}: ${told}` }]),
      ...(settled === insured
        ? []
        : [
            {
              billNo,
              rule: 'insurance money',
              what: `bureau ${settled}, book ${insured}: ${told}`,
            },
          ]),
    ]
  })
}

const refundsAddUp: Rule = (_, books) =>
  books.orders
    .filter((order) => order.state === 'paid' && !isInReview(order, books))
    .filter((order) => order.refunded_fen !== backOf(order, books.refunds, 'total_fen'))
    .map((order) => broken(order, 'refunds add up', `${order.refunded_fen} fen in the book`))

// ---------------------------------------------------------------- HIS

const hisKnows: Rule = ({ bank }, books) =>
  [...Map.groupBy(books.orders, (order) => order.bill_no)].flatMap(([billNo, orders]) => {
    const bill = billOf(bank.context, billNo)
    if (bill === null || orders.some((order) => isInReview(order, books))) return []
    return [
      ...netAgrees(bill, orders, books),
      ...orders.flatMap((order) => toldOf(bill, order, books)),
    ]
  })

function netAgrees(bill: HisBill, orders: readonly OrderRow[], books: Books): Violation[] {
  const totals = (rows: Iterable<{ amounts: { totalFen: number } }>) =>
    sum([...rows].map(({ amounts }) => amounts.totalFen))
  const net = totals(bill.settlements.values()) - totals(bill.refunds.values())
  const known = orders.filter(
    ({ state, his_write_back: told }) => state === 'paid' && told === 'done',
  )
  const book = sum(
    known.map((order) => order.total_fen - backOf(order, books.refunds, 'total_fen')),
  )
  const owned = orders.some(({ id }) => books.owned.has(id))
  if (net === book || owned) return []
  return [
    { billNo: bill.billNo, rule: 'HIS knows the paid orders', what: `HIS ${net}, book ${book}` },
  ]
}

/** A paid order that HIS was not told of has an owner; HIS was told of no order that was not paid. */
function toldOf(bill: HisBill, order: OrderRow, { owned, events }: Books): Violation[] {
  const isTold = bill.settlements.has(settlementNo(order.id))
  const rule = 'HIS knows exactly the paid orders'
  if (order.state === 'paid' && !isTold && !owned.has(order.id))
    return [broken(order, rule, 'not told')]
  const wasPaid = events.some(({ order_id: id, to_state: to }) => id === order.id && to === 'paid')
  return isTold && !wasPaid ? [broken(order, rule, 'told, never paid')] : []
}

// ---------------------------------------------------------------- evidence

/** Only a callback or a query makes an order paid, so the bank knew of it before we did. */
const paidAfterEvidence: Rule = ({ bank, weather }, { orders, events, attempts }) =>
  orders.flatMap((order) => {
    const paid = events.find((event) => event.order_id === order.id && event.to_state === 'paid')
    if (paid === undefined) return []
    const numbers = attempts
      .filter(({ order_id: id }) => id === order.id)
      .map((one) => one.mix_trade_no)
    const mixed = [...bank.mixedOrders.values()].filter((one) => numbers.includes(one.mixTradeNo))
    const known = mixed.some((one) => one.paidAt !== null && one.paidAt <= paid.at + weather.skewMs)
    return known ? [] : [broken(order, 'paid only when the bank said so', `at ${paid.at}`)]
  })

const CALLS: Readonly<Record<string, string>> = {
  'write-back:done': 'settlement',
  'order-mixed:done': 'mixed-submit',
  'order-self-pay:done': 'self-pay-order',
  'refund-self-pay:done': 'refund',
  'write-back-refund:done': 'refund-write-back',
  'upload:done': '6201',
  'order-insurance:done': '6202',
}
/** What was under way when the answer came may still arrive. */
const STRAGGLER_MS = 15_000

/** What is known to be done is not done again. */
const onceDoneIsEnough: Rule = ({ bank, weather }, { orders, events }) =>
  events.flatMap((event) => {
    const name = CALLS[event.what]
    if (name === undefined) return []
    const { number }: { number?: string } = JSON.parse(event.detail)
    const since = event.at + weather.skewMs + STRAGGLER_MS
    const again = bank.context.world.calls.find(
      (call) => call.call === name && call.number === number && call.at > since,
    )
    const order = orders.find(({ id }) => id === event.order_id)
    if (again === undefined || order === undefined) return []
    return [broken(order, 'what is done is not done again', `${name} ${number}`)]
  })

const RULES: readonly Rule[] = [
  everyOrderEnds,
  everyRefundEnds,
  everyIntentEnds,
  historyIsWhole,
  moneyAgrees,
  refundsAddUp,
  hisKnows,
  paidAfterEvidence,
  onceDoneIsEnough,
]
