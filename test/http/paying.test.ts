import { afterEach, describe, expect, it } from 'vitest'
import { done, unknown } from '../../src/upstreams/upstream.ts'
import {
  bankStub,
  channelStub,
  type Given,
  hisStub,
  insurerStub,
  serve,
  type Served,
  SPLIT,
  testApp,
  testBill,
} from '../support/app.ts'
import {
  type Ask,
  asPatient,
  opened,
  OPENING,
  SELF_PAY,
  UNLIMITED,
} from '../support/http-client.ts'

let served: Served | undefined
afterEach(async () => served?.close())

async function start(given: Given = {}) {
  const app = await testApp({ ...given, settings: { ...UNLIMITED, ...given.settings } })
  served = await serve(app)
  return { app, served, ask: await asPatient(app, served) }
}

async function authorised(ask: Ask, order: string): Promise<{ state: string; authCode: string }> {
  const { body } = await ask('POST', `${order}/authorization`)
  return { state: String(body['state']), authCode: 'CODE1' }
}

/** A promise to be kept by hand, and one that says when somebody began to wait for it. */
function gate<T>() {
  const { promise, resolve } = Promise.withResolvers<T>()
  const begun = Promise.withResolvers<void>()
  const wait = (): Promise<T> => {
    begun.resolve()
    return promise
  }
  return { wait, open: resolve, begun: begun.promise }
}

const anyBill = async (billNo: string) => done(testBill({ billNo }))

