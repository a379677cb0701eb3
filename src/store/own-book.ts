/** Our own book, read in batches and in the order of the orders: never a whole day in memory. */
import type { Amounts } from '../payment/amounts.ts'
import { fen } from '../payment/money.ts'
import { idsFrom } from '../payment/numbers.ts'
import type { RefundPromise } from '../payment/order.ts'
import { REFUND_STATES, REQUESTERS } from '../payment/refunds.ts'
import { ORDER_STATES } from '../payment/states.ts'
import type { OwnAttempt, OwnRefund, OwnReceipt, OwnReturn } from '../reconciliation/own-rows.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, toNumber } from './database.ts'
import { INTENT_STATES } from './intents.ts'
import { INSURANCE_STATES, LEG_STATES, WRITE_BACK_STATES } from './orders.ts'

/** UTC milliseconds, the end not included. */
export interface Span {
  readonly from: number
  readonly until: number
}

type Row = Record<string, unknown>

const BATCH = 1_000

/** When the first order of all was opened; null before there is one. */
export async function firstOpenedAt(db: Db): Promise<number | null> {
  const row = await db
    .q('orders')
    .orderBy('id')
    .first<{ created_at: unknown } | undefined>('created_at')
  return row ? toNumber(row.created_at) : null
}

/** Every try of the orders that were opened in this time. */
export async function* attemptsIn(db: Db, span: Span): AsyncGenerator<OwnAttempt[]> {
  const until = idsFrom(span.until)
  for (let after = idsFrom(span.from); ;) {
    const orders: Row[] = await db
      .q('orders')
      .where('id', '>', after)
      .where('id', '<', until)
      .orderBy('id')
      .limit(BATCH)
      .select(...ORDER_COLUMNS)
    const [first, last] = [orders[0], orders.at(-1)]
    if (!first || !last) return
    after = textOf(last['id'])
    const byId = new Map(orders.map((row) => [textOf(row['id']), row]))
    const attempts: Row[] = await db
      .q('attempts')
      .whereBetween('order_id', [textOf(first['id']), after])
      .orderBy(['order_id', 'no'])
      .select('order_id', 'no', 'plain', ...NUMBER_COLUMNS)
    yield attempts.flatMap((attempt) => {
      const order = byId.get(textOf(attempt['order_id']))
      return order ? [ownAttempt(order, attempt)] : []
    })
  }
}

const PARTS = ['total_fen', 'fund_fen', 'account_fen', 'other_fen', 'self_pay_fen'] as const
const LEGS = ['self_pay', 'insurance', 'his_write_back', 'state'] as const
const ORDER_COLUMNS = ['id', 'created_at', 'paid_at', 'attempt_no', ...PARTS, ...LEGS] as const
const NUMBER_COLUMNS = ['out_trade_no', 'med_org_ord', 'pay_ord_id'] as const

/** What of an attempt rests in clear beside its numbers. */
interface Plain {
  readonly bankOrderNo: string | null
  readonly t0: number | null
}

function ownAttempt(order: Row, attempt: Row): OwnAttempt {
  const { bankOrderNo, t0 }: Plain = JSON.parse(textOf(attempt['plain']))
  return {
    orderId: textOf(order['id']),
    state: oneOf(ORDER_STATES, order['state']),
    current: toNumber(order['attempt_no']) === toNumber(attempt['no']),
    amounts: amountsIn(order),
    selfPay: oneOf(LEG_STATES, order['self_pay']),
    insurance: oneOf(INSURANCE_STATES, order['insurance']),
    hisWriteBack: oneOf(WRITE_BACK_STATES, order['his_write_back']),
    createdAt: toNumber(order['created_at']),
    paidAt: order['paid_at'] === null ? null : toNumber(order['paid_at']),
    t0,
    bankOrderNo,
    outTradeNo: textOrNull(attempt['out_trade_no']),
    medOrgOrd: textOrNull(attempt['med_org_ord']),
    payOrdId: textOrNull(attempt['pay_ord_id']),
  }
}

const amountsIn = (row: Row): Amounts => ({
  totalFen: fen(toNumber(row['total_fen'])),
  fundFen: fen(toNumber(row['fund_fen'])),
  accountFen: fen(toNumber(row['account_fen'])),
  otherFen: fen(toNumber(row['other_fen'])),
  selfPayFen: fen(toNumber(row['self_pay_fen'])),
})

/** Refunds that were asked for in this time. */
export async function* refundsIn(db: Db, span: Span): AsyncGenerator<OwnRefund[]> {
  const until = idsFrom(span.until)
  for (let after = idsFrom(span.from); ;) {
    const rows: Row[] = await db
      .q('refunds')
      .join('orders', 'orders.id', 'refunds.order_id')
      .join('attempts', (on) => {
        on.on('attempts.order_id', 'orders.id').andOn('attempts.no', 'orders.attempt_no')
      })
      .where('refunds.id', '>', after)
      .where('refunds.id', '<', until)
      .orderBy('refunds.id')
      .limit(BATCH)
      .select('refunds.*', 'attempts.med_org_ord', 'attempts.pay_ord_id', 'orders.his_write_back')
    const last = rows.at(-1)
    if (!last) return
    after = textOf(last['id'])
    yield rows.map((row) => ({
      refundNo: textOf(row['refund_no']),
      number: textOf(row['number']),
      orderId: textOf(row['order_id']),
      state: oneOf(REFUND_STATES, row['state']),
      requestedBy: oneOf(REQUESTERS, row['requested_by']),
      hisWriteBack: oneOf(WRITE_BACK_STATES, row['his_write_back']),
      amounts: amountsIn(row),
      done: JSON.parse(textOf(row['done'])),
      byHand: JSON.parse(textOrNull(row['by_hand']) ?? '[]'),
      createdAt: toNumber(row['created_at']),
      medOrgOrd: textOrNull(row['med_org_ord']),
      payOrdId: textOrNull(row['pay_ord_id']),
    }))
  }
}

