import DataLoader from 'dataloader'
import type { Knex } from 'knex'
import type { Db } from './database.ts'

/** Enough to make a statement cheap, few enough that building it never holds up the event loop. */
const MOST_AT_ONCE = 32

/**
 * A group commit: what is written in one turn of the event loop goes to the database as one
 * statement, and each caller still waits for its own. Never for a transaction's handle.
 * @param write must do all or nothing; its results stand in the order of the items.
 */
export function together<Item, Result>(
  write: (db: Db, items: readonly Item[]) => Promise<readonly Result[]>,
): (db: Db, item: Item) => Promise<Result> {
  const writers = new WeakMap<Knex, DataLoader<Item, Result>>()
  const writerOf = (db: Db): DataLoader<Item, Result> => {
    const known = writers.get(db.q)
    if (known) return known
    const writer = new DataLoader<Item, Result>((items) => write(db, items), {
      cache: false,
      maxBatchSize: MOST_AT_ONCE,
      batchScheduleFn: (send) => void setImmediate(send),
    })
    writers.set(db.q, writer)
    return writer
  }
  return (db, item) => writerOf(db).load(item)
}

/** Two hold nobody up, and share what a turn of the event loop costs. */
const FEW = 2

/**
 * What `together` set free at once goes on a few at a time, each few in a turn of the event loop of
 * their own: a crowd that signs all its questions in one go would hold up everybody else.
 */
export function fewAtATime(): Promise<void> {
  if (inTurn === 0) lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)))
  inTurn = (inTurn + 1) % FEW
  return lastTurn
}

let lastTurn = Promise.resolve()
let inTurn = 0
