import { afterEach, expect, it } from 'vitest'
import { addTester, changeEntry } from '../../src/flows/entry.ts'
import type { Operator } from '../../src/flows/operators/operators.ts'
import { createProbes } from '../../src/http/probes.ts'
import { serve, type Served, testApp } from '../support/app.ts'
import { asker, asPatient, opened, OPENING } from '../support/http-client.ts'

const OPERATOR: Operator = { name: '王敏', recognised: true }

const listening: Served[] = []
afterEach(async () => {
  await Promise.all(listening.splice(0).map(({ close }) => close()))
})

async function start() {
  const app = await testApp()
  const [http, probes] = [await serve(app), await serve(app, createProbes)]
  listening.push(http, probes)
  const metrics = async () => (await asker(probes)('GET', '/metrics')).text
  return { app, http, metrics, ask: await asPatient(app, http) }
}

it('[SC-O14] a patient for whom the entry is closed is told where to pay, a tester pays', async () => {
  const { app, http, ask } = await start()
  await changeEntry(app, OPERATOR, { mode: 'closed' })
  await addTester(app, OPERATOR, 'openid-2')
  const { status, headers, body } = await ask('POST', '/api/orders', { body: OPENING })
  expect([status, body['code']]).toEqual([503, 'entry-closed'])
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  expect(body['detail']).toBe('线上支付暂未开放，请到窗口缴费。')
  const tester = await asPatient(app, http, { sub: 'user-2', openid: 'openid-2' })
  expect((await tester('POST', '/api/orders', { body: OPENING })).status).toBe(201)
})

it('[SC-O14] an order that is open stays open to its patient when the entry closes', async () => {
  const { app, ask } = await start()
  const path = await opened(ask)
  await changeEntry(app, OPERATOR, { mode: 'closed' })
  expect((await ask('GET', path)).status).toBe(200)
  expect((await ask('POST', '/api/orders', { body: OPENING })).status).toBe(200)
  expect((await ask('POST', `${path}/authorization`, { body: {} })).status).toBe(200)
})

it('[SC-O15] the metrics show how far it is open, and who was refused', async () => {
  const { app, ask, metrics } = await start()
  expect(await metrics()).toContain('entry_open_percent{mode="open"} 100')
  await changeEntry(app, OPERATOR, { mode: 'gradual', percent: 10, departments: [] })
  await ask('POST', '/api/orders', { body: OPENING })
  const text = await metrics()
  expect(text).toContain('entry_open_percent{mode="gradual"} 10')
  expect(text).not.toContain('mode="open"')
  expect(text).toContain('refusals_total{code="entry-closed"} 1')
  await app.db.q.destroy()
  expect(await metrics()).toContain('refusals_total{code="entry-closed"} 1')
})
