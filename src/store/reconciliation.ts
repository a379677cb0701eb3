/** Runs of reconciliation, the breaks they found, and what became of each (SC-C03). */
import type { Knex } from 'knex'
import { type BookName, BOOKS } from '../reconciliation/ageing.ts'
import type { Break } from '../reconciliation/breaks.ts'
import type { Tally } from '../reconciliation/classes.ts'
import { oneOf, textOf } from './columns.ts'
import { commitAs, type Db, toNumber } from './database.ts'

export interface Run {
  readonly id: string
  readonly book: BookName
  readonly date: string
  readonly at: number
  /** Who started it: a person, or the worker. */
  readonly startedBy: string
  /** Name and hash of everything that was compared. */
  readonly inputs: Readonly<Record<string, string>>
  readonly tally: Tally
}

/** How old a break is follows from the day it is looked at, and is no part of it. */
export type BreakContent = Omit<Break, 'ageDays'>

const STATES = ['open', 'closed'] as const
const HAPPENINGS = ['opened', 'changed', 'reopened', 'closed'] as const
export type Happening = (typeof HAPPENINGS)[number]

export interface StoredBreak {
  readonly key: string
  readonly version: number
  readonly state: (typeof STATES)[number]
  readonly openedAt: number
  readonly closedAt: number | null
  readonly content: BreakContent
}

export interface BreakEvent {
  readonly version: number
  readonly at: number
  readonly runId: string
  readonly what: Happening
  readonly content: BreakContent
}

/** How many breaks each thing happened to. */
export type Happened = Readonly<Record<Happening, number>>

/**
 * Everything a run found, in one commit: what is new is opened, what agrees now is closed, what is
 * there already stays as it is. The same run again changes no break.
 */
export function recordRun(db: Db, run: Run, breaks: readonly Break[]): Promise<Happened> {
  return commitAs(db, 'reconciliation-run', async (trx) => {
    const known = new Map((await ofDate(trx, run)).map((one) => [one.key, one]))
    const happened = { opened: 0, changed: 0, reopened: 0, closed: 0 }
    for (const { ageDays: _, ...content } of breaks) {
      const before = known.get(content.key)
      known.delete(content.key)
      const what = whatHappened(before, content)
      if (what === null) continue
      happened[what] += 1
      await write(trx, run, { before, what, content })
    }
    for (const before of known.values()) {
      if (before.state === 'closed') continue
      happened.closed += 1
      await write(trx, run, { before, what: 'closed', content: before.content })
    }
    await trx.q('reconciliation_runs').insert({
      id: run.id,
      book: run.book,
      business_date: run.date,
      at: run.at,
      started_by: run.startedBy,
      inputs: JSON.stringify(run.inputs),
      tally: JSON.stringify(run.tally),
      open_breaks: breaks.length,
    })
    return happened
  })
}

function whatHappened(before: StoredBreak | undefined, content: BreakContent): Happening | null {
  if (!before) return 'opened'
  if (before.state === 'closed') return 'reopened'
  return JSON.stringify(before.content) === JSON.stringify(content) ? null : 'changed'
}

interface Change {
  readonly before: StoredBreak | undefined
  readonly what: Happening
  readonly content: BreakContent
}

/** The event's key is its version: of two runs at once, one is rolled back whole. */
async function write(trx: Db, run: Run, { before, what, content }: Change): Promise<void> {
  const version = (before?.version ?? 0) + 1
  const row = {
    version,
    state: what === 'closed' ? 'closed' : 'open',
    closed_at: what === 'closed' ? run.at : null,
    content: JSON.stringify(content),
  }
  await trx.q('reconciliation_break_events').insert({
    break_key: content.key,
    version,
    at: run.at,
    run_id: run.id,
    what,
    content: row.content,
  })
  if (before) {
    await trx.q('reconciliation_breaks').where({ break_key: content.key }).update(row)
    return
  }
  await trx.q('reconciliation_breaks').insert({
    ...row,
    break_key: content.key,
    book: run.book,
    business_date: run.date,
    opened_at: run.at,
  })
}

/** Open and closed, by key. */
export async function ofDate(
  db: Db,
  { book, date }: { readonly book: BookName; readonly date: string },
): Promise<StoredBreak[]> {
  const rows = await db
    .q('reconciliation_breaks')
    .where({ book, business_date: date })
    .orderBy('break_key')
    .select<Record<string, unknown>[]>()
  return rows.map(storedBreak)
}

const storedBreak = (row: Record<string, unknown>): StoredBreak => ({
  key: textOf(row['break_key']),
  version: toNumber(row['version']),
  state: oneOf(STATES, row['state']),
  openedAt: toNumber(row['opened_at']),
  closedAt: row['closed_at'] === null ? null : toNumber(row['closed_at']),
  content: JSON.parse(textOf(row['content'])) as BreakContent,
})

/** Business dates, both included. */
export interface Period {
  readonly from: string
  readonly to: string
  readonly book?: BookName
}

/** By date, and the oldest of a date first. */
export async function runsOf(db: Db, period: Period): Promise<Run[]> {
  const rows = await within(db, 'reconciliation_runs', period)
    .orderBy(['business_date', 'at', 'id'])
    .select<Record<string, unknown>[]>()
  return rows.map((row) => ({
    id: textOf(row['id']),
    book: oneOf(BOOKS, row['book']),
    date: textOf(row['business_date']),
    at: toNumber(row['at']),
    startedBy: textOf(row['started_by']),
    inputs: JSON.parse(textOf(row['inputs'])) as Run['inputs'],
    tally: JSON.parse(textOf(row['tally'])) as Tally,
  }))
}

/** Open and closed, by date and key. */
export async function breaksOf(db: Db, period: Period): Promise<StoredBreak[]> {
  const rows = await within(db, 'reconciliation_breaks', period)
    .orderBy(['business_date', 'break_key'])
    .select<Record<string, unknown>[]>()
  return rows.map(storedBreak)
}

function within(db: Db, table: string, { from, to, book }: Period): Knex.QueryBuilder {
  const rows = db.q(table).whereBetween('business_date', [from, to])
  return book === undefined ? rows : rows.where({ book })
}

/** The first first. */
export async function historyOf(db: Db, key: string): Promise<BreakEvent[]> {
  const rows = await db
    .q('reconciliation_break_events')
    .where({ break_key: key })
    .orderBy('version')
    .select<Record<string, unknown>[]>()
  return rows.map((row) => ({
    version: toNumber(row['version']),
    at: toNumber(row['at']),
    runId: textOf(row['run_id']),
    what: oneOf(HAPPENINGS, row['what']),
    content: JSON.parse(textOf(row['content'])) as BreakContent,
  }))
}
