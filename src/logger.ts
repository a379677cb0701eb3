import { AsyncLocalStorage } from 'node:async_hooks'
import { type Logger, pino } from 'pino'

export type { Logger }

const trace = new AsyncLocalStorage<string>()

/** Everything that `work` awaits carries this trace id in logs, events and exchanges (SC-A01). */
export function withTrace<T>(traceId: string, work: () => T): T {
  return trace.run(traceId, work)
}

export function currentTrace(): string | null {
  return trace.getStore() ?? null
}

/** Database drivers put the statement with its values into their messages: only the code is printed. */
function printable(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const fromDatabase = code !== undefined && /^(ER_|SQLITE_|PROTOCOL_)/.test(code)
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return {
    type: error.name,
    ...(code !== undefined && { code }),
    ...(!fromDatabase && { message: error.message }),
    stack: frames.slice(0, 12).map((line) => line.trim()),
    ...(error.cause instanceof Error && { cause: printable(error.cause) }),
  }
}

/**
 * One JSON line an event. Secrets cannot be printed by their type (`Secret`), so nothing is
 * redacted by path; an error is printed with its causes but without any upstream's body.
 */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    serializers: { err: printable },
    mixin: () => ({ traceId: currentTrace() ?? undefined }),
  })
}
