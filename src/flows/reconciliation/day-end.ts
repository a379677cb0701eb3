import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { fenToYuan } from '../../payment/money.ts'
import type { Order } from '../../payment/order.ts'
import { isFinal, STATES } from '../../payment/states.ts'
import { startOf, dayAfter } from '../../reconciliation/days.ts'
import * as orders from '../../store/orders.ts'
import * as transactionRecords from '../../store/transaction-records.ts'
import * as workItems from '../../store/work-items.ts'
import { askTheBank, recordForDayEnd } from '../ask-the-bank.ts'
import { askAPerson } from '../background.ts'
import { type HeldOrder, holdOrder } from '../held-order.ts'
import { leaveIfExpired } from '../leave-order.ts'
import { applyNotices, reportDisagreement } from '../take-notice.ts'
import { insuranceInWords } from '../operators/work-item-actions.ts'
import { askForMoney } from './break-actions.ts'
import { endOf } from './reconcile.ts'

/** How one open order ended, or that it is carried over to the next day with an owner. */
export interface Ended {
  readonly orderId: string
  readonly billNo: string
  readonly state: Order['state']
  readonly carried: boolean
  /** One Chinese sentence. */
  readonly said: string
}

export interface DayEnd {
  readonly date: string
  readonly ended: readonly Ended[]
}

const AT_ONCE = 4

/**
 * Day end (日终处理, SC-Q08): every transaction record that is open, and every order whose window
 * is over without one, is asked for live. The bank's answer decides by the same `settle` as ever;
 * 6301 is a second opinion. What nobody knows yet is never failed or closed: it is carried over,
 * and somebody owns it.
 * @throws AppError `invalid-request` before the last window of the day is over (SC-Q12)
 */
export async function dayEnd(
  app: App,
  wish: { readonly date: string; readonly progress?: (done: number, all: number) => void },
): Promise<DayEnd> {
  const { date, progress } = wish
  if (app.clock.now() < endOf(date))
    throw new AppError('invalid-request', `业务日 ${date} 的最后一个查询窗口尚未结束，不能日终。`)
  const open = await openOrders(app, date)
  const ended: Ended[] = []
  for (let at = 0; at < open.length; at += AT_ONCE) {
    progress?.(at, open.length)
    const some = open.slice(at, at + AT_ONCE)
    ended.push(...(await Promise.all(some.map((orderId) => endOrder(app, orderId)))))
  }
  return { date, ended }
}

/** A record keeps its order's business date, also when it was written after midnight. */
async function openOrders(app: App, date: string): Promise<string[]> {
  const recorded = await transactionRecords.openUntil(app.db, date)
  const unrecorded = await transactionRecords.awaitedBefore(app.db, startOf(dayAfter(date)))
  return [...new Set([...recorded, ...unrecorded])].toSorted()
}

const WAIT_MS = 9_000

/** One order that cannot be asked about leaves the others of the day to be asked about. */
async function endOrder(app: App, orderId: string): Promise<Ended> {
  let why = '订单正在被处理'
  try {
    const ended = await holdOrder(app, { orderId, waitMs: WAIT_MS }, (held) => ask(app, held))
    if (ended) return ended
  } catch (error) {
    app.log.error({ err: error, orderId }, 'day-end could not ask about an order')
    why = '查询时出错，见日志'
  }
  const order = await orders.byId(app.db, orderId)
  if (!order) throw new AppError('order-not-found')
  return carriedOver(app, order, why)
}

async function ask(app: App, held: HeldOrder): Promise<Ended> {
  await applyNotices(app, held)
  if (!isSettled(held.order)) {
    const { settled, said } = await askTheBank(app, held, { why: 'day-end' })
    if (settled === 'disagrees') await reportDisagreement(app, held)
    await leaveIfExpired(app, held)
    await recordForDayEnd(app, held, said)
  }
  const { order } = held
  if (!isSettled(order)) {
    const second = await insuranceInWords(app, order.attempt)
    return carriedOver(app, order, `银行仍未给出结果；${second}`)
  }
  await transactionRecords.resolve(app.db, order.id, app.clock.now())
  await contactIfServed(app, order)
  const { id, billNo, state } = order
  return { orderId: id, billNo, state, carried: false, said: `${STATES[state].text}。` }
}

/** Money that goes back is under way by itself, and is asked about until it is there. */
const isSettled = ({ state }: Order): boolean => isFinal(state) || state === 'refunding'

/** SC-C06: never without an owner. */
async function carriedOver(app: App, order: Order, why: string): Promise<Ended> {
  const { id, billNo, state } = order
  if (!(await workItems.anyOpen(app.db, id)))
    await askAPerson(app, app.db, {
      kind: 'still-unknown',
      opensAgain: true,
      order,
      sentence: `日终仍不能确定支付结果（${why.slice(0, 200)}），转次日继续查询；未确认前不要让患者重复付款。`,
      actions: ['ask-bank', 'ask-insurer', 'note'],
    })
  const owner = app.settings.DAY_END_OWNER
  await workItems.giveOwner(app.db, id, owner)
  app.log.warn({ event: 'day-end.carried-over', orderId: id }, 'still open at the day end')
  return { orderId: id, billNo, state, carried: true, said: `${why}，转次日，责任人 ${owner}。` }
}

/** §8 c: nothing was taken, and yet the service was given. */
async function contactIfServed(app: App, order: Order): Promise<void> {
  if (order.state !== 'failed' && order.state !== 'closed') return
  const bill = await app.his.bill(order.billNo)
  if (bill.kind !== 'done' || bill.value.status !== 'unpaid') return
  if (bill.value.fulfilment !== 'delivered') return
  const owed = fenToYuan(order.amounts.totalFen)
  const owner = app.settings.DAY_END_OWNER
  await askForMoney(app, { order, owed, subject: `day-end/${order.id}`, owner })
}
