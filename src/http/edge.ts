import type { Context, Next } from 'koa'
import type { App } from '../app.ts'
import { withTrace } from '../logger.ts'
import { nonce } from '../payment/numbers.ts'
import { problem, type Reply } from './errors.ts'
import { countRequest } from './metrics.ts'
import { clientAddress, type Networks } from './networks.ts'

/** Who is at the door, before anybody has proved anything. */
export interface Visitor {
  ip: string
  device: string | null
  authorization: string
  /** The pattern that matched; `none` for a path nobody knows. */
  route: string
}

const DEVICE = /^[A-Za-z0-9_-]{16,64}$/
const TRACE = /^[A-Za-z0-9_-]{8,32}$/

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** What holds for every request: trace id, security headers, one log line, errors as problems. */
export function edge(app: App, proxies: Networks) {
  return (ctx: Context, next: Next): Promise<void> =>
    withTrace(traceOf(app, ctx, proxies), async () => {
      const startedAt = app.clock.now()
      const visitor = visitorOf(ctx, proxies)
      ctx.state = visitor
      ctx.set({ ...HEADERS, 'x-trace-id': app.traceId() ?? '' })
      try {
        await next()
      } catch (error) {
        send(ctx, problem(app, error))
      }
      const ms = app.clock.now() - startedAt
      const seen = { method: ctx.method, route: visitor.route, status: ctx.status, ms }
      countRequest(app, seen)
      // No path, query, address or person: the route and the trace id lead to everything else.
      app.log.info(seen, 'request')
    })
}

/** Only our own proxy may name the trace; anybody else could send us another's. */
function traceOf(app: App, ctx: Context, proxies: Networks): string {
  const given = ctx.get('x-trace-id')
  const peer = ctx.req.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
  return proxies.has(peer) && TRACE.test(given) ? given : nonce(app.random)
}

function visitorOf(ctx: Context, proxies: Networks): Visitor {
  const device = ctx.get('x-device-id')
  return {
    ip: clientAddress(ctx.req, proxies),
    device: DEVICE.test(device) ? device : null,
    authorization: ctx.get('authorization'),
    route: 'none',
  }
}

export function send(ctx: Context, reply: Reply): void {
  ctx.status = reply.status
  ctx.set(reply.headers)
  ctx.type = reply.contentType
  ctx.body = reply.body
}
