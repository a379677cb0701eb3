import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { insuranceFen } from '../../payment/amounts.ts'
import { masked } from '../../payment/masking.ts'
import { fen, fenToYuan } from '../../payment/money.ts'
import { settlementNo, ulid } from '../../payment/numbers.ts'
import type { Order } from '../../payment/order.ts'
import type { Action } from '../../reconciliation/actions.ts'
import * as intents from '../../store/intents.ts'
import type * as reconciliation from '../../store/reconciliation.ts'
import * as workItems from '../../store/work-items.ts'
import { holdOrder, takeStep } from '../held-order.ts'
import { refundAgain } from '../refunds/refund-actions.ts'
import { requestRefund } from '../refunds/request-refund.ts'
import { askAboutBreak, sidesOf } from './ask-about-break.ts'
import { bookReturn } from './book-return.ts'
import { confirmByHand } from './confirm-by-hand.ts'
import { orderOf } from './knowledge.ts'

export interface By {
  readonly operator: string
  readonly note: string
}

/** What an action came to: one line of history, and one Chinese sentence for the operator. */
export interface Acted
  extends
    Pick<reconciliation.BreakStep, 'what'>,
    Partial<Pick<reconciliation.BreakStep, 'content' | 'known'>> {
  readonly said: string
}

type Doing = (app: App, one: reconciliation.StoredBreak, by: By) => Promise<Acted>

const acted = (said: string): Acted => ({ what: 'acted', said })

export const DOING: Readonly<Record<Action, Doing>> = {
  'query-again': async (app, { content }) => {
    const { known, content: next, said } = await askAboutBreak(app, content)
    return { what: 'acted', said, content: next, known }
  },
  'write-back': writeBack,
  'refund-online': refundOnline,
  'refund-offline': () => Promise.resolve(handled('已登记线下退款凭证，差异结案。')),
  'contact-patient': contactPatient,
  'await-monthly-file': () => Promise.resolve(acted('已登记，等待医保月度明细。')),
  'hand-to-person': (app, one, by) => handToPerson(app, one, by),
  'record-outcome': () => Promise.resolve(handled('已登记处理结果，差异结案。')),
}

const handled = (said: string): Acted => ({ what: 'handled', said })

async function ourOrder(app: App, { content }: reconciliation.StoredBreak): Promise<Order> {
  const order = await orderOf(app, sidesOf(content))
  if (order === null) throw new AppError('invalid-request', '这一笔没有本系统的订单，请转人工。')
  return order
}

// ---------------------------------------------------------------- write back

async function writeBack(app: App, one: reconciliation.StoredBreak, by: By): Promise<Acted> {
  const { content } = one
  if (content.book === 'his') return acted(await tellHisAgain(app, one, by))
  if (content.bank?.kind === 'payment') return bookPayment(app, one)
  const order = await ourOrder(app, one)
  const confirmed = content.bank && (await confirmByHand(app, order, { row: content.bank, by }))
  if (confirmed) return acted(confirmed)
  if (insuranceFen(order.amounts) > 0) return handToPerson(app, one, by)
  return acted(await bookReturn(app, order, content, by))
}

/** Money counts as received when the bank says so now, and in no other way (`settle`). */
async function bookPayment(app: App, { content }: reconciliation.StoredBreak): Promise<Acted> {
  const { order, known, content: next, said } = await askAboutBreak(app, content)
  const booked = order.paidAt !== null
  return {
    what: 'acted',
    content: next,
    known,
    said: booked ? '银行确认收款，订单已入账，随后写回 HIS。' : `未能入账。${said}`,
  }
}

const WAIT_MS = 9_000

