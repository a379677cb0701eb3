/** What holds at every instant, looked at after each request that an upstream has worked on. */
import { ageCash, type Bank, type CashOrder, type MixedOrder } from '../../src/sandbox/bank/book.ts'
import type { Knex } from 'knex'
import { sm3Hex } from '../../src/crypto/sm3.ts'
import { isAutomaticRefundNo } from '../../src/payment/numbers.ts'
import type { Simulated } from './world.ts'

export interface Violation {
  readonly billNo: string | null
  readonly rule: string
  readonly what: string
}

/** Still payable, or paid and not given back. */
const isAliveCash = (bank: Bank, cash: CashOrder): boolean => {
  const { status, refundedFen, amountFen } = ageCash(bank, cash)
  return status === 'open' || (status === 'paid' && refundedFen < amountFen)
}

function isAliveMixed(bank: Bank, { insurance, upload, attempted, cash }: MixedOrder): boolean {
  if (insurance === 'settled') return upload?.settlement === 'settled'
  if (attempted) return false
  return cash === null ? upload?.revoked === false : ageCash(bank, cash).status === 'open'
}

/** §8 a: our own refund is for a payment whose insurance part has failed. */
function isRefundedEarly(bank: Bank, { cash, insurance }: MixedOrder): boolean {
  if (insurance !== 'paying') return false
  return [...bank.refunds.values()].some(
    (refund) => refund.cash === cash && isAutomaticRefundNo(refund.refundNo),
  )
}

/** @returns what of these bills is wrong now. */
export function alwaysHolds({ bank }: Simulated, billNos: ReadonlySet<string>): Violation[] {
  return [...billNos].flatMap((billNo) => wrongWith(bank, billNo))
}

function wrongWith(bank: Bank, billNo: string): Violation[] {
  const { ledger } = bank.context.world
  const ofBill = <T extends { readonly billNo: string }>(all: Iterable<T>): T[] =>
    [...all].filter((one) => one.billNo === billNo)
  const cash = ofBill(bank.cashOrders.values())
  const alive = cash.filter((order) => isAliveCash(bank, order))
  const mixed = ofBill(bank.mixedOrders.values()).filter((order) => isAliveMixed(bank, order))
  const uploads = ofBill(bank.context.registry.uploads.values())
  const settled = uploads.filter(({ settlement }) => settlement === 'settled')
  const early = ofBill(bank.mixedOrders.values()).filter((order) => isRefundedEarly(bank, order))
  const held = ledger.balance(billNo, 'bank')
  const most = Math.max(0, ...cash.map(({ amountFen }) => amountFen))
  const found: [boolean, string, string][] = [
    [alive.length > 1, 'one cash order a bill', named(alive.map((one) => one.outTradeNo))],
    [mixed.length > 1, 'one mixed order a bill', named(mixed.map((one) => one.mixTradeNo))],
    [settled.length > 1, 'one insurance settlement', named(settled.map((one) => one.payOrdId))],
    [
      early.length > 0,
      'no refund while the insurance is open',
      named(early.map((one) => one.mixTradeNo)),
    ],
    [held < 0, 'refunds never exceed payments', `the bank holds ${held} fen`],
    [held > most, 'nobody pays twice', `the bank holds ${held} of ${most} fen`],
  ]
  return found.flatMap(([wrong, rule, what]) => (wrong ? [{ billNo, rule, what }] : []))
}

const named = (numbers: readonly string[]): string => numbers.join(', ')

/** A notice that was acknowledged is in the inbox at that very moment: the bank will not repeat it. */
export async function isStored(q: Knex, path: string, body: string): Promise<boolean> {
  const kind = path.endsWith('/self-pay') ? 'self-pay' : 'mixed-order'
  const bytes = Buffer.from(body).toString('latin1')
  const row: unknown = await q('inbox')
    .where({ id: sm3Hex(`${kind}:${bytes}`) })
    .first('id')
  return row !== undefined
}
