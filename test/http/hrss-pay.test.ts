import { afterEach, describe, expect, it } from 'vitest'
import { done } from '../../src/upstreams/upstream.ts'
import { hisStub, serve, type Served, testApp, testBill } from '../support/app.ts'
import { refusal } from '../support/refusal.ts'
import { asHis, asker } from '../support/http-client.ts'
import { connected, spoken } from '../upstreams/hrss-pay/platform.ts'

let served: Served | undefined
afterEach(async () => served?.close())

async function start(settings: Record<string, string> = {}) {
  const rig = connected()
  const his = hisStub({ bill: async (billNo) => done(testBill({ billNo })) })
  const app = await testApp({ hrssPay: rig.platform, his, settings })
  served = await serve(app)
  return { rig, app, desk: asHis(served), platform: asker(served) }
}

const PAYMENTS = '/his/hrss-payments'
const CALLBACK = '/callbacks/hrss-pay/order'
const QUESTION = '/hrss-pay/merchant-orders'

describe('the desk', () => {
  it('[RS-51] opens, reads and closes, and the same key opens once', async () => {
    const { desk, rig } = await start()
    const body = { billNo: 'MZ1', channel: 'SBK', way: 'online' }
    const headers = { 'idempotency-key': 'k1' }
    const first = await desk('POST', PAYMENTS, { body, headers })
    expect(first).toMatchObject({
      status: 201,
      body: { status: 'waiting', channel: 'SBK', amountFen: 12_345, cashier: { kind: 'cashier' } },
    })
    expect((await desk('POST', PAYMENTS, { body, headers })).text).toBe(first.text)
    expect((await desk('POST', PAYMENTS, { body })).status).toBe(200)
    expect(rig.wire.sent.length).toBe(1)
    const path = `${PAYMENTS}/${String(first.body['id'])}`
    expect((await desk('GET', path)).body).toEqual(first.body)
    const closed = await desk('POST', `${path}/close`, { body: {} })
    expect(closed).toMatchObject({ status: 200, body: { status: 'closed', cashier: null } })
  })

  it('[RS-51] hears 202 while nobody knows whether the order stands', async () => {
    const { desk } = await start()
    const heard = await desk('POST', PAYMENTS, { body: { billNo: 'MZ1-S20', way: 'online' } })
    expect(heard).toMatchObject({ status: 202, body: { status: 'ordering', cashier: null } })
    const close = await desk('POST', `${PAYMENTS}/${String(heard.body['id'])}/close`, { body: {} })
    expect([close.status, close.body['code']]).toEqual([409, 'payment-in-progress'])
  })

  it.each([
    [{ billNo: 'MZ1', way: 'presented' }],
    [{ billNo: 'MZ1', way: 'online', qrCode: '1' }],
    [{ billNo: 'MZ1', way: 'presented', qrCode: '1'.repeat(35) }],
    [{ billNo: 'MZ1', way: 'online', returnUrl: 'javascript:alert(1)' }],
    [{ billNo: 'MZ1', way: 'online', channel: 'WX' }],
    [{ billNo: 'MZ1', way: 'online', amountFen: 1 }],
  ])('[RS-05] [RS-60] is refused %j before anything is sent', async (body) => {
    const { desk, rig } = await start()
    expect((await desk('POST', PAYMENTS, { body })).status).toBe(400)
    expect(rig.wire.sent).toEqual([])
  })

  it.each([0, -1, 1.5, '1', 1e21])('[RS-56] is refused a refund of %j', async (amountFen) => {
    const { desk } = await start()
    const { body } = await desk('POST', PAYMENTS, { body: { billNo: 'MZ1', way: 'online' } })
    const path = `${PAYMENTS}/${String(body['id'])}/refunds`
    const wish = { refundNo: 'T1', amountFen, reason: '退号' }
    expect((await desk('POST', path, { body: wish })).status).toBe(400)
    const fits = await desk('POST', path, { body: { ...wish, amountFen: 1 } })
    expect([fits.status, fits.body['code']]).toEqual([409, 'not-refundable'])
  })

  it('is told where the hospital has not joined, and nobody else is let in', async () => {
    served = await serve(await testApp())
    const body = { billNo: 'MZ1', way: 'online' }
    expect((await asHis(served)('POST', PAYMENTS, { body })).body['code']).toBe('entry-closed')
    expect((await asker(served)('POST', PAYMENTS, { body })).status).toBe(401)
    expect((await asker(served)('POST', CALLBACK, { body: {} })).status).toBe(503)
  })
})

