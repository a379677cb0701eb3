import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import {
  HRSS_STATE_RULES,
  type HrssChanges,
  type HrssPayment,
  nextHrssQuestion,
  nextTellingAt,
} from '../../payment/hrss-payment.ts'
import { nonce, ulid } from '../../payment/numbers.ts'
import * as billLocks from '../../store/bill-locks.ts'
import { commitAs, type Db } from '../../store/database.ts'
import * as events from '../../store/events.ts'
import * as payments from '../../store/hrss-payments.ts'
import * as refunds from '../../store/hrss-refunds.ts'
import * as workItems from '../../store/work-items.ts'
import type { HrssPay } from '../../upstreams/hrss-pay.ts'
import { LeaseLost } from '../held-order.ts'

/** A payment while somebody acts on it: one payment, one actor, as with orders (`held-order.ts`). */
export interface HeldPayment {
  payment: HrssPayment
  readonly owner: string
  readonly platform: HrssPay
}

/** @throws AppError `entry-closed` where the hospital has not joined the platform */
export function platformOf({ hrssPay }: App): HrssPay {
  if (hrssPay === null) throw new AppError('entry-closed', '本院未接入人社支付平台。')
  return hrssPay
}

const LOOK_AGAIN_MS = 25

/** @returns null when the payment stayed held by somebody else. @throws AppError `order-not-found` */
export async function holdPayment<T>(
  app: App,
  hold: { id: string; waitMs: number },
  work: (held: HeldPayment) => Promise<T>,
): Promise<T | null> {
  const owner = nonce(app.random)
  const giveUpAt = app.clock.now() + hold.waitMs
  for (;;) {
    const now = app.clock.now()
    if (await payments.take(app.db, hold.id, { owner, now, until: now + app.settings.LEASE_MS }))
      return orNobody(actOn(app, { id: hold.id, owner }, work))
    if ((await payments.byId(app.db, hold.id)) === null) throw new AppError('order-not-found')
    if (now >= giveUpAt) return null
    await app.clock.sleep(Math.min(LOOK_AGAIN_MS, giveUpAt - now))
  }
}

export async function orNobody<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof LeaseLost) return null
    throw error
  }
}

/** Under a lease that is taken already; the payment is given back in any case. */
export async function actOn<T>(
  app: App,
  lease: { id: string; owner: string },
  work: (held: HeldPayment) => Promise<T>,
): Promise<T> {
  const payment = await payments.byId(app.db, lease.id)
  if (!payment) throw new AppError('order-not-found')
  const held: HeldPayment = { payment, owner: lease.owner, platform: platformOf(app) }
  try {
    return await work(held)
  } finally {
    const wanted = await nextDue(app, held.payment)
    // At least a moment later, or a bug would spin.
    const dueAt = wanted === null ? null : Math.max(wanted, app.clock.now() + REST_MS)
    await payments.release(app.db, lease.id, { owner: lease.owner, dueAt })
  }
}

const REST_MS = 200

async function nextDue(app: App, payment: HrssPayment): Promise<number | null> {
  const { schedule, RETRY_FIRST_MS } = app.settings
  const open = await refunds.ofPayment(app.db, payment.id)
  const instants = open.flatMap(({ dueAt }) => (dueAt === null ? [] : [dueAt]))
  if (payment.writeBack === 'waiting')
    instants.push(
      nextTellingAt(payment.paidAt ?? payment.createdAt, app.clock.now(), RETRY_FIRST_MS),
    )
  const question = nextHrssQuestion(payment, schedule)
  switch (payment.state) {
    case 'ordering':
    case 'closing':
    case 'needs-review':
      instants.push(question)
      break
    case 'waiting':
      instants.push(Math.min(question, Math.max(payment.expiresAt, app.clock.now())))
      break
    case 'offered':
      instants.push(Math.max(payment.expiresAt, app.clock.now() + schedule.tailPeriodMs))
      break
    case 'paid':
    case 'refunded':
    case 'closed':
    case 'failed':
  }
  return instants.length === 0 ? null : Math.min(...instants)
}

export interface PaymentStep {
  /** Kebab-case name of what happened; also the name of the commit. */
  readonly what: string
  readonly changes?: HrssChanges
  readonly detail?: Readonly<Record<string, unknown>>
  readonly also?: (trx: Db) => Promise<void>
}

/** The only way a payment changes: checked, conditional on version and lease, with its event. @throws LeaseLost */
export async function takePaymentStep(
  app: App,
  held: HeldPayment,
  { what, changes = {}, detail = {}, also }: PaymentStep,
): Promise<void> {
  const { payment, owner } = held
  const to = changes.state ?? payment.state
  if (to !== payment.state && !HRSS_STATE_RULES[payment.state].next.includes(to))
    throw new Error(`${what}: ${payment.state} may not become ${to}`)
  const now = app.clock.now()
  await commitAs(app.db, what, async (trx) => {
    const step = { owner, until: now + app.settings.LEASE_MS, changes }
    if (!(await payments.update(trx, payment, step))) throw new LeaseLost(payment.id)
    await events.append(trx, eventOf(app, payment, { what, to, detail, now }))
    if (!HRSS_STATE_RULES[to].holdsBill) await letGo(trx, payment)
    await also?.(trx)
  })
  held.payment = { ...payment, ...changes, version: payment.version + 1 }
  app.changed(payment.id)
}

function eventOf(
  app: App,
  payment: HrssPayment,
  step: { what: string; to: string; detail: Readonly<Record<string, unknown>>; now: number },
): events.OrderEvent {
  return {
    orderId: payment.id,
    version: payment.version + 1,
    at: step.now,
    what: step.what,
    from: payment.state,
    to: step.to === payment.state ? null : step.to,
    detail: step.detail,
    traceId: app.traceId(),
  }
}

/** The desk lock under which a payment holds its bill: everybody else meets it there. */
export const lockName = (paymentId: string): string => `人社支付 ${paymentId}`

export const letGo = (trx: Db, { billNo, id }: HrssPayment): Promise<void> =>
  billLocks.release(trx, billNo, lockName(id))

/** Until it is given back; whoever has the bill by now keeps it. */
export async function keepBill(trx: Db, { billNo, id }: HrssPayment, since: number): Promise<void> {
  const until = billLocks.UNTIL_GIVEN_BACK
  await billLocks.take(trx, { billNo, desk: lockName(id), since, until })
}

/** Once a payment and kind. */
export async function askAPersonAbout(
  app: App,
  trx: Db,
  item: { payment: HrssPayment; kind: workItems.WorkItemKind; sentence: string },
): Promise<void> {
  const now = app.clock.now()
  await workItems.create(trx, {
    id: ulid(now, app.random),
    subject: item.payment.id,
    kind: item.kind,
    orderId: null,
    sentence: item.sentence,
    actions: ['note'],
    createdAt: now,
    opensAgain: true,
  })
}
