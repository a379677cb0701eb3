/** What a benchmark says: one line a figure, and the arithmetic behind it. */

/** One line of the result; `-` where a figure has no yardstick. */
export interface Figure {
  readonly name: string
  readonly ours: string
  readonly yardstick: string
  readonly ratio: string
  readonly goal: string
  /** (max - min) / median over the rounds. */
  readonly spread: string
  readonly reached: boolean
}

/** What every benchmark is told. */
export interface Wish {
  readonly rounds: number
  /** Fewer of everything: shows that it works, and says so. */
  readonly quick: boolean
  /** Where the service's CPU profiles go. */
  readonly profileFolder: string | null
  readonly note: (line: string) => void
}

export interface Benchmark {
  readonly about: string
  readonly run: (wish: Wish) => Promise<Figure[]>
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}

export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values)
}

export const percent = (share: number): string => `${(share * 100).toFixed(0)} %`

const rate = (perSecond: number): string => `${Math.round(perSecond)}/s`

/** Rates of the same rounds, ours against a yardstick: the median of the rounds' own ratios counts. */
export function againstYardstick(
  name: string,
  goal: number,
  rounds: readonly { ours: number; yardstick: number }[],
): Figure {
  const ratios = rounds.map((round) => round.ours / round.yardstick)
  const ratio = median(ratios)
  return {
    name,
    ours: rate(median(rounds.map((round) => round.ours))),
    yardstick: rate(median(rounds.map((round) => round.yardstick))),
    ratio: ratio.toFixed(2),
    goal: `>= ${goal}`,
    spread: percent(spread(ratios)),
    reached: ratio >= goal,
  }
}

/** A figure with a ceiling of its own. `NaN`, nothing measured, reaches nothing. */
export function below(name: string, from: { value: number; limit: number; unit: string }): Figure {
  const { value, limit, unit } = from
  return {
    name,
    ours: `${value.toFixed(unit === 'ms' ? 1 : 0)} ${unit}`,
    yardstick: '-',
    ratio: '-',
    goal: `< ${limit} ${unit}`,
    spread: '-',
    reached: value < limit,
  }
}

const COLUMNS = ['name', 'ours', 'yardstick', 'ratio', 'goal', 'spread'] as const

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    ...COLUMNS.map((column) => figure[column]),
    figure.reached ? '' : '  below goal',
  ])
  const all = [[...COLUMNS, ''], ...rows]
  const widths = COLUMNS.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}