describe('the platform', () => {
  it('[RS-73] [RS-75] is answered in its own form with status 200, believed or not', async () => {
    const { platform, desk, rig, app } = await start()
    const { body } = await desk('POST', PAYMENTS, { body: { billNo: 'MZ1', way: 'online' } })
    const { mchOrderId, payOrderId } = body
    const content = { mchOrderId, payOrderId, payStatus: '2', wayCode: 'SBK', orderAmount: 12_345 }
    const yes = await platform('POST', CALLBACK, { raw: spoken(rig, content).body })
    expect([yes.status, yes.text]).toEqual([200, '{"isSuccess":"1","returnMsg":""}'])
    const no = await platform('POST', CALLBACK, { raw: spoken(rig, content, true).body })
    expect([no.status, no.body['isSuccess']]).toEqual([200, '0'])
    expect((await app.db.q('hrss_notices').select()).length).toBe(1)
  })

  it('[RS-70] is slowed down when it asks for person after person', async () => {
    const { platform, rig } = await start({ HRSS_PAY_QUESTIONS_PER_MINUTE: '3' })
    const answers: unknown[] = []
    for (let count = 0; count < 5; count += 1) {
      const raw = spoken(rig, { idNumberOrder: `51010119900101000${count}` }).body
      answers.push((await platform('POST', QUESTION, { raw })).body['isSuccess'])
    }
    expect(answers).toEqual([undefined, undefined, undefined, '0', '0'])
  })

  it('[RS-70] [RS-75] that is not believed learns nothing of anybody', async () => {
    const { platform, rig } = await start()
    const raw = spoken(rig, { idNumberOrder: '510101199001011237' }, true).body
    const { status, body } = await platform('POST', QUESTION, { raw })
    expect([status, Object.keys(body)]).toEqual([200, ['isSuccess', 'returnMsg']])
  })

  it('is heard from its own networks alone, where they are named', async () => {
    const { platform } = await start({ CALLBACK_NETWORKS: '10.1.0.0/16' })
    expect((await platform('POST', CALLBACK, { body: {} })).status).toBe(403)
  })
})

describe('the settings', () => {
  it('[RS-01] of the platform are there all together, or not at all', () => {
    const lines = refusal({ HRSS_PAY_URL: 'https://p.example/rest' }).split('\n')
    const names =
      'ACCESS_KEY APP_ID MERCHANT_APP_ID MCH_ID PRIVATE_KEY THEIR_PUBLIC_KEY SM4_KEY CASHIER_HOSTS'
    expect(lines).toEqual(
      names.split(' ').map((name) => `HRSS_PAY_${name} is required to join 人社支付平台`),
    )
    expect(refusal({})).toBe('accepted')
  })

  it('[RS-03] of its address may be plain http only with a reason and a day', () => {
    expect(refusal({ HRSS_PAY_URL: 'http://10.98.0.2:8004/engine/rest' })).toContain(
      'HRSS_PAY_URL must be https:',
    )
    const reason = { HRSS_PAY_PLAIN_HTTP: 'the test network has no TLS; 2027-06-30' }
    const said = refusal({ HRSS_PAY_URL: 'http://10.98.0.2:8004/engine/rest', ...reason })
    expect(said).not.toContain('must be https:')
  })
})

describe('the front end that shows a code', () => {
  const PUSH = '/callbacks/hrss-pay/cashier'
  const CASHIERS = '/his/hrss-cashiers'
  const content = {
    type: 'miniProgram',
    appid: 'wx077f64368494ccef',
    path: '/pages/entrance',
    url: 'https://cashier.hrss.example/entrance?payNo=1',
    extraData: { payNo: '1' },
    qrCode: '5101001234567890',
  }

  it('[RS-71] [RS-64] is handed the cashier that was pushed for this very code', async () => {
    const { desk, platform, rig, app } = await start()
    const { qrCode } = content
    expect((await desk('POST', CASHIERS, { body: { qrCode } })).status).toBe(404)
    const told = await platform('POST', PUSH, { raw: spoken(rig, content).body })
    expect([told.status, told.text]).toEqual([200, '{"isSuccess":"1","returnMsg":""}'])
    const { status, body } = await desk('POST', CASHIERS, { body: { qrCode } })
    expect([status, body['kind'], body['url']]).toEqual([200, 'cashier', content.url])
    const other = await desk('POST', CASHIERS, { body: { qrCode: '5101001234567891' } })
    expect(other.status).toBe(404)
    const rows = JSON.stringify(await app.db.q('hrss_cashiers').select())
    for (const secret of [qrCode, 'cashier.hrss.example']) expect(rows).not.toContain(secret)
    await app.clock.advance(300_001)
    expect((await desk('POST', CASHIERS, { body: { qrCode } })).status).toBe(404)
  })

  it.each([
    ['an address on no list', { ...content, url: 'https://evil.example/' }],
    ['a script', { ...content, url: 'javascript:alert(1)' }],
    ['no code', { ...content, qrCode: undefined }],
    ['another type', { ...content, type: 'page' }],
  ])('[RS-71] [RS-63] is handed nothing with %s', async (_what, wrong) => {
    const { platform, rig, app } = await start()
    const told = await platform('POST', PUSH, { raw: spoken(rig, wrong).body })
    expect(told.body['isSuccess']).toBe('0')
    expect(await app.db.q('hrss_cashiers').select()).toEqual([])
  })

  it('[RS-71] [RS-75] is handed nothing that the platform did not sign', async () => {
    const { platform, rig, app } = await start()
    const told = await platform('POST', PUSH, { raw: spoken(rig, content, true).body })
    expect(told.body['isSuccess']).toBe('0')
    expect(await app.db.q('hrss_cashiers').select()).toEqual([])
  })
})
