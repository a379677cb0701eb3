import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { patientOf } from '../../payment/attempt.ts'
import { nextRefundNo } from '../../payment/numbers.ts'
import type { Order, OrderChanges } from '../../payment/order.ts'
import type { Refund } from '../../payment/refunds.ts'
import type { Db } from '../../store/database.ts'
import * as intents from '../../store/intents.ts'
import * as orders from '../../store/orders.ts'
import * as refunds from '../../store/refunds.ts'
import type * as workItems from '../../store/work-items.ts'
import { moneyBegins, rejected } from './advance-refund.ts'
import { lastAutomaticNumber } from './ask-own-money.ts'
import { later } from '../background.ts'
import { type HeldOrder, holdOrder, takeStep } from '../held-order.ts'
import type { Changes } from '../perform.ts'
import { recheckLater } from './recheck-refund.ts'
import { requestRefund } from './request-refund.ts'
import { cashOrderEnd, cashOrderOf } from '../self-pay-order.ts'

/** What an operator may do about a refund; the two-person rule stands in `work-items.ts`. */

export interface Decided {
  readonly orderId: string
  readonly operator: string
  readonly note: string
  /** What it was decided about. */
  readonly item: Pick<workItems.WorkItem, 'id'>
  /** Ends the item where it is a work item, in the very commit that carries the decision out. */
  readonly ends: (trx: Db, said: string) => Promise<void>
}

const WAIT_MS = 9_000

/**
 * Everything that a paid order took goes back, by table 3.
 * @returns null when this order's state does not let the service do it: then it is done by hand
 */
export async function refundInFull(
  app: App,
  decided: Omit<Decided, 'ends'>,
): Promise<string | null> {
  const { orderId, operator, note } = decided
  const order = await orders.byId(app.db, orderId)
  const running = await refunds.runningOf(app.db, orderId)
  if (running?.requestedBy === 'operator') return begun(running)
  if (order?.state === 'refunded') return '款项已全部退回，没有可退的款项。'
  if (order?.state !== 'paid') return null
  const refund = await requestRefund(app, {
    orderId,
    refundNo: null,
    amountFen: null,
    reason: note,
    requestedBy: 'operator',
    requester: operator,
  })
  return begun(refund)
}

/** Said again when the item could not be ended after it had begun. */
const begun = ({ refundNo }: Refund): string =>
  `已发起全额退款（退款单号 ${refundNo}），由系统完成并确认。`

/**
 * Goes on with whatever part is not back: under the number that was only suspended, as it may
 * live; under the next one where it was refused or taken back for good (docs/rulings.md 1).
 */
export async function refundAgain(app: App, decided: Decided): Promise<string> {
  return decide(app, decided, 'refund-again', async ({ order }) => {
    mustBeInReview(order)
    const refund = await refunds.runningOf(app.db, order.id)
    const last = refund?.number ?? (await lastAutomaticNumber(app, order))
    if (last === null) throw new AppError('invalid-request', '这笔订单没有未了结的退款。')
    const lives = await isOpen(app, order, last)
    const number = lives ? last : nextRefundNo(last)
    const { also, ...changes } = refund
      ? moneyBegins(app, order, refund, number)
      : ownMoneyAgain(app, order, number)
    const goesOn = async (trx: Db): Promise<void> => {
      await also?.(trx)
      await intents.resume(trx, order.id, { effects: MONEY, number, at: app.clock.now() })
    }
    const said = lives ? `已以原退款号 ${number} 继续退款。` : `已以新的退款号 ${number} 再次退款。`
    return { changes: { ...changes, also: goesOn }, said }
  })
}

const MONEY = ['refund-insurance', 'refund-self-pay'] as const

async function isOpen(app: App, order: Order, refundNo: string): Promise<boolean> {
  const known = await intents.ofOrder(app.db, order.id)
  return known.some(
    ({ effect, number, state }) =>
      state === 'open' && number === refundNo && MONEY.some((money) => money === effect),
  )
}

