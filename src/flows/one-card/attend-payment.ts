import { z } from 'zod'
import type { App } from '../../app.ts'
import { Secret } from '../../errors.ts'
import { allSelfPay } from '../../payment/amounts.ts'
import { settlementNo } from '../../payment/numbers.ts'
import { isOver, nextQuestionAt, nextTryAt } from '../../payment/one-card.ts'
import * as billLocks from '../../store/bill-locks.ts'
import { commitAs, type Db } from '../../store/database.ts'
import * as payments from '../../store/one-card-payments.ts'
import type { OneCardOrder, PaymentState } from '../../upstreams/one-card.ts'
import type { Outcome } from '../../upstreams/upstream.ts'
import { askAboutOneCard, platformOf, tellOfDayOld, turnOf } from './platform.ts'

type Payment = payments.OneCardPayment
type Step = payments.PaymentChanges

/** Who pays and with what: composed once, stored sealed, repeated as it is. */
export const CONTENT = z.object({
  title: z.string(),
  holder: z.object({ name: z.string(), socialSecurityNo: z.string() }).nullable(),
  code: z.string().nullable(),
  transactionCode: z.string().nullable(),
  /** A keyed hash: whoever asks for somebody's rights must name them, and no name is kept for that. */
  payerMark: z.string().nullish(),
})
export type PaymentContent = z.infer<typeof CONTENT>

/** The desk by which a payment keeps its bill from orders and windows. */
export const deskOf = (orderNo: string): string => `一卡通 ${orderNo}`

/** Does what a payment wants now; repeated by the worker until nothing is open. */
export async function attendOneCardPayment(app: App, orderNo: string): Promise<void> {
  const turn = turnOf(app)
  const payment = await payments.hold(app.db, orderNo, turn)
  if (payment === null) return
  const held = { orderNo, owner: turn.owner }
  const step = await nextStep(app, payment, turn.owner)
  await commitAs(app.db, 'one-card-payment-answered', async (trx) => {
    const isOurs = await payments.letGo(trx, held, step)
    if (isOurs && step.hisWriteBack === 'waiting') await keepBill(app, trx, payment)
    if (isOurs && step.freesBill === true)
      await billLocks.release(trx, payment.billNo, deskOf(orderNo))
  })
}

/** From the first call on, and until HIS knows: only with a step of the payment, so that none is left behind. */
async function keepBill(app: App, trx: Db, { billNo, orderNo }: Payment): Promise<boolean> {
  const [since, until] = [app.clock.now(), billLocks.UNTIL_GIVEN_BACK]
  return billLocks.take(trx, { billNo, desk: deskOf(orderNo), since, until })
}

export async function attendOneCardPayments(app: App, limit: number): Promise<void> {
  for (const orderNo of await payments.dueNumbers(app.db, app.clock.now(), limit))
    await attendOneCardPayment(app, orderNo)
}

async function nextStep(app: App, payment: Payment, owner: string): Promise<Step> {
  if (payment.state === 'paid') return writeBack(app, payment)
  // Never called, and nobody waits for it any more: whoever wanted to pay has gone.
  const isPast = app.clock.now() >= payment.expiresAt
  if (payment.tries === 0)
    return isPast ? over(payment, 'closed', 'expired') : send(app, payment, owner)
  const { orderNo } = payment
  const answer = await platformOf(app).payment(orderNo)
  if (answer.kind === 'done') {
    const needsCode = payment.kind === 'shown' && payment.qr === null
    const canBePaid = answer.value.status === 'paying' && !isPast
    return needsCode && canBePaid ? send(app, payment, owner) : learn(app, payment, answer.value)
  }
  if (answer.kind !== 'absent' || payment.state !== 'open') return askLater(app, payment)
  // Nobody there knows the number: it may be sent again while it can be paid.
  if (!isPast) return send(app, payment, owner)
  const mayArrive = app.clock.now() < payment.expiresAt + UNDER_WAY_MS
  return mayArrive ? askLater(app, payment) : over(payment, 'closed', 'absent')
}

/** Sent in the last instant, a request may be this long under way. */
const UNDER_WAY_MS = 60_000

/** Nobody needs the payer or the code any more: whatever comes later is found by its number. */
function forgotten({ content }: Payment): string {
  const { title, payerMark } = CONTENT.parse(JSON.parse(content))
  const gone = { holder: null, code: null, transactionCode: null }
  return JSON.stringify({ title, payerMark, ...gone } satisfies PaymentContent)
}

const over = (payment: Payment, state: 'failed' | 'closed', answer: string): Step => ({
  state,
  content: forgotten(payment),
  answer,
  dueAt: null,
  freesBill: true,
})

async function askLater(app: App, { orderNo, createdAt, expiresAt }: Payment): Promise<Step> {
  const sentence = `一卡通支付 ${orderNo} 的结果超过一天仍未查明，系统仍在查询，请与平台核对。`
  await tellOfDayOld(app, { number: orderNo, createdAt, sentence })
  return { dueAt: nextQuestionAt(app.clock.now(), expiresAt) }
}

