import type { Db } from './database.ts'

/** What was said to and heard from an upstream, masked; append-only. */
export interface ExchangeRow {
  readonly at: number
  readonly upstream: string
  readonly call: string
  readonly number: string
  readonly phase: 'sent' | 'answered'
  readonly status: string | null
  readonly durationMs: number | null
  readonly body: string
  readonly traceId: string | null
}

const ROWS_PER_INSERT = 50

export async function append(db: Db, exchanges: readonly ExchangeRow[]): Promise<void> {
  for (let from = 0; from < exchanges.length; from += ROWS_PER_INSERT) {
    await db.q('exchanges').insert(
      exchanges.slice(from, from + ROWS_PER_INSERT).map((exchange) => ({
        at: exchange.at,
        upstream: exchange.upstream,
        call: exchange.call,
        number: exchange.number.slice(0, 96),
        phase: exchange.phase,
        status: exchange.status?.slice(0, 64) ?? null,
        duration_ms: exchange.durationMs,
        body: exchange.body,
        trace_id: exchange.traceId,
      })),
    )
  }
}
