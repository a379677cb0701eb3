/** A wire to the outside that a test may hold in its hand. */
import type { Clock } from '../../src/clock.ts'

export interface Said<Q> {
  readonly at: number
  readonly question: Q
  endedAt: number | null
}

type Teller<Q, A> = (question: Q) => A | Promise<A>

/** One kind of call: what was asked and when, and what is answered to it. */
export class Line<Q, A> {
  readonly said: Said<Q>[] = []
  /** What the small world behind it answers, and does. */
  readonly usual: Teller<Q, A>
  readonly #clock: Clock
  readonly #next: Teller<Q, A>[] = []
  #always: Teller<Q, A>

  constructor(clock: Clock, usual: Teller<Q, A>) {
    this.#clock = clock
    this.usual = usual
    this.#always = usual
  }

  /** The next calls get these, one each. */
  next(...tellers: Teller<Q, A>[]): void {
    this.#next.push(...tellers)
  }

  /** Every call without an answer of its own gets this from now on. */
  always(teller: Teller<Q, A>): void {
    this.#always = teller
  }

  asUsual(): void {
    this.#next.length = 0
    this.#always = this.usual
  }

  readonly call = async (question: Q): Promise<A> => {
    const said: Said<Q> = { at: this.#clock.now(), question, endedAt: null }
    this.said.push(said)
    const teller = this.#next.shift() ?? this.#always
    try {
      return await teller(question)
    } finally {
      said.endedAt = this.#clock.now()
    }
  }

  get count(): number {
    return this.said.length
  }

  /** How many calls were under way at once, at worst. */
  get together(): number {
    const open = (at: number) =>
      this.said.filter((one) => one.at <= at && (one.endedAt === null || one.endedAt > at)).length
    return Math.max(0, ...this.said.map((one) => open(one.at)))
  }
}

/** It had its effect, but nobody heard the answer. */
export function lost<Q, A>(line: Line<Q, A | { kind: 'unknown'; cause: string }>) {
  return async (question: Q) => {
    await line.usual(question)
    return { kind: 'unknown', cause: 'lost' } as const
  }
}

export const UNKNOWN = () => ({ kind: 'unknown', cause: 'no answer' }) as const
export const UNSENT = () => ({ kind: 'unsent', cause: 'ECONNREFUSED' }) as const
export const ABSENT = () => ({ kind: 'absent' }) as const
