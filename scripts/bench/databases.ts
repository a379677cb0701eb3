/** Databases of a run on the MariaDB server, dropped at its end. */
import knex, { type Knex } from 'knex'

export interface BenchDatabase {
  readonly url: string
  readonly q: Knex
}

export interface BenchDatabases {
  readonly create: () => Promise<BenchDatabase>
  readonly close: () => Promise<void>
}

const SERVER = process.env['BENCH_MYSQL_URL'] ?? 'mysql://root@127.0.0.1:3306'

export function openBenchDatabases(): BenchDatabases {
  const server = knex({ client: 'mysql2', connection: SERVER, pool: { min: 0, max: 1 } })
  const created: { name: string; q: Knex }[] = []
  return {
    create: async () => {
      const name = `jianlian_bench_${process.pid}_${created.length + 1}`
      await server.raw('create database ??', [name])
      const url = new URL(SERVER)
      url.pathname = `/${name}`
      const q = knex({ client: 'mysql2', connection: url.href, pool: { min: 0, max: 2 } })
      created.push({ name, q })
      return { url: url.href, q }
    },
    close: async () => {
      for (const { name, q } of created) {
        await q.destroy()
        await server.raw('drop database if exists ??', [name])
      }
      await server.destroy()
    },
  }
}
