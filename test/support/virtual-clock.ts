import type { Clock } from '../../src/clock.ts'

interface Sleeper {
  readonly at: number
  readonly order: number
  readonly wake: () => void
}

/** Rounds of the event loop without work before everything counts as settled. */
const QUIET_ROUNDS = 8
/** ... and before what waits for nobody counts as stuck. */
const PATIENT_ROUNDS = 100
const DAY_MS = 86_400_000

/** 2026-11-20 09:00:00 in Asia/Shanghai. */
export const MORNING = Date.parse('2026-11-20T09:00:00+08:00')

/**
 * A clock that stands still until the test moves it. Sleepers wake in the order of their instants,
 * each at exactly its own, and everything they start settles before the next one wakes.
 */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  #sleepers: Sleeper[] = []
  readonly #busy: (() => boolean)[] = []

  constructor(start: number = MORNING) {
    this.#now = start
  }

  readonly now = (): number => this.#now

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => void this.at(this.#now + ms, resolve))

  /** Calls `wake` at that instant. @returns what cancels it. */
  at(instant: number, wake: () => void): () => void {
    this.#order += 1
    const sleeper: Sleeper = { at: Math.max(instant, this.#now), order: this.#order, wake }
    this.#sleepers.push(sleeper)
    this.#sleepers.sort((a, b) => a.at - b.at || a.order - b.order)
    return () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
    }
  }

  /** Real work that takes no virtual time: the clock waits for it. See `databaseIsBusy`. */
  alsoWaitsFor(busy: () => boolean): void {
    this.#busy.push(busy)
  }

  sleeping(): number {
    return this.#sleepers.length
  }

  /** Moves on by `ms`, waking everybody on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms
    await this.settle()
    while (await this.#wakeNext(target)) await this.settle()
    this.#now = target
  }

  async advanceTo(at: number): Promise<void> {
    await this.advance(Math.max(0, at - this.#now))
  }

  /** Moves from sleeper to sleeper until `done`. @throws when nobody sleeps and it is not. */
  async runUntil(done: () => boolean, withinMs: number = DAY_MS): Promise<void> {
    const limit = this.#now + withinMs
    for (let alone = 0; ; alone += 1) {
      await this.settle()
      if (done()) return
      if (await this.#wakeNext(limit)) alone = 0
      else if (alone === PATIENT_ROUNDS)
        throw new Error(`still not done at ${new Date(this.#now).toISOString()}`)
    }
  }

  /** Moves from sleeper to sleeper until the promise has its value or its error. */
  async run<T>(work: Promise<T>, withinMs: number = DAY_MS): Promise<T> {
    let over = false
    const finished = (): void => {
      over = true
    }
    work.then(finished, finished)
    await this.runUntil(() => over, withinMs)
    return work
  }

  /** Lets everything run that can run without time passing. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_ROUNDS;) {
      const seen = this.#order
      await new Promise((resolve) => setImmediate(resolve))
      quiet = this.#order !== seen || this.#busy.some((busy) => busy()) ? 0 : quiet + 1
    }
  }

  async #wakeNext(limit: number): Promise<boolean> {
    const next = this.#sleepers[0]
    if (next === undefined || next.at > limit) return false
    this.#sleepers.shift()
    this.#now = Math.max(this.#now, next.at)
    next.wake()
    return true
  }
}

interface Pool {
  numUsed(): number
  numPendingAcquires(): number
  numPendingCreates(): number
}

/** For `alsoWaitsFor`: a query, a transaction or a connection is under way. */
export function databaseIsBusy(db: { readonly q: { client: { pool?: Pool } } }): () => boolean {
  return () => {
    const { pool } = db.q.client
    if (!pool) return false
    return pool.numUsed() + pool.numPendingAcquires() + pool.numPendingCreates() > 0
  }
}
