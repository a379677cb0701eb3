/** Own money that was taken or given back beside the orders: 一码付, 人社支付平台, 一卡通 (SC-C01). */
import { fen } from '../payment/money.ts'
import { businessDate } from '../payment/numbers.ts'
import type { Row } from '../reconciliation/row.ts'
import { textOf, textOrNull } from './columns.ts'
import { type Db, toNumber } from './database.ts'

export const OWN_MONEY_SYSTEMS = ['one-code', 'hrss-pay', 'one-card'] as const

export interface OwnMoneyRow extends Omit<Row, 'place' | 'at'> {
  readonly system: (typeof OWN_MONEY_SYSTEMS)[number]
  /** Null: the payer typed the amount, and no bill of ours is known (静态码方式一). */
  readonly billNo: string | null
  readonly at: number
}

interface Window {
  readonly from: number
  readonly until: number
}

type Columns = Readonly<Record<string, unknown>>

/** A table in which money moves, and how its rows read. */
interface Source {
  readonly system: OwnMoneyRow['system']
  readonly kind: 'payment' | 'refund'
  readonly table: string
  /** When the money moved; null while that is not known. */
  readonly moved: string
  /** States in which it may have moved, or still may, although nobody knows. */
  readonly open: readonly string[]
  /** States in which it is not known how much. */
  readonly disputed: readonly string[]
  readonly numbers: { readonly ours: string; readonly theirs: string; readonly amount: string }
}

const SOURCES: readonly Source[] = [
  {
    system: 'one-code',
    kind: 'payment',
    table: 'one_code_payments',
    moved: 'paid_at',
    open: ['charging', 'needs-review'],
    disputed: ['needs-review'],
    numbers: { ours: 'out_trade_no', theirs: 'charge_no', amount: 'self_pay_fen' },
  },
  {
    system: 'hrss-pay',
    kind: 'payment',
    table: 'hrss_payments',
    moved: 'paid_at',
    open: ['ordering', 'waiting', 'closing', 'needs-review'],
    disputed: [],
    numbers: { ours: 'mch_order_id', theirs: 'pay_order_id', amount: 'amount_fen' },
  },
  {
    system: 'one-card',
    kind: 'payment',
    table: 'one_card_payments',
    moved: 'paid_at',
    open: ['open', 'waiting'],
    disputed: [],
    numbers: { ours: 'order_no', theirs: 'pay_no', amount: 'amount_fen' },
  },
]

/** Of one window, oldest first; `unknown` while nobody can say whether it moved, or how much. */
export async function ofWindow(db: Db, window: Window): Promise<OwnMoneyRow[]> {
  const found = await Promise.all([
    ...SOURCES.map((source) => paymentsOf(db, source, window)),
    refundsOf(db, window),
    typedOf(db, window),
  ])
  return found.flat().toSorted((one, other) => one.at - other.at)
}

/** Moved within the window, or begun within it and still open. */
const within = (
  db: Db,
  of: { table: string; moved: string; open: readonly string[] },
  { from, until }: Window,
) =>
  db.q(of.table).where((either) => {
    void either
      .where(
        (moved) =>
          void moved
            .where(`${of.table}.${of.moved}`, '>=', from)
            .andWhere(`${of.table}.${of.moved}`, '<', until),
      )
      .orWhere((open) => {
        void open
          .whereNull(`${of.table}.${of.moved}`)
          .whereIn(`${of.table}.state`, [...of.open])
          .andWhere(`${of.table}.created_at`, '>=', from)
          .andWhere(`${of.table}.created_at`, '<', until)
      })
  })

async function paymentsOf(db: Db, source: Source, window: Window): Promise<OwnMoneyRow[]> {
  const { system, kind, moved, disputed, numbers } = source
  const rows: Columns[] = await within(db, source, window).select()
  return rows.map((row) => {
    const at = toNumber(row[moved] ?? row['created_at'])
    const isKnown = row[moved] != null && !disputed.includes(textOf(row['state']))
    return {
      system,
      kind,
      status: isKnown ? 'done' : 'unknown',
      billNo: textOf(row['bill_no']),
      bankOrderNo: textOrNull(row[numbers.theirs]),
      merchantOrderNo: textOf(row[numbers.ours]),
      refundNo: null,
      amountFen: fen(toNumber(row[numbers.amount])),
      businessDate: businessDate(at),
      at,
    }
  })
}

async function refundsOf(db: Db, window: Window): Promise<OwnMoneyRow[]> {
  const of = { table: 'hrss_refunds', moved: 'returned_at', open: ['open'] }
  const rows: Columns[] = await within(db, of, window)
    .join('hrss_payments', 'hrss_payments.id', 'hrss_refunds.payment_id')
    .select(
      'hrss_refunds.number',
      'hrss_refunds.returned_at',
      'hrss_refunds.created_at',
      'hrss_refunds.amount_fen',
      'hrss_payments.bill_no',
      'hrss_payments.mch_order_id',
      'hrss_payments.pay_order_id',
    )
  return rows.map((row) => {
    const at = toNumber(row['returned_at'] ?? row['created_at'])
    return {
      system: 'hrss-pay',
      kind: 'refund',
      status: row['returned_at'] == null ? 'unknown' : 'done',
      billNo: textOf(row['bill_no']),
      bankOrderNo: textOrNull(row['pay_order_id']),
      merchantOrderNo: textOf(row['mch_order_id']),
      refundNo: textOf(row['number']),
      amountFen: fen(toNumber(row['amount_fen'])),
      businessDate: businessDate(at),
      at,
    }
  })
}

/** One receipt a number of theirs, however often and in how many words it was told. */
async function typedOf(db: Db, { from, until }: Window): Promise<OwnMoneyRow[]> {
  const rows: Columns[] = await db
    .q('hrss_notices')
    .where({ state: 'unmatched', status: 'paid' })
    .andWhere('received_at', '>=', from)
    .andWhere('received_at', '<', until)
    .orderBy(['received_at', 'id'])
  const first = new Map<string, OwnMoneyRow>()
  for (const row of rows) {
    const merchantOrderNo = textOf(row['mch_order_id'])
    const at = toNumber(row['received_at'])
    const known = first.get(merchantOrderNo)
    const amountFen = fen(toNumber(row['amount_fen'] ?? 0))
    const isKnown = row['amount_fen'] != null && (known?.amountFen ?? amountFen) === amountFen
    first.set(merchantOrderNo, {
      system: 'hrss-pay',
      kind: 'payment',
      status: isKnown && known?.status !== 'unknown' ? 'done' : 'unknown',
      billNo: null,
      bankOrderNo: textOrNull(row['pay_order_id']),
      merchantOrderNo,
      refundNo: null,
      amountFen: known?.amountFen ?? amountFen,
      businessDate: businessDate(known?.at ?? at),
      at: known?.at ?? at,
    })
  }
  return [...first.values()]
}
