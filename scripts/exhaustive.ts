/**
 * `npm run exhaustive`: one bill, every order of what can happen to it, a death of the process at
 * every point, and everything that can happen while something else is under way: listed, not drawn.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { readCommandLine, refuse } from './parts/command-line.ts'
import type { Explored } from './exhaustive/explore.ts'
import { play } from './exhaustive/play.ts'
import { COURSES, scheduleOf } from './exhaustive/schedules.ts'
import { exploredText, Tally, violatedText } from './exhaustive/tally.ts'
import { openStore } from './simulate/database.ts'

const USAGE = {
  command: 'npm run exhaustive',
  help: `npm run exhaustive [-- options]

  The real service and the sandbox in one process, one bill, a virtual clock. Once the cashier stands
  on the phone, the patient pays, the bank's notice arrives, a question is answered, the patient
  cancels and the order expires, in every order and with every choice of them left out. In each of
  these orders the process dies at every point where that makes a difference, or the next thing
  happens while a message of the one before is under way. Afterwards bank, bureau, HIS and order book
  must agree.

  --share S/N   every N-th order of events, beginning with the S-th (1 to N)
  --only NAME   one schedule and its timeline, as a violation names it: M/pays-cancels-expires/death-12
  --help        this page

Exit code: 0 nothing violated, 1 something was, 2 wrong usage.

Examples:
  npm run exhaustive
  npm run exhaustive -- --share 7/50`,
}

const OPTIONS = { share: { type: 'string', default: '1/1' }, only: { type: 'string' } } as const

async function one(name: string): Promise<boolean> {
  const schedule = scheduleOf(name)
  if (schedule === null) return refuse(USAGE, `--only: no ${name}`)
  const played = await play(await openStore(), schedule, true)
  console.log(violatedText(played))
  return played.violations.length === 0
}

function placesOf(share: string): number[] {
  const [, first, all] = (/^(\d+)\/(\d+)$/.exec(share) ?? []).map(Number)
  if (first === undefined || all === undefined || first < 1 || first > all)
    return refuse(USAGE, `--share takes 1/1 to N/N, not ${share}`)
  return [...COURSES.keys()].filter((place) => place % all === first - 1)
}

/** Courses one after the other in as many processes as there are cores. */
async function all(places: number[]): Promise<boolean> {
  const program = new URL('exhaustive/share-process.ts', import.meta.url)
  const tally = new Tally()
  const work = async (child: ChildProcess): Promise<void> => {
    for (let place = places.shift(); place !== undefined; place = places.shift()) {
      const explored = await answerOf(child, place)
      tally.add(explored)
      console.log(exploredText(explored))
      for (const violated of explored.violated) console.log(violatedText(violated))
    }
    child.kill()
  }
  const children = Array.from({ length: availableParallelism() }, () =>
    fork(program, { serialization: 'advanced' }),
  )
  await Promise.all(children.map(work))
  console.log(tally.summary())
  return tally.violated === 0
}

function answerOf(child: ChildProcess, place: number): Promise<Explored> {
  return new Promise((resolve, reject) => {
    child.removeAllListeners()
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`a share ended: ${code}`)))
    child.send(place)
  })
}

async function main(): Promise<void> {
  const { values } = readCommandLine(USAGE, OPTIONS)
  const { only, share } = values
  const isWell = only === undefined ? await all(placesOf(share)) : await one(only)
  // A run leaves a store and processes behind that wait for ever.
  process.exit(isWell ? 0 : 1)
}

await main()
