/**
 * The worker looks every 50 ms, nearly always in vain, and a day has two million of those. In tests
 * it rests until a look can find something: a row is due, or something was written.
 */
import { type Db, toNumber } from '../../src/store/database.ts'
import type { Rest } from './bells.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What the worker does by the clock alone, it does once a minute or more seldom. */
const MOST_MS = 60_000

const DUE = `select min(at) as at from (
  select min(due_at) as at from orders union all
  select min(ready_at) as at from inbox where state = 'new' and order_id is not null) as due`

export interface DueRest {
  /** Hears of what is written through this handle. */
  readonly watch: (db: Db) => void
  readonly on: (db: Db) => Rest
}

export function dueRest(clock: VirtualClock): DueRest {
  const watched = new WeakSet<object>()
  const resting = new Set<() => void>()
  return {
    watch: ({ q }) => {
      if (watched.has(q)) return
      watched.add(q)
      q.on('query', ({ sql }: { sql: string }) => {
        if (!sql.startsWith('select')) for (const written of resting) written()
      })
    },
    on: (db) => async (bell, leastMs) => {
      const alarms = alarmsOf(clock, db, leastMs)
      resting.add(alarms.written)
      await Promise.race([bell, alarms.due])
      resting.delete(alarms.written)
      alarms.cancel()
    },
  }
}

function alarmsOf(clock: VirtualClock, db: Db, leastMs: number) {
  const { promise: due, resolve } = Promise.withResolvers<void>()
  const began = clock.now()
  let over = false
  let notAt: (() => void) | null = null
  let notAsking: (() => void) | null = null
  const plan = async (): Promise<void> => {
    notAsking = null
    const at = Math.max(await nextDue(db), began + leastMs)
    notAt?.()
    if (!over) notAt = clock.at(Math.min(at, began + MOST_MS), resolve)
  }
  // A moment later the database is quiet: what was written is committed.
  const written = (): void => {
    notAsking ??= clock.at(clock.now() + leastMs, () => void plan())
  }
  const cancel = (): void => {
    over = true
    notAt?.()
    notAsking?.()
  }
  written()
  return { due, written, cancel }
}

async function nextDue(db: Db): Promise<number> {
  const answer: unknown = await db.q.raw(DUE)
  const rows: unknown = Array.isArray(answer) && Array.isArray(answer[0]) ? answer[0] : answer
  const at: unknown = Array.isArray(rows) ? rows[0]?.at : null
  return at == null ? Number.POSITIVE_INFINITY : toNumber(at)
}
