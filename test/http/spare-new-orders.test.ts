import { afterEach, expect, it } from 'vitest'
import { createProbes } from '../../src/http/probes.ts'
import { done, unknown } from '../../src/upstreams/upstream.ts'
import { channelStub, serve, type Served, testApp } from '../support/app.ts'
import { asker, asPatient, opened, OPENING, SELF_PAY } from '../support/http-client.ts'

const listening: Served[] = []
afterEach(async () => {
  await Promise.all(listening.splice(0).map(({ close }) => close()))
})

it('[SC-A04] insurance is refused in words that offer self-pay, seen in metrics and log, until it answers', async () => {
  let answers = false
  const usual = channelStub()
  const exchange: typeof usual.exchange = async (request) =>
    answers ? usual.exchange(request) : unknown('http-503')
  const app = await testApp({
    channels: { wechat: channelStub({ exchange }) },
    settings: { BREAKER_FAILURES: '2', LIMIT_PER_DEVICE_PAYING: '9999' },
  })
  const [http, probes] = [await serve(app), await serve(app, createProbes)]
  listening.push(http, probes)
  const ask = await asPatient(app, http)
  const metrics = async () => (await asker(probes)('GET', '/metrics')).text
  const authorises = async (path: string, authCode: string) => {
    const { body } = await ask('POST', `${path}/authorization`, { body: {} })
    const consent = { state: body['state'], authCode }
    return (await ask('POST', `${path}/pre-settlement`, { body: consent })).body['code']
  }

  const path = await opened(ask)
  for (const code of ['C0000001', 'C0000002'])
    expect(await authorises(path, code)).toBe('authorisation-lost')
  expect(await metrics()).toContain('breaker_open{upstream="wechat"} 1')
  expect(await metrics()).toContain('breaker_open{upstream="bank"} 0')
  expect(app.logged.join()).toContain('no answer any more')
  const refused = await ask('POST', `${path}/authorization`, { body: {} })
  expect([refused.status, refused.body['code'], refused.body['detail']]).toEqual([
    503,
    'upstream-unavailable',
    '医保通道暂时繁忙，可改用自费支付，或稍后再试。',
  ])
  expect((await ask('POST', '/api/orders', { body: SELF_PAY })).status).toBe(201)
  const back = await ask('POST', '/api/orders', { body: OPENING })
  expect([back.status, back.body['code']]).toEqual([503, 'upstream-unavailable'])
  expect(await metrics()).toContain('refusals_total{code="upstream-unavailable"} 2')

  answers = true
  await app.clock.advance(30_000)
  expect(await authorises(await opened(ask), 'C0000003')).toBeUndefined()
  expect(await metrics()).toContain('breaker_open{upstream="wechat"} 0')
  expect(app.logged.join()).toContain('answers again')
})

it('[SC-A04] without the bank no order is opened, and the answer says why', async () => {
  const app = await testApp({ settings: { BREAKER_FAILURES: '1' } })
  const http = await serve(app)
  listening.push(http)
  const ask = await asPatient(app, http)
  await app.breakers.bank.watch(Promise.resolve(unknown('timeout-request')))
  for (const opening of [OPENING, SELF_PAY]) {
    const { status, body } = await ask('POST', '/api/orders', { body: opening })
    expect([status, body['code'], body['detail']]).toEqual([
      503,
      'upstream-unavailable',
      '银行支付通道暂时繁忙，请稍后再试或到窗口缴费。',
    ])
  }
  await app.breakers.bank.watch(Promise.resolve(done(undefined)))
  expect((await ask('POST', '/api/orders', { body: OPENING })).status).toBe(201)
})
