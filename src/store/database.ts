import { fileURLToPath } from 'node:url'
import knex, { type Knex } from 'knex'
import type { Sealer } from '../crypto/seal.ts'

/** A database or a transaction, with the sealer of its secret columns. First argument of every store function. */
export interface Db {
  readonly q: Knex
  readonly sealer: Sealer
  /** Called after each named commit; a rehearsal kills the process here. */
  readonly committed: (name: string) => void
}

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url))

/**
 * `sqlite:PATH` (or `sqlite::memory:`) or `mysql://user:password@host:port/name`.
 * @throws Error naming DATABASE_URL when the text is neither.
 */
export function openDatabase(
  url: string,
  options: { sealer: Sealer; committed?: (name: string) => void },
): Db {
  const q = url.startsWith('sqlite:') ? openSqlite(url.slice('sqlite:'.length)) : openMysql(url)
  return { q, sealer: options.sealer, committed: options.committed ?? (() => {}) }
}

function openSqlite(filename: string): Knex {
  return knex({
    client: 'better-sqlite3',
    connection: { filename },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (
        connection: { pragma: (text: string) => void },
        ready: (error: Error | null, connection: unknown) => void,
      ) => {
        connection.pragma('journal_mode = WAL')
        connection.pragma('synchronous = FULL')
        connection.pragma('busy_timeout = 5000')
        connection.pragma('foreign_keys = ON')
        ready(null, connection)
      },
    },
  })
}

function openMysql(url: string): Knex {
  if (!/^(mysql|mariadb):\/\//.test(url)) {
    throw new Error('DATABASE_URL must begin with sqlite: or mysql://')
  }
  return knex({
    client: 'mysql2',
    connection: { uri: url.replace(/^mariadb:/, 'mysql:'), timezone: 'Z', charset: 'utf8mb4' },
    pool: {
      min: 0,
      max: 12,
      afterCreate: (
        connection: { query: (text: string, done: (error: Error | null) => void) => void },
        ready: (error: Error | null, connection: unknown) => void,
      ) => {
        connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', (error) =>
          ready(error, connection),
        )
      },
    },
  })
}

export async function migrate(db: Db): Promise<void> {
  await db.q.migrate.latest({ directory: MIGRATIONS, loadExtensions: ['.ts'] })
}

/** A deadlock rolls the whole transaction back: running it again is safe and soon succeeds. */
const DEADLOCK_TRIES = 4

export async function retryDeadlock<T>(work: () => PromiseLike<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isDeadlock(error) || tries >= DEADLOCK_TRIES) throw error
    }
  }
}

function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ER_LOCK_DEADLOCK'
}

/**
 * One commit with a name. Everything inside uses the transaction it is given: SQLite has one
 * connection, and no upstream is ever called in here.
 */
export async function commitAs<T>(db: Db, name: string, work: (trx: Db) => Promise<T>): Promise<T> {
  const result = await retryDeadlock(() => db.q.transaction((trx) => work({ ...db, q: trx })))
  db.committed(name)
  return result
}

/** Whether an insert failed because the key exists already, alike in both databases. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false
  return (
    error.code === 'ER_DUP_ENTRY' ||
    error.code === 'SQLITE_CONSTRAINT_UNIQUE' ||
    error.code === 'SQLITE_CONSTRAINT_PRIMARYKEY'
  )
}

/** MySQL answers `bigint` sums as text. */
export function toNumber(value: unknown): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new Error('not a safe integer in the database')
  return number
}
