import { afterEach, describe, expect, it } from 'vitest'
import { createProbes } from '../../src/http/probes.ts'
import { serve, type Served, testApp } from '../support/app.ts'
import { asker, asPatient } from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

describe('the probes', () => {
  it('say that the process lives, that the database answers, and what was counted', async () => {
    const app = await testApp()
    served = await serve(app, createProbes)
    const ask = asker(served)
    expect((await ask('GET', '/healthz')).status).toBe(200)
    expect((await ask('GET', '/readyz')).body).toEqual({ database: 'ok' })
    const http = await serve(app)
    await (
      await asPatient(app, http)
    )('GET', '/api/orders')
    await http.close()
    const { text } = await ask('GET', '/metrics')
    expect(text).toContain('http_requests_total{method="GET",route="/api/orders",status="200"} 1')
    expect(text).not.toMatch(/openid-1|127\.0\.0\.1/)
  })

  it('are not ready when the database is gone', async () => {
    const app = await testApp()
    served = await serve(app, createProbes)
    await app.db.q.destroy()
    expect((await asker(served)('GET', '/readyz')).status).toBe(503)
  })

  it('are not on the public listener, nor the callers on theirs', async () => {
    const app = await testApp()
    served = await serve(app)
    const ask = asker(served)
    expect((await ask('GET', '/metrics')).status).toBe(404)
    const probes = await serve(app, createProbes)
    const heard = await asker(probes)('GET', '/api/orders')
    expect([heard.status, heard.body['code']]).toEqual([404, 'not-found'])
    expect(heard.headers.get('x-trace-id')).toBe(heard.body['traceId'])
    await probes.close()
  })
})