/**
 * Own money that was to go back since then, one row for each number that may have left the house:
 * asked for by somebody, owed by §8 a, or found to have gone back elsewhere.
 */
export async function* returnsIn(db: Db, span: Span): AsyncGenerator<OwnReturn[]> {
  let last: Row | undefined
  for (;;) {
    const rows: Row[] = await afterRow(db, span, last)
    last = rows.at(-1)
    if (!last) return
    yield rows.map(ownReturn)
  }
}

function afterRow(db: Db, { from, until }: Span, last: Row | undefined) {
  const query = db
    .q('intents')
    .join('orders', 'orders.id', 'intents.order_id')
    .join('attempts', (on) => {
      on.on('attempts.order_id', 'orders.id').andOn('attempts.no', 'intents.attempt_no')
    })
    .leftJoin('refunds', (on) => {
      // What was returned by hand goes by the number under which the bank lists it.
      on.on('refunds.order_id', 'intents.order_id').andOn((number) => {
        number
          .on('refunds.number', 'intents.number')
          .orOn('refunds.bank_refund_no', 'intents.number')
      })
    })
    .where('intents.effect', 'refund-self-pay')
    .where('intents.created_at', '>=', from)
    .where('intents.created_at', '<', until)
    .orderBy(['intents.created_at', 'intents.number'])
    .limit(BATCH)
    .select<Row[]>(
      'intents.number',
      'intents.state',
      'intents.sent',
      'intents.created_at',
      'attempts.out_trade_no',
      'attempts.plain',
      'orders.self_pay_fen',
      'orders.refund_promise',
      'refunds.self_pay_fen as returned_fen',
      'refunds.promise',
    )
  if (!last) return query
  const [at, number] = [toNumber(last['created_at']), textOf(last['number'])]
  return query.where(
    (later) =>
      void later
        .where('intents.created_at', '>', at)
        .orWhere(
          (same) => void same.where('intents.created_at', at).where('intents.number', '>', number),
        ),
  )
}

function ownReturn(row: Row): OwnReturn {
  const { bankOrderNo }: Plain = JSON.parse(textOf(row['plain']))
  const promised = textOrNull(row['promise']) ?? textOrNull(row['refund_promise'])
  const promise: RefundPromise | null = promised === null ? null : JSON.parse(promised)
  const createdAt = toNumber(row['created_at'])
  // A promise is the newest return's; of an earlier one only its own beginning is known.
  const sentAt = promise?.sentAt ?? createdAt
  return {
    refundNo: textOf(row['number']),
    bankOrderNo,
    outTradeNo: textOrNull(row['out_trade_no']),
    amountFen: fen(toNumber(row['returned_fen'] ?? row['self_pay_fen'])),
    status: statusOf(row),
    at: Math.max(createdAt, sentAt),
  }
}

function statusOf(row: Row): OwnReturn['status'] {
  const state = oneOf(INTENT_STATES, row['state'])
  if (state === 'done') return 'done'
  return state === 'open' && toNumber(row['sent']) > 0 ? 'unknown' : 'none'
}

/**
 * Own money beside the orders (人社支付平台, 一卡通) that HIS was told of under numbers of ours, by the
 * instant that it was told. What is taken at a counter (一码付) HIS writes down itself.
 */
export async function receiptsBesideIn(db: Db, { from, until }: Span): Promise<OwnReceipt[]> {
  const hrss = await db
    .q('hrss_payments')
    .whereBetween('paid_at', [from, until - 1])
    .select<Row[]>('id', 'paid_at as at', 'amount_fen', 'write_back', 'state')
  const oneCard = await db
    .q('one_card_payments')
    .whereBetween('paid_at', [from, until - 1])
    .select<Row[]>('order_no as id', 'paid_at as at', 'amount_fen', 'his_write_back as write_back')
  const refunds = await db
    .q('hrss_refunds')
    .whereBetween('returned_at', [from, until - 1])
    .select<Row[]>('payment_id as id', 'refund_no', 'returned_at as at', 'amount_fen', 'write_back')
  return [...hrss, ...oneCard, ...refunds].map(ownReceipt).toSorted(byNumber)
}

function ownReceipt(row: Row): OwnReceipt {
  const writeBack = oneOf(WRITE_BACK_STATES, row['write_back'])
  const refundNo = textOrNull(row['refund_no'])
  // What was refused and given back HIS never had.
  const isGone = writeBack === 'refused' && row['state'] === 'refunded'
  return {
    id: textOf(row['id']),
    refundNo,
    amountFen: fen(toNumber(row['amount_fen'])),
    knownToHis: writeBack !== 'none' && !isGone,
    at: toNumber(row['at']),
  }
}

const byNumber = (one: OwnReceipt, other: OwnReceipt): number =>
  `${one.id} ${one.refundNo ?? ''}` < `${other.id} ${other.refundNo ?? ''}` ? -1 : 1