describe('authorisation and pre-settlement', () => {
  it('lead to the amounts, which come from the mid-platform alone', async () => {
    const { ask } = await start()
    const order = await opened(ask)
    const jump = await ask('POST', `${order}/authorization`)
    expect(jump.body).toEqual({
      kind: 'mini-program',
      appId: 'wx-auth',
      path: 'auth/pages/index',
      envVersion: 'release',
      state: expect.stringMatching(/^[0-9A-Z]{32}$/),
    })
    const body = { state: jump.body['state'], authCode: 'CODE1' }
    const heard = await ask('POST', `${order}/pre-settlement`, { body })
    expect(heard.status).toBe(200)
    expect(heard.body).toMatchObject({ status: 'pre-settled', scenario: 'mixed', amounts: SPLIT })
    expect(heard.text).not.toMatch(/AUTH1|TOKEN1|张三|5101/)
  })

  it('[SC-P03] lead through Alipay alike: authorised at once with a state, cashier by page', async () => {
    const page = 'https://cashier.example/1'
    const alipay = channelStub({
      authorisation: async ({ state }) => done({ kind: 'authorised', state }),
      cashierIsPage: true,
      cashier: ({ page: url }) => (url === null ? null : { method: 'page', url }),
    })
    const placed = { mixTradeNo: 'MIX1', cashierPage: page }
    const bank = bankStub({ placeMixedOrder: async () => done(placed) })
    const { ask } = await start({ bank, channels: { alipay } })
    const order = await opened(ask, { ...OPENING, channel: 'alipay' })
    const jump = await ask('POST', `${order}/authorization`)
    expect(jump.body).toEqual({
      kind: 'authorised',
      state: expect.stringMatching(/^[0-9A-Z]{32}$/),
    })
    const body = { state: jump.body['state'], authCode: 'CODE1' }
    expect((await ask('POST', `${order}/pre-settlement`, { body })).status).toBe(200)
    const paying = await ask('POST', `${order}/payment`)
    expect(paying.body['cashier']).toEqual({ method: 'page', url: page })
  })

  it('[SC-P03] are closed for a channel that the hospital has not opened', async () => {
    const { ask } = await start()
    const heard = await ask('POST', '/api/orders', { body: { ...OPENING, channel: 'alipay' } })
    expect([heard.status, heard.body['code']]).toEqual([503, 'entry-closed'])
  })

  it('[SC-P03] tell what the channel said of its page: 502 in words, 503 when nobody answered', async () => {
    const told = [
      { kind: 'refused', code: 'E', message: '机构未开通' },
      { kind: 'unknown', cause: 'lost' },
    ] as const
    for (const [at, outcome] of told.entries()) {
      const channels = { wechat: channelStub({ authorisation: async () => outcome }) }
      const { ask } = await start({ channels })
      const heard = await ask('POST', `${await opened(ask)}/authorization`)
      expect(heard.status).toBe(502 + at)
      if (at === 0) expect(heard.body['detail']).toContain('机构未开通')
      await served?.close()
    }
  })

  it('[SC-P03] refuse a foreign, invented or used state without asking the channel', async () => {
    const codes: string[] = []
    const exchange: ReturnType<typeof channelStub>['exchange'] = async (request) => {
      codes.push(request.authCode.reveal())
      return channelStub().exchange(request)
    }
    const { ask } = await start({
      his: hisStub({ bill: anyBill }),
      channels: { wechat: channelStub({ exchange }) },
    })
    const [one, two] = [await opened(ask), await opened(ask, { ...OPENING, billNo: 'B2' })]
    const ofOne = await authorised(ask, one)
    const refused = async (order: string, body: object): Promise<void> => {
      const heard = await ask('POST', `${order}/pre-settlement`, { body })
      expect([heard.status, heard.body['code']]).toEqual([422, 'authorisation-state-invalid'])
    }
    await refused(two, ofOne)
    await refused(one, { state: 'A'.repeat(32), authCode: 'CODE1' })
    expect(codes).toEqual([])
    await ask('POST', `${one}/pre-settlement`, { body: ofOne })
    await refused(one, { ...ofOne, authCode: 'CODE2' })
    expect(codes).toEqual(['CODE1'])
  })

  it('[SC-S04] refuse guessing codes: the eleventh in a minute is 429', async () => {
    const { ask } = await start({ settings: { LIMIT_PER_DEVICE_PAYING: '10' } })
    const order = await opened(ask)
    const statuses: number[] = []
    for (let i = 0; i < 11; i += 1) {
      const body = { state: 'A'.repeat(32), authCode: `GUESS${i}` }
      statuses.push((await ask('POST', `${order}/pre-settlement`, { body })).status)
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 422), 429])
  })

  it('name a missing code, an odd position, and amounts from the front end', async () => {
    const { ask } = await start()
    const order = await opened(ask)
    const body = await authorised(ask, order)
    const wrongs: [object, string][] = [
      [{ authCode: undefined }, 'authCode'],
      [{ location: { longitude: 1e9, latitude: 0 } }, 'location.longitude'],
      [{ location: { longitude: '104', latitude: 30 } }, 'location.longitude'],
      [{ selfPayFen: 1 }, 'selfPayFen'],
      [{ payAuthNo: 'X' }, 'payAuthNo'],
    ]
    for (const [wrong, path] of wrongs) {
      const heard = await ask('POST', `${order}/pre-settlement`, { body: { ...body, ...wrong } })
      expect(heard.status).toBe(400)
      expect(heard.body['errors']).toMatchObject([{ path }])
    }
  })

  it('answer 202 while an answer is unknown, and 200 to the same key later', async () => {
    let answers = 0
    const real = insurerStub()
    const insurer = insurerStub({
      order: async (asked) => ((answers += 1) === 1 ? unknown('lost') : real.order(asked)),
    })
    const { ask } = await start({ insurer })
    const path = await opened(ask)
    const body = await authorised(ask, path)
    const headers = { 'idempotency-key': 'key-1' }
    const first = await ask('POST', `${path}/pre-settlement`, { body, headers })
    expect(first.status).toBe(202)
    expect(first.body).toMatchObject({ order: { status: 'created' } })
    const again = await ask('POST', `${path}/pre-settlement`, { body, headers })
    expect([again.status, again.body['status']]).toEqual([200, 'pre-settled'])
  })

  it('answer 202 after 10 s and go on without the patient', async () => {
    const slow = gate<void>()
    const real = insurerStub()
    const insurer = insurerStub({
      upload: async (text) => slow.wait().then(() => real.upload(text)),
    })
    const { app, ask } = await start({ insurer })
    const path = await opened(ask)
    const body = await authorised(ask, path)
    const asked = ask('POST', `${path}/pre-settlement`, { body })
    await slow.begun
    await app.clock.advance(9_999)
    const early = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 20))])
    expect(early).toBeUndefined()
    await app.clock.advance(1)
    expect((await asked).status).toBe(202)
    slow.open()
    await app.idle()
    expect((await ask('GET', path)).body['status']).toBe('pre-settled')
  })

  it('say it once, in the log, when the refusal comes after the patient went', async () => {
    const slow = gate<void>()
    const refuse = { kind: 'refused', code: '1', message: '不予受理' } as const
    const insurer = insurerStub({ upload: async () => slow.wait().then(() => refuse) })
    const { app, ask } = await start({ insurer })
    const path = await opened(ask)
    const asked = ask('POST', `${path}/pre-settlement`, { body: await authorised(ask, path) })
    await slow.begun
    await app.clock.advance(10_000)
    await asked
    slow.open()
    await app.idle()
    expect((await ask('GET', path)).body['status']).toBe('failed')
    expect(app.logged.filter((line) => line.includes('refused while nobody waited'))).toHaveLength(
      1,
    )
    expect(app.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([])
  })
})

