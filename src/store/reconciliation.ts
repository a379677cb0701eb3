/** Runs of reconciliation, the breaks they found, and what became of each (SC-C03). */
import type { Knex } from 'knex'
import type { Action, Knowledge } from '../reconciliation/actions.ts'
import { type BookName, BOOKS } from '../reconciliation/ageing.ts'
import type { Break } from '../reconciliation/breaks.ts'
import type { Tally } from '../reconciliation/classes.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
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

/** `handled`: two people have said what it was; the books go on showing it. */
const STATES = ['open', 'handled', 'closed'] as const
type BreakState = (typeof STATES)[number]

const BY_RUNS = ['opened', 'changed', 'reopened', 'closed'] as const
type Happening = (typeof BY_RUNS)[number]
const BY_PEOPLE = ['proposed', 'acted', 'handled'] as const
export type Act = (typeof BY_PEOPLE)[number]
const HAPPENINGS = [...BY_RUNS, ...BY_PEOPLE]

export interface StoredBreak {
  readonly key: string
  readonly version: number
  readonly state: BreakState
  readonly openedAt: number
  readonly closedAt: number | null
  readonly content: BreakContent
  /** What asking has brought; null before anybody asked. */
  readonly known: Knowledge | null
}

export interface BreakEvent {
  readonly version: number
  readonly at: number
  /** Null where a person acted. */
  readonly runId: string | null
  readonly what: Happening | Act
  readonly operator: string | null
  readonly action: string | null
  readonly note: string | null
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
    let stillHandled = 0
    for (const { ageDays: _, ...content } of breaks) {
      const before = known.get(content.key)
      known.delete(content.key)
      const what = whatHappened(before, content)
      if (what === null && before?.state === 'handled') stillHandled += 1
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
      open_breaks: breaks.length - stillHandled,
    })
    return happened
  })
}

function whatHappened(before: StoredBreak | undefined, content: BreakContent): Happening | null {
  if (!before) return 'opened'
  if (before.state === 'closed') return 'reopened'
  if (before.state === 'handled') return isSameMatter(before.content, content) ? null : 'reopened'
  return wordsOf(before.content) === wordsOf(content) ? null : 'changed'
}

type Matter = Pick<BreakContent, 'class' | 'bank' | 'hospital'>

/** What was decided, or heard, holds as long as both books say what they said then. */
export const isSameMatter = (one: Matter, other: Matter): boolean =>
  wordsOf([one.class, one.bank, one.hospital]) ===
  wordsOf([other.class, other.bank, other.hospital])

/** Where a row stands in its book is no word of it: another row before it moves it. */
const wordsOf = (said: unknown): string =>
  JSON.stringify(said, (name, value: unknown) => (name === 'place' ? undefined : value))

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

/** Whether a matter that is open names one of these numbers; one that only waits for a book is none. */
export async function anyOpenAbout(db: Db, numbers: readonly string[]): Promise<boolean> {
  const rows = await db
    .q('reconciliation_breaks')
    .where({ state: 'open' })
    .where((named) => {
      for (const number of numbers) void named.orWhere('content', 'like', `%"${number}"%`)
    })
    .select<Record<string, unknown>[]>()
  return rows.some((row) => !storedBreak(row).content.awaited)
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

export async function byKey(db: Db, key: string): Promise<StoredBreak | null> {
  const row = await db
    .q('reconciliation_breaks')
    .where({ break_key: key })
    .first<Record<string, unknown> | undefined>()
  return row ? storedBreak(row) : null
}

export interface BreakStep {
  readonly at: number
  readonly what: Act
  readonly operator: string
  readonly action: Action
  readonly note: string
  readonly content?: BreakContent
  readonly known?: Knowledge
}

/** One line of history by a person. @returns false when somebody else wrote one since it was read. */
export async function addStep(db: Db, before: StoredBreak, step: BreakStep): Promise<boolean> {
  const content = JSON.stringify(step.content ?? before.content)
  const version = before.version + 1
  const changed = await db
    .q('reconciliation_breaks')
    .where({ break_key: before.key, version: before.version })
    .update({
      version,
      content,
      ...(step.what === 'handled' && { state: 'handled' }),
      ...(step.known && { known: JSON.stringify(step.known) }),
    })
  if (changed !== 1) return false
  await db.q('reconciliation_break_events').insert({
    break_key: before.key,
    version,
    at: step.at,
    run_id: '',
    what: step.what,
    operator: step.operator,
    action: step.action,
    note: step.note,
    content,
  })
  return true
}

const storedBreak = (row: Record<string, unknown>): StoredBreak => ({
  key: textOf(row['break_key']),
  version: toNumber(row['version']),
  state: oneOf(STATES, row['state']),
  openedAt: toNumber(row['opened_at']),
  closedAt: row['closed_at'] === null ? null : toNumber(row['closed_at']),
  content: JSON.parse(textOf(row['content'])) as BreakContent,
  known: row['known'] === null ? null : (JSON.parse(textOf(row['known'])) as Knowledge),
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

/** By date and key; of every state, or of one. */
export async function breaksOf(
  db: Db,
  period: Period & { readonly state?: BreakState },
): Promise<StoredBreak[]> {
  const { state } = period
  const rows = await within(db, 'reconciliation_breaks', period)
    .where(state === undefined ? {} : { state })
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
    runId: textOf(row['run_id']) || null,
    what: oneOf(HAPPENINGS, row['what']),
    operator: textOrNull(row['operator']),
    action: textOrNull(row['action']),
    note: textOrNull(row['note']),
    content: JSON.parse(textOf(row['content'])) as BreakContent,
  }))
}
