/**
 * What must hold after the storm. The simulation holds its books against other rules of its own
 * (`simulate/endings.ts`); this is written apart from it, so that neither hides the other's mistake.
 */
import { settlementNo } from '../../src/payment/numbers.ts'
import type { RefundRow } from '../simulate/books.ts'
import type { Violation } from '../simulate/invariants.ts'
import { type BillPage, FINAL, type OrderPage, REFUND_ENDS, sum } from './books.ts'
import type { Heard } from './patients.ts'

type Rule = (page: BillPage) => readonly (readonly [rule: string, what: string | null])[]

/** @returns what is wrong, bill by bill */
export function wrongWith(pages: readonly BillPage[], heard: Heard): Violation[] {
  const rules: readonly Rule[] = [
    everythingEnds,
    historyIsWhole,
    nothingTwice,
    moneyAgrees,
    hisKnows,
    (page) => promisesAreKept(page, heard),
  ]
  return pages.flatMap((page) =>
    rules
      .flatMap((rule) => rule(page))
      .flatMap(([rule, what]) => (what === null ? [] : [{ billNo: page.billNo, rule, what }])),
  )
}

const unless = (holds: boolean, what: string): string | null => (holds ? null : what)

const everythingEnds: Rule = ({ orders }) =>
  orders
    .filter(({ isOwned }) => !isOwned)
    .flatMap(({ id, state, refunds, openIntents }) => [
      ['every order ends or has an owner', unless(FINAL.includes(state), `${id} is ${state}`)],
      ...refunds.map(
        (one) =>
          [
            'every refund ends or has an owner',
            unless(REFUND_ENDS.includes(one.state), `${one.refund_no} is ${one.state}`),
          ] as const,
      ),
      ...openIntents.map(
        ({ effect, number }) => ['nothing is left undone', `${effect} ${number}`] as const,
      ),
    ])

const historyIsWhole: Rule = ({ orders }) =>
  orders.map(({ id, version, state, events }) => {
    const versions = events.map((event) => event.version)
    const whole = versions.length === version && versions.every((one, at) => one === at + 1)
    const last = events.findLast(({ to_state: to }) => to !== null)?.to_state
    const told = `${id}: versions ${versions.join()} of ${version}, last to ${last}, is ${state}`
    return ['no event is missing', unless(whole && last === state, told)]
  })

/** One of everything, counted where it costs money: at the bank, at the bureau, at HIS. */
const nothingTwice: Rule = ({ orders, cash, mixed, uploads, bankRefunds, his }) => {
  const payable = cash.filter(
    ({ status, refundedFen, amountFen }) =>
      status === 'open' || (status === 'paid' && refundedFen < amountFen),
  )
  const settledMixed = mixed.filter(({ insurance, upload, cash }) => {
    const insured = insurance === 'settled' && upload?.settlement === 'settled'
    return insured || (cash?.status === 'paid' && cash.refundedFen < cash.amountFen)
  })
  const settled = uploads.filter(({ settlement }) => settlement === 'settled')
  const twice = Map.groupBy(
    bankRefunds.filter(({ status }) => status !== 'failed'),
    ({ refundNo }) => refundNo.replace(/-\d+$/, ''),
  )
  const again = [...twice].filter(([, refunds]) => refunds.length > 1).map(([no]) => no)
  const wasPaid = orders.filter(({ events }) => events.some(({ to_state: to }) => to === 'paid'))
  const told = his?.settlements.size ?? 0
  const toldBack = his?.refunds.size ?? 0
  const known = sum(orders.map(({ refunds }) => refunds.length))
  return [
    ['one cash order', unless(payable.length <= 1, payable.map((one) => one.outTradeNo).join())],
    [
      'one mixed order',
      unless(settledMixed.length <= 1, settledMixed.map((one) => one.mixTradeNo).join()),
    ],
    ['one settlement', unless(settled.length <= 1, settled.map((one) => one.payOrdId).join())],
    ['one refund a number', unless(again.length === 0, again.join())],
    ['one write-back an order', unless(told <= wasPaid.length, `HIS has ${told}`)],
    ['one write-back a refund', unless(toldBack <= known, `HIS has ${toldBack} of ${known}`)],
  ]
}

// ---------------------------------------------------------------- money

