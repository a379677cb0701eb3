/** What a process would leave behind if it died now. */
import { isFinal, ORDER_STATES } from '../../src/payment/states.ts'
import type { Simulated } from '../simulate/world.ts'

/** Where the order stands, who holds it, what is intended, what is unread. */
const TRACE = `select json_array(
  (select json_group_array(json_array(version, state, lease_until is null)) from orders),
  (select json_group_array(json_array(effect, state, min(tries, 2))) from intents),
  (select json_group_array(state) from inbox),
  (select count(*) from work_items))`

const ENDS = ORDER_STATES.filter(isFinal).map((state) => `'${state}'`)

/** Due no more, though it has come to no end or has work left; and no person was asked. */
const FORGOTTEN = `select group_concat(state || ' with work ' || coalesce(effect, 'none')) from (
  select orders.id, orders.state, effect from orders left join intents
    on order_id = orders.id and intents.state = 'open' and intents.due_at is not null
    where orders.due_at is null
    and (orders.state not in (${ENDS.join(', ')}) or effect is not null))
  where not exists (select 1 from work_items where order_id = id and work_items.state = 'open')`

/** One connection serves a store in memory, and it can be asked in between without waiting. */
interface Connection {
  readonly prepare: (sql: string) => { pluck: () => { get: () => string | null } }
}

export interface Rows {
  /**
   * Without the hour, and with how often an upstream has done something. Two deaths with the same
   * trace, a question that was repeated in between, are one.
   */
  readonly trace: () => string
  /** What nobody would ever take up again; null when there is none, as it must be at every instant. */
  readonly forgotten: () => string | null
}

export async function rowsOf({ q, bank }: Simulated): Promise<Rows> {
  const connection: Connection = await q.client.acquireConnection()
  await q.client.releaseConnection(connection)
  const trace = connection.prepare(TRACE).pluck()
  const forgotten = connection.prepare(FORGOTTEN).pluck()
  const { calls } = bank.context.world
  const effects = (): number => calls.filter(({ result }) => result !== 'question').length
  return { trace: () => `${trace.get()} ${effects()}`, forgotten: () => forgotten.get() }
}
