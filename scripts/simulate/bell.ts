/**
 * The worker looks every 50 ms, nearly always in vain, and a virtual week has twelve million of
 * those. It is woken for the looks that can find something: after a write, and when a row is due.
 */
import type { Knex } from 'knex'
import type { Alarm, VirtualTime } from './time.ts'

const LOOK_EVERY_MS = 50
/** The worker tidies each minute; while nothing happens it does so less often here. */
const SOON_MS = 600_000
const SELDOM_MS = 43_200_000
/** An order that somebody holds is due when its lease ends, whatever has come for it. */
const DUE = `select min(at) as at from (
  select min(due_at) as at from orders union all
  select min(ready_at) as at from inbox join orders on orders.id = order_id
    where inbox.state = 'new' and lease_until is null)`

export interface Looks {
  readonly wake: () => void
  readonly woken: () => Promise<void>
}

export interface DueBell {
  readonly written: () => void
  readonly listener: (skewMs: number) => Looks
}

/** @param quietAfter from then on little happens, and that seldom */
export function dueBell(q: Knex, time: VirtualTime, quietAfter: number): DueBell {
  const waiting = new Set<() => void>()
  // What is due can only have changed by a write: nobody asks twice between two of them.
  let due: Promise<number> | null = null
  const ask = async (): Promise<number> => {
    const [row]: { at: number | null }[] = await time.busy(() => q.raw(DUE))
    return row?.at ?? Number.POSITIVE_INFINITY
  }
  const nextDue = async (): Promise<number> => {
    due ??= ask()
    const rest = time.now() < quietAfter ? SOON_MS : SELDOM_MS
    return Math.min(await due, time.now() + rest)
  }
  return {
    written: () => {
      due = null
      for (const noticed of waiting) noticed()
    },
    listener: (skewMs) => listenerOf({ waiting, time, nextDue, skewMs }),
  }
}

function listenerOf(from: {
  waiting: Set<() => void>
  time: VirtualTime
  nextDue: () => Promise<number>
  skewMs: number
}): Looks {
  const { waiting, time, nextDue, skewMs } = from
  let ring: (() => void) | null = null
  const woken = async (): Promise<void> => {
    const bell = Promise.withResolvers<void>()
    const began = time.now()
    let alarm: Alarm | null = null
    let asking: Alarm | null = null
    const plan = async (): Promise<void> => {
      asking = null
      const at = Math.max((await nextDue()) - skewMs, began + LOOK_EVERY_MS)
      stop(alarm)
      alarm = time.at(at, bell.resolve)
    }
    // One look at it for all writes of a moment.
    const written = (): void => {
      asking ??= time.at(time.now() + LOOK_EVERY_MS, () => void plan())
    }
    ring = bell.resolve
    waiting.add(written)
    await plan()
    await bell.promise
    waiting.delete(written)
    stop(alarm)
    stop(asking)
  }
  return { wake: () => ring?.(), woken }
}

const stop = (alarm: Alarm | null): void => alarm?.cancel()