/** The same number again: HIS counts it once. */
async function tellHisAgain(app: App, one: reconciliation.StoredBreak, by: By): Promise<string> {
  const order = await ourOrder(app, one)
  const refundNo = one.content.hospital?.refundNo ?? null
  const intent =
    refundNo === null
      ? ({ effect: 'write-back', number: settlementNo(order.id) } as const)
      : ({ effect: 'write-back-refund', number: refundNo } as const)
  const told = await holdOrder(app, { orderId: order.id, waitMs: WAIT_MS }, async (held) => {
    await takeStep(app, held, {
      what: 'write-back-again',
      detail: { break: one.key, operator: by.operator },
      ...(refundNo === null && { order: { hisWriteBack: 'waiting' } }),
      also: async (trx) => {
        if (!(await intents.reopen(trx, intent, app.clock.now())))
          throw new AppError('invalid-request', '这笔订单没有写回记录，请转人工。')
      },
    })
    return true
  })
  if (!told) throw new AppError('request-in-progress', '订单正在被处理，请稍后再试。')
  app.wake()
  return '已重新写回 HIS，完成后再对账即可消除差异。'
}

// ---------------------------------------------------------------- money

/** One number a break: whoever asks again means the same refund (SC-C04). */
const refundNoOf = (app: App, { key }: reconciliation.StoredBreak): string =>
  `OC${app.hash(key).slice(0, 24)}`

/** A break ends when a run finds agreement, not by what was begun about it. */
const byTheNextRun = (): Promise<void> => Promise.resolve()

async function refundOnline(app: App, one: reconciliation.StoredBreak, by: By): Promise<Acted> {
  const order = await ourOrder(app, one)
  const { operator, note } = by
  if (one.content.class.startsWith('REFUND_')) {
    const decided = { orderId: order.id, operator, note, item: { id: one.key }, ends: byTheNextRun }
    return acted(await refundAgain(app, decided))
  }
  const { refundNo, state, refusal } = await requestRefund(app, {
    orderId: order.id,
    refundNo: refundNoOf(app, one),
    amountFen: null,
    reason: note,
    requestedBy: 'operator',
    requester: operator,
  })
  if (state === 'rejected')
    throw new AppError(
      'not-refundable',
      `线上退款未获准（${refusal ?? ''}），请核实后改为线下退款。`,
    )
  return acted(`已发起退款（退款单号 ${refundNo}），由系统完成并确认。`)
}

// ---------------------------------------------------------------- people

/** §8 c, SC-C05: once a break; who it is can be seen in HIS. */
async function contactPatient(app: App, one: reconciliation.StoredBreak, by: By): Promise<Acted> {
  const order = await ourOrder(app, one)
  const owed = fenToYuan(fen(Math.abs(one.content.differenceFen)))
  await askForMoney(app, { order, owed, subject: app.hash(one.key), owner: by.operator })
  return acted('已建立联系患者补缴的事项（npm run work-items），请登记联系结果。')
}

interface Unpaid {
  readonly order: Order
  /** Yuan. */
  readonly owed: string
  readonly subject: string
  readonly owner: string
}

export async function askForMoney(
  app: App,
  { order, owed, subject, owner }: Unpaid,
): Promise<void> {
  const now = app.clock.now()
  await workItems.create(app.db, {
    id: ulid(now, app.random),
    subject,
    kind: 'served-unpaid',
    orderId: order.id,
    sentence: `服务已完成而未收款 ${owed} 元（账单 ${order.billNo}），请联系患者补缴：${await contactOf(app, order)}。`,
    actions: ['note'],
    owner,
    createdAt: now,
    opensAgain: false,
  })
}

async function contactOf(app: App, { billNo }: Order): Promise<string> {
  const bill = await app.his.bill(billNo)
  if (bill.kind !== 'done') return '联系方式见 HIS'
  const { name, phone } = bill.value.patient
  const number = phone === '' ? '电话见 HIS' : `电话 ${masked('phone', phone)}`
  return `${masked('name', name)}，${number}`
}

async function handToPerson(
  app: App,
  { key, content }: reconciliation.StoredBreak,
  by: By,
): Promise<Acted> {
  const now = app.clock.now()
  const order = await orderOf(app, sidesOf(content))
  await workItems.create(app.db, {
    id: ulid(now, app.random),
    subject: app.hash(key),
    kind: 'reconciliation-break',
    orderId: order?.id ?? null,
    sentence: `${content.date} ${content.sentence.slice(0, 300)}（差异 ${key}）`,
    actions: ['note'],
    owner: by.operator,
    createdAt: now,
    opensAgain: true,
  })
  return acted('已转人工（npm run work-items），查明后以 record-outcome 登记结果。')
}
