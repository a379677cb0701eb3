import { afterEach, describe, expect, it } from 'vitest'
import { done } from '../../src/upstreams/upstream.ts'
import { type Given, hisStub, serve, type Served, testApp, testBill } from '../support/app.ts'
import { asPatient, opened, OPENING, SELF_PAY, UNLIMITED } from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

async function start(given: Given = {}) {
  const app = await testApp({ ...given, settings: { ...UNLIMITED, ...given.settings } })
  served = await serve(app)
  return { app, served, ask: await asPatient(app, served) }
}

describe('opening an order', () => {
  it('answers the contract’s order, and nothing beyond it', async () => {
    const { ask } = await start()
    const { status, body } = await ask('POST', '/api/orders', { body: OPENING })
    expect(status).toBe(201)
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
      version: 1,
      ...OPENING,
      businessType: 'consultation',
      scenario: null,
      status: 'created',
      statusText: '请完成医保授权',
      amounts: { totalFen: 12_345, fundFen: 0, accountFen: 0, otherFen: 0, selfPayFen: 12_345 },
      refundedFen: 0,
      selfPay: { status: 'waiting' },
      insurance: { status: 'waiting' },
      hisWriteBack: 'none',
      refundPromise: null,
      createdAt: '2026-11-20T09:00:00+08:00',
      expiresAt: '2026-11-20T09:30:00+08:00',
      paidAt: null,
    })
  })

  it('[SC-P02] twice by the same patient is one order; another user hears 409', async () => {
    const { app, ask, served } = await start()
    const first = await opened(ask)
    const again = await ask('POST', '/api/orders', { body: OPENING })
    expect([again.status, `/api/orders/${String(again.body['id'])}`]).toEqual([200, first])
    const other = await asPatient(app, served, { sub: 'user-2', openid: 'openid-2' })
    const heard = await other('POST', '/api/orders', { body: OPENING })
    expect([heard.status, heard.body['code']]).toEqual([409, 'bill-being-paid'])
    expect(heard.body['detail']).toContain('09:00')
  })

  it('[SC-P02] twice at the same instant makes one order', async () => {
    const { ask } = await start()
    const both = await Promise.all([1, 2].map(() => ask('POST', '/api/orders', { body: OPENING })))
    expect(both.filter(({ status }) => status === 201)).toHaveLength(1)
    const list = await ask('GET', '/api/orders')
    expect(list.body['items']).toHaveLength(1)
  })

  it("[SC-G04] for another patient's bill is the same answer as for none", async () => {
    const { app, served } = await start()
    const ask = await asPatient(app, served, { patientIds: ['P2'] })
    const foreign = await ask('POST', '/api/orders', { body: OPENING })
    const none = await ask('POST', '/api/orders', { body: { ...OPENING, billNo: 'NONE' } })
    expect({ ...foreign.body, traceId: '' }).toEqual({ ...none.body, traceId: '' })
    expect(foreign.body['code']).toBe('bill-not-found')
  })

  it('[SC-G04] takes no amount, patient, user or number from the front end', async () => {
    const { ask } = await start()
    const tampered = [
      { amountFen: 1 },
      { totalFen: -1 },
      { amounts: { totalFen: 1 } },
      { patientId: 'P2' },
      { openid: 'openid-2' },
      { payAuthNo: 'X' },
      { mixTradeNo: 'X' },
    ]
    for (const members of tampered) {
      const [path] = Object.keys(members)
      const { status, body } = await ask('POST', '/api/orders', {
        body: { ...OPENING, ...members },
      })
      expect(status).toBe(400)
      expect(body['errors']).toEqual([{ path, message: '不接受此字段' }])
    }
    expect((await ask('GET', '/api/orders')).body['items']).toEqual([])
  })

  it('[SC-G04] takes no bill number that is not plain ASCII', async () => {
    const { ask } = await start()
    for (const billNo of ['ＭＺ１２３', '../x', 'a b', '', 'x'.repeat(65), 12_345, null, ['x']]) {
      const { status } = await ask('POST', '/api/orders', { body: { ...OPENING, billNo } })
      expect(status).toBe(400)
    }
  })
})

