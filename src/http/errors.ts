import type { z } from 'zod'
import type { App } from '../app.ts'
import { AppError, ERRORS } from '../errors.ts'
import { countRefusal } from './metrics.ts'

/** A finished answer; `body` is final, because it may be signed or stored for a repeat. */
export interface Reply {
  readonly status: number
  readonly body: string
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Fault {
  /** Dotted path of the member; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** `invalid-request` that names what is wrong with which member. */
export class InvalidRequest extends AppError {
  readonly errors: readonly Fault[]

  constructor(errors: readonly Fault[]) {
    super('invalid-request')
    this.errors = errors
  }
}

const LONGEST_NAME = 64

/** Names members, never values: what was sent may be personal. */
export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [{ path: issue.path.join('.'), message: issue.message }]
    return issue.keys.slice(0, 10).map((key) => ({
      path: [...issue.path, key.slice(0, LONGEST_NAME)].join('.'),
      message: '不接受此字段',
    }))
  })
}

export const JSON_TYPE = 'application/json; charset=utf-8'
const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

export function json(status: number, value: unknown): Reply {
  return { status, body: JSON.stringify(value), contentType: JSON_TYPE, headers: {} }
}

/** A stored answer again: which type it has follows from its status. */
export function again(status: number, body: string): Reply {
  return { status, body, contentType: status < 400 ? JSON_TYPE : PROBLEM_TYPE, headers: {} }
}

/**
 * RFC 9457. The only place where a refusal becomes a status. Anything that is not a refusal of ours
 * is logged here, once, and tells nothing but its trace id.
 */
export function problem(app: App, error: unknown): Reply {
  if (!(error instanceof AppError)) {
    app.log.error({ err: error }, 'request failed')
    return problem(app, new AppError('internal-error'))
  }
  const { code, sentence, retryAfterSeconds } = error
  countRefusal(app, code)
  const [status, title] = ERRORS[code]
  const reply = problemOf(app, { status, code, title, sentence }, error)
  if (retryAfterSeconds === undefined) return reply
  return { ...reply, headers: { 'retry-after': String(retryAfterSeconds) } }
}

/** The path exists, the method does not. */
export function methodNotAllowed(app: App): Reply {
  return problem(app, new AppError('method-not-allowed'))
}

function problemOf(
  app: App,
  about: { status: number; code: string; title: string; sentence: string },
  error?: AppError,
): Reply {
  const { status, code, title, sentence } = about
  const body = {
    type: `/docs#${code}`,
    title,
    status,
    detail: sentence,
    code,
    traceId: app.traceId(),
    ...(error instanceof InvalidRequest && { errors: error.errors }),
  }
  return again(status, JSON.stringify(body))
}

/** Runs `work` and turns whatever it throws into its answer. */
export async function answered(app: App, work: () => Promise<Reply>): Promise<Reply> {
  try {
    return await work()
  } catch (error) {
    return problem(app, error)
  }
}
