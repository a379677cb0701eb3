import { z } from 'zod'
import type { App } from '../app.ts'
import type { ErrorCode } from '../errors.ts'
import { parseJson } from './body.ts'
import { type Fault, faultsOf, InvalidRequest, json, type Reply } from './errors.ts'

/** What a request brings, before anything of it is believed. */
export interface Incoming<Who> {
  readonly who: Who
  readonly params: Readonly<Record<string, string>>
  readonly query: unknown
  readonly body: Buffer
  /** The `Idempotency-Key`, where the caller gave one. */
  readonly key?: string | null
}

/** One call of the contract: routing and the published description are both drawn from it. */
export interface Endpoint<Who> {
  readonly method: 'get' | 'post'
  /** As OpenAPI writes it: `/api/orders/{id}`. */
  readonly path: string
  readonly summary: string
  /** Authorisation, pre-settlement and payment have the tighter limit (SC-S04). */
  readonly paying: boolean
  readonly body: z.ZodType
  readonly query: z.ZodType
  readonly answers: Readonly<Record<number, z.ZodType>>
  readonly errors: readonly ErrorCode[]
  readonly handle: (app: App, incoming: Incoming<Who>) => Promise<Reply>
}

interface Call<Who, Body, Query> {
  readonly who: Who
  readonly params: Readonly<Record<string, string>>
  readonly body: Body
  readonly query: Query
  readonly key: string | null
}

type Description<Who, Body extends z.ZodType, Query extends z.ZodType> = Pick<
  Endpoint<Who>,
  'method' | 'path' | 'summary' | 'answers' | 'errors'
> & {
  readonly paying?: boolean
  readonly body: Body
  readonly query: Query
  /** Parsed values -> one flow -> what is presented. */
  readonly run: (
    app: App,
    call: Call<Who, z.output<Body>, z.output<Query>>,
  ) => Promise<{ status: number; value: unknown }>
}

export function endpoint<Who, Body extends z.ZodType, Query extends z.ZodType>(
  description: Description<Who, Body, Query>,
): Endpoint<Who> {
  const { run, ...rest } = description
  return {
    ...rest,
    paying: description.paying ?? false,
    handle: async (app, { who, params, query, body, key = null }) => {
      const call = {
        who,
        params,
        key,
        query: parse(description.query, query),
        body: parse(description.body, parseJson(body)),
      }
      const { status, value } = await run(app, call)
      return json(status, value)
    },
  }
}

/** @throws InvalidRequest that names each member */
function parse<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const result = schema.safeParse(given, { error: CHINESE })
  if (result.success) return result.data
  const faults: Fault[] = faultsOf(result.error)
  throw new InvalidRequest(faults)
}

const CHINESE = z.locales.zhCN().localeError
