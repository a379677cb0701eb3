import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { type Attempt, patientOf } from '../../payment/attempt.ts'
import { legsUnpaid } from '../../payment/order.ts'
import { nextMoney } from '../../payment/refunds.ts'
import { STATES } from '../../payment/states.ts'
import * as orders from '../../store/orders.ts'
import * as refunds from '../../store/refunds.ts'
import * as workItems from '../../store/work-items.ts'
import type { InsurancePhase } from '../../upstreams/upstream.ts'
import { type Action, ACTION_RULES } from './action-rules.ts'
import { askTheBank } from '../ask-the-bank.ts'
import { letGoLater } from '../background.ts'
import { type HeldOrder, holdOrder, takeStep } from '../held-order.ts'
import { leaveIfExpired } from '../leave-order.ts'
import { type Decided, refundAgain, refundInFull, rejectRefund } from '../refunds/refund-actions.ts'
import { type ByHand, recordReturnedByHand } from '../refunds/return-by-hand.ts'
import { type CashOrderEnd, cashOrderEnd, cashOrderOf } from '../self-pay-order.ts'
import type { Settled } from '../settle.ts'
import { closeVerified, type Reviewed, settleAsBankSays } from './settle-review.ts'

/** What a decision came to: the item as it is now, and one Chinese sentence for the operator. */
export interface Resolution {
  readonly item: workItems.WorkItem
  readonly said: string
}

export interface Entry {
  readonly action: string
  readonly operator: string
  readonly note: string
  readonly owner?: string
  readonly ends?: boolean
  /** What an operator says was returned outside. */
  readonly byHand?: ByHand
}

/** One line of history; refused when somebody else wrote one since the item was read. */
export async function record(
  app: App,
  item: workItems.WorkItem,
  entry: Entry,
): Promise<workItems.WorkItem> {
  const { action, operator, note } = entry
  const to = {
    state: entry.ends ? 'resolved' : 'open',
    owner: entry.owner ?? item.owner ?? operator,
    note: {
      at: app.clock.now(),
      operator,
      action,
      note,
      ...(entry.byHand && { byHand: entry.byHand }),
    },
  } as const
  if (!(await workItems.change(app.db, item, to)))
    throw new AppError('request-in-progress', '此事项刚被他人更新，请重新查看。')
  return { ...item, state: to.state, owner: to.owner, history: [...item.history, to.note] }
}

type Doing = (
  app: App,
  item: workItems.WorkItem,
  entry: Entry & { action: Action },
) => Promise<Resolution>

export const DOING: Record<Action, Doing> = {
  'ask-bank': askBank,
  'ask-insurer': askInsurer,
  'settle-as-bank-says': (app, item, entry) =>
    review(app, { item, entry }, (held) => settleAsBankSays(app, held)),
  'close-verified': (app, item, entry) =>
    review(app, { item, entry }, (held) =>
      closeVerified(app, held, { workItem: item.id, operator: entry.operator }),
    ),
  'close-order': closeOrder,
  'revoke-at-bureau': recordDecision,
  'full-refund': fullRefund,
  'refund-again': (app, item, entry) => carriedOut(app, item, entry, refundAgain),
  'reject-refund': (app, item, entry) => carriedOut(app, item, entry, rejectRefund),
  'returned-by-hand': (app, item, entry) =>
    carriedOut(app, item, entry, async (_, decided) => {
      const { byHand } = entry
      if (!byHand) throw new AppError('invalid-request', BY_HAND_NEEDED)
      return recordReturnedByHand(app, { ...decided, ...byHand })
    }),
  note: noteDown,
}

export const BY_HAND_NEEDED = '登记线下退款须填写凭证号（--voucher）和退回的部分（--part）。'

/** Money that is owed is not back because somebody wrote something down about it. */
async function noteDown(app: App, item: workItems.WorkItem, entry: Entry): Promise<Resolution> {
  const { orderId, actions } = item
  const ends = orderId === null || !actions.some(endsRefund) || !(await isOwed(app, orderId))
  const said = ends ? '已记录，事项结束。' : '已记录；退费尚未了结，事项继续打开。'
  return { item: await record(app, item, { ...entry, ends }), said }
}

