import { type Entry, ENTRY_MODES } from '../payment/entry.ts'
import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

const CHANGES = ['mode', 'tester-added', 'tester-removed'] as const

/** One line of the entry's history, with the entry as it is from then on. */
export interface EntryChange {
  /** From 1, without gaps. */
  readonly version: number
  readonly at: number
  readonly operator: string
  readonly what: (typeof CHANGES)[number]
  /** Masked; null when `what` is `mode`. */
  readonly tester: string | null
  readonly entry: Entry
}

function fromRow(row: Record<string, unknown>): EntryChange {
  return {
    version: toNumber(row['version']),
    at: toNumber(row['at']),
    operator: textOf(row['operator']),
    what: oneOf(CHANGES, row['what']),
    tester: textOrNull(row['tester']),
    entry: entryOf(row),
  }
}

function entryOf(row: Record<string, unknown>): Entry {
  const mode = oneOf(ENTRY_MODES, row['mode'])
  if (mode !== 'gradual') return { mode }
  const departments = textOf(row['departments'])
  return {
    mode,
    percent: toNumber(row['percent']),
    departments: departments === '' ? [] : departments.split(','),
  }
}

export async function latest(db: Db): Promise<EntryChange | null> {
  const row = await db
    .q('entry')
    .orderBy('version', 'desc')
    .first<Record<string, unknown> | undefined>()
  return row ? fromRow(row) : null
}

/** Newest first. */
export async function history(db: Db): Promise<EntryChange[]> {
  const rows = await db.q('entry').orderBy('version', 'desc')
  return rows.map(fromRow)
}

/** @returns false when somebody else wrote this version first. */
export async function append(db: Db, change: EntryChange): Promise<boolean> {
  const { entry, ...line } = change
  const gradual = entry.mode === 'gradual' ? entry : null
  try {
    await db.q('entry').insert({
      ...line,
      mode: entry.mode,
      percent: gradual?.percent ?? null,
      departments: gradual?.departments.join(',') ?? null,
    })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

// ---------------------------------------------------------------- testers

const CONTEXT = 'entry_testers.user_id'
const markOf = (db: Db, userId: string): string => db.sealer.mark(userId, CONTEXT)

export async function isTester(db: Db, userId: string): Promise<boolean> {
  const row = await db
    .q('entry_testers')
    .where({ user_mark: markOf(db, userId) })
    .first<{ user_mark: string } | undefined>('user_mark')
  return row !== undefined
}

/** @returns false when the user is a tester already. */
export async function addTester(db: Db, userId: string): Promise<boolean> {
  try {
    await db.q('entry_testers').insert({
      user_mark: markOf(db, userId),
      user_id_sealed: db.sealer.seal(userId, CONTEXT),
    })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

/** @returns false when there is no such tester. */
export async function removeTester(db: Db, userId: string): Promise<boolean> {
  const removed = await db
    .q('entry_testers')
    .where({ user_mark: markOf(db, userId) })
    .delete()
  return removed === 1
}

export async function testers(db: Db): Promise<string[]> {
  const rows: { user_id_sealed: string }[] = await db.q('entry_testers').select('user_id_sealed')
  return rows.map((row) => db.sealer.open(row.user_id_sealed, CONTEXT)).toSorted()
}
