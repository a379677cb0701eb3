/**
 * `npm run bench`: what the service can do, against yardsticks of the same run. Exit code 1 when a
 * goal is missed. Needs MariaDB (BENCH_MYSQL_URL, default root at 127.0.0.1:3306) and `openssl`.
 */
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { callback } from './bench/callback.ts'
import { compensation } from './bench/compensation.ts'
import { type Benchmark, type Figure, table, type Wish } from './bench/figures.ts'
import { memory } from './bench/memory.ts'
import { sm2 } from './bench/sm2.ts'

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  sm2: { about: 'sign and verify 1 KB against `openssl speed sm2`', run: sm2 },
  callback: { about: 'verify, store, signed answer against a bare Koa handler', run: callback },
  compensation: {
    about: '2,000 orders asked on their grids: lateness and stalls',
    run: compensation,
  },
  memory: { about: 'resident memory after 20,000 payments against 1,000', run: memory },
}

const HELP = `npm run bench -- [--only NAME] [--rounds N] [--quick] [--profile FOLDER]

${Object.entries(BENCHMARKS)
  .map(([name, { about }]) => `  ${name.padEnd(14)}${about}`)
  .join('\n')}

  --only NAME       one of the above; may be repeated
  --rounds N        interleaved rounds where there is a yardstick (default 5)
  --quick           fewer of everything: shows that it works, proves nothing
  --profile FOLDER  CPU profiles of the processes under measurement; figures suffer
`

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number')
  const names = values.only ?? Object.keys(BENCHMARKS)
  const unknown = names.filter((name) => !(name in BENCHMARKS))
  if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(', ')}`)
  const { quick, help, profile = null } = values
  return { names, rounds, quick, help, profile }
}

const note = (line: string): void => console.log(`  ${line}`)

async function main(): Promise<void> {
  const { names, rounds, quick, help, profile } = readArguments()
  if (help) {
    console.log(HELP)
    return
  }
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