const endsRefund = (action: string): boolean =>
  ['refund-again', 'reject-refund', 'returned-by-hand'].includes(action)

/** By a refund that somebody asked for, or because the insurance failed (§8 a). */
async function isOwed(app: App, orderId: string): Promise<boolean> {
  const refund = await refunds.runningOf(app.db, orderId)
  if (refund) return nextMoney(refund) !== null
  const order = await orders.byId(app.db, orderId)
  const isOpen = order?.state === 'refunding' || order?.state === 'needs-review'
  return isOpen && order.refundPromise !== null && order.refundPromise.confirmedAt === null
}

/** The item stays open until its outcome is noted: a decision is not yet a movement of money. */
async function recordDecision(
  app: App,
  item: workItems.WorkItem,
  entry: Entry & { action: Action },
): Promise<Resolution> {
  const { byHand } = ACTION_RULES[entry.action]
  return { item: await record(app, item, entry), said: `已记录决定。${byHand ?? ''}` }
}

// ---------------------------------------------------------------- what is carried out here

/** What was begun ends the item in its own commit: the order and its refund go on by themselves. */
async function carriedOut(
  app: App,
  item: workItems.WorkItem,
  entry: Entry,
  decide: (app: App, decided: Decided) => Promise<string>,
): Promise<Resolution> {
  const { operator, note } = entry
  let changed = item
  const ends: Decided['ends'] = async (trx, said) => {
    changed = await ended({ ...app, db: trx }, item, entry, said)
  }
  const said = await decide(app, { orderId: orderIdOf(item), operator, note, item, ends })
  return { item: changed, said }
}

const ended = (app: App, item: workItems.WorkItem, entry: Entry, said: string) =>
  record(app, item, { ...entry, note: `${entry.note}（${said}）`, ends: true })

async function fullRefund(
  app: App,
  item: workItems.WorkItem,
  entry: Entry & { action: Action },
): Promise<Resolution> {
  const { operator, note } = entry
  const said = await refundInFull(app, { orderId: orderIdOf(item), operator, note, item })
  if (said === null) return recordDecision(app, item, entry)
  return { item: await ended(app, item, entry, said), said }
}

const WAIT_MS = 9_000

const busy = (): AppError => new AppError('request-in-progress', '订单正在被处理，请稍后再试。')

function orderIdOf(item: workItems.WorkItem): string {
  if (item.orderId === null) throw new AppError('invalid-request', '此事项不涉及订单。')
  return item.orderId
}

/** Ends the item only when it was about not knowing and the order now has its end. */
async function askBank(app: App, item: workItems.WorkItem, entry: Entry): Promise<Resolution> {
  const hold = { orderId: orderIdOf(item), waitMs: WAIT_MS }
  const heard = await holdOrder(app, hold, async (held) => {
    const cash = await cashInWords(app, held)
    if (held.order.attempt.mixTradeNo === null)
      return { settled: null, said: `订单没有银行混合订单号${cash}`, state: held.order.state }
    const { settled } = await askTheBank(app, held, { why: 'refresh' })
    await leaveIfExpired(app, held)
    return { settled, said: `${SETTLED_IN_WORDS[settled]}${cash}`, state: held.order.state }
  })
  if (!heard) throw busy()
  const { text, recovery } = STATES[heard.state]
  const known = heard.settled === 'result' || heard.state === 'closed'
  const said = `${heard.said}；订单：${text}。`
  const ends = known && item.kind === 'still-unknown' && recovery === 'nothing'
  const note = `${entry.note}（${said}）`
  return { item: await record(app, item, { ...entry, note, ends }), said }
}

const SETTLED_IN_WORDS: Record<Settled, string> = {
  result: '银行已给出结果',
  'not-a-result': '银行没有给出可采信的结果',
  'close-self-pay': '银行没有给出可采信的结果',
  disagrees: '银行没有给出可采信的结果，与已确认的结果不一致',
}

