/** The database of one search, and everything that rests in it or beside it. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import knex, { type Knex } from 'knex'
import type { Canary, Source } from './search.ts'

export interface CanaryDatabase {
  readonly url: string
  readonly canaries: readonly Canary[]
  readonly sources: () => Promise<Source[]>
  readonly remove: () => Promise<void>
}

/** Every file below a folder, as bytes. */
export function filesBelow(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, path: join(folder, name) }))
    .filter(({ path }) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)
    .map(({ name, path }) => ({ name, bytes: readFileSync(path) }))
}

async function tables(q: Knex, names: readonly string[]): Promise<Source[]> {
  const dumped: Source[] = []
  for (const name of names) {
    const rows: unknown[] = await q(name).select()
    dumped.push({ name: `table ${name}`, bytes: Buffer.from(JSON.stringify(rows)) })
  }
  return dumped
}

/** Tables, and the raw bytes of the file and its write-ahead log while the service still runs. */
export function sqliteDatabase(folder: string): CanaryDatabase {
  const files = join(folder, 'database')
  mkdirSync(files)
  const filename = join(files, 'canary.db')
  return {
    url: `sqlite:${filename}`,
    canaries: [],
    sources: async () => {
      const client = { client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true }
      const q = knex(client)
      try {
        const rows = await q('sqlite_master').where({ type: 'table' }).select<{ name: string }[]>()
        const dumped = await tables(
          q,
          rows.map(({ name }) => name),
        )
        return [...dumped, ...filesBelow(files)]
      } finally {
        await q.destroy()
      }
    },
    remove: async () => {},
  }
}

/** A schema and an account of their own on the given server; the account's password is a canary. */
export async function mysqlDatabase(server: string): Promise<CanaryDatabase> {
  const name = `jianlian_canary_${randomBytes(4).toString('hex')}`
  const password = randomBytes(16).toString('hex')
  const admin = knex({ client: 'mysql2', connection: new URL('/', server).href })
  const hosts = ['%', 'localhost']
  await admin.raw('create database ??', [name])
  for (const host of hosts) {
    await admin.raw('create user ?@? identified by ?', [name, host, password])
    await admin.raw('grant all on ??.* to ?@?', [name, name, host])
  }
  const url = new URL(`/${name}`, server)
  url.username = name
  url.password = password
  return {
    url: url.href,
    canaries: [{ what: 'DATABASE_URL password', text: password }],
    sources: async () => {
      const q = knex({ client: 'mysql2', connection: url.href })
      try {
        const [rows = []]: Record<string, string>[][] = await q.raw('show tables')
        return await tables(
          q,
          rows.flatMap((row) => Object.values(row)),
        )
      } finally {
        await q.destroy()
      }
    },
    remove: async () => {
      await admin.raw('drop database ??', [name])
      for (const host of hosts) await admin.raw('drop user ?@?', [name, host])
      await admin.destroy()
    },
  }
}
