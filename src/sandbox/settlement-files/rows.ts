/** What the pretend bank and bureau tell of a day or a month: their own ledger, movement by movement. */
import type { Bank } from '../bank/book.ts'
import { feeUploads } from '../mid-platform-uploads.ts'
import type { Movement } from '../ledger.ts'
import { shanghai } from '../shanghai.ts'

export interface StatementRow {
  readonly kind: 'payment' | 'refund' | 'reversal'
  readonly succeeded: boolean
  /** The bank's number of the order, the bureau's payOrdId. */
  readonly orderNo: string
  /** The hospital's number of the order. */
  readonly merchantNo: string
  /** The hospital's number of the refund; empty without one. */
  readonly refundNo: string
  /** Fund, account, other at the bureau; one at the bank. */
  readonly partsFen: readonly number[]
  readonly at: number
}

export const sumOf = ({ partsFen }: StatementRow): number =>
  partsFen.reduce((sum, part) => sum + part, 0)

const KINDS: Readonly<Record<string, Pick<StatementRow, 'kind' | 'succeeded'>>> = {
  cash: { kind: 'payment', succeeded: true },
  'cash-refund': { kind: 'refund', succeeded: true },
  // The channel could not pay it out: the day's file says that the refund failed.
  'cash-refund-reversed': { kind: 'refund', succeeded: false },
  'channel-return': { kind: 'reversal', succeeded: true },
}

/** @param period `yyyy-MM-dd` or `yyyy-MM` of Asia/Shanghai. */
const isWithin = ({ at }: Movement, period: string): boolean =>
  shanghai.spaced(at).startsWith(period)

/** Cash orders and their refunds, by whichever protocol they came. */
export function bankRows(bank: Bank, date: string): StatementRow[] {
  const orders = new Map([...bank.cashOrders.values()].map((cash) => [cash.orderId, cash]))
  return bank.context.world.ledger.movements.flatMap((movement) => {
    const kind = KINDS[movement.why]
    if (kind === undefined || !isWithin(movement, date)) return []
    const refund = bank.refunds.get(movement.number)
    const cash = orders.get(movement.number) ?? refund?.cash
    if (cash === undefined) throw new Error(`moved for no order: ${movement.number}`)
    return {
      ...kind,
      orderNo: cash.orderId,
      merchantNo: cash.outTradeNo,
      refundNo: refund?.refundNo ?? '',
      partsFen: [movement.amountFen],
      at: movement.at,
    }
  })
}

const PARTS = ['fund', 'account', 'other'] as const

/** The bureau's: one row a settlement or refund, whose parts are movements of their own. */
export function insuranceRows({ context }: Bank, month: string): StatementRow[] {
  const rows = new Map<string, StatementRow>()
  const refunded = new Map(
    feeUploads(context).flatMap((one) => [...one.refunds.keys()].map((number) => [number, one])),
  )
  for (const movement of context.world.ledger.movements) {
    const { why, number, amountFen, at } = movement
    const isRefund = why === 'insurance-refund'
    if ((!isRefund && why !== 'insurance-settlement') || !isWithin(movement, month)) continue
    const part = PARTS.findIndex((name) => name === (isRefund ? movement.to : movement.from))
    const upload = isRefund ? refunded.get(number) : context.registry.uploads.get(number)
    if (upload === undefined) throw new Error(`settled without an upload: ${number}`)
    const before = rows.get(`${why}:${number}`)
    const partsFen = (before?.partsFen ?? [0, 0, 0]).map((fen, index) =>
      index === part ? fen + amountFen : fen,
    )
    rows.set(`${why}:${number}`, {
      kind: isRefund ? 'refund' : 'payment',
      succeeded: true,
      orderNo: upload.payOrdId,
      merchantNo: upload.medOrgOrd,
      refundNo: isRefund ? number : '',
      partsFen,
      at,
    })
  }
  return [...rows.values()]
}
