/**
 * What a process would leave behind if it died now, without the hour: where the order stands, who
 * holds it, what is intended, what is unread, and how often an upstream has done something. Two
 * deaths with the same trace, a question that was repeated in between, are one.
 */
import type { Simulated } from '../simulate/world.ts'

const ROWS = `select json_array(
  (select json_group_array(json_array(version, state, lease_until is null)) from orders),
  (select json_group_array(json_array(effect, state, min(tries, 2))) from intents),
  (select json_group_array(state) from inbox),
  (select count(*) from work_items))`

/** One connection serves a store in memory, and it can be asked in between without waiting. */
interface Connection {
  readonly prepare: (sql: string) => { pluck: () => { get: () => string } }
}

export async function traceOf({ q, bank }: Simulated): Promise<() => string> {
  const connection: Connection = await q.client.acquireConnection()
  await q.client.releaseConnection(connection)
  const rows = connection.prepare(ROWS).pluck()
  const { calls } = bank.context.world
  const effects = (): number => calls.filter(({ result }) => result !== 'question').length
  return () => `${rows.get()} ${effects()}`
}
