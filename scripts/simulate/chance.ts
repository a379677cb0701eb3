/** The one source of chance of a run: the same seed, the same run. */

export interface Chance {
  /** Uniform in [0, 1). */
  (): number
  /** True with this probability. */
  readonly hits: (probability: number) => boolean
  /** An integer from `least` up to but not including `most`. */
  readonly between: (least: number, most: number) => number
  /** Any magnitude between the two is as likely as any other: milliseconds to hours. */
  readonly spread: (leastMs: number, mostMs: number) => number
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T
}

/** mulberry32 */
export function chanceOf(seed: number): Chance {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0
  const draw = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number): number =>
    least + Math.floor(draw() * (most - least))
  return Object.assign(draw, {
    hits: (probability: number): boolean => draw() < probability,
    between,
    spread: (leastMs: number, mostMs: number): number =>
      Math.round(leastMs * (mostMs / leastMs) ** draw()),
    pick: <T>(choices: readonly [T, ...T[]]): T =>
      choices[between(0, choices.length)] ?? choices[0],
  })
}
