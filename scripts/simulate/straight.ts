/**
 * knex words a statement, better-sqlite3 runs it then and there. A pool, events and traces between
 * the two cost several times what the statement does, and the service issues hundreds for an order.
 */
import knex, { type Knex } from 'knex'

interface Prepared {
  readonly reader: boolean
  readonly all: (bindings: readonly unknown[]) => unknown[]
  readonly run: (bindings: readonly unknown[]) => { lastInsertRowid: unknown; changes: number }
}

interface Connection {
  readonly prepare: (sql: string) => Prepared
}

interface Worded {
  readonly sql: string
  readonly bindings: readonly unknown[]
}

/** A builder of knex. */
interface Statement {
  readonly toSQL: () => Worded
}

/** The service words some statements by the number of their rows: those are not kept for ever. */
const MOST_PREPARED = 5_000

/** From now on `q` runs its statements straight, one transaction after the other. */
export async function goStraight(q: Knex): Promise<void> {
  const connection: Connection = await q.client.acquireConnection()
  // It is the only one, and nobody else takes it: whoever wants to look in between may have it too.
  await q.client.releaseConnection(connection)
  const run = runnerOf(connection, q.client.processResponse)
  const inside = knex({ client: 'better-sqlite3', useNullAsDefault: true })
  const turn: { over: Promise<void> | null } = { over: null }
  const command = (sql: string): unknown => run({ toSQL: () => ({ sql, bindings: [] }) })
  const transaction = async (work: (trx: Knex) => Promise<unknown>): Promise<unknown> => {
    while (turn.over !== null) await turn.over
    const over = Promise.withResolvers<void>()
    turn.over = over.promise
    command('begin')
    try {
      const result = await work(inside)
      command('commit')
      return result
    } catch (error) {
      command('rollback')
      throw error
    } finally {
      turn.over = null
      over.resolve()
    }
  }
  inside.client.runner = (statement: Statement) => ({ run: async () => run(statement) })
  q.client.runner = (statement: Statement) => ({
    run: async () => {
      while (turn.over !== null) await turn.over
      return run(statement)
    },
  })
  q.client.transaction = transaction
}

function runnerOf(
  connection: Connection,
  shape: (answered: Worded & { response: unknown; context?: unknown }) => unknown,
): (statement: Statement) => unknown {
  const known = new Map<string, Prepared>()
  const prepare = (sql: string): Prepared => {
    const prepared = known.get(sql) ?? connection.prepare(sql)
    if (known.size < MOST_PREPARED) known.set(sql, prepared)
    return prepared
  }
  return (statement) => {
    const worded = statement.toSQL()
    const { sql, values } = withLimit(worded)
    const prepared = prepare(sql)
    const bindings = values.map(plain)
    if (prepared.reader) return shape({ ...worded, response: prepared.all(bindings) })
    const response = prepared.run(bindings)
    const context = { lastID: response.lastInsertRowid, changes: response.changes }
    return shape({ ...worded, response, context })
  }
}

const LIMIT = / limit \?$/

/** A bound limit makes SQLite plan the statement anew each time, which takes ten times as long as running it. */
function withLimit({ sql, bindings }: Worded): { sql: string; values: readonly unknown[] } {
  if (!LIMIT.test(sql)) return { sql, values: bindings }
  const most = Number(bindings.at(-1))
  return { sql: sql.replace(LIMIT, ` limit ${most}`), values: bindings.slice(0, -1) }
}

/** SQLite has no booleans. */
const plain = (value: unknown): unknown => (typeof value === 'boolean' ? Number(value) : value)