describe('an order', () => {
  it('[SC-G04] of somebody else looks like none, for every call', async () => {
    const { app, ask, served } = await start()
    const order = await opened(ask)
    const other = await asPatient(app, served, { sub: 'user-2', patientIds: ['P2'] })
    const calls = [
      ['GET', ''],
      ['GET', '?wait=20&version=1'],
      ['POST', '/authorization'],
      ['POST', '/pre-settlement', { state: 's', authCode: 'c' }],
      ['POST', '/payment'],
      ['POST', '/refresh'],
    ] as const
    for (const [method, rest, body] of calls) {
      const heard = await other(method, order + rest, { body })
      expect([heard.status, heard.body['code']]).toEqual([404, 'order-not-found'])
    }
    expect((await other('GET', '/api/orders')).body['items']).toEqual([])
  })

  it('[SC-P03] may be watched by the family, but acted on only by the user who opened it', async () => {
    const { app, ask, served } = await start()
    const order = await opened(ask)
    const family = await asPatient(app, served, { sub: 'user-2', openid: 'openid-2' })
    expect((await family('GET', order)).status).toBe(200)
    for (const call of ['authorization', 'payment'])
      expect((await family('POST', `${order}/${call}`)).body['code']).toBe('forbidden')
  })

  it('[SC-P13] shows what the bank said, whatever the front end claims', async () => {
    const { ask } = await start()
    const order = await opened(ask, SELF_PAY)
    await ask('POST', `${order}/payment`)
    const claim = await ask('POST', `${order}/refresh`, { body: { status: 'paid' } })
    expect(claim.status).toBe(400)
    expect((await ask('POST', `${order}/refresh`)).body['status']).toBe('processing')
  })
})

const anyBill = async (billNo: string) => done(testBill({ billNo }))

async function manyOrders(count: number) {
  const { app, ask } = await start({ his: hisStub({ bill: anyBill }) })
  const paths: string[] = []
  for (let i = 0; i < count; i += 1) {
    await app.clock.advance(1)
    paths.push(await opened(ask, { ...(i % 2 ? OPENING : SELF_PAY), billNo: `B${i}` }))
  }
  const ids = paths.map((path) => path.slice('/api/orders/'.length)).reverse()
  return { ask, ids }
}

const idsOf = (items: unknown): unknown[] =>
  Array.isArray(items) ? items.map((item: { id: string }) => item.id) : []

describe('the list of orders', () => {
  it('comes in pages, newest first, each order once', async () => {
    const { ask, ids } = await manyOrders(45)
    const seen: unknown[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null && pages < 9; pages += 1) {
      const { body } = await ask('GET', `/api/orders?cursor=${cursor}`)
      seen.push(...idsOf(body['items']))
      cursor = typeof body['nextCursor'] === 'string' ? body['nextCursor'] : null
    }
    expect(seen).toEqual(ids)
  })

  it('can be asked for by status, and only by one that exists', async () => {
    const { ask } = await manyOrders(4)
    const { body } = await ask('GET', '/api/orders?status=pre-settled')
    expect(idsOf(body['items'])).toHaveLength(2)
    for (const query of [
      'status=ordering',
      'cursor=x',
      'patientId=P2',
      'status=paid&status=closed',
    ])
      expect((await ask('GET', `/api/orders?${query}`)).status).toBe(400)
  })
})

describe('waiting for a change', () => {
  it('is answered at once when the version is another, or none is named', async () => {
    const { ask } = await start()
    const order = await opened(ask)
    expect((await ask('GET', `${order}?wait=25&version=2`)).body['version']).toBe(1)
    expect((await ask('GET', `${order}?wait=25`)).body['version']).toBe(1)
  })

  it('is answered when the order changes, at the instant it does', async () => {
    const { app, ask } = await start()
    const order = await opened(ask, SELF_PAY)
    const waiting = ask('GET', `${order}?wait=20&version=1`)
    await expect.poll(() => app.clock.sleeping()).toBeGreaterThan(0)
    await ask('POST', `${order}/payment`)
    expect((await waiting).body['version']).toBeGreaterThan(1)
    expect(app.clock.now()).toBe(Date.parse('2026-11-20T09:00:00+08:00'))
  })

  it("is answered within a second of another process's change", async () => {
    const { app, ask } = await start()
    const order = await opened(ask, SELF_PAY)
    const elsewhere = await testApp({ db: app.db, settings: UNLIMITED })
    const second = await serve(elsewhere)
    const waiting = ask('GET', `${order}?wait=20&version=1`)
    await expect.poll(() => app.clock.sleeping()).toBeGreaterThan(0)
    await (
      await asPatient(elsewhere, second)
    )('POST', `${order}/payment`)
    await app.clock.advance(1_000)
    expect((await waiting).body['status']).toBe('awaiting-payment')
    await second.close()
  })

  it('ends unchanged after the time that was asked for', async () => {
    const { app, ask } = await start()
    const order = await opened(ask)
    let over = false
    const waiting = ask('GET', `${order}?wait=20&version=1`).finally(() => (over = true))
    await expect.poll(() => app.clock.sleeping()).toBeGreaterThan(0)
    for (let second = 0; second < 20; second += 1) {
      expect(over).toBe(false)
      await expect.poll(() => app.clock.sleeping()).toBeGreaterThan(0)
      await app.clock.advance(1_000)
    }
    expect((await waiting).body['version']).toBe(1)
  })

  it('is refused for more than 25 s and for digits that are none', async () => {
    const { ask } = await start()
    const order = await opened(ask)
    for (const query of [
      'wait=26',
      'wait=-1',
      'wait=1e1',
      'wait=１',
      'wait=0.5',
      'version=x',
      'wait=',
    ])
      expect((await ask('GET', `${order}?version=1&${query}`)).status).toBe(400)
  })
})
