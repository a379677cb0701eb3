/** All schedules of one course: as it is, every death, everything that can meet. */
import type { Knex } from 'knex'
import type { Violation } from '../simulate/invariants.ts'
import { type Played, play } from './play.ts'
import type { Course, Schedule, Trouble } from './schedules.ts'

/**
 * A death before the cashier leaves much the same order behind, so it is combined with everything
 * that can happen to it up to this many happenings; a death after it with all of them.
 */
const MOST_AFTER_EARLY_DEATH = 3

export interface Violated {
  readonly name: string
  readonly violations: readonly Violation[]
  readonly story: string | null
}

export interface Explored {
  readonly course: Course
  readonly deaths: number
  readonly meetings: number
  /** How many schedules came to which end. */
  readonly endings: ReadonlyMap<string, number>
  readonly violated: readonly Violated[]
}

export async function explore(q: Knex, course: Course): Promise<Explored> {
  const played: Played[] = []
  const run = async (trouble: Trouble): Promise<Played> => {
    const schedule: Schedule = { ...course, trouble }
    const one = await play(q, schedule)
    if (trouble.kind !== 'overlap' || one.hasMet) played.push(one)
    return one
  }
  const { deaths } = await run({ kind: 'none' })
  const first = course.happenings.length <= MOST_AFTER_EARLY_DEATH ? 1 : deaths.early + 1
  for (let at = first; at <= deaths.all; at += 1) await run({ kind: 'death', at })
  const meetings = await meetAll(course, run)
  return {
    course,
    deaths: deaths.all - first + 1,
    meetings,
    endings: endingsOf(played),
    violated: played.filter(({ violations }) => violations.length > 0),
  }
}

async function meetAll(
  { happenings }: Course,
  run: (trouble: Trouble) => Promise<Played>,
): Promise<number> {
  let meetings = 0
  for (const after of happenings.slice(0, -1).keys()) {
    // Half an hour passes before an order expires: by then no message is under way any more.
    if (happenings[after + 1] === 'expires') continue
    for (let at = 1; (await run({ kind: 'overlap', after, at })).hasMet; at += 1) meetings += 1
  }
  return meetings
}

function endingsOf(played: readonly Played[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { ending } of played) counts.set(ending, (counts.get(ending) ?? 0) + 1)
  return counts
}
