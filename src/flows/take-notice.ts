import type { App } from '../app.ts'
import type { LegReport } from '../payment/legs.ts'
import { mayFollow, STATES } from '../payment/states.ts'
import * as attempts from '../store/attempts.ts'
import * as inbox from '../store/inbox.ts'
import * as intents from '../store/intents.ts'
import * as orders from '../store/orders.ts'
import {
  type Acknowledgement,
  type Notice,
  type NoticeKind,
  type RawNotice,
  SIGNATURE_HEADERS,
} from '../upstreams/bank.ts'
import type { InsurerNotice } from '../upstreams/upstream.ts'
import { stopForReview } from './refunds/advance-refund.ts'
import { askTheBank } from './ask-the-bank.ts'
import { askAPerson, REVIEW_ACTIONS } from './background.ts'
import { type HeldOrder, holdOrder, LeaseLost, takeStep } from './held-order.ts'
import { mixedOrderStands } from './pay.ts'
import { cashOrderEnd } from './self-pay-order.ts'
import { settle } from './settle.ts'

/**
 * Step 11: verified over the raw bytes, stored, acknowledged after commit, applied afterwards at
 * our own pace (invariant 6). A repeat is the same row and gets the same friendly answer.
 */
export async function takeNotice(app: App, received: RawNotice): Promise<Acknowledgement> {
  const raw = { ...received, headers: signatureOf(received) }
  const notice = app.bank.readNotice(raw)
  if (!notice.verified) {
    await hearForged(app, notice)
    return app.bank.acknowledge(notice, false)
  }
  const now = app.clock.now()
  await inbox.insert(
    app.db,
    {
      id: app.hash(`${notice.kind}:${raw.body.toString('latin1')}`),
      source: app.bank.profile.name,
      kind: notice.kind,
      raw: JSON.stringify(storedOf(raw)),
      receivedAt: now,
      // A self-pay notice only makes us ask, and the mixed notice, which is a result, usually
      // follows at once: waiting a moment for it saves the question.
      readyAt: notice.kind === 'self-pay' ? now + app.settings.RETRY_FIRST_MS : now,
    },
    notice.kind === 'self-pay' ? notice : notice.state,
  )
  app.wake()
  return app.bank.acknowledge(notice, true)
}

/** As it rests in the inbox; rows from before a bank signed in headers have none. */
interface StoredNotice {
  readonly path: string
  readonly headers?: RawNotice['headers']
  readonly body: string
}

const storedOf = ({ path, headers, body }: RawNotice): StoredNotice => ({
  path,
  headers,
  body: body.toString('base64'),
})

