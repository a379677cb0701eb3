/**
 * `npm run bench`: what the service can do, against yardsticks of the same run. Exit code 1 when a
 * goal is missed. Needs MariaDB (BENCH_MYSQL_URL, default root at 127.0.0.1:3306) and `openssl`.
 */
import { mkdirSync } from 'node:fs'
import { callback } from './bench/callback.ts'
import { compensation } from './bench/compensation.ts'
import { type Benchmark, type Figure, table, type Wish } from './bench/figures.ts'
import { memory } from './bench/memory.ts'
import { sm2 } from './bench/sm2.ts'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  sm2: { about: 'sign and verify 1 KB against `openssl speed sm2`', run: sm2 },
  callback: { about: 'verify, store, signed answer against a bare Koa handler', run: callback },
  compensation: {
    about: '2,000 orders asked on their grids: lateness and stalls',
    run: compensation,
  },
  memory: { about: 'resident memory after 20,000 payments against 1,000', run: memory },
}

const USAGE = {
  command: 'npm run bench',
  help: `npm run bench -- [--only NAME] [--rounds N] [--quick] [--profile FOLDER]

${Object.entries(BENCHMARKS)
  .map(([name, { about }]) => `  ${name.padEnd(14)}${about}`)
  .join('\n')}

  --only NAME       one of the above; may be repeated
  --rounds N        interleaved rounds where there is a yardstick (default 5)
  --quick           fewer of everything: shows that it works, proves nothing
  --profile FOLDER  CPU profiles of the processes under measurement; figures suffer

Exit code: 0 every goal reached, 1 one missed, 2 wrong use or nothing to measure with.

Examples:
  npm run bench -- --quick
  npm run bench -- --only sm2 --only callback --rounds 3
  npm run bench -- --only compensation --profile profiles`,
}

const OPTIONS = {
  only: { type: 'string', multiple: true },
  rounds: { type: 'string', default: '5' },
  quick: { type: 'boolean', default: false },
  profile: { type: 'string' },
} as const

function readWish() {
  const { values } = readCommandLine(USAGE, OPTIONS)
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    refuse(USAGE, `--rounds is a whole number from 1 on, not ${values.rounds}`)
  const known = Object.keys(BENCHMARKS)
  const names = values.only?.map((given) => oneOf(USAGE, { option: '--only', given, known }))
  return { names: names ?? known, rounds, quick: values.quick, profile: values.profile ?? null }
}

const note = (line: string): void => console.log(`  ${line}`)

async function main(): Promise<void> {
  const { names, rounds, quick, profile } = readWish()
  if (profile !== null) mkdirSync(profile, { recursive: true })
  if (quick) console.log('--quick: fewer of everything; these figures prove nothing\n')
  const wish: Wish = { rounds, quick, profileFolder: profile, note }
  const figures: Figure[] = []
  for (const name of names) figures.push(...((await BENCHMARKS[name]?.run(wish)) ?? []))
  console.log(`\n${table(figures)}`)
  if (figures.some(({ reached }) => !reached)) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  console.error(error)
  process.exitCode = 2
}
