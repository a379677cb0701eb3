import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { settlementNo } from '../../payment/numbers.ts'
import type { Order } from '../../payment/order.ts'
import { mayFollow } from '../../payment/states.ts'
import { ACTION_TEXT, actionFor, type Knowledge } from '../../reconciliation/actions.ts'
import type { Difference } from '../../reconciliation/classes.ts'
import type { Row } from '../../reconciliation/row.ts'
import type { BreakContent } from '../../store/reconciliation.ts'
import { askTheBank } from '../ask-the-bank.ts'
import { type HeldOrder, holdOrder } from '../held-order.ts'
import { cashOrderEnd, type CashOrderEnd } from '../self-pay-order.ts'
import { reportDisagreement } from '../take-notice.ts'
import { insuranceInWords } from '../operators/work-item-actions.ts'
import { orderOf } from './knowledge.ts'

/** What asking came to: what is known now, what may be done next, one Chinese sentence. */
export interface Heard {
  readonly order: Order
  readonly known: Knowledge
  readonly content: BreakContent
  readonly said: string
}

/**
 * Asks whoever knows (§8 b, c): always safe, moves nothing by itself. What the bank says of an open
 * order ends in `settle` as any answer does.
 * @throws AppError `invalid-request` where no order of ours is named
 */
export async function askAboutBreak(app: App, content: BreakContent): Promise<Heard> {
  const order = await orderOf(app, sidesOf(content))
  if (order === null)
    throw new AppError('invalid-request', '这一笔没有本系统的订单号，无从查询，请转人工。')
  if (content.book === 'insurance')
    return told(content, order, await insuranceInWords(app, order.attempt))
  if (content.book === 'his') return told(content, order, await hisInWords(app, order))
  const answer = await askBank(app, content, order.id)
  const now = answer.order
  const known: Knowledge = {
    order: true,
    answer: answer.moved,
    fulfilment: await fulfilmentOf(app, now),
    refundable: answer.moved === null ? null : wayBack(content, now),
  }
  const next = { ...content, action: nextAction(content, known) }
  const service = `HIS：${SERVICE_TEXT[known.fulfilment ?? 'unknown']}`
  const said = `${answer.said}；${service}；下一步：${ACTION_TEXT[next.action]}。`
  return { order: now, known, content: next, said }
}

const told = (content: BreakContent, order: Order, said: string): Heard => ({
  order,
  known: { order: true, answer: null, fulfilment: null, refundable: null },
  content,
  said,
})

/** The two rows again as what they are: at least one is there. */
export function sidesOf({ class: name, bank, hospital }: BreakContent): Difference {
  if (bank === null) {
    if (hospital === null) throw new Error('a break without a row')
    return { class: name, bank, hospital }
  }
  return { class: name, bank, hospital }
}

const nextAction = (content: BreakContent, known: Knowledge): BreakContent['action'] =>
  actionFor(sidesOf(content), {
    book: content.book,
    awaited: content.awaited,
    known,
    hidden: content.offsets !== null,
  })

const SERVICE_TEXT: Readonly<Record<'none' | 'started' | 'delivered' | 'unknown', string>> = {
  none: '服务未开始',
  started: '服务已开始',
  delivered: '服务已完成',
  unknown: '未说明服务是否完成',
}

async function fulfilmentOf(app: App, { billNo }: Order): Promise<Knowledge['fulfilment']> {
  const bill = await app.his.bill(billNo)
  return bill.kind === 'done' ? (bill.value.fulfilment ?? null) : null
}

/** By interface only what the refund's own rules let through; a difference in amount never. */
function wayBack(
  { class: name }: BreakContent,
  { state, refundedFen }: Order,
): 'online' | 'offline' {
  if (name === 'AMOUNT_DIFF') return 'offline'
  const online = name.startsWith('REFUND_') ? state === 'needs-review' : state === 'paid'
  return online && (refundedFen === 0 || name.startsWith('REFUND_')) ? 'online' : 'offline'
}

// ---------------------------------------------------------------- the bank

interface BankSaid {
  readonly order: Order
  readonly moved: Knowledge['answer']
  readonly said: string
}

const WAIT_MS = 9_000

async function askBank(app: App, content: BreakContent, orderId: string): Promise<BankSaid> {
  const row = content.hospital ?? content.bank
  const answer = await holdOrder(app, { orderId, waitMs: WAIT_MS }, (held) =>
    row?.kind === 'payment' ? askForPayment(app, held, row) : askForReturn(app, held, row),
  )
  if (!answer) throw new AppError('request-in-progress', '订单正在被处理，请稍后再试。')
  return answer
}

const MOVED: Readonly<Record<CashOrderEnd, Knowledge['answer']>> = {
  paid: 'done',
  closed: 'none',
  returned: 'none',
  open: null,
}

const CASH_TEXT: Readonly<Record<CashOrderEnd, string>> = {
  paid: '银行：已收款',
  closed: '银行：未收款，订单已关闭',
  returned: '银行：已退回',
  open: '银行：没有给出结果',
}

async function askForPayment(app: App, held: HeldOrder, row: Row): Promise<BankSaid> {
  const { attempt } = held.order
  const outTradeNo = row.merchantOrderNo ?? attempt.outTradeNo
  if (outTradeNo === attempt.outTradeNo) {
    const { settled } = await askTheBank(app, held, { why: 'day-end' })
    if (settled === 'disagrees') await reportDisagreement(app, held)
  }
  if (outTradeNo === null) return { order: held.order, moved: null, said: CASH_TEXT.open }
  const end = await cashOrderEnd(app, { outTradeNo, bankOrderNo: row.bankOrderNo })
  const { state } = held.order
  const unpaid = state === 'failed' || state === 'closed' || outTradeNo !== attempt.outTradeNo
  if (end === 'paid' && unpaid && mayFollow(state, 'needs-review'))
    await reportDisagreement(app, held)
  return { order: held.order, moved: MOVED[end], said: CASH_TEXT[end] }
}

async function askForReturn(app: App, held: HeldOrder, row: Row | null): Promise<BankSaid> {
  const { order } = held
  const outTradeNo = row?.merchantOrderNo ?? order.attempt.outTradeNo
  if (outTradeNo === null || row?.refundNo == null)
    return { order, moved: null, said: '银行：没有退款号可查' }
  const answer = await app.bank.refund({ outTradeNo, refundNo: row.refundNo })
  if (answer.kind === 'absent') return { order, moved: 'none', said: '银行：没有这笔退款' }
  if (answer.kind !== 'done' || answer.value.status === 'unknown')
    return { order, moved: null, said: '银行：没有给出退款结果' }
  return answer.value.status === 'returned'
    ? { order, moved: 'done', said: '银行：已退回' }
    : { order, moved: 'none', said: '银行：退款最终失败' }
}

// ---------------------------------------------------------------- HIS

async function hisInWords(app: App, { id, billNo }: Order): Promise<string> {
  const answer = await app.his.settlement(billNo, settlementNo(id))
  if (answer.kind === 'done') return 'HIS：已入账。'
  return answer.kind === 'absent' ? 'HIS：没有这笔入账。' : 'HIS 没有给出可采信的答复。'
}
