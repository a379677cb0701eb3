import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import {
  type Attempt,
  type AttemptChanges,
  newAttempt,
  type QuestionNote,
} from '../payment/attempt.ts'
import { nonce } from '../payment/numbers.ts'
import type { Order, OrderChanges } from '../payment/order.ts'
import { nextQuestion } from '../payment/schedule.ts'
import { mayFollow, STATES } from '../payment/states.ts'
import * as attempts from '../store/attempts.ts'
import { commitAs, type Db } from '../store/database.ts'
import * as events from '../store/events.ts'
import * as intents from '../store/intents.ts'
import * as leases from '../store/leases.ts'
import * as orders from '../store/orders.ts'

/**
 * An order while somebody acts on it: one order, one actor. `order` is always what the database
 * says after the last step; every step is one commit that fails when the lease is gone.
 */
export interface HeldOrder {
  order: Order
  readonly owner: string
  leaseUntil: number
  /** What the worker saw when it took the order: spares a look at what is not there. */
  readonly seen?: {
    readonly version: number
    readonly workDue: number | null
    readonly noticed: boolean
  }
}

/** The lease ran out and another actor has the order: whatever we were doing, they finish it. */
export class LeaseLost extends Error {
  override name = 'LeaseLost'
}

const IDLE_REST_MS = 50
const SELDOM_MS = 600_000

/** How soon somebody who waits for an order looks again: at first, and after a while. */
const LOOK_AGAIN_MS = 25
const LOOK_SELDOM_MS = 200

/**
 * Runs `work` while holding the order. Waits up to `waitMs` for the present holder.
 * @returns null when the order stayed held by somebody else.
 * @throws AppError `order-not-found`
 */
export async function holdOrder<T>(
  app: App,
  hold: { orderId: string; waitMs: number },
  work: (held: HeldOrder) => Promise<T>,
): Promise<T | null> {
  const owner = nonce(app.random)
  const until = app.clock.now() + hold.waitMs
  for (let restMs = LOOK_AGAIN_MS; ; restMs = Math.min(restMs * 2, LOOK_SELDOM_MS)) {
    const now = app.clock.now()
    const leaseUntil = now + app.settings.LEASE_MS
    if (await leases.take(app.db, hold.orderId, { owner, now, until: leaseUntil }))
      return orNobody(actAs(app, { orderId: hold.orderId, owner, leaseUntil }, work))
    if ((await orders.versionOf(app.db, hold.orderId)) === null)
      throw new AppError('order-not-found')
    if (now >= until) return null
    await app.clock.sleep(Math.min(restMs, until - now))
  }
}

/** Whoever took the order over finishes what we began: to our caller it is held by somebody else. */
async function orNobody<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof LeaseLost) return null
    throw error
  }
}

/** Runs `work` under a lease that is already taken, and gives the order back in any case. */
export async function actAs<T>(
  app: App,
  lease: {
    orderId: string
    owner: string
    leaseUntil: number
    order?: Order
    seen?: HeldOrder['seen']
  },
  work: (held: HeldOrder) => Promise<T>,
): Promise<T> {
  const order = lease.order ?? (await orders.byId(app.db, lease.orderId))
  if (!order) throw new AppError('order-not-found')
  const { owner, leaseUntil, seen } = lease
  const held: HeldOrder = { order, owner, leaseUntil, ...(seen && { seen }) }
  let finished = false
  try {
    const result = await work(held)
    finished = true
    return result
  } finally {
    // A visit of the worker that changed nothing must not be due again in the same instant.
    const idle = held.seen?.version === held.order.version ? IDLE_REST_MS : 0
    await giveBack(app, held, finished ? idle : app.settings.RETRY_FIRST_MS)
  }
}

/** The order rests for at least `restMs`, or a bug would spin. */
async function giveBack(app: App, held: HeldOrder, restMs: number): Promise<void> {
  const wanted = await nextDue(app, held)
  const dueAt = wanted === null ? null : Math.max(wanted, app.clock.now() + restMs)
  await leases.release(app.db, { orderId: held.order.id, owner: held.owner, dueAt })
  if (dueAt !== null && dueAt <= app.clock.now()) app.wake()
}

/** When the order wants attention next: its open background work, and what its state says. */
async function nextDue(app: App, { order, seen }: HeldOrder): Promise<number | null> {
  const now = app.clock.now()
  const untouched = seen?.version === order.version && seen.workDue === null
  const workDue = untouched ? null : await intents.nextDue(app.db, order.id)
  const instants = workDue === null ? [] : [workDue]
  instants.push(...ownInstants(app, order, now))
  return instants.length === 0 ? null : Math.min(...instants)
}

