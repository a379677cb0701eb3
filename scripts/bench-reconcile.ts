/**
 * `npm run bench:reconcile`: a million rows of the bank against a million orders of ours, beside
 * DuckDB with the same files in the same run. Exit code 1 when a goal is missed.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CLASSES, isDifference } from '../src/reconciliation/classes.ts'
import { startChild } from './bench/children.ts'
import { below, type Figure, median, percent, spread, table } from './bench/figures.ts'
import { expectedOfEach, type Files, writeBooks } from './bench/reconcile/books.ts'
import { OUTCOME, type Outcome } from './bench/reconcile/outcome.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'

const USAGE = {
  command: 'npm run bench:reconcile',
  help: `npm run bench:reconcile -- [--rounds N] [--quick]

Writes the books of one day with 0.5 % differences of every class, and reconciles them as the
service does and as DuckDB does: read, check the control totals, match, classify.

  --rounds N  interleaved rounds, each in fresh processes (default 3)
  --quick     100,000 orders instead of 1,000,000: shows that it works, proves nothing

Exit code: 0 every goal reached, 1 one missed, 2 wrong use or nothing to measure with.

Examples:
  npm run bench:reconcile -- --rounds 5`,
}

const MOST_RATIO = 3
const MOST_MIB = 300
/** A small young generation: what a row leaves behind is dead at once, and a large one only fills memory. */
const NODE_OPTIONS = ['--max-semi-space-size=1']

interface Round {
  readonly ours: Outcome
  readonly yardstick: Outcome
}

function readWish() {
  const { values } = readCommandLine(USAGE, {
    rounds: { type: 'string', default: '3' },
    quick: { type: 'boolean', default: false },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    refuse(USAGE, `--rounds is a whole number from 1 on, not ${values.rounds}`)
  return { rounds, orders: values.quick ? 100_000 : 1_000_000 }
}

async function runIn(script: string, files: Files, nodeOptions: readonly string[]) {
  const child = await startChild(script, { nodeOptions })
  try {
    const outcome = await child.ask('run', OUTCOME, files)
    console.log(`  ${script}: ${outcome.seconds.toFixed(2)} s, ${outcome.peakMiB.toFixed(0)} MiB`)
    return outcome
  } finally {
    await child.stop()
  }
}

/** Every difference of every class, and none under another name. */
const isRight = ({ rows, wrong }: Outcome, orders: number): boolean =>
  wrong === 0 &&
  CLASSES.filter(isDifference).every((name) => {
    const { bank, hospital } = rows[name] ?? { bank: 0, hospital: 0 }
    return Math.max(bank, hospital) === expectedOfEach(orders)
  })

const foundBy = ({ rows, wrong }: Outcome): string => {
  const found = CLASSES.filter(isDifference).map((name) => rows[name])
  const count = found.reduce((sum, one) => sum + Math.max(one?.bank ?? 0, one?.hospital ?? 0), 0)
  return `${count}, ${wrong} wrong`
}

function figuresOf(rounds: readonly Round[], orders: number): Figure[] {
  const ratios = rounds.map(({ ours, yardstick }) => ours.seconds / yardstick.seconds)
  const ratio = median(ratios)
  const seconds = (of: (round: Round) => Outcome): string =>
    `${median(rounds.map((round) => of(round).seconds)).toFixed(2)} s`
  const [first] = rounds
  const peak = Math.max(...rounds.map(({ ours }) => ours.peakMiB))
  const yardstickPeak = Math.max(...rounds.map(({ yardstick }) => yardstick.peakMiB))
  return [
    {
      name: 'reconcile-time',
      ours: seconds(({ ours }) => ours),
      yardstick: seconds(({ yardstick }) => yardstick),
      ratio: ratio.toFixed(2),
      goal: `<= ${MOST_RATIO}`,
      spread: percent(spread(ratios)),
      reached: ratio <= MOST_RATIO,
    },
    {
      ...below('reconcile-memory', { value: peak, limit: MOST_MIB, unit: 'MiB' }),
      yardstick: `${yardstickPeak.toFixed(0)} MiB`,
      ratio: (peak / yardstickPeak).toFixed(2),
    },
    {
      name: 'reconcile-differences',
      ours: first ? foundBy(first.ours) : '-',
      yardstick: first ? foundBy(first.yardstick) : '-',
      ratio: '-',
      goal: `${expectedOfEach(orders) * CLASSES.filter(isDifference).length}, 0 wrong`,
      spread: '-',
      reached: rounds.every(
        ({ ours, yardstick }) => isRight(ours, orders) && isRight(yardstick, orders),
      ),
    },
  ]
}

async function main(): Promise<void> {
  const wish = readWish()
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-reconcile-'))
  try {
    const files = { bank: join(folder, 'bank.txt'), hospital: join(folder, 'hospital.txt') }
    await writeBooks(files, wish.orders, (line) => console.log(`  ${line}`))
    const rounds: Round[] = []
    for (let round = 1; round <= wish.rounds; round += 1) {
      console.log(`round ${round} of ${wish.rounds}`)
      const ours = await runIn('reconcile/ours-process.ts', files, NODE_OPTIONS)
      const yardstick = await runIn('reconcile/duckdb-process.ts', files, [])
      rounds.push({ ours, yardstick })
    }
    const figures = figuresOf(rounds, wish.orders)
    console.log(`\n${table(figures)}`)
    if (figures.some(({ reached }) => !reached)) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}

try {
  await main()
} catch (error) {
  console.error(error)
  process.exitCode = 2
}
