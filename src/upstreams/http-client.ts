/** The only way out: one HTTP exchange, never repeated, never redirected, always with a time limit. */
import { Agent as HttpAgent, type AgentOptions } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { rootCertificates } from 'node:tls'
import got, { type RequestError, TimeoutError } from 'got'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
  readonly timeoutMs: number
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

/** How a connection leaves: through an HTTP proxy, or from one of this machine's own addresses. */
export type Route = { readonly proxy: string } | { readonly from: string }

/** One line of the outbound allow-list (SC-G01): an exact path, or everything below a prefix. */
export type AllowedTarget = {
  /** `https://gw.open.icbc.com.cn` */
  readonly origin: string
  /** Loopback in a sandbox, or a private network that opted in (docs/rulings.md 4). */
  readonly plainHttp?: boolean
  /** PEM certificates trusted beside the public roots, for this target alone. */
  readonly ca?: string | undefined
  /** Absent: as the machine itself would go (SC-O03). */
  readonly route?: Route | undefined
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
  // Agents of its own for each: a connection vouched for by HIS's authority never serves the bank.
  const lines = options.allowed.map((target) => ({ target, agent: agentsOf(target) }))
  return async (request) => {
    const url = new URL(request.url)
    const line = lines.find(({ target }) => reaches(target, url))
    if (line === undefined) throw new Error(`not on the outbound allow-list: ${url.origin}`)
    return exchange(request, line.agent, maxAnswerBytes)
  }
}

interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

function agentsOf({ ca, route }: AllowedTarget): Agents {
  const options = { keepAlive: true, ...(route && optionsOf(route)) }
  const https = new HttpsAgent({
    ...options,
    minVersion: 'TLSv1.2',
    // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off.
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
  })
  return { http: new HttpAgent(options), https }
}

const optionsOf = (route: Route): AgentOptions =>
  'proxy' in route
    ? { proxyEnv: { HTTP_PROXY: route.proxy, HTTPS_PROXY: route.proxy } }
    : { localAddress: route.from }

async function exchange(
  request: HttpRequest,
  agent: Agents,
  maxAnswerBytes: number,
): Promise<HttpReply> {
  const tooLarge = new AbortController()
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
    return failed(error)
  }
}

function plainHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  )
}

/** Name resolution, a proxy's refusal, and certificates refused before the request is written. */
const NEVER_LEFT: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ERR_PROXY_TUNNEL',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_CHAIN_TOO_LONG',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'HOSTNAME_MISMATCH',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
const EARLY_LIMITS: ReadonlySet<string> = new Set(['lookup', 'connect', 'secureConnect'])

function failed(error: unknown): HttpReply {
  if (!isRequestError(error)) throw error
  if (error instanceof TimeoutError) {
    const cause = `timeout-${error.event}`
    return EARLY_LIMITS.has(error.event) ? { kind: 'unsent', cause } : { kind: 'unknown', cause }
  }
  return { kind: NEVER_LEFT.has(error.code) ? 'unsent' : 'unknown', cause: error.code }
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
