import { oneOf, textOf, textOrNull } from './columns.ts'
import { type Db, isDuplicate, toNumber } from './database.ts'

/** `waiting`: tried, and to be tried again at `dueAt`. */
const STATES = ['running', 'waiting', 'done'] as const

/** What the worker does at a time of day, once a business date by one process; and what came of it. */
export interface ScheduledRun {
  readonly job: string
  readonly date: string
  readonly state: (typeof STATES)[number]
  /** The process that is or was at it. */
  readonly owner: string
  readonly leaseUntil: number
  readonly dueAt: number
  readonly tries: number
  readonly startedAt: number
  readonly endedAt: number | null
  readonly result: Readonly<Record<string, unknown>> | null
}

type Turn = Pick<ScheduledRun, 'job' | 'date' | 'owner' | 'leaseUntil'> & { readonly now: number }

/** @returns false when it is done, not due again yet, or somebody is at it. */
export async function takeTurn(db: Db, turn: Turn): Promise<boolean> {
  const { job, date, owner, leaseUntil, now } = turn
  const taken = { state: 'running', owner, lease_until: leaseUntil, started_at: now }
  try {
    const row = { job, business_date: date, due_at: now, tries: 1, ...taken }
    await db.q('scheduled_runs').insert(row)
    return true
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  const changed = await db
    .q('scheduled_runs')
    .where({ job, business_date: date })
    .where(
      (free) =>
        void free
          .where((dead) => void dead.where({ state: 'running' }).where('lease_until', '<=', now))
          .orWhere((due) => void due.where({ state: 'waiting' }).where('due_at', '<=', now)),
    )
    .update({ ...taken, ended_at: null, tries: db.q.raw('tries + 1') })
  return changed === 1
}

/** Nothing is written when another process has taken it over. */
export async function endTurn(
  db: Db,
  { job, date, owner }: Pick<ScheduledRun, 'job' | 'date' | 'owner'>,
  end: Pick<ScheduledRun, 'state' | 'dueAt' | 'result'> & { readonly now: number },
): Promise<void> {
  await db
    .q('scheduled_runs')
    .where({ job, business_date: date, owner, state: 'running' })
    .update({
      state: end.state,
      due_at: end.dueAt,
      ended_at: end.now,
      result: JSON.stringify(end.result),
    })
}

/** By date and job. */
export async function since(db: Db, date: string): Promise<ScheduledRun[]> {
  const rows: Record<string, unknown>[] = await db
    .q('scheduled_runs')
    .where('business_date', '>=', date)
    .orderBy(['business_date', 'job'])
  return rows.map((row) => ({
    job: textOf(row['job']),
    date: textOf(row['business_date']),
    state: oneOf(STATES, row['state']),
    owner: textOf(row['owner']),
    leaseUntil: toNumber(row['lease_until']),
    dueAt: toNumber(row['due_at']),
    tries: toNumber(row['tries']),
    startedAt: toNumber(row['started_at']),
    endedAt: row['ended_at'] === null ? null : toNumber(row['ended_at']),
    result: JSON.parse(textOrNull(row['result']) ?? 'null'),
  }))
}
