/** The only way out: one HTTP exchange, never repeated, never redirected, always with a time limit. */
import type { ClientRequest } from 'node:http'
import { TLSSocket } from 'node:tls'
import got, { type RequestError, TimeoutError } from 'got'
import { type Agents, agentsOf, type Line } from './agents.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
  readonly timeoutMs: number
  /** Where this answer may be longer than any other. */
  readonly mostAnswerBytes?: number
}

/**
 * `unsent`: not one byte of the request left, so nothing happened there. `unknown`: it may have
 * arrived. Anything that is not certainly the first is the second.
 */
export type HttpReply =
  | {
      readonly kind: 'answer'
      readonly status: number
      /** Names in lower case; a repeated header is joined by `, `. */
      readonly headers: Readonly<Record<string, string>>
      readonly body: Buffer
    }
  | { readonly kind: 'unsent'; readonly cause: string }
  | { readonly kind: 'unknown'; readonly cause: string }

/** Handed to every adapter, so that a simulation can take the network's place. It never rejects. */
export type Send = (request: HttpRequest) => Promise<HttpReply>

/** One line of the outbound allow-list (SC-G01): an exact path, or everything below a prefix. */
export type AllowedTarget = Line & {
  /** `https://gw.open.icbc.com.cn` */
  readonly origin: string
  /** Loopback in a sandbox, or a private network that opted in (docs/rulings.md 4). */
  readonly plainHttp?: boolean
} & ({ readonly path: string } | { readonly pathPrefix: string })

export interface HttpSendOptions {
  readonly allowed: readonly AllowedTarget[]
  readonly maxAnswerBytes?: number
}

const MEBIBYTE = 1_048_576

/** @throws Error from the returned `Send` for an address that is on no list: that is a bug of ours. */
export function httpSend(options: HttpSendOptions): Send {
  const maxAnswerBytes = options.maxAnswerBytes ?? MEBIBYTE
  for (const target of options.allowed) checkTarget(target)
  const lines = options.allowed.map((target) => ({ target, agent: agentsOf(target) }))
  return async (request) => {
    const url = new URL(request.url)
    const line = lines.find(({ target }) => reaches(target, url))
    if (line === undefined) throw new Error(`not on the outbound allow-list: ${url.origin}`)
    return exchange(request, line.agent, request.mostAnswerBytes ?? maxAnswerBytes)
  }
}

async function exchange(
  request: HttpRequest,
  agent: Agents,
  maxAnswerBytes: number,
): Promise<HttpReply> {
  const tooLarge = new AbortController()
  const line = { open: false }
  const early = Math.ceil(request.timeoutMs / 2)
  try {
    const call = got(request.url, {
      method: request.method,
      headers: { 'user-agent': 'jianlian', ...request.headers },
      ...(request.method === 'GET' ? {} : { body: request.body }),
      agent,
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      // A compressed answer could be a bomb, and signatures are over the bytes as sent.
      decompress: false,
      responseType: 'buffer',
      signal: tooLarge.signal,
      // Limits of their own before anything is sent: running into one of them is provably `unsent`.
      timeout: { lookup: early, connect: early, secureConnect: early, request: request.timeoutMs },
    })
    void call.on('request', (sending) => watch(sending, line))
    void call.on('downloadProgress', ({ transferred }) => {
      if (transferred > maxAnswerBytes) tooLarge.abort()
    })
    const answer = await call
    return {
      kind: 'answer',
      status: answer.statusCode,
      headers: plainHeaders(answer.headers),
      body: Buffer.from(answer.body),
    }
  } catch (error) {
    if (tooLarge.signal.aborted) return { kind: 'unknown', cause: 'answer-too-large' }
    return failed(error, line.open)
  }
}

/** Before a connection stands, its certificate believed where it has one, no byte can leave. */
function watch(sending: ClientRequest, line: { open: boolean }): void {
  sending.once('socket', (socket) => {
    const secured = socket instanceof TLSSocket
    line.open = secured ? socket.authorized : !socket.connecting
    // One that is used again stood already, and a listener for each use would never leave it.
    if (!line.open) socket.once(secured ? 'secureConnect' : 'connect', () => (line.open = true))
  })
}

function plainHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  )
}

function failed(error: unknown, wasOpen: boolean): HttpReply {
  if (!isRequestError(error)) throw error
  return { kind: wasOpen ? 'unknown' : 'unsent', cause: causeOf(error) }
}

function causeOf(error: RequestError): string {
  if (error instanceof TimeoutError) return `timeout-${error.event}`
  // What OpenSSL or the other side says when they have no version or suite in common.
  return error.code === 'EPROTO' ? 'tls-not-agreed' : error.code
}

/** Anything else than an error of the exchange itself is a bug and is thrown on. */
function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
}

function reaches(target: AllowedTarget, url: URL): boolean {
  if (url.username !== '' || url.password !== '' || target.origin !== url.origin) return false
  return 'path' in target
    ? target.path === url.pathname
    : url.pathname.startsWith(target.pathPrefix)
}

function checkTarget(target: AllowedTarget): void {
  const { origin, protocol } = new URL(target.origin)
  if (origin !== target.origin) throw new Error(`not an origin: ${target.origin}`)
  if (protocol !== 'https:' && !(protocol === 'http:' && target.plainHttp === true))
    throw new Error(`https only: ${target.origin}`)
  if ('pathPrefix' in target && !target.pathPrefix.endsWith('/'))
    throw new Error(`a path prefix ends with a slash: ${target.pathPrefix}`)
}
