import { afterEach, describe, expect, it } from 'vitest'
import { resumeOneCodePayments } from '../../src/flows/one-code/payment.ts'
import type { ChargeNotice } from '../../src/upstreams/one-code.ts'
import { serve, type Served, testApp } from '../support/app.ts'
import { asHis, asker } from '../support/http-client.ts'
import { counterBill, openCounter } from '../support/one-code-rig.ts'

let served: Served | undefined
afterEach(async () => served?.close())

const PATH = '/his/one-code-payments'

async function start(options: Parameters<typeof openCounter>[0] = {}) {
  const counter = await openCounter(options)
  served = await serve(counter.app)
  const wish = (suffix: string) => ({
    billNo: counterBill(suffix),
    desk: '门诊1号窗',
    token: counter.scan(counterBill(suffix)),
    operator: { id: 'C0101', name: '收费员甲' },
    device: { id: '00-16-3E-00-00-01', ip: '10.20.1.15' },
  })
  return { counter, his: asHis(served), served, wish }
}

describe('HIS at a counter', () => {
  it.each([
    ['MY', 'done'],
    ['LY', 'settle-insurance'],
    ['SY', 'done'],
  ])(
    '[YM-41, YM-47, YM-50] %s is paid: HIS reads the result and goes on with %s',
    async (suffix, next) => {
      const { counter, his, wish } = await start()
      const { status, body } = await his('POST', PATH, { body: wish(suffix) })
      expect([status, body['status'], body['next']]).toEqual([200, 'paid', next])
      expect(counter.collected(counterBill(suffix))).toBe(body['selfPayFen'])
      expect(body['accountName']).toMatch(/的零钱$/)
      const read = await his('GET', `${PATH}/${String(body['id'])}`)
      expect(read.body).toEqual(body)
      expect(read.text).not.toMatch(/EC0000|payCert|token|certificate/)
    },
  )

  it('[YM-47, YM-10] a "no" is a result too: the reason, what to do, and the ordinary path', async () => {
    const { his, wish } = await start()
    const { status, body } = await his('POST', PATH, { body: wish('MYS500243') })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      status: 'declined',
      next: 'ordinary-payment',
      reason: { code: 'return-code-500243', handling: 'other-payment' },
    })
    const marked = await his('POST', PATH, { body: wish('MY02') })
    expect(marked.text).toContain('&lt;script&gt;')
    expect(marked.text).not.toContain('<script')
  })

  it('[YM-33] has no say in the amount, nor in anything else that it does not own', async () => {
    const { counter, his, wish } = await start()
    for (const extra of [{ ownPaySetlAmt: '0.01' }, { selfPayFen: 1 }, { channel: 'wechat' }]) {
      const { status, body } = await his('POST', PATH, { body: { ...wish('MY'), ...extra } })
      expect([status, body['code']]).toEqual([400, 'invalid-request'])
    }
    expect(counter.sent).toEqual([])
  })

  it('[YM-22] every missing or wrong member is named, and nobody is called', async () => {
    const { counter, his, wish } = await start()
    const good = wish('MY')
    const long = 'x'.repeat(41)
    const wrongs: Record<string, object> = {
      token: { token: long },
      billNo: { billNo: '../1' },
      desk: { desk: '' },
      'operator.id': { operator: { ...good.operator, id: ' ' } },
      'operator.name': { operator: { ...good.operator, name: 'a\u0000' } },
      'device.id': { device: { ...good.device, id: long } },
      'device.ip': { device: { ...good.device, ip: 'fe80::1%eth0' } },
      device: { device: undefined },
    }
    for (const [path, change] of Object.entries(wrongs)) {
      const { status, body } = await his('POST', PATH, { body: { ...good, ...change } })
      expect(status, path).toBe(400)
      expect(body['errors'], path).toMatchObject([{ path }])
    }
    expect(counter.sent).toEqual([])
  })

  it('[YM-48] is the only one who may: no patient, nobody without its token', async () => {
    const { his, served, wish } = await start()
    for (const headers of [{}, { authorization: 'Bearer x' }])
      for (const path of [PATH, '/his/one-code-offers'])
        expect((await asker(served, headers)('POST', path, { body: wish('MY') })).status).toBe(401)
    expect((await his('GET', `${PATH}/01JD0000000000000000000000`)).status).toBe(404)
  })

  it('[YM-36] under its Idempotency-Key a repeat is the same answer, and one charge', async () => {
    const { counter, his, wish } = await start()
    const said = { body: wish('MY'), headers: { 'idempotency-key': 'pay-1' } }
    const first = await his('POST', PATH, said)
    expect((await his('POST', PATH, said)).text).toBe(first.text)
    expect(counter.calls('/v1/charges')).toHaveLength(1)
    const other = { ...said, body: { ...said.body, desk: '2' } }
    expect((await his('POST', PATH, other)).body['code']).toBe('idempotency-key-reused')
  })

  it('[YM-42, YM-50] asks before it offers: usable or not, and whose account', async () => {
    const { his, wish } = await start()
    const { billNo: _, desk: __, ...shown } = wish('MY')
    const yes = await his('POST', '/his/one-code-offers', { body: shown })
    expect(yes.body).toMatchObject({ usable: true, channelName: '微信支付', reason: null })
    const { billNo: ___, desk: ____, ...other } = wish('MY01')
    const no = await his('POST', '/his/one-code-offers', { body: other })
    expect(no.body).toMatchObject({ usable: false, reason: { code: 'not-signed' } })
  })

  it('[YM-46, YM-47] waits for a password no longer than it has to, and reads the end later', async () => {
    const { counter, his, wish } = await start()
    const asked = his('POST', PATH, { body: wish('MY11') })
    const begun = await counter.clock.run(asked)
    expect([begun.status, begun.body['next']]).toEqual([202, 'wait'])
    await counter.clock.run(resumeOneCodePayments(counter.app))
    await counter.clock.advance(5_000)
    await counter.clock.run(resumeOneCodePayments(counter.app))
    const { body } = await his('GET', `${PATH}/${String(begun.body['id'])}`)
    expect(body['status']).toBe('paid')
  })
})

describe('the collection calling', () => {
  const notice = '/callbacks/collection/charge'

  it('[YM-46] is answered in its own protocol; what is not believed is not stored', async () => {
    const { counter, served } = await start()
    const { headers, text, status } = await asker(served)('POST', notice, {
      body: { outTradeNo: 'N1', status: 'PAID' },
    })
    expect([status, text]).toEqual([200, '{"code":"NOT_STORED"}'])
    expect(headers.get('x-signature')).not.toBeNull()
    expect(counter.app.logged.join()).toContain('charge notice not believed')
  })

  it('[YM-46] a believed one is acknowledged, also for a charge that is none of ours', async () => {
    const { counter, served } = await start()
    const raw: ChargeNotice[] = []
    const { oneCode } = counter.app
    if (oneCode === null) throw new Error('not opened')
    oneCode.collection.readNotice = (given) => {
      raw.push(given)
      return { outTradeNo: 'N9' }
    }
    const { text } = await asker(served)('POST', notice, { body: { a: 1 } })
    expect([text, raw.length]).toEqual(['{"code":"OK"}', 1])
    expect(counter.app.logged.join()).toContain('a charge notice names no charge of ours')
  })

  it('[YM-51] a hospital that has not opened it answers nobody', async () => {
    const app = await testApp()
    served = await serve(app)
    const { status, body } = await asker(served)('POST', notice, { body: {} })
    expect([status, body['code']]).toEqual([503, 'entry-closed'])
  })
})