/** The call itself. The try is committed first, so that no later look takes it for never made. */
async function send(app: App, payment: Payment, owner: string): Promise<Step> {
  const { orderNo, kind, amountFen, expiresAt } = payment
  const isOurs = await commitAs(app.db, 'one-card-payment-calling', async (trx) => {
    const counted = await payments.countTry(trx, { ...turnOf(app), orderNo, owner })
    return counted && ((await keepBill(app, trx, payment)) ? 'with its bill' : 'without its bill')
  })
  if (isOurs === false) return {}
  // Its lock ran out before it was sent, and somebody else has the bill: nothing leaves any more.
  if (isOurs === 'without its bill') return askLater(app, payment)
  const content = CONTENT.parse(JSON.parse(payment.content))
  const { title, transactionCode } = content
  const order: OneCardOrder = {
    orderNo,
    amountFen,
    title,
    expiresAt,
    transactionCode: transactionCode === null ? null : new Secret(transactionCode),
  }
  if (kind === 'shown') {
    const answer = await platformOf(app).payCode(order)
    if (answer.kind !== 'done') return notTaken(app, payment, answer)
    return {
      state: 'waiting',
      qr: answer.value.qr,
      dueAt: nextQuestionAt(app.clock.now(), expiresAt),
    }
  }
  const answer = await pay(app, order, content)
  return answer.kind === 'done' ? learn(app, payment, answer.value) : notTaken(app, payment, answer)
}

function pay(
  app: App,
  order: OneCardOrder,
  { holder, code }: PaymentContent,
): Promise<Outcome<PaymentState>> {
  const platform = platformOf(app)
  if (code !== null) return platform.payByCode({ ...order, code: new Secret(code) })
  if (holder === null) throw new Error(`${order.orderNo}: an online payment without a payer`)
  return platform.pay({ ...order, holder })
}

/** A refused repeat says nothing of the first: only the first try may end it. */
function notTaken(
  app: App,
  payment: Payment,
  answer: Exclude<Outcome<unknown>, { kind: 'done' }>,
): Promise<Step> | Step {
  if (answer.kind === 'refused' && payment.tries === 0)
    return over(payment, 'failed', `${answer.code} ${answer.message}`)
  if (answer.kind === 'unsent' && payment.tries === 0) return over(payment, 'failed', answer.cause)
  return askLater(app, payment)
}

async function learn(app: App, payment: Payment, told: PaymentState): Promise<Step> {
  const { orderNo, amountFen, state } = payment
  if (told.amountFen !== amountFen) {
    await askAboutOneCard(app, app.db, {
      kind: 'amounts-mismatch',
      number: orderNo,
      sentence: `一卡通平台所报支付 ${orderNo} 的金额与账单不符，未入账，请与平台核对。`,
    })
    return isOver(state) ? { dueAt: null } : askLater(app, payment)
  }
  if (told.status === 'paid') return paid(app, payment, told)
  const isEnd = told.status === 'failed' || told.status === 'closed'
  // Somebody told us of money after the end: only an end of theirs contradicts that.
  if (isOver(state)) return isEnd ? { dueAt: null } : askLater(app, payment)
  if (isEnd) return { ...over(payment, told.status, told.status), payNo: told.payNo }
  return { ...(await askLater(app, payment)), state: 'waiting', payNo: told.payNo }
}

async function paid(app: App, payment: Payment, told: PaymentState): Promise<Step> {
  const { orderNo, state } = payment
  const now = app.clock.now()
  if (isOver(state))
    await askAboutOneCard(app, app.db, {
      kind: 'results-disagree',
      number: orderNo,
      sentence: `一卡通支付 ${orderNo} 先前已结束，平台现称已支付，已按支付入账，请核对。`,
    })
  const paidAt = told.paidAt ?? now
  return {
    state: 'paid',
    content: forgotten(payment),
    payNo: told.payNo,
    paidAt,
    knownAt: now,
    hisWriteBack: 'waiting',
    dueAt: now,
  }
}

/** What HIS has not taken by then has somebody who hears of it. */
const OVERDUE_MS = 3_600_000

/** HIS learns that the bill is paid; the same number however often it is told. */
async function writeBack(app: App, payment: Payment): Promise<Step> {
  const { orderNo, billNo, amountFen, payNo, paidAt } = payment
  if (payment.hisWriteBack !== 'waiting') return { dueAt: null }
  const now = app.clock.now()
  const answer = await app.his.writeBack({
    settlementNo: settlementNo(orderNo),
    billNo,
    orderId: orderNo,
    scenario: 'self-pay-only',
    amounts: allSelfPay(amountFen),
    mixTradeNo: payNo ?? orderNo,
    payOrdId: null,
    paidAt: paidAt ?? now,
  })
  if (answer.kind === 'done') return { hisWriteBack: 'done', dueAt: null, freesBill: true }
  if (answer.kind !== 'refused') {
    if (now - (paidAt ?? now) > OVERDUE_MS)
      await askAboutOneCard(app, app.db, {
        kind: 'write-back-overdue',
        number: orderNo,
        sentence: `患者已用一卡通支付账单 ${billNo}，但超过一小时仍未能写回医院系统，系统仍在重试，请核对账单状态。`,
      })
    return { dueAt: nextTryAt(now, 3) }
  }
  await askAboutOneCard(app, app.db, {
    kind: 'write-back-refused',
    number: orderNo,
    sentence: `患者已用一卡通支付账单 ${billNo}，医院系统拒绝入账，应通过平台原路退回。`,
  })
  return { hisWriteBack: 'refused', dueAt: null, freesBill: true }
}
