import type { App } from '../app.ts'
import { attend } from '../flows/attend.ts'
import { reportOrphan } from '../flows/background.ts'
import { forgetHrss } from '../flows/hrss-pay/retention.ts'
import { resumeOneCodePayments } from '../flows/one-code/payment.ts'
import { runDueJobs } from '../flows/reconciliation/daily-jobs.ts'
import { forgetOneCard } from '../flows/one-card/retention.ts'
import { attendOneCardPayments } from '../flows/one-card/attend-payment.ts'
import { sendQueued } from '../flows/one-card/queue.ts'
import { watchCertificates } from '../flows/certificates/watch-certificates.ts'
import { actAs, LeaseLost } from '../flows/held-order.ts'
import { runHrssPayments } from './hrss-payments.ts'
import { comesRound } from './rounds.ts'
import { nonce } from '../payment/numbers.ts'
import type { Order } from '../payment/order.ts'
import * as idempotencyKeys from '../store/idempotency-keys.ts'
import * as inbox from '../store/inbox.ts'
import * as intents from '../store/intents.ts'
import * as leases from '../store/leases.ts'
import * as nonces from '../store/nonces.ts'
import * as orders from '../store/orders.ts'

/** How often the worker looks by itself: a fraction of what a question on the grid may be late. */
const LOOK_EVERY_MS = 50
/** What a question needs beside its own time-out. */
const QUESTION_MARGIN_MS = 1_500
const TIDY_EVERY_MS = 60_000
/** Certificates are looked at once a day by one process; whether somebody has, every process asks. */
const WATCH_EVERY_MS = 3_600_000
/** Payments at a counter that were left between two commits, or whose charge is not known yet. */
const COUNTERS_EVERY_MS = 1_000
/** Nobody waits for what is told about cards, and payments are asked about every 5 s. */
const CARDS_EVERY_MS = 1_000
const CARDS_AT_ONCE = 20
const JOBS_EVERY_MS = 30_000
/** A notice may come before step 9 has told the number that it names. */
const ORPHAN_AGE_MS = 60_000
/** Orders attended at once by one process. */
const AT_ONCE = 128
/** Orders taken in one look: signing all their questions must not hold up the event loop. */
const TAKEN_AT_ONCE = 24

/**
 * What happens by itself: takes every due order that nobody holds and attends to it. Due times
 * rest in the store; there are no timers whose loss would matter.
 */
export async function runWorker(app: App, stopped: () => boolean): Promise<void> {
  const running = new Set<Promise<void>>()
  const rounds = roundsOf(app)
  const hrssPayments = app.hrssPay === null ? null : runHrssPayments(app, stopped)
  while (!stopped()) {
    for (const round of rounds) round()
    // Few at a time would cost as many statements as many: under load that load would feed itself.
    while (running.size > AT_ONCE - TAKEN_AT_ONCE) await Promise.race(running)
    if (stopped()) break
    const taken = await takeDue(app, TAKEN_AT_ONCE)
    for (const lease of taken) {
      const work = attendTo(app, lease).finally(() => running.delete(work))
      running.add(work)
    }
    // A look costs the same for one order as for many: those of the next moment come together.
    if (taken.length < TAKEN_AT_ONCE) await app.woken(LOOK_EVERY_MS)
  }
  await Promise.all([...running, hrssPayments])
}

/** What comes round by the clock alone. */
function roundsOf(app: App): (() => void)[] {
  const { oneCode, oneCard } = app
  let start = true
  const watch = (): Promise<void> => {
    const at = { start }
    start = false
    return watchCertificates(app, at)
  }
  const every = (what: string, everyMs: number, work: () => Promise<void>) =>
    comesRound(app, { what, everyMs, work })
  return [
    every('tidy', TIDY_EVERY_MS, () => tidy(app)),
    every('watch certificates', WATCH_EVERY_MS, watch),
    every('daily jobs', JOBS_EVERY_MS, () => runDueJobs(app)),
    ...(oneCode === null
      ? []
      : [every('go on at the counters', COUNTERS_EVERY_MS, () => resumeOneCodePayments(app))]),
    ...(oneCard === null ? [] : [every('one card', CARDS_EVERY_MS, () => attendOneCard(app))]),
  ]
}

async function attendOneCard(app: App): Promise<void> {
  await attendOneCardPayments(app, CARDS_AT_ONCE)
  await sendQueued(app, CARDS_AT_ONCE)
}

/** Forgets what has served its time, and reports notices that belong to nobody. */
async function tidy(app: App): Promise<void> {
  const now = app.clock.now()
  for (const id of await inbox.takeOrphans(app.db, now - ORPHAN_AGE_MS)) await reportOrphan(app, id)
  await nonces.purge(app.db, now)
  await idempotencyKeys.purge(app.db, now)
  await forgetOneCard(app)
  await forgetHrss(app)
}

interface Lease {
  readonly orderId: string
  readonly order: Order
  readonly owner: string
  readonly leaseUntil: number
  readonly seen: { version: number; workDue: number | null; noticed: boolean }
}

async function takeDue(app: App, limit: number): Promise<Lease[]> {
  const owner = nonce(app.random)
  const now = app.clock.now()
  const until = now + app.settings.LEASE_MS
  const questionUntil = now + app.settings.schedule.questionTimeoutMs + QUESTION_MARGIN_MS
  try {
    const { ids, noticed } = await leases.takeDue(app.db, {
      owner,
      now,
      until,
      questionUntil,
      limit,
    })
    if (ids.length === 0) return []
    const [taken, work] = await Promise.all([
      orders.byIds(app.db, ids),
      intents.nextDueOf(app.db, ids),
    ])
    return taken.map((order) => {
      const { id, version } = order
      const seen = { version, workDue: work.get(id) ?? null, noticed: noticed.has(id) }
      return { orderId: id, order, owner, leaseUntil: questionUntil, seen }
    })
  } catch (error) {
    app.log.error({ err: error }, 'could not look for due orders')
    return []
  }
}

async function attendTo(app: App, lease: Lease): Promise<void> {
  try {
    await actAs(app, lease, (held) => attend(app, held))
  } catch (error) {
    const { orderId } = lease
    if (error instanceof LeaseLost) {
      app.log.info({ orderId }, 'another actor has it')
      return
    }
    app.log.error({ err: error, orderId }, 'could not attend to the order')
    // The database itself may be what failed; the lease's end brings the order back then.
    await inbox
      .rest(app.db, { orderId }, app.clock.now() + app.settings.RETRY_FIRST_MS)
      .catch((error: unknown) => app.log.error({ err: error, orderId }, 'could not let it rest'))
  }
}