function ownInstants(app: App, order: Order, now: number): number[] {
  const { attempt, expiresAt } = order
  const { t0, lastInstant, lastAskedAt } = attempt
  switch (STATES[order.state].recovery) {
    case 'nothing':
      return []
    case 'close-when-expired':
      return [expiresAt]
    case 'resume-pre-settlement':
    case 'resume-payment':
      return [now + resumeAfterMs(app, now - expiresAt)]
    case 'ask-the-bank': {
      const next = t0 === null ? null : nextQuestion(t0, lastInstant, now, app.settings.schedule)
      const leaving = (lastAskedAt ?? 0) < expiresAt ? [expiresAt] : []
      return next === null ? leaving : [next.at, ...leaving]
    }
  }
}

/** Past its life an order only waits to be found closed: the longer ago, the more seldom. */
function resumeAfterMs(app: App, expiredForMs: number): number {
  const soon = app.settings.RETRY_FIRST_MS * 5
  return Math.min(Math.max(soon, Math.floor(expiredForMs / 4)), SELDOM_MS)
}

/** One step: changes, its event and whatever belongs to the same commit. */
export interface Step {
  /** Kebab-case name of what happened; also the name of the commit. */
  readonly what: string
  readonly order?: OrderChanges
  readonly attempt?: AttemptChanges
  /** Facts for the history, without secrets or personal data. */
  readonly detail?: Readonly<Record<string, unknown>>
  /** Rows of other tables that must stand or fall with this step. */
  readonly also?: (trx: Db) => Promise<void>
}

/**
 * The only way an order changes (invariants 2 and 4): checked against the state table, conditional
 * on version and lease, with its event row in the same transaction.
 * @throws LeaseLost when another actor has the order: nothing was written.
 */
export async function takeStep(app: App, held: HeldOrder, step: Step): Promise<void> {
  const { order } = held
  const to = step.order?.state ?? order.state
  if (to !== order.state && !mayFollow(order.state, to))
    throw new Error(`${step.what}: ${order.state} may not become ${to}`)
  const now = app.clock.now()
  const leaseUntil = now + app.settings.LEASE_MS
  await commitAs(app.db, step.what, async (trx) => {
    const changes = step.order ?? {}
    const written = await orders.update(trx, {
      order,
      lease: held.owner,
      changes,
      attempt: step.attempt ?? {},
      leaseUntil,
    })
    if (!written) throw new LeaseLost(order.id)
    await events.append(trx, {
      orderId: order.id,
      version: order.version + 1,
      at: now,
      what: step.what,
      from: order.state,
      to: to === order.state ? null : to,
      detail: step.detail ?? {},
      traceId: app.traceId(),
    })
    await step.also?.(trx)
  })
  held.leaseUntil = leaseUntil
  held.order = {
    ...order,
    ...step.order,
    version: order.version + 1,
    attempt: { ...order.attempt, ...step.attempt },
  }
  app.changed(order.id)
}

/**
 * Asked before every call that changes something: an actor that was paused past its lease must not
 * send what the next one has meanwhile found out, closed or sent itself.
 * @throws LeaseLost
 */
export async function stillOurs(app: App, held: HeldOrder): Promise<void> {
  const now = app.clock.now()
  if (now + app.settings.CALL_TIMEOUT_MS <= held.leaseUntil) return
  const until = now + app.settings.LEASE_MS
  const renewed = await leases.renew(app.db, held.order.id, { owner: held.owner, until })
  if (!renewed) throw new LeaseLost(held.order.id)
  held.leaseUntil = until
}

/** A fresh try of the same order; the numbers of the old one stay on record. */
export async function beginAttempt(app: App, held: HeldOrder, step: Step): Promise<void> {
  const { no, patient } = held.order.attempt
  const attempt: Attempt = { ...newAttempt(no + 1), patient }
  await takeStep(app, held, {
    ...step,
    also: async (trx) => {
      await step.also?.(trx)
      await orders.beginAttempt(trx, held.order.id, attempt)
    },
  })
  held.order = { ...held.order, attempt }
}

/** Counts a question; changes nothing that anybody sees. @throws LeaseLost */
export async function noteQuestion(
  app: App,
  held: HeldOrder,
  changes: QuestionNote,
): Promise<void> {
  const { id: orderId, attempt } = held.order
  if (!(await attempts.note(app.db, { orderId, attempt, lease: held.owner, changes })))
    throw new LeaseLost(orderId)
  held.order = { ...held.order, attempt: { ...attempt, ...changes } }
}
