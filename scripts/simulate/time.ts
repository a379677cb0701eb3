/** Virtual time: it stands still while anything runs, then jumps to whoever sleeps shortest. */
import type { Clock } from '../../src/clock.ts'

/** Rounds of the event loop without news before everything counts as settled. */
const QUIET_ROUNDS = 2
/** Far more than anything takes. */
const MOST_ROUNDS = 20_000

export interface Alarm {
  cancel: () => void
}

interface Sleeper {
  readonly at: number
  readonly order: number
  wake: (() => void) | null
}

export class VirtualTime implements Clock {
  #now: number
  #order = 0
  /** A binary heap by instant, then by who lay down first. */
  readonly #sleepers: Sleeper[] = []
  #news = 0
  #busy = 0

  constructor(start: number) {
    this.#now = start
  }

  readonly now = (): number => this.#now

  readonly sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      this.at(this.#now + Math.max(0, ms), resolve)
    })

  /** Calls `wake` at that instant, unless cancelled before. */
  at(instant: number, wake: () => void): Alarm {
    this.#news += 1
    this.#order += 1
    const sleeper: Sleeper = { at: Math.max(instant, this.#now), order: this.#order, wake }
    push(this.#sleepers, sleeper)
    return { cancel: () => (sleeper.wake = null) }
  }

  /** Real work that takes no virtual time: the clock waits for it. */
  async busy<T>(work: () => PromiseLike<T>): Promise<T> {
    this.#busy += 1
    this.#news += 1
    try {
      return await work()
    } finally {
      this.#busy -= 1
      this.#news += 1
    }
  }

  /** Moves from sleeper to sleeper until `done`, or until `limit`. @returns whether it is done. */
  async runUntil(done: () => boolean, limit: number): Promise<boolean> {
    for (;;) {
      await this.#settle()
      if (done()) return true
      const next = this.#next()
      if (next === undefined || next.at > limit) return false
      pop(this.#sleepers)
      this.#now = next.at
      next.wake?.()
    }
  }

  #next(): Sleeper | undefined {
    while (this.#sleepers[0]?.wake === null) pop(this.#sleepers)
    return this.#sleepers[0]
  }

  /** @throws Error when it never does: a transaction waits for another, or for time to pass. */
  async #settle(): Promise<void> {
    for (let quiet = 0, rounds = 0; quiet < QUIET_ROUNDS; rounds += 1) {
      if (rounds > MOST_ROUNDS) throw new Error(`nothing settles at ${this.#now}`)
      const seen = this.#news
      await new Promise((resolve) => setImmediate(resolve))
      quiet = this.#news !== seen || this.#busy > 0 ? 0 : quiet + 1
    }
  }
}

const isBefore = (a: Sleeper, b: Sleeper): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order)

function push(heap: Sleeper[], sleeper: Sleeper): void {
  let at = heap.push(sleeper) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    const above = heap[parent]
    if (above === undefined || !isBefore(sleeper, above)) break
    heap[at] = above
    at = parent
  }
  heap[at] = sleeper
}

function pop(heap: Sleeper[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = heap[2 * at + 1]
    const right = heap[2 * at + 2]
    const child = left && right && isBefore(right, left) ? right : left
    if (child === undefined || !isBefore(child, last)) break
    heap[at] = child
    at = child === left ? 2 * at + 1 : 2 * at + 2
  }
  heap[at] = last
}
