import type { Server } from 'node:http'
import Koa from 'koa'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { storeAnswers } from '../flows/read-orders.ts'
import { withTrace } from '../logger.ts'
import { nonce } from '../payment/numbers.ts'
import { send } from './edge.ts'
import { answered, json, type Reply } from './errors.ts'
import { listener } from './listener.ts'
import { metricsText } from './metrics.ts'

const STORE_WITHIN_MS = 2_000

/** For a port of its own: nothing here asks who is calling. */
export function createProbes(app: App): Server {
  const koa = new Koa()
  koa.use((ctx) => {
    const traceId = nonce(app.random)
    return withTrace(traceId, async () => {
      ctx.set({ 'cache-control': 'no-store', 'x-trace-id': traceId })
      send(ctx, await answered(app, () => probe(app, ctx.path)))
    })
  })
  return listener(app, koa)
}

async function probe(app: App, path: string): Promise<Reply> {
  switch (path) {
    case '/healthz':
      return json(200, { status: 'ok' })
    case '/readyz': {
      const ready = await storeAnswers(app, STORE_WITHIN_MS)
      return json(ready ? 200 : 503, { database: ready ? 'ok' : 'no answer' })
    }
    case '/metrics':
      return { ...json(200, null), ...(await metricsText(app)) }
    default:
      throw new AppError('not-found')
  }
}
