/**
 * The real store on SQLite in memory, one connection for all processes of a run. Each process sees
 * it through a handle of its own that can fail before or after a commit and ends with its process.
 */
import type { Knex } from 'knex'
import { migrate, openDatabase } from '../../src/store/database.ts'
import type { Life } from './life.ts'
import { goStraight } from './straight.ts'
import type { VirtualTime } from './time.ts'

/** What may go wrong with a statement or a transaction; null: nothing. */
export type DatabaseFault = 'before' | 'after' | 'deadlock' | null

export interface HandleOptions {
  readonly life: Life
  readonly time: VirtualTime
  readonly fault: () => DatabaseFault
  /** How long the next statement or transaction is kept waiting. */
  readonly latencyMs: () => number
  /** Something was written that decides when the worker finds work. */
  readonly written: () => void
}

const TABLES = `select name from sqlite_master where type = 'table'
  and name not like 'knex_%' and name not like 'sqlite_%'`

/** Opened once a thread: migrations take longer than a run. */
export async function openStore(): Promise<Knex> {
  const db = openDatabase('sqlite::memory:', {
    sealer: { seal: () => '', open: () => '', mark: () => '' },
  })
  await migrate(db)
  await goStraight(db.q)
  return db.q
}

export async function emptyStore(q: Knex): Promise<void> {
  const tables: { name: string }[] = await q.raw(TABLES)
  for (const { name } of tables) await q(name).delete()
}

class DatabaseGone extends Error {
  override name = 'DatabaseGone'
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** A process' handle on the one database. */
export function handleOf(q: Knex, options: HandleOptions): Knex {
  const { life } = options
  const statement: Around = (run, builder) => life.outlive(alone(options, run, builder))
  const transaction = (work: (trx: Knex) => Promise<unknown>): Promise<unknown> =>
    life.outlive(inOne(options, (guard) => q.transaction((trx) => guard(trx, work))))
  return watched(q, statement, transaction)
}

const waits = async (time: VirtualTime, ms: number): Promise<void> => {
  if (ms > 0) await time.sleep(ms)
}

type Guard = (trx: Knex, work: (trx: Knex) => Promise<unknown>) => Promise<unknown>

async function inOne(
  { life, time, fault, latencyMs, written }: HandleOptions,
  begin: (guard: Guard) => Promise<unknown>,
): Promise<unknown> {
  await life.step('begin')
  await waits(time, latencyMs())
  const wrong = fault()
  if (wrong === 'before') throw new DatabaseGone('ECONNREFUSED')
  const statement: Around = async (run) => {
    life.stepInside('statement')
    return run()
  }
  const result = await time.busy(() =>
    begin(async (trx, work) => {
      const done = await work(watched(trx, statement))
      life.stepInside('commit')
      if (wrong === 'deadlock') throw new DatabaseGone('ER_LOCK_DEADLOCK')
      return done
    }),
  )
  written()
  await life.step('committed')
  if (wrong === 'after') throw new DatabaseGone('ECONNRESET')
  return result
}

async function alone(
  { life, time, fault, latencyMs, written }: HandleOptions,
  run: () => Promise<unknown>,
  builder: object,
): Promise<unknown> {
  await life.step('statement')
  await waits(time, latencyMs())
  const wrong = fault()
  if (wrong === 'before' || wrong === 'deadlock') throw new DatabaseGone('ECONNREFUSED')
  const result = await time.busy(run)
  if (READS.has(Reflect.get(builder, '_method'))) return result
  if (QUEUES.has(tableOf(builder))) written()
  await life.step('written')
  if (wrong === 'after') throw new DatabaseGone('ECONNRESET')
  return result
}

type Around = (run: () => Promise<unknown>, builder: object) => Promise<unknown>

/** Every statement built from `q` runs through `around`. */
function watched(
  q: Knex,
  around: Around,
  transaction?: (work: (trx: Knex) => Promise<unknown>) => Promise<unknown>,
): Knex {
  return new Proxy(q, {
    apply: (target, self, words) => awaitedThrough(Reflect.apply(target, self, words), around),
    get: (target, name) => {
      if (name === 'transaction' && transaction) return transaction
      const member: unknown = Reflect.get(target, name)
      if (name !== 'raw' || typeof member !== 'function') return member
      return (...words: unknown[]) => awaitedThrough(Reflect.apply(member, target, words), around)
    },
  })
}

/** What the worker looks for work in. */
const QUEUES = new Set<unknown>(['orders', 'inbox'])

function tableOf(builder: object): unknown {
  const single: unknown = Reflect.get(builder, '_single')
  return typeof single === 'object' && single !== null ? Reflect.get(single, 'table') : undefined
}

const READS = new Set<unknown>(['select', 'first', 'pluck', undefined])

function awaitedThrough(builder: object, around: Around): object {
  const then: unknown = Reflect.get(builder, 'then')
  if (typeof then !== 'function') throw new Error('not a statement')
  const run = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      Reflect.apply(then, builder, [resolve, reject])
    })
  // oxlint-disable-next-line no-thenable -- knex's builders run when they are awaited: here is the seam
  return Object.defineProperty(builder, 'then', {
    value: (...listeners: Parameters<Promise<unknown>['then']>) =>
      around(run, builder).then(...listeners),
  })
}
