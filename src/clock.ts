import { randomBytes } from 'node:crypto'

/**
 * Time, waiting and chance: the only file that asks the machine for them. The whole service can
 * therefore run on a virtual clock and a seed.
 */
export interface Clock {
  /** UTC milliseconds; never jumps while the process lives. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** Wall clock at start plus monotonic time: stepping it moves no grid (DECISIONS.md 8). */
export function systemClock(): Clock {
  const wallAtStart = Date.now()
  const monotonicAtStart = performance.now()
  return {
    now: () => Math.round(wallAtStart + performance.now() - monotonicAtStart),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }
}

/** Uniform in [0, 1) from the system's secure source: states, nonces and numbers must not be guessed. */
export function secureRandom(): number {
  if (drawn === pool.length) {
    pool = randomBytes(POOL_BYTES)
    drawn = 0
  }
  drawn += 6
  return pool.readUIntBE(drawn - 6, 6) / 2 ** 48
}

/** A call to the system's source costs 2 µs whatever it yields; a number needs six bytes. */
const POOL_BYTES = 6 * 1_024
let pool = Buffer.alloc(0)
let drawn = 0
