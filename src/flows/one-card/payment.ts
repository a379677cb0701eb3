import type { App } from '../../app.ts'
import { AppError, Secret } from '../../errors.ts'
import { ulid } from '../../payment/numbers.ts'
import type { OneCardPaymentKind } from '../../payment/one-card.ts'
import { commitAs } from '../../store/database.ts'
import * as payments from '../../store/one-card-payments.ts'
import type { Holder } from '../../upstreams/one-card.ts'
import { attendOneCardPayment, deskOf, type PaymentContent } from './attend-payment.ts'
import { answerOf, payerMark, personMark, platformOf } from './platform.ts'
import { takeForDesk } from '../desk-locks.ts'
import { letGoIfExpired } from '../open-order.ts'
import { readBill } from '../read-bill.ts'

type Payment = payments.OneCardPayment

export interface PaymentWish {
  readonly kind: OneCardPaymentKind
  readonly billNo: string
  /** Online: who pays. */
  readonly holder: Holder | null
  /** Scanned: the holder's pay code. */
  readonly code: string | null
  /** With a physical card, and then indispensable (HN-15). */
  readonly card: { readonly transactionCode: string | null } | null
}

const LIFE_MS = 900_000

/**
 * Takes a bill with the one-card. The bill is locked against orders and desks, the intent is stored, and
 * only then the platform hears of it; whoever loses the answer asks.
 */
export async function startOneCardPayment(app: App, wish: PaymentWish): Promise<Payment> {
  platformOf(app)
  if (wish.card !== null && wish.card.transactionCode === null)
    throw new AppError('invalid-request', '实体卡支付须提供交易认证码。')
  const open = await payments.openOf(app.db, wish.billNo)
  if (open !== null && isSameWish(app, open, wish)) return open
  const bill = await readBill(app, wish.billNo)
  if (bill.status === 'paid') throw new AppError('bill-already-paid')
  if (bill.status !== 'unpaid') throw new AppError('bill-invalid')
  const holder = await payerOf(app, wish)
  const now = app.clock.now()
  const orderNo = ulid(now, app.random)
  const expiresAt = now + LIFE_MS
  const { billNo, code } = wish
  const content: PaymentContent = {
    title: `医疗费用 ${billNo}`,
    holder,
    code,
    transactionCode: wish.card?.transactionCode ?? null,
    payerMark: holder && payerMark(app, holder.name),
  }
  await intend(app, {
    orderNo,
    kind: wish.kind,
    billNo,
    personMark: holder && personMark(app, holder.socialSecurityNo),
    amountFen: bill.totalFen,
    content: JSON.stringify(content),
    codeHash: code === null ? null : app.hash(code),
    createdAt: now,
    expiresAt,
  })
  await attendOneCardPayment(app, orderNo)
  return found(await payments.find(app.db, orderNo))
}

/** One commit with the lock: nobody who dies leaves a locked bill of which no payment is known. */
async function intend(app: App, payment: payments.New): Promise<void> {
  const { billNo, orderNo, expiresAt: until } = payment
  await letGoIfExpired(app, billNo)
  await commitAs(app.db, 'one-card-payment-intended', async (trx) => {
    await takeForDesk(app, trx, { billNo, desk: deskOf(orderNo), until })
    if (!(await payments.intend(trx, payment))) throw new AppError('payment-in-progress')
  })
}

/** Whoever lost our answer asks again, and gets what was begun: anything else is a second payment. */
function isSameWish(app: App, open: Payment, { kind, holder, code }: PaymentWish): boolean {
  const isTheirs = holder === null || open.personMark === personMark(app, holder.socialSecurityNo)
  const isThisCode = code === null || open.codeHash === app.hash(code)
  return open.kind === kind && isTheirs && isThisCode
}

export async function readOneCardPayment(app: App, orderNo: string): Promise<Payment> {
  return found(await payments.find(app.db, orderNo))
}

function found(payment: Payment | null): Payment {
  if (payment === null) throw new AppError('order-not-found')
  return payment
}

/** The platform knows the person before it is asked for money (7.5.1, 7.5.3). */
async function payerOf(app: App, { kind, holder, code }: PaymentWish): Promise<Holder | null> {
  const platform = platformOf(app)
  if (kind === 'shown') return null
  if (kind === 'online') {
    if (holder === null) throw new AppError('invalid-request', '线上支付须提供姓名和社会保障号码。')
    if (!answerOf(await platform.person(holder)).matches) throw new AppError('person-mismatch')
    return holder
  }
  if (code === null) throw new AppError('invalid-request', '被扫支付须提供付款码。')
  const answer = await platform.codeHolder(new Secret(code))
  if (answer.kind === 'absent')
    throw new AppError('authorisation-failed', '付款码无效或已过期，请持卡人刷新后重试。')
  const { name, idNo } = answerOf(answer)
  return { name, socialSecurityNo: idNo }
}
