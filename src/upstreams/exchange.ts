/** What was said to and by an upstream, for the record: masked before it leaves the adapter. */
import { Secret } from '../errors.ts'

export interface Exchange {
  /** UTC milliseconds. */
  readonly at: number
  readonly upstream: string
  readonly call: string
  /** The number under which the upstream knows the matter. */
  readonly number: string
  readonly phase: 'sent' | 'answered'
  /** The HTTP status, or why there was none. Only when `answered`. */
  readonly status?: string
  readonly durationMs?: number
  /** Masked JSON. */
  readonly body: string
}

export type RecordExchange = (exchange: Exchange) => void

export const MASK = '***'

/** Long enough for a number and a sentence, too short for a document. */
const LONGEST_TEXT = 200
const DEEPEST = 12
const MOST_ITEMS = 50

/**
 * A deep copy without the members named in `sensitive` (compared without regard to case, at any
 * depth), without secrets and with long texts cut. What is not JSON-like becomes a mask.
 */
export function mask(value: unknown, sensitive: ReadonlySet<string>): unknown {
  const names = new Set([...sensitive].map((name) => name.toLowerCase()))
  return copy(value, names, 0)
}

function copy(value: unknown, names: ReadonlySet<string>, depth: number): unknown {
  if (typeof value === 'string') return shorten(value)
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (value === undefined) return undefined
  if (typeof value !== 'object' || value instanceof Secret || depth >= DEEPEST) return MASK
  if (Array.isArray(value))
    return value.slice(0, MOST_ITEMS).map((item: unknown) => copy(item, names, depth + 1))
  if (ArrayBuffer.isView(value)) return MASK
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      names.has(name.toLowerCase()) ? hidden(member) : copy(member, names, depth + 1),
    ]),
  )
}

/** Nothing is not sensitive, and a missing value explains many refusals. */
function hidden(value: unknown): unknown {
  return value === null || value === undefined || value === '' ? value : MASK
}

function shorten(text: string): string {
  return text.length <= LONGEST_TEXT
    ? text
    : `${text.slice(0, LONGEST_TEXT)}…(${text.length} characters)`
}

export interface RecorderOptions {
  readonly upstream: string
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly sensitive: ReadonlySet<string>
}

/** Writes down a call as it leaves; the returned function writes down what came of it. */
export type Recorder = (
  call: string,
  number: string,
  sent: unknown,
) => (status: string, answered: unknown) => void

export function recorder(options: RecorderOptions): Recorder {
  const { upstream, recordExchange, now, sensitive } = options
  const write = (exchange: Omit<Exchange, 'upstream' | 'body'>, content: unknown): void => {
    try {
      const body = JSON.stringify(mask(content, sensitive)) ?? ''
      recordExchange({ ...exchange, upstream, body })
    } catch {
      // The record is for people; a payment must not stop because it cannot be written.
    }
  }
  return (call, number, sent) => {
    const startedAt = now()
    write({ at: startedAt, call, number, phase: 'sent' }, sent)
    return (status, answered) => {
      const at = now()
      const durationMs = at - startedAt
      write({ at, call, number, phase: 'answered', status, durationMs }, answered)
    }
  }
}
