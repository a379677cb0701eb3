import { createServer, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type Koa from 'koa'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { withTrace } from '../logger.ts'
import { nonce } from '../payment/numbers.ts'
import { problem } from './errors.ts'

const HEADERS_WITHIN_MS = 10_000
const REQUEST_WITHIN_MS = 30_000
/** Longer than a load balancer keeps an idle line (60 s): only the caller's side closes one. */
const IDLE_LINE_MS = 75_000

/** Koa behind a server with our patience; whoever calls this lets it listen. */
export function listener(app: App, koa: Pick<Koa, 'callback' | 'on'>): Server {
  // A line that broke while an answer left is the network's business; it is noted, not repeated.
  koa.on('error', (err: unknown) => app.log.info({ err }, 'answer not delivered'))
  const handle = koa.callback()
  const limits = {
    headersTimeout: HEADERS_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: IDLE_LINE_MS,
  }
  const server = createServer(limits, (request, response) => void handle(request, response))
  server.on('clientError', (error, socket) => answerUnreadable(app, error, socket))
  return server
}

/** What is no HTTP reaches no route: it is told so in the same form, and the line is closed. */
function answerUnreadable(app: App, error: Error, socket: Duplex): void {
  const isGone = 'code' in error && error.code === 'ECONNRESET'
  if (isGone || !socket.writable) return void socket.destroy()
  const traceId = nonce(app.random)
  const { body, contentType } = withTrace(traceId, () => {
    app.log.info({ err: error }, 'unreadable request')
    return problem(app, new AppError('invalid-request'))
  })
  const lines = [
    'HTTP/1.1 400 Bad Request',
    'connection: close',
    `x-trace-id: ${traceId}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}
