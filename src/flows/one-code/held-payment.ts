import type { App } from '../../app.ts'
import { nonce } from '../../payment/numbers.ts'
import { backOffMs } from '../../payment/schedule.ts'
import {
  isOneCodeOver,
  mayFollowOneCode,
  type OneCodeChanges,
  type OneCodePayment,
  type Reason,
} from '../../payment/one-code.ts'
import { commitAs, type Db } from '../../store/database.ts'
import * as payments from '../../store/one-code-payments.ts'
import type { OneCode } from '../../upstreams/one-code.ts'
import { LeaseLost } from '../held-order.ts'

/** A payment while somebody acts on it: one payment, one actor; `payment` is what the store says. */
export interface HeldOneCode {
  payment: OneCodePayment
  readonly owner: string
  leaseUntil: number
  readonly oneCode: OneCode
}

/** However long nobody knows the end of a charge, somebody may be waiting for it. */
const SELDOM_MS = 60_000

/** Runs `work` under a lease already taken, and gives the payment back in any case. */
export async function actOnOneCode(
  app: App,
  held: HeldOneCode,
  work: (held: HeldOneCode) => Promise<void>,
): Promise<void> {
  let finished = false
  try {
    await work(held)
    finished = true
  } finally {
    const { id, state, asked } = held.payment
    const first = app.settings.RETRY_FIRST_MS
    // What is still open is looked at again; an error rests longer, or a bug would spin.
    const restMs = finished ? Math.min(backOffMs(asked, first), SELDOM_MS) : first * 5
    const dueAt = isOneCodeOver(state) ? null : app.clock.now() + restMs
    await payments.release(app.db, id, { owner: held.owner, dueAt })
  }
}

/** @returns null while somebody else holds it, or there is no such payment. */
export async function holdOneCode(
  app: App,
  oneCode: OneCode,
  id: string,
): Promise<HeldOneCode | null> {
  const owner = nonce(app.random)
  const now = app.clock.now()
  const leaseUntil = now + app.settings.LEASE_MS
  if (!(await payments.take(app.db, id, { owner, until: leaseUntil, now }))) return null
  const payment = await payments.byId(app.db, id)
  return payment && { payment, owner, leaseUntil, oneCode }
}

interface Step {
  /** Kebab-case name of what happened; also the name of the commit. */
  readonly what: string
  readonly changes: OneCodeChanges
  readonly also?: (trx: Db) => Promise<void>
}

/** Nobody needs these once it is over. */
const FORGOTTEN = { scan: null, certificate: null } as const

/**
 * The only way a payment changes: along the state table, conditional on version and lease.
 * @throws LeaseLost when another actor has it: nothing was written.
 */
export async function oneCodeStep(app: App, held: HeldOneCode, step: Step): Promise<void> {
  const { payment, owner } = held
  const to = step.changes.state ?? payment.state
  if (to !== payment.state && !mayFollowOneCode(payment.state, to))
    throw new Error(`${step.what}: ${payment.state} may not become ${to}`)
  const now = app.clock.now()
  const until = now + app.settings.LEASE_MS
  const changes = { ...step.changes, ...(isOneCodeOver(to) && FORGOTTEN) }
  await commitAs(app.db, `one-code:${step.what}`, async (trx) => {
    const lease = { owner, until }
    if (!(await payments.update(trx, { payment, lease, changes, now })))
      throw new LeaseLost(payment.id)
    await step.also?.(trx)
  })
  held.payment = { ...payment, ...changes, version: payment.version + 1 }
  held.leaseUntil = until
  const { id: paymentId, billNo } = payment
  app.log.info(
    { paymentId, billNo, what: step.what, reason: step.changes.reason?.code },
    'one-code',
  )
  app.changed(paymentId)
}

/** Nothing was taken and nothing will be. */
export const declineOneCode = (app: App, held: HeldOneCode, reason: Reason): Promise<void> =>
  oneCodeStep(app, held, { what: 'declined', changes: { state: 'declined', reason } })

/** Before every call: an actor that was paused past its lease must not send. @throws LeaseLost */
export async function stillOursOneCode(app: App, held: HeldOneCode): Promise<void> {
  const now = app.clock.now()
  if (now + app.settings.CALL_TIMEOUT_MS <= held.leaseUntil) return
  const until = now + app.settings.LEASE_MS
  if (!(await payments.renew(app.db, held.payment.id, { owner: held.owner, until })))
    throw new LeaseLost(held.payment.id)
  held.leaseUntil = until
}
