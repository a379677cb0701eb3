/** The pretend upstreams without sockets, and `send`s of a few lines for odd answers. */
import { sm2PrivateKey, sm2PublicKey } from '../../src/crypto/sm2.ts'
import type { HttpReply, HttpRequest, Send } from '../../src/upstreams/http-client.ts'
import type { Exchange } from '../../src/upstreams/exchange.ts'
import { SM_CRYPTO } from '../../src/sandbox/crypto.ts'
import { Ledger } from '../../src/sandbox/ledger.ts'
import { DEFAULT_PROFILES, makeParameters } from '../../src/sandbox/parameters.ts'
import type { SandboxProfiles, Sm2KeyPair } from '../../src/sandbox/parameters.ts'
import { createRegistry, type SandboxContext } from '../../src/sandbox/registry.ts'
import type { SandboxUpstream } from '../../src/sandbox/world.ts'

/** 2026-11-20 09:00:00 in Asia/Shanghai. */
export const NOW = Date.parse('2026-11-20T09:00:00+08:00')

export function seededRandom(seed = 1): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

export function sandboxContext(profiles: Partial<SandboxProfiles> = {}): SandboxContext {
  const random = seededRandom(7)
  const counts = new Map<string, number>()
  return {
    world: {
      now: () => NOW,
      sleep: async () => {},
      random,
      ledger: new Ledger(),
      calls: [],
      timeScale: 0,
      post: async () => ({ status: 0, headers: {}, body: '' }),
      count: (key) => {
        counts.set(key, (counts.get(key) ?? 0) + 1)
        return (counts.get(key) ?? 0) - 1
      },
    },
    registry: createRegistry(),
    parameters: makeParameters(random),
    profiles: { ...DEFAULT_PROFILES, ...profiles },
    crypto: SM_CRYPTO,
  }
}

/** Delivers to a pretend upstream at `http://sandbox<prefix>`; `change` damages what comes back. */
export function sendTo(
  upstream: SandboxUpstream,
  change: (reply: HttpReply) => HttpReply = (reply) => reply,
): Send {
  return async (request) => {
    const url = new URL(request.url)
    const reply = await upstream.handle({
      method: request.method,
      path: (url.pathname + url.search).slice(upstream.prefix.length),
      headers: request.headers,
      body: Buffer.from(request.body),
    })
    if (reply.kind === 'lost') return { kind: 'unknown', cause: 'ECONNRESET' }
    const { status, contentType, headers = {} } = reply
    const all = { 'content-type': contentType, ...headers }
    return change({ kind: 'answer', status, headers: all, body: Buffer.from(reply.body) })
  }
}

export function answering(status: number, body: string): Send {
  return async () => ({ kind: 'answer', status, headers: {}, body: Buffer.from(body) })
}

export const failing =
  (kind: 'unsent' | 'unknown'): Send =>
  async () => ({ kind, cause: 'test' })

/** Keeps what was sent and what was written down. */
export function watched(send: Send) {
  const sent: HttpRequest[] = []
  const exchanges: Exchange[] = []
  return {
    sent,
    exchanges,
    send: async (request: HttpRequest) => {
      sent.push(request)
      return send(request)
    },
    recordExchange: (exchange: Exchange) => {
      exchanges.push(exchange)
    },
    written: () => exchanges.map((exchange) => exchange.body).join('\n'),
  }
}

export const privateKey = (pair: Sm2KeyPair) => sm2PrivateKey({ hex: pair.privateKeyHex })
export const publicKey = (pair: Sm2KeyPair) => sm2PublicKey({ hex: pair.publicKeyHex })

export function flipByte(reply: HttpReply, at: number): HttpReply {
  if (reply.kind !== 'answer') return reply
  const body = Buffer.from(reply.body)
  const index = at % body.length
  body[index] = (body[index] ?? 0) ^ 1
  return { ...reply, body }
}
