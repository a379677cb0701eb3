import { afterEach, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { type Given, HIS_TOKEN, serve, type Served, testApp } from '../support/app.ts'
import { asHis, asker, asPatient, opened, OPENING } from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

async function start(given: Given = {}) {
  const app = await testApp(given)
  served = await serve(app)
  return { app, served, patient: await asPatient(app, served), his: asHis(served) }
}

const BILL = `/his/bills/${OPENING.billNo}`
const LOCK = { desk: '门诊1号窗', until: '2026-11-20T09:10:00+08:00' }

describe('HIS', () => {
  it('sees all orders of a bill, and only with its token', async () => {
    const { patient, his, served } = await start()
    const order = await opened(patient)
    const { body } = await his('GET', `/his/orders?billNo=${OPENING.billNo}`)
    expect(body['items']).toMatchObject([{ id: order.slice('/api/orders/'.length) }])
    for (const token of ['', 'Bearer', `Bearer ${HIS_TOKEN}x`, `Bearer ${HIS_TOKEN.slice(1)}`]) {
      const ask = asker(served, { authorization: token })
      const heard = await ask('GET', `/his/orders?billNo=${OPENING.billNo}`)
      expect([heard.status, heard.body['code']]).toEqual([401, 'unauthenticated'])
    }
  })

  it('is not a patient, and a patient is not HIS', async () => {
    const { patient, his } = await start()
    expect((await patient('GET', '/his/orders?billNo=X')).status).toBe(401)
    expect((await his('GET', '/api/orders')).status).toBe(401)
  })

  it('[SC-S01] [SC-S02] is checked over method, path with query and raw bytes, before the content', async () => {
    const checked: unknown[] = []
    const hisCalls: App['hisCalls'] = {
      check: async ({ method, path, body }) => {
        checked.push([method, path, body.toString()])
        return { trusted: false, reason: 'bad-signature' }
      },
      sign: () => ({}),
      openField: () => null,
    }
    const { app, his } = await start({ hisCalls })
    const raw = ' {"desk":"1" , "until":"nonsense"}'
    const heard = await his('POST', `${BILL}/lock?a=%20b`, { raw })
    expect(heard.status).toBe(401)
    expect(checked).toEqual([['POST', `${BILL}/lock?a=%20b`, raw]])
    expect(app.logged.join()).toContain('bad-signature')
    expect(await app.db.q('bill_locks').select()).toEqual([])
  })

  it('[SC-S01] gets every answer signed against its own request, refusals included', async () => {
    const { his } = await start()
    const fine = await his('GET', `/his/orders?billNo=${OPENING.billNo}`)
    expect(fine.headers.get('x-signature')).toBe('200:request-nonce')
    const wrong = await his('GET', '/his/orders')
    expect([wrong.status, wrong.headers.get('x-signature')]).toEqual([400, '400:request-nonce'])
  })

  it('[SC-P02] locks a bill for a desk: the patient hears it, until the desk gives it up', async () => {
    const { patient, his } = await start()
    const locked = await his('POST', `${BILL}/lock`, { body: LOCK })
    expect([locked.status, locked.body]).toEqual([200, { billNo: OPENING.billNo, ...LOCK }])
    const heard = await patient('POST', '/api/orders', { body: OPENING })
    expect(heard.body['code']).toBe('bill-being-paid')
    const freed = await his('POST', `${BILL}/unlock`, { body: { desk: LOCK.desk } })
    expect(freed.body).toEqual({ billNo: OPENING.billNo, desk: LOCK.desk, until: null })
    expect((await patient('POST', '/api/orders', { body: OPENING })).status).toBe(201)
  })

  it('[SC-P02] a desk that gives up what another desk holds hears who holds it, and until when', async () => {
    const { app, patient, his } = await start()
    await his('POST', `${BILL}/lock`, { body: LOCK })
    const unlock = { body: { desk: '门诊2号窗' } }
    const heard = await his('POST', `${BILL}/unlock`, unlock)
    expect(heard.body).toEqual({ billNo: OPENING.billNo, ...LOCK })
    const refusal = await patient('POST', '/api/orders', { body: OPENING })
    expect(refusal.body['code']).toBe('bill-being-paid')
    await app.clock.advance(600_000)
    const later = await his('POST', `${BILL}/unlock`, unlock)
    expect(later.body).toEqual({ billNo: OPENING.billNo, desk: '门诊2号窗', until: null })
  })

  it('[SC-P02] cannot lock a bill that a patient is paying; a lock ends by itself', async () => {
    const { app, patient, his } = await start()
    await his('POST', `${BILL}/lock`, { body: LOCK })
    await app.clock.advance(600_000)
    await opened(patient)
    const body = { ...LOCK, until: '2026-11-20T09:20:00+08:00' }
    const heard = await his('POST', `${BILL}/lock`, { body })
    expect([heard.status, heard.body['code']]).toEqual([409, 'bill-being-paid'])
  })

  it('cannot lock into the past, for days, or in the name of an order', async () => {
    const { his } = await start()
    const wrongs = [
      { until: '2026-11-20T09:00:00+08:00' },
      { until: '2026-11-22T09:00:00+08:00' },
      { until: '2026-11-20 09:10' },
      { until: '2026-11-20T09:10:00' },
      { desk: 'order:01JD' },
      { desk: '' },
      { desk: 'a\u0000b' },
      { amountFen: 1 },
    ]
    for (const wrong of wrongs)
      expect((await his('POST', `${BILL}/lock`, { body: { ...LOCK, ...wrong } })).status).toBe(400)
  })

  it('repeats a lock under its key and gets the stored answer, freshly signed', async () => {
    const { his } = await start()
    const said = { body: LOCK, headers: { 'idempotency-key': 'lock-1' } }
    const first = await his('POST', `${BILL}/lock`, said)
    const second = await his('POST', `${BILL}/lock`, said)
    expect(second.text).toBe(first.text)
    expect(second.headers.get('x-signature')).toBe('200:request-nonce')
  })
})
