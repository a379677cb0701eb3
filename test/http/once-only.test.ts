import { afterEach, describe, expect, it } from 'vitest'
import { done } from '../../src/upstreams/upstream.ts'
import { type Given, hisStub, serve, type Served, testApp, testBill } from '../support/app.ts'
import { asPatient, OPENING } from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

async function start(given: Given = {}) {
  const app = await testApp(given)
  served = await serve(app)
  return { app, served, ask: await asPatient(app, served) }
}

const keyed = (key = 'key-1') => ({ 'idempotency-key': key })

/** HIS counts how often it was asked: a replay does not ask. */
function counting() {
  let bills = 0
  const his = hisStub({
    bill: async () => {
      bills += 1
      return done(testBill())
    },
  })
  return { his, bills: () => bills }
}

describe('an Idempotency-Key', () => {
  it('with the same body replays the stored answer, byte by byte, and runs nothing', async () => {
    const { his, bills } = counting()
    const { ask } = await start({ his })
    const said = { body: OPENING, headers: keyed() }
    const first = await ask('POST', '/api/orders', said)
    const second = await ask('POST', '/api/orders', said)
    expect([second.status, second.text]).toEqual([201, first.text])
    expect(second.headers.get('x-trace-id')).not.toBe(first.headers.get('x-trace-id'))
    expect(bills()).toBe(1)
  })

  it('replays refusals as problems', async () => {
    const { ask } = await start()
    const said = { body: { ...OPENING, billNo: 'NONE' }, headers: keyed() }
    const first = await ask('POST', '/api/orders', said)
    const second = await ask('POST', '/api/orders', said)
    expect([second.status, second.text]).toEqual([404, first.text])
    expect(second.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
  })

  it('with another body is 422, even when only the spelling differs', async () => {
    const { ask } = await start()
    await ask('POST', '/api/orders', { body: OPENING, headers: keyed() })
    const raw = `${JSON.stringify(OPENING)} `
    const heard = await ask('POST', '/api/orders', { raw, headers: keyed() })
    expect([heard.status, heard.body['code']]).toEqual([422, 'idempotency-key-reused'])
  })

  it('while the first still runs is 409', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const his = hisStub({
      bill: async () => {
        begun.resolve()
        await promise
        return done(testBill())
      },
    })
    const { ask } = await start({ his })
    const said = { body: OPENING, headers: keyed() }
    const first = ask('POST', '/api/orders', said)
    await begun.promise
    const heard = await ask('POST', '/api/orders', said)
    expect([heard.status, heard.body['code']]).toEqual([409, 'request-in-progress'])
    resolve()
    expect((await first).status).toBe(201)
    expect((await ask('POST', '/api/orders', said)).status).toBe(201)
  })

  it('of a request whose process died runs again after its lease', async () => {
    const never = new Promise<never>(() => {})
    const { app, served: died } = await start({ his: hisStub({ bill: () => never }) })
    const said = { body: OPENING, headers: keyed() }
    const lost = (await asPatient(app, died))('POST', '/api/orders', said).catch(() => 'lost')
    await expect.poll(async () => (await app.db.q('idempotency_keys').select()).length).toBe(1)
    await died.close()
    expect(await lost).toBe('lost')
    const { ask } = await start({ db: app.db, clock: app.clock })
    expect((await ask('POST', '/api/orders', said)).status).toBe(409)
    await app.clock.advance(30_000)
    expect((await ask('POST', '/api/orders', said)).status).toBe(201)
  })

  it('does not keep a 5xx: the next one runs', async () => {
    let down = true
    const his = hisStub({
      bill: async () => (down ? { kind: 'unsent', cause: 'ECONNREFUSED' } : done(testBill())),
    })
    const { ask } = await start({ his })
    const said = { body: OPENING, headers: keyed() }
    expect((await ask('POST', '/api/orders', said)).body['code']).toBe('upstream-unavailable')
    down = false
    expect((await ask('POST', '/api/orders', said)).status).toBe(201)
  })

  it('belongs to its caller and its path', async () => {
    const { app, ask, served } = await start()
    const first = await ask('POST', '/api/orders', { body: OPENING, headers: keyed() })
    const other = await asPatient(app, served, { sub: 'user-2', openid: 'openid-2' })
    const heard = await other('POST', '/api/orders', { body: OPENING, headers: keyed() })
    expect(heard.body['code']).toBe('bill-being-paid')
    const path = `/api/orders/${String(first.body['id'])}/authorization`
    expect((await ask('POST', path, { headers: keyed() })).body['kind']).toBe('mini-program')
  })

  it('is forgotten after 24 h', async () => {
    const { his, bills } = counting()
    const { app, ask, served } = await start({ his })
    const said = { body: OPENING, headers: keyed() }
    await ask('POST', '/api/orders', said)
    await app.clock.advance(86_400_000)
    await (
      await asPatient(app, served ?? { url: '', close: async () => {} })
    )('POST', '/api/orders', said)
    expect(bills()).toBe(2)
  })

  it('longer than 255 characters is 400', async () => {
    const { ask } = await start()
    const heard = await ask('POST', '/api/orders', {
      body: OPENING,
      headers: keyed('k'.repeat(256)),
    })
    expect(heard.body['errors']).toMatchObject([{ path: 'Idempotency-Key' }])
  })

  it('[SC-S08] keeps answers sealed and neither key nor body', async () => {
    const { app, ask } = await start()
    await ask('POST', '/api/orders', { body: OPENING, headers: keyed('canary-key') })
    const rows = JSON.stringify(await app.db.q('idempotency_keys').select())
    expect(rows).not.toMatch(/canary-key|MZ2026|mini-program|wechat/)
  })
})