/** A person decides about this order, so its money may stand otherwise until then. */
const isInReview = ({ state, isOwned, refunds }: OrderPage): boolean =>
  isOwned && (!FINAL.includes(state) || refunds.some((one) => !REFUND_ENDS.includes(one.state)))

const backOf = ({ refunds }: OrderPage, part: 'total_fen' | 'self_pay_fen'): number =>
  sum(refunds.filter(({ state }) => state === 'refunded').map((one) => one[part]))

const moneyAgrees: Rule = ({ orders, cash, gained }) => {
  const held = gained('bank')
  const most = Math.max(0, ...cash.map(({ amountFen }) => amountFen))
  const insured = -gained('fund') - gained('account') - gained('other')
  const always = [
    ['nobody pays twice', unless(held <= most, `the bank holds ${held} of ${most} fen`)],
    ['refunds never exceed payments', unless(held >= 0 && insured >= 0, `${held}, ${insured} fen`)],
  ] as const
  if (orders.some(isInReview)) return always
  const paid = orders.filter(({ state }) => state === 'paid')
  const own = sum(paid.map((one) => one.self_pay_fen - backOf(one, 'self_pay_fen')))
  const settled = sum(
    paid
      .filter(({ insurance }) => insurance === 'settled')
      .map((one) => one.fund_fen + one.account_fen + one.other_fen),
  )
  const asReturned = paid.every((one) => one.refunded_fen === backOf(one, 'total_fen'))
  return [
    ...always,
    ['own money agrees', unless(held === own, `bank ${held}, our book ${own}`)],
    ['insurance money agrees', unless(insured === settled, `${insured}, our book ${settled}`)],
    ['refunds add up', unless(asReturned, paid.map((one) => one.refunded_fen).join())],
  ]
}

const totals = (rows: Iterable<{ amounts: { totalFen: number } }> = []): number =>
  sum([...rows].map(({ amounts }) => amounts.totalFen))

/** HIS knows exactly the paid orders, and of them exactly what did not go back. */
const hisKnows: Rule = ({ orders, his }) => {
  if (orders.some(({ isOwned }) => isOwned)) return []
  const known = new Set(his?.settlements.keys())
  const shouldKnow = new Set(
    orders.filter((order) => order.his_write_back === 'done').map(({ id }) => settlementNo(id)),
  )
  const paid = orders.filter(({ state }) => state === 'paid')
  const untold = paid.filter(({ id }) => !known.has(settlementNo(id)))
  const net = totals(his?.settlements.values()) - totals(his?.refunds.values())
  const book = sum(paid.map((order) => order.total_fen - backOf(order, 'total_fen')))
  return [
    ['HIS knows the paid orders', unless(untold.length === 0, untold.map(({ id }) => id).join())],
    [
      'HIS knows only paid orders',
      unless(known.isSubsetOf(shouldKnow), [...known.difference(shouldKnow)].join()),
    ],
    ['HIS agrees', unless(net === book, `HIS ${net}, our book ${book}`)],
  ]
}

// ---------------------------------------------------------------- what people were told

function promisesAreKept({ billNo, orders }: BillPage, heard: Heard): ReturnType<Rule> {
  const forgotten = orders.filter(
    ({ id, events }) => heard.paid.has(id) && !events.some(({ to_state: to }) => to === 'paid'),
  )
  const refunds = orders.flatMap((order) => order.refunds).filter(isAlive)
  const askedFen = heard.askedFen.get(billNo)
  const isKept = !heard.accepted.has(billNo) || orders.some((one) => one.refunds.length > 0)
  const asAsked = askedFen === undefined || askedFen === null || sum(refunds.map(fenOf)) <= askedFen
  return [
    ['what was shown as paid is paid', unless(forgotten.length === 0, named(forgotten))],
    ['an accepted refund is not forgotten', unless(isKept, 'no refund in our book')],
    ['asked once, returned once', unless(refunds.length <= 1 && asAsked, refundsOf(refunds))],
  ]
}

const isAlive = ({ state }: RefundRow): boolean => state !== 'rejected'
const fenOf = (refund: RefundRow): number => refund.total_fen
const named = (orders: readonly OrderPage[]): string => orders.map(({ id }) => id).join()
const refundsOf = (refunds: readonly RefundRow[]): string =>
  refunds.map((one) => `${one.refund_no} ${one.total_fen}`).join()