const CASH_IN_WORDS: Record<CashOrderEnd, string> = {
  closed: '已关闭或不存在',
  paid: '已支付',
  returned: '已退回',
  open: '未关闭或结果不明',
}

async function cashInWords(app: App, { order }: HeldOrder): Promise<string> {
  const cash = cashOrderOf(order)
  return cash === null ? '' : `；自费订单：${CASH_IN_WORDS[await cashOrderEnd(app, cash)]}`
}

/** The item ends with the review; a later contradiction opens it again. */
async function review(
  app: App,
  { item, entry }: { item: workItems.WorkItem; entry: Entry },
  work: (held: HeldOrder) => Promise<Reviewed>,
): Promise<Resolution> {
  const done = await holdOrder(app, { orderId: orderIdOf(item), waitMs: WAIT_MS }, work)
  if (!done) throw busy()
  const { over: ends, said } = done
  return {
    item: await record(app, item, { ...entry, note: `${entry.note}（${said}）`, ends }),
    said,
  }
}

/** 6301, a second opinion: it is told and noted, and decides nothing (SC-P07). */
async function askInsurer(app: App, item: workItems.WorkItem, entry: Entry): Promise<Resolution> {
  const hold = { orderId: orderIdOf(item), waitMs: WAIT_MS }
  const said = await holdOrder(app, hold, ({ order }) => insuranceInWords(app, order.attempt))
  if (said === null) throw busy()
  return { item: await record(app, item, { ...entry, note: `${entry.note}（${said}）` }), said }
}

export async function insuranceInWords(app: App, attempt: Attempt): Promise<string> {
  const { payOrdId, payToken } = attempt
  if (payOrdId === null || payToken === null) return '此订单没有医保中台的订单号，无从查询。'
  const answer = await app.insurer.query({ payOrdId, payToken, ...patientOf(attempt) })
  switch (answer.kind) {
    case 'done': {
      const { phase, ordStas } = answer.value
      return `医保中台：${PHASE_IN_WORDS[phase]}（ordStas ${ordStas}）。仅供参考，结果以银行为准。`
    }
    case 'absent':
      return '医保中台没有此订单。'
    case 'refused':
      return `医保中台未答复查询：${answer.message}`
    case 'pending':
    case 'unknown':
    case 'unsent':
      return '医保中台没有给出可采信的答复，请稍后再试。'
  }
}

const PHASE_IN_WORDS: Record<InsurancePhase, string> = {
  saved: '已上传，未预结算',
  'pre-settled': '已预结算，未结算',
  settling: '结算中',
  settled: '已结算',
  refunded: '已退费',
  revoked: '已撤销',
  failed: '结算失败',
  unknown: '状态不明',
}

/** Only while nothing was ordered at the bank: then no money can be anywhere (SC-G03). */
async function closeOrder(app: App, item: workItems.WorkItem, entry: Entry): Promise<Resolution> {
  let changed = item
  const closed = await holdOrder(
    app,
    { orderId: orderIdOf(item), waitMs: WAIT_MS },
    async (held) => {
      const { state, attempt } = held.order
      const ordered = attempt.outTradeNo ?? attempt.institutionNo ?? attempt.mixTradeNo
      if (state !== 'needs-review' || ordered !== null)
        throw new AppError('invalid-request', '银行侧已有下单或订单不在人工核对中，不能直接关闭。')
      await takeStep(app, held, {
        what: 'closed-by-operator',
        detail: { workItem: item.id, operator: entry.operator },
        order: { state: 'closed', ...legsUnpaid(held.order) },
        also: async (trx) => {
          await letGoLater(app, trx, held.order)
          changed = await record({ ...app, db: trx }, item, { ...entry, ends: true })
        },
      })
      return true
    },
  )
  if (!closed) throw busy()
  return { item: changed, said: '订单已关闭；撤销医保上传和释放账单由系统随后完成。' }
}
