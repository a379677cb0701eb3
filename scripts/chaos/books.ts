/** The three books side by side, by bill: ours, the bank's with the bureau's, and HIS's. */
import { ageCash, type Bank, type CashOrder, type MixedOrder } from '../../src/sandbox/bank/book.ts'
import type { Refund as BankRefund } from '../../src/sandbox/bank/book.ts'
import { billOf, type HisBill } from '../../src/sandbox/his-bills.ts'
import type { Holder } from '../../src/sandbox/ledger.ts'
import type { Upload } from '../../src/sandbox/registry.ts'
import type { Books, EventRow, IntentRow, OrderRow, RefundRow } from '../simulate/books.ts'

export interface OrderPage extends OrderRow {
  readonly events: readonly EventRow[]
  readonly refunds: readonly RefundRow[]
  /** Nothing of what is only looked at again for days, to be sure. */
  readonly openIntents: readonly IntentRow[]
  readonly isOwned: boolean
}

export interface BillPage {
  readonly billNo: string
  readonly orders: readonly OrderPage[]
  readonly cash: readonly CashOrder[]
  readonly mixed: readonly MixedOrder[]
  readonly uploads: readonly Upload[]
  readonly bankRefunds: readonly BankRefund[]
  readonly his: HisBill | null
  /** Fen gained through this bill. */
  readonly gained: (holder: Holder) => number
}

const byBill = <T extends { readonly billNo: string }>(all: Iterable<T>) =>
  Map.groupBy(all, ({ billNo }) => billNo)

const byOrder = <T extends { readonly order_id: string }>(all: readonly T[]) =>
  Map.groupBy(all, ({ order_id: id }) => id)

export const FINAL: readonly string[] = ['paid', 'refunded', 'failed', 'closed']
export const REFUND_ENDS: readonly string[] = ['refunded', 'rejected']
/** Of the effects, the one that keeps nobody waiting. */
export const RECHECKED_FOR_DAYS = 'recheck-refund'

export function sideBySide(bank: Bank, books: Books): BillPage[] {
  const { world, registry } = bank.context
  const orders = Map.groupBy(pagesOf(books), (order) => order.bill_no)
  const cash = byBill([...bank.cashOrders.values()].map((one) => ageCash(bank, one)))
  const mixed = byBill(bank.mixedOrders.values())
  const uploads = byBill(registry.uploads.values())
  const movements = byBill(world.ledger.movements)
  const refunds = Map.groupBy(bank.refunds.values(), (refund) => refund.cash.billNo)
  return [...registry.bills.keys()].map((billNo) => ({
    billNo,
    orders: orders.get(billNo) ?? [],
    cash: cash.get(billNo) ?? [],
    mixed: mixed.get(billNo) ?? [],
    uploads: uploads.get(billNo) ?? [],
    bankRefunds: refunds.get(billNo) ?? [],
    his: billOf(bank.context, billNo),
    gained: (holder) =>
      sum(
        (movements.get(billNo) ?? []).map(
          ({ from, to, amountFen }) =>
            (to === holder ? amountFen : 0) - (from === holder ? amountFen : 0),
        ),
      ),
  }))
}

function pagesOf({ orders, events, refunds, intents, owned }: Books): OrderPage[] {
  const eventsOf = byOrder(events)
  const refundsOf = byOrder(refunds)
  const open = intents.filter(({ state, effect, due_at: dueAt }) => {
    return state === 'open' && dueAt !== null && effect !== RECHECKED_FOR_DAYS
  })
  const intentsOf = byOrder(open)
  return orders.map((order) => ({
    ...order,
    events: eventsOf.get(order.id) ?? [],
    refunds: refundsOf.get(order.id) ?? [],
    openIntents: intentsOf.get(order.id) ?? [],
    isOwned: owned.has(order.id),
  }))
}

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((all, one) => all + one, 0)
