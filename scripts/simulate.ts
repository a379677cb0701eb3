/**
 * `npm run simulate`: the whole service against the whole sandbox in one process, on a virtual clock
 * and one seeded source of chance, with everything going wrong that can.
 */
import { availableParallelism } from 'node:os'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { type Report, type Runner, runner, shards } from './simulate/shard.ts'
import { Tally } from './simulate/tally.ts'
import { type WeatherKind, WEATHERS } from './simulate/weather.ts'
import type { Day } from './simulate/world.ts'

const USAGE = {
  command: 'npm run simulate',
  help: `npm run simulate [-- options]

  Runs the real flows, store and worker against the sandbox without network or timers. Requests and
  answers are lost, late, doubled, damaged; upstreams, the database and the power fail; patients pay
  late, twice, at two desks, cancel, and want their money back. Afterwards the sandbox's ledger, the
  order book and HIS must agree fen by fen. The same seed gives the same run.

  --seed N     the first run's seed; without it a fresh one, which is printed
  --orders M   bills in all (default 1000)
  --size S     bills in one run (default 50); the next run has the next seed
  --shards N   processes; default: as many as there are cores
  --weather W  calm, network, power, database, outages or all; otherwise each run draws its own
  --until RULE ends after the first run in which this rule was violated
  --help       this page

Exit code: 0 nothing violated, 1 something was, 2 wrong usage.

Examples:
  npm run simulate -- --orders 100000
  npm run simulate -- --seed 4711 --orders 50`,
}

const OPTIONS = {
  seed: { type: 'string' },
  orders: { type: 'string', default: '1000' },
  size: { type: 'string', default: '50' },
  weather: { type: 'string' },
  until: { type: 'string' },
  shards: { type: 'string', default: String(availableParallelism()) },
} as const

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1 || number > most)
    refuse(USAGE, `--${name} takes a whole number from 1 to ${most}, not ${text}`)
  return number
}

/** Each run has its own seed, so that it alone can be repeated. */
function* daysOf(wish: {
  seed: number
  orders: number
  size: number
  weather: WeatherKind | undefined
}): Generator<Day> {
  const { seed, orders, size, weather } = wish
  for (let begun = 0, at = 0; begun < orders; begun += size, at += 1)
    yield { seed: seed + at, bills: Math.min(size, orders - begun), weather }
}

/** @param done says whether to go on */
async function all(days: Iterator<Day>, run: Runner, done: (report: Report) => boolean) {
  for (let next = days.next(); !next.done; next = days.next())
    if (!done(await run(next.value))) return
}

async function main(): Promise<void> {
  const { values } = readCommandLine(USAGE, OPTIONS)
  const seed = wholeNumber('seed', values.seed ?? String(1 + (Date.now() % 1e9)), 2 ** 31)
  const orders = wholeNumber('orders', values.orders, 10_000_000)
  const size = wholeNumber('size', values.size, 10_000)
  const count = wholeNumber('shards', values.shards, 64)
  console.log(`seed ${seed}`)
  const weather = WEATHERS.find((kind) => kind === values.weather)
  if (values.weather !== undefined && weather === undefined)
    refuse(USAGE, `--weather: no ${values.weather}; there is ${WEATHERS.join(', ')}`)
  const days = daysOf({ seed, orders, size, weather })
  const tally = new Tally()
  const hear = (report: Report): boolean => {
    tally.add(report)
    if (report.violations.length > 0) console.log(tally.tellOf(report))
    return !report.violations.some(({ rule }) => rule === values.until)
  }
  if (count === 1) await all(days, await runner(), hear)
  else {
    const { runners, end } = shards(count)
    await Promise.all(runners.map((run) => all(days, run, hear)))
    end()
  }
  console.log(tally.summary())
  // A run leaves a store and processes behind that wait for ever.
  process.exit(tally.violated === 0 ? 0 : 1)
}

await main()
