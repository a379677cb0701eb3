/** Every test of the store and of the flows runs on SQLite and on MySQL/MariaDB. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import knex from 'knex'
import { afterAll, afterEach, describe, inject } from 'vitest'
import { type Db, migrate, openDatabase } from '../../src/store/database.ts'
import { testSealer } from './sealer.ts'

export type DatabaseName = 'SQLite' | 'MySQL'

export interface OpenOptions {
  /** Called after each named commit, as in `Db.committed`. */
  readonly committed?: (name: string) => void
}

/**
 * A migrated database with empty tables, for this one test: it is closed and emptied when the
 * test ends. Two calls within one test give two separate databases.
 */
export type OpenFresh = (options?: OpenOptions) => Promise<Db>

interface Schema {
  readonly url: string
  readonly remove: () => Promise<void>
}

/** Runs `suite` once a database. The MySQL half is a skipped block when there is no server. */
export function describeDatabases(suite: (name: DatabaseName, openFresh: OpenFresh) => void): void {
  describe('on SQLite', () => suite('SQLite', freshDatabases(newSqliteSchema)))
  const server = inject('mysqlUrl')
  describe.skipIf(server === null)('on MySQL', () =>
    suite(
      'MySQL',
      freshDatabases(() => newMysqlSchema(server ?? '')),
    ),
  )
}

/** The url behind each handle, for a second handle on the same data. */
const urls = new WeakMap<Db['q'], string>()
const opened = new Set<Db>()

/**
 * A second process' view of the same database; closed when the test ends. SQLite allows one
 * process only (DECISIONS.md 16), so there it is the same handle.
 */
export function secondHandle(db: Db): Db {
  const url = urls.get(db.q)
  if (url === undefined) throw new Error('not a database of openFresh')
  return url.startsWith('sqlite:') ? db : track(url, {})
}

/** The database again after its process died: the old handle is closed, nothing is emptied. */
export async function reopen(db: Db, options: OpenOptions = {}): Promise<Db> {
  const url = urls.get(db.q)
  if (url === undefined) throw new Error('not a database of openFresh')
  opened.delete(db)
  await db.q.destroy()
  return track(url, options)
}

function track(url: string, options: OpenOptions): Db {
  const db = openDatabase(url, { sealer: testSealer, ...options })
  urls.set(db.q, url)
  opened.add(db)
  return db
}

function freshDatabases(create: () => Promise<Schema>): OpenFresh {
  const idle: Schema[] = []
  const used: Schema[] = []
  afterEach(async () => {
    for (const db of opened) await db.q.destroy()
    opened.clear()
    idle.push(...used.splice(0))
  })
  afterAll(async () => {
    for (const schema of idle.splice(0)) await schema.remove()
  })
  return async (options = {}) => {
    const known = idle.pop()
    const schema = known ?? (await create())
    const db = track(schema.url, options)
    // No test cuts the power of a disk; waiting for it at each commit costs a quarter of the time.
    if (schema.url.startsWith('sqlite:')) await db.q.raw('pragma synchronous = off')
    await (known ? empty(db) : migrate(db))
    used.push(schema)
    return db
  }
}

async function newSqliteSchema(): Promise<Schema> {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-sqlite-'))
  return {
    url: `sqlite:${join(folder, 'test.db')}`,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function newMysqlSchema(server: string): Promise<Schema> {
  const url = new URL(server)
  const name = `${url.pathname.slice(1)}_${randomBytes(6).toString('hex')}`
  const asAdmin = async (sql: string): Promise<void> => {
    const admin = knex({ client: 'mysql2', connection: new URL('/', url).href })
    try {
      await admin.raw(sql, [name])
    } finally {
      await admin.destroy()
    }
  }
  await asAdmin('create database ??')
  url.pathname = `/${name}`
  return { url: url.href, remove: () => asAdmin('drop database ??') }
}

/** Every table of the schema except knex' own. */
export async function tablesOf(db: Db): Promise<string[]> {
  const sqlite = urls.get(db.q)?.startsWith('sqlite:')
  const names: string[] = sqlite
    ? (await db.q('sqlite_master').where({ type: 'table' }).select('name')).map(
        (row: { name: string }) => row.name,
      )
    : (await db.q.raw('show tables'))[0].map((row: Record<string, string>) => Object.values(row)[0])
  return names.filter((name) => !name.startsWith('knex_') && !name.startsWith('sqlite_'))
}

async function empty(db: Db): Promise<void> {
  for (const table of await tablesOf(db)) await db.q(table).delete()
}

/** Everything that rests in the database, as one text: what a thief of a dump would read. */
export async function dump(db: Db): Promise<string> {
  const tables: Record<string, unknown> = {}
  for (const table of await tablesOf(db)) tables[table] = await db.q(table).select()
  return JSON.stringify(tables)
}