describe('payment', () => {
  it('returns the cashier, and the same one again', async () => {
    const { ask } = await start()
    const order = await opened(ask, SELF_PAY)
    const first = await ask('POST', `${order}/payment`)
    expect(first.status).toBe(200)
    expect(first.body).toMatchObject({
      order: { status: 'awaiting-payment' },
      cashier: {
        method: 'requestMedicalInsurancePay',
        mixTradeNo: 'MIX1',
        package: 'prepay_id=wx1',
        paySign: 'signature',
      },
    })
    expect((await ask('POST', `${order}/payment`)).body).toEqual(first.body)
  })

  it('[SC-G04] refuses amounts from the front end, in whatever disguise', async () => {
    const { ask } = await start()
    const order = await opened(ask, SELF_PAY)
    for (const raw of [
      '{"amountFen":1}',
      '{"amountFen":-1}',
      '{"amountFen":1e3}',
      '{"amountFen":0.30000000000000004}',
      '{"amountFen":9007199254740993}',
      '{"amountFen":"１２３"}',
      '{"selfPayFen":1}',
      '[]',
      '1',
    ])
      expect((await ask('POST', `${order}/payment`, { raw })).status).toBe(400)
    const { body } = await ask('POST', `${order}/payment`)
    expect(body).toMatchObject({ order: { amounts: { totalFen: 12_345, selfPayFen: 12_345 } } })
  })

  it('answers 202 while the bank’s answer is unknown, and no cashier', async () => {
    const bank = bankStub({ placeMixedOrder: async () => unknown('lost') })
    const { ask } = await start({ bank })
    const order = await opened(ask, SELF_PAY)
    const { status, body } = await ask('POST', `${order}/payment`)
    expect(status).toBe(202)
    expect(Object.keys(body)).toEqual(['order'])
    expect(body).toMatchObject({ order: { status: 'processing' } })
  })

  it('says in words what the bank refused: 502', async () => {
    const refuse = { kind: 'refused', code: '1', message: '商户状态异常' } as const
    const { ask } = await start({ bank: bankStub({ placeSelfPayOrder: async () => refuse }) })
    const order = await opened(ask, SELF_PAY)
    const { status, body } = await ask('POST', `${order}/payment`)
    expect([status, body['code']]).toEqual([502, 'upstream-refused'])
    expect(body['detail']).toContain('商户状态异常')
  })

  it('before pre-settlement is 409', async () => {
    const { ask } = await start()
    const order = await opened(ask)
    expect((await ask('POST', `${order}/payment`)).body['code']).toBe('not-pre-settled')
  })
})