/** §8 a, disputed or taken back by the bank; what was suspended with it goes on too. */
function ownMoneyAgain(app: App, order: Order, number: string): Changes {
  return {
    order: { state: 'refunding' },
    also: async (trx) => {
      await later(app, trx, { effect: 'refund-self-pay', number, order })
      await intents.resume(trx, order.id, { effects: ['revoke-upload'], at: app.clock.now() })
    },
  }
}

/** Nothing has gone back, and 6301 and the bank say so too: the order is paid as it was. */
export async function rejectRefund(app: App, decided: Decided): Promise<string> {
  return decide(app, decided, 'refund-rejected', async ({ order }) => {
    const refund = await refunds.runningOf(app.db, order.id)
    if (refund?.state === 'checking') return calledOff(app, order, refund, decided)
    mustBeInReview(order)
    if (refund?.state !== 'needs-review' || order.paidAt === null || someIsBack(refund))
      throw new AppError('invalid-request', '已有款项退回，不能终止退费。')
    await nothingWentBack(app, order)
    const { also } = rejected(app, refund, decided.note)
    const { number } = refund
    const back: OrderChanges = {
      state: 'paid',
      insurance: 'settled',
      selfPay: order.amounts.selfPayFen > 0 ? 'paid' : 'none',
      refundPromise: null,
    }
    return {
      changes: {
        order: back,
        also: async (trx) => {
          await also(trx)
          await recheckLater(app, trx, order, number)
        },
      },
      said: '退费已终止，订单恢复为已支付。',
    }
  })
}

/** HIS has not answered, so nothing was asked of anybody else. */
function calledOff(app: App, order: Order, refund: Refund, { note }: Decided): Decision {
  const { also } = rejected(app, refund, note)
  const checked = { effects: ['check-refund'], why: 'called off', now: app.clock.now() } as const
  return {
    changes: {
      also: async (trx) => {
        await intents.giveUp(trx, order.id, checked)
        await also(trx)
      },
    },
    said: '退费已终止，款项未动。',
  }
}

/** With 6203 `ALL` the cash may be back although the insurance part is not. */
async function nothingWentBack(app: App, order: Order): Promise<void> {
  const { payOrdId, payToken } = order.attempt
  if (payOrdId === null || payToken === null)
    throw new AppError('invalid-request', '这笔订单没有医保部分。')
  const answer = await app.insurer.query({ payOrdId, payToken, ...patientOf(order.attempt) })
  if (answer.kind !== 'done' || answer.value.insuranceReturned !== false)
    throw new AppError('invalid-request', '医保中台未确认医保部分仍在结算状态，暂不能终止退费。')
  const cash = cashOrderOf(order)
  if (cash !== null && (await cashOrderEnd(app, cash)) !== 'paid')
    throw new AppError('invalid-request', '银行未确认自费部分仍未退回，暂不能终止退费。')
}

const someIsBack = ({ done }: Refund): boolean =>
  done.insurance !== undefined || done['self-pay'] !== undefined

function mustBeInReview({ state }: Order): void {
  if (state !== 'needs-review') throw new AppError('invalid-request', '订单不在人工核对中。')
}

interface Decision {
  readonly changes: Changes
  readonly said: string
}

async function decide(
  app: App,
  { orderId, operator, item, ends }: Decided,
  what: string,
  work: (held: HeldOrder) => Promise<Decision>,
): Promise<string> {
  const said = await holdOrder(app, { orderId, waitMs: WAIT_MS }, async (held) => {
    const { changes, said } = await work(held)
    await takeStep(app, held, {
      what,
      detail: { workItem: item.id, operator },
      ...changes,
      also: async (trx) => {
        await ends(trx, said)
        await changes.also?.(trx)
      },
    })
    return said
  })
  if (said === null) throw new AppError('request-in-progress', '订单正在被处理，请稍后再试。')
  app.wake()
  return said
}
