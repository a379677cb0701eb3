/** One run from its seed: everybody comes, the storm passes, time goes on until nothing is left to do. */
import type { Knex } from 'knex'
import { emptyStore } from './database.ts'
import { readBooks } from './books.ts'
import { calmDay } from './calm.ts'
import { endings } from './endings.ts'
import { alwaysHolds, isStored, type Violation } from './invariants.ts'
import { arrives } from './people.ts'
import { type Day, type Simulated, simulatedWorld } from './world.ts'

const DAY = 86_400_000
/** A refund is asked about for seven days after it came back; then nothing of an order is open. */
const LONGEST_MS = 9 * DAY

export interface Ran {
  readonly seed: number
  readonly kind: string
  readonly bank: string
  readonly orders: number
  readonly bills: number
  readonly endings: ReadonlyMap<string, number>
  readonly faults: ReadonlyMap<string, number>
  readonly violations: readonly Violation[]
  readonly world: Simulated
}

export async function runOnce(q: Knex, day: Day): Promise<Ran> {
  const { seed, bills } = day
  await emptyStore(q)
  const world = simulatedWorld(day, q)
  const found: Violation[] = []
  let seen = 0
  world.watch = () => {
    const { calls } = world.bank.context.world
    const touched = new Set(calls.slice(seen).map(({ billNo }) => billNo))
    seen = calls.length
    found.push(...alwaysHolds(world, touched))
  }
  world.promised = (path, body) =>
    void world.time.busy(async () => {
      if (!(await isStored(q, path, body)))
        found.push({
          billNo: null,
          rule: 'acknowledged is stored',
          what: `${path} ${body.slice(0, 80)}`,
        })
    })
  const visits = Array.from({ length: bills }, (_, at) => arrives(world, at + 1))
  let left = visits.length
  for (const { done } of visits) void done.then(() => (left -= 1))
  await world.time.runUntil(() => left === 0, world.weather.beginsAt + DAY)
  if (left > 0) found.push({ billNo: null, rule: 'everybody goes home', what: `${left} wait` })
  await world.time.runUntil(() => false, world.weather.beginsAt + LONGEST_MS)
  const books = await readBooks(q)
  const counted = new Map<string, number>()
  for (const { id, state } of books.orders) {
    const owner = books.owned.get(id)?.join('+')
    const ending = owner === undefined ? state : `${state} (${owner})`
    counted.set(ending, (counted.get(ending) ?? 0) + 1)
  }
  found.push(...endings(world, books), ...calmDay(world, books))
  return {
    seed,
    kind: world.weather.kind,
    bank: world.bankName,
    orders: books.orders.length,
    bills,
    endings: counted,
    faults: world.faults,
    violations: distinct(found),
    world,
  }
}

/** What holds no longer is found again at every step. */
const distinct = (found: readonly Violation[]): Violation[] => [
  ...new Map(found.map((one) => [JSON.stringify(one), one])).values(),
]
