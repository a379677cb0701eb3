/** A fresh database for each service of a run, and the service's own records read back from it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import knex, { type Knex } from 'knex'
import { NOTHING_ASKED } from '../../src/payment/attempt.ts'
import { QUESTION_REASONS, type QuestionReason } from '../../src/payment/schedule.ts'

export type DatabaseKind = 'sqlite' | 'mysql'

export interface Database {
  readonly url: string
  readonly q: Knex
  readonly drop: () => Promise<void>
}

export interface Databases {
  readonly create: () => Promise<Database>
  readonly close: () => Promise<void>
}

export function openDatabases(kind: DatabaseKind, serverUrl: string): Databases {
  return kind === 'sqlite' ? sqliteFiles() : mysqlSchemas(serverUrl)
}

function sqliteFiles(): Databases {
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-matrix-'))
  let count = 0
  return {
    create: async () => {
      const filename = join(folder, `${(count += 1)}.sqlite`)
      const q = knex({
        client: 'better-sqlite3',
        connection: { filename },
        useNullAsDefault: true,
      })
      return { url: `sqlite:${filename}`, q, drop: () => q.destroy() }
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  }
}

function mysqlSchemas(serverUrl: string): Databases {
  const server = knex({ client: 'mysql2', connection: serverUrl, pool: { min: 0, max: 2 } })
  const run = `jianlian_matrix_${process.pid}`
  const alive = new Set<string>()
  let count = 0
  return {
    create: async () => {
      const name = `${run}_${(count += 1)}`
      await server.raw('create database ??', [name])
      alive.add(name)
      const url = new URL(serverUrl)
      url.pathname = `/${name}`
      const q = knex({ client: 'mysql2', connection: url.href, pool: { min: 0, max: 2 } })
      const drop = async (): Promise<void> => {
        await q.destroy()
        await server.raw('drop database ??', [name])
        alive.delete(name)
      }
      return { url: url.href, q, drop }
    },
    close: async () => {
      for (const name of alive) await server.raw('drop database if exists ??', [name])
      await server.destroy()
    },
  }
}

/** What the service itself wrote down about a bill; null columns and old tries included. */
export interface OwnRecord {
  /** Questions to the bank, by why they were asked. */
  readonly asked: Readonly<Record<QuestionReason, number>>
  readonly workItems: readonly string[]
  readonly transactionRecords: readonly string[]
  /** Effects begun and not yet ended. */
  readonly openIntents: readonly string[]
}

export async function readOwnRecord({ q }: Database, billNo: string): Promise<OwnRecord> {
  const orders: { id: string }[] = await q('orders').where({ bill_no: billNo }).select('id')
  const ids = orders.map(({ id }) => id)
  const attempts: { plain: string }[] = await q('attempts').whereIn('order_id', ids)
  const asked = { ...NOTHING_ASKED }
  for (const { plain } of attempts)
    for (const why of QUESTION_REASONS) asked[why] += Number(JSON.parse(plain).asked[why])
  const items: { kind: string }[] = await q('work_items').whereIn('order_id', ids)
  const records: { state: string }[] = await q('transaction_records').whereIn('order_id', ids)
  const intents: { effect: string }[] = await q('intents')
    .whereIn('order_id', ids)
    .where({ state: 'open' })
  return {
    asked,
    workItems: items.map(({ kind }) => kind),
    transactionRecords: records.map(({ state }) => state),
    // What came back is asked about for days; nothing waits for that.
    openIntents: intents
      .map(({ effect }) => effect)
      .filter((effect) => effect !== 'recheck-refund'),
  }
}
