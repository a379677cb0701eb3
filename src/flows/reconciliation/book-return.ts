import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { allSelfPay } from '../../payment/amounts.ts'
import { fen } from '../../payment/money.ts'
import { ulid } from '../../payment/numbers.ts'
import type { Order } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import type { Row } from '../../reconciliation/row.ts'
import type { Db } from '../../store/database.ts'
import * as intents from '../../store/intents.ts'
import type { BreakContent } from '../../store/reconciliation.ts'
import * as refunds from '../../store/refunds.ts'
import { type HeldOrder, holdOrder, takeStep } from '../held-order.ts'
import type { By } from './break-actions.ts'

const WAIT_MS = 9_000

/**
 * Own money that went back elsewhere (at a desk, in the bank's own system) is booked to the order
 * that it was paid under, so that nobody returns it a second time. HIS is not told: who gave it
 * back did that.
 */
export async function bookReturn(
  app: App,
  order: Order,
  { bank }: BreakContent,
  by: By,
): Promise<string> {
  if (bank === null || bank.refundNo === null)
    throw new AppError('invalid-request', '对方没有给出退款号，无从入账，请转人工。')
  const row = { ...bank, refundNo: bank.refundNo }
  const booked = await holdOrder(app, { orderId: order.id, waitMs: WAIT_MS }, (held) =>
    book(app, held, row, by),
  )
  if (!booked) throw new AppError('request-in-progress', '订单正在被处理，请稍后再试。')
  return '退款已补记到原订单，不会重复退款；再对账即可消除差异。'
}

type ReturnRow = Row & { readonly refundNo: string }

async function book(app: App, held: HeldOrder, row: ReturnRow, by: By): Promise<true> {
  const { order } = held
  const known = await refunds.byRefundNo(app.db, row.refundNo)
  if (known?.orderId === order.id) return true
  if (known) throw new AppError('invalid-request', '这个退款号属于另一笔订单，请转人工。')
  const refundedFen = fen(order.refundedFen + row.amountFen)
  const isRunning = (await refunds.runningOf(app.db, order.id)) !== null
  if (order.paidAt === null || isRunning || refundedFen > order.amounts.totalFen)
    throw new AppError('invalid-request', '订单的状态或余额与这笔退款不符，请转人工。')
  const whole = refundedFen === order.amounts.totalFen
  const detail = { refundNo: row.refundNo, fen: row.amountFen, operator: by.operator }
  // The way of the table; dying in between leaves what the same action finishes.
  if (whole && order.state === 'paid')
    await takeStep(app, held, { what: 'returned-elsewhere', detail, order: { state: 'refunding' } })
  await takeStep(app, held, {
    what: 'returned-elsewhere-booked',
    detail,
    order: {
      refundedFen,
      selfPay: whole ? 'refunded' : 'paid',
      ...(whole && { state: 'refunded' }),
    },
    also: (trx) => rememberReturn(app, trx, order, { row, by }),
  })
  return true
}

/** The number is taken in both tables: it is never sent, and the next run finds it in our book. */
async function rememberReturn(
  app: App,
  trx: Db,
  order: Order,
  { row, by }: { readonly row: ReturnRow; readonly by: By },
): Promise<void> {
  const now = app.clock.now()
  const at = row.at ?? now
  const number = row.refundNo
  const refund: Refund = {
    id: ulid(now, app.random),
    refundNo: number,
    number,
    orderId: order.id,
    version: 1,
    state: 'refunded',
    reason: by.note,
    requestedBy: 'system',
    requester: by.operator,
    amounts: allSelfPay(row.amountFen),
    done: { check: at, 'self-pay': at },
    promise: { amountFen: row.amountFen, promisedAt: at, sentAt: at, confirmedAt: now },
    bankRefundNo: null,
    byHand: [],
    refusal: null,
    createdAt: now,
  }
  if (!(await refunds.insert(trx, refund))) throw new AppError('refund-in-progress')
  const intent = { effect: 'refund-self-pay', number } as const
  const { id: orderId, attempt } = order
  await intents.open(trx, { ...intent, orderId, attemptNo: attempt.no, dueAt: null, createdAt: at })
  await intents.close(trx, intent, { state: 'done', answer: 'returned elsewhere', now })
}
