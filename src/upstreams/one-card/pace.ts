/** Not faster than agreed, and slower when the platform says so (README.md 5): a token bucket on the app's clock. */

export interface PaceRules {
  /** Calls a second; so many may also go at once. */
  readonly perSecond: number
  /** Who would wait longer is not sent at all. */
  readonly longestWaitMs: number
}

export interface Pace {
  /** Waits for its turn. @returns false when that would take too long. */
  readonly turn: () => Promise<boolean>
  /** Nobody calls before this has passed. */
  readonly rest: (ms: number) => void
}

interface Time {
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

export function createPace({ perSecond, longestWaitMs }: PaceRules, { now, sleep }: Time): Pace {
  const everyMs = 1_000 / perSecond
  /** When the bucket would be full again: a turn takes one token, which comes back after `everyMs`. */
  let fullAt = now()
  let restUntil = now()
  return {
    turn: async () => {
      const at = now()
      fullAt = Math.max(fullAt, at, restUntil)
      const free = fullAt + everyMs - perSecond * everyMs
      const waitMs = Math.max(0, Math.ceil(Math.max(free, restUntil) - at))
      if (waitMs > longestWaitMs) return false
      fullAt += everyMs
      if (waitMs > 0) await sleep(waitMs)
      return true
    },
    rest: (ms) => {
      restUntil = Math.max(restUntil, now() + ms)
    },
  }
}