function signatureOf({ headers }: RawNotice): Record<string, string> {
  return Object.fromEntries(
    SIGNATURE_HEADERS.flatMap((name) => {
      const value = headers[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** A forged notice may at most pull the next question forward, this often (docs/rulings.md 2.3). */
const FORGED_EVERY_MS = 5_000

async function hearForged(app: App, notice: Extract<Notice, { verified: false }>): Promise<void> {
  const { mixTradeNo, institutionNo } = notice.hint
  app.log.warn({ reason: notice.reason, mixTradeNo, institutionNo }, 'notice not believed')
  const orderId =
    (mixTradeNo !== null ? await attempts.byMixTradeNo(app.db, mixTradeNo) : null) ??
    (institutionNo !== null ? await attempts.byInstitutionNo(app.db, institutionNo) : null)
  const order = orderId === null ? null : await orders.byId(app.db, orderId)
  if (!order || (order.state !== 'awaiting-payment' && order.state !== 'processing')) return
  app.inBackground('ask after a forged notice', async () => {
    await holdOrder(app, { orderId: order.id, waitMs: 0 }, async (held) => {
      const { lastAskedAt } = held.order.attempt
      if (lastAskedAt !== null && app.clock.now() - lastAskedAt < FORGED_EVERY_MS) return
      await askTheBank(app, held, { why: 'forged' })
    })
  })
}

/** Everything the bank told about this order since somebody last looked; results come first. */
export async function applyNotices(app: App, held: HeldOrder): Promise<void> {
  const items = await inbox.unread(app.db, held.order.id, app.clock.now())
  const results = items.filter((item) => item.kind === 'mixed-order')
  const hints = items.filter((item) => item.kind !== 'mixed-order')
  for (const item of [...results, ...hints]) await applyItem(app, held, item)
}

/** A notice that cannot be applied gets an owner, and never stands in the way of the questions. */
async function applyItem(app: App, held: HeldOrder, item: inbox.InboxItem): Promise<void> {
  const { kind, raw } = item
  // What cannot even be read is a bug of ours: nothing is told of it, the worker tries again soon.
  const notice = kind === 'settlement' ? null : readStored(app, { kind, raw })
  try {
    if (kind === 'settlement') await applySettlement(app, held, item)
    if (notice?.kind === 'mixed-order') await applyMixed(app, held, notice)
    if (notice?.kind === 'self-pay') await applySelfPay(app, held, notice)
    // Verified when it came: its key was changed meanwhile.
    if (notice?.kind === 'unverified' && kind !== 'settlement') await askInstead(app, held, kind)
    await inbox.markApplied(app.db, item.id, app.clock.now())
  } catch (error) {
    if (error instanceof LeaseLost) throw error
    app.log.error({ err: error, orderId: held.order.id, noticeId: item.id }, 'notice not applied')
    const what = '通知已验签入库，但暂时无法据此处理订单，系统会继续重试'
    await reportUnusable(app, held, { what, about: 'tried-again' })
    await inbox.rest(app.db, { id: item.id }, app.clock.now() + restMs(app, item))
  }
}

function readStored(app: App, { kind, raw }: { kind: NoticeKind; raw: string }): Notice {
  const { path, headers = {}, body }: StoredNotice = JSON.parse(raw)
  return app.bank.readNotice({ kind, path, headers, body: Buffer.from(body, 'base64') })
}

/** The older it is, the more seldom; never given up. */
function restMs(app: App, { receivedAt }: inbox.InboxItem): number {
  const age = app.clock.now() - receivedAt
  return Math.min(Math.max(60_000, Math.floor(age / 4)), 600_000)
}

type Unusable = { readonly what: string; readonly about?: string }

/** The last word is told anew although a person has noted that it was tried again. */
async function reportUnusable(app: App, { order }: HeldOrder, it: Unusable): Promise<void> {
  await askAPerson(app, app.db, {
    kind: 'notice-unusable',
    ...(it.about === undefined ? { opensAgain: true } : { about: it.about }),
    order,
    sentence: `${it.what}；请核对该订单的结果。`,
    actions: ['ask-bank', 'ask-insurer', 'note'],
  })
}

/** An open order is asked about again anyway; one that ended unpaid until the bank has answered. */
async function askAtOnce(app: App, held: HeldOrder): Promise<void> {
  const { settled, legs } = await askTheBank(app, held, { why: 'callback' })
  if (settled === 'disagrees') await reportDisagreement(app, held)
  if (settled === 'result' || !isUnpaid(held) || held.order.attempt.mixTradeNo === null) return
  if (legs === null || holdsMoney(legs)) throw new Error('the bank has given no result yet')
}

/** Somebody has paid: on an order that is over nobody else will ask what becomes of it. */
const holdsMoney = ({ selfPay, insurance }: LegReport): boolean =>
  selfPay === 'success' || insurance === 'success'

/** A platform that repeats itself is not asked about each time. */
const SETTLEMENT_AGAIN_MS = 5_000

/** 6302 is a second opinion: it pulls one question forward, and the bank's answer decides. */
async function applySettlement(app: App, held: HeldOrder, { raw }: inbox.InboxItem): Promise<void> {
  const { attempt, state } = held.order
  const isOpen = STATES[state].recovery === 'ask-the-bank'
  if (isOpen && app.clock.now() - (attempt.lastAskedAt ?? 0) < SETTLEMENT_AGAIN_MS) return
  const { payOrdId, ordStas }: InsurerNotice = JSON.parse(raw)
  await takeStep(app, held, { what: 'insurer-notified', detail: { payOrdId, ordStas } })
  await askAtOnce(app, held)
}

/**
 * What the notice said is lost, that the bank had something to say is not: it is asked, also after
 * the end.
 */
async function askInstead(app: App, held: HeldOrder, kind: NoticeKind): Promise<void> {
  const { mixTradeNo, outTradeNo } = held.order.attempt
  await askAtOnce(app, held)
  if (kind === 'self-pay' && outTradeNo !== null && isUnpaid(held))
    await findCash(app, held, { outTradeNo, isPaid: false })
  const what = mixTradeNo === null ? '没有混合订单号可向银行查询' : '系统已改为向银行查询一次'
  const said = `银行通知到达时已验签，但其密钥现已移除、内容无法采信，${what}`
  await reportUnusable(app, held, { what: said })
}

async function applyMixed(
  app: App,
  held: HeldOrder,
  notice: Extract<Notice, { kind: 'mixed-order' }>,
): Promise<void> {
  await learnMixTradeNo(app, held, notice)
  const settled = await settle(app, held, { source: 'callback', state: notice.state })
  if (settled === 'result') return
  const asked = await askTheBank(app, held, { why: 'callback' })
  if (asked.settled === 'result') return
  const disputed = settled === 'disagrees' || asked.settled === 'disagrees'
  if (!disputed && !(isUnpaid(held) && holdsMoney(notice.state.legs))) return
  // Silence contradicts nothing: the notice rests and is applied again, until the bank has answered.
  if (!disputed || asked.legs === null) throw new Error('the bank has given no result yet')
  await reportDisagreement(app, held)
}

/** Step 9's lost answer may come this way: the notice carries the institution number. */
async function learnMixTradeNo(
  app: App,
  held: HeldOrder,
  { state }: Extract<Notice, { kind: 'mixed-order' }>,
): Promise<void> {
  const { attempt } = held.order
  const ours = state.institutionNo !== null && state.institutionNo === attempt.institutionNo
  if (attempt.mixTradeNo !== null || !ours) return
  const stands = mixedOrderStands(app, state.mixTradeNo)
  const call = { effect: 'order-mixed', number: state.institutionNo } as const
  await takeStep(app, held, {
    what: 'order-mixed:done',
    detail: { number: call.number, source: 'callback' },
    // Given up, or in review, before its number was known: the number is learned, settle does the rest.
    ...(held.order.state === 'ordering' ? stands : { attempt: stands.attempt }),
    also: (trx) =>
      intents.close(trx, call, { state: 'done', answer: 'by callback', now: app.clock.now() }),
  })
}

/** The bank's self-pay callback is evidence on the leg, never a result (docs/rulings.md 2.4). */
async function applySelfPay(
  app: App,
  held: HeldOrder,
  notice: Extract<Notice, { kind: 'self-pay' }>,
): Promise<void> {
  const { state, selfPay, attempt } = held.order
  const stray = notice.outTradeNo !== attempt.outTradeNo && mayFollow(state, 'needs-review')
  if (notice.paid && (isUnpaid(held) || stray)) {
    await findCash(app, held, { outTradeNo: notice.outTradeNo, isPaid: true })
    return
  }
  if (state !== 'awaiting-payment' && state !== 'processing') return
  if (notice.paid && selfPay === 'waiting')
    await takeStep(app, held, {
      what: 'self-pay-seen',
      detail: { source: 'self-pay callback' },
      order: { state: 'processing', selfPay: 'paid' },
    })
  await askTheBank(app, held, { why: 'callback' })
}

const isUnpaid = ({ order }: HeldOrder): boolean =>
  order.state === 'failed' || order.state === 'closed'

/**
 * Over or given up, and yet somebody paid: the bank's word on the whole order may end it by itself,
 * otherwise a person must know. `isPaid` is its verified word that somebody did.
 */
async function findCash(
  app: App,
  held: HeldOrder,
  { outTradeNo, isPaid }: { outTradeNo: string; isPaid: boolean },
): Promise<void> {
  // An order that the bank itself calls paid cannot be missing there: then it has not looked everywhere.
  const end = await cashOrderEnd(app, { outTradeNo, bankOrderNo: isPaid ? outTradeNo : null })
  switch (end) {
    case 'open':
      // Not told yet: the notice rests and is applied again, until the bank says where the money is.
      throw new Error('the bank does not say what became of the cash order')
    case 'paid': {
      // What becomes of the order says nothing of another cash order of it.
      const isItsOwn = outTradeNo === held.order.attempt.outTradeNo
      if (isItsOwn && isUnpaid(held)) await askAtOnce(app, held)
      if (!isItsOwn || isUnpaid(held)) await reportDisagreement(app, held)
      return
    }
    case 'closed':
      if (isPaid)
        await reportUnusable(app, held, { what: '银行通知自费已支付，向其查询却称自费订单已关闭' })
      return
    case 'returned':
      return
  }
}

/** SC-H03: callback and query contradict each other even after one fresh question. */
export async function reportDisagreement(app: App, held: HeldOrder): Promise<void> {
  const { order } = held
  await takeStep(app, held, {
    what: 'results-disagree',
    order: { state: 'needs-review' },
    also: async (trx) => {
      const stopped = await stopForReview(trx, order)
      await askAPerson(app, trx, {
        kind: 'results-disagree',
        ...(stopped && { about: 'refund' }),
        opensAgain: true,
        order,
        sentence: '银行通知与此前已确认的结果不一致，再次查询仍不一致，请人工核对资金。',
        actions: stopped ? ['refund-again', ...REVIEW_ACTIONS] : REVIEW_ACTIONS,
      })
    },
  })
}
