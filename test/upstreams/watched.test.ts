import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { type App, buildApp } from '../../src/app.ts'
import { readSettings } from '../../src/config.ts'
import { Secret } from '../../src/errors.ts'
import { allSelfPay } from '../../src/payment/amounts.ts'
import { asAuthCode, asPayAuthNo } from '../../src/payment/authorisation.ts'
import { fen } from '../../src/payment/money.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import type { HttpReply } from '../../src/upstreams/http-client.ts'
import { sandboxEnvironment } from '../../scripts/parts/sandbox-environment.ts'
import { seededRandom } from '../support/random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

/** The service as it is wired, with a network on which nobody says anything useful. */
async function start(reply: HttpReply, change: Record<string, string> = {}) {
  const clock = new VirtualClock()
  const environment = sandboxEnvironment(makeParameters(seededRandom(7), { alipay: true }), {
    sandboxUrl: 'http://127.0.0.1:1',
    publicUrl: 'http://127.0.0.1:2',
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: randomBytes(16).toString('hex'),
    patientSecret: 'x'.repeat(32),
  })
  const settings = readSettings({ ...environment, BREAKER_FAILURES: '2', ...change })
  const send = async () => reply
  const { app, stop } = await buildApp(settings, { clock, random: seededRandom(1), send })
  stops.push(() => clock.run(stop()))
  return { app, clock }
}

const PAYMENT = { payOrdId: 'PO1', payToken: new Secret('T1'), name: '张测试', idNo: '1' }
const BUSINESS_DATE = '2026-11-20'
const AMOUNTS = allSelfPay(fen(1))
const REFUND = { refundNo: 'RF1', payOrdId: 'PO1', amounts: AMOUNTS, refundedAt: 0 }
const AUTHORISATION = {
  refundNo: 'RF1',
  original: asPayAuthNo('AUTH1'),
  payOrdId: 'PO1',
  name: '张测试',
  idNo: '1',
}
const consent = (authCode: string) =>
  ({
    surface: 'h5',
    state: 's',
    reference: 'r',
    userId: '2088000000000001',
    authCode: asAuthCode(authCode),
  }) as const

const CALLS: readonly (readonly [keyof App['breakers'], (app: App) => Promise<unknown>])[] = [
  ['wechat', async ({ channels }) => channels.wechat?.exchange(consent('C1'))],
  ['alipay', async ({ channels }) => channels.alipay?.exchange(consent('C1'))],
  ['insurance-baseline', ({ insuredPersons }) => insuredPersons.signIn()],
  ['mid-platform', ({ insurer }) => insurer.revoke(PAYMENT)],
  ['mid-platform', ({ insurer }) => insurer.query(PAYMENT)],
  ['mid-platform', ({ insurer }) => insurer.refund({ ...REFUND, payAuthNo: asPayAuthNo('AUTH1') })],
  ['bank', ({ bank }) => bank.selfPayOrder('OUT1')],
  [
    'bank',
    ({ bank }) =>
      bank.noticeInsuranceRefund({
        ...REFUND,
        mixTradeNo: 'M1',
        bankRefundNo: null,
        outTradeNo: null,
        bankOrderNo: null,
      }),
  ],
  [
    'bank',
    ({ bank }) =>
      bank.mixedOrder({
        mixTradeNo: 'M1',
        institutionNo: 'I1',
        outTradeNo: null,
        businessDate: BUSINESS_DATE,
      }),
  ],
]

describe.each(CALLS)('the breaker of %s', (name, call) => {
  it.each<HttpReply>([
    { kind: 'answer', status: 503, headers: {}, body: Buffer.from('busy') },
    { kind: 'answer', status: 200, headers: {}, body: Buffer.from('<html>login</html>') },
    { kind: 'unknown', cause: 'timeout-request' },
    { kind: 'unsent', cause: 'ECONNREFUSED' },
  ])('[SC-A04] opens in the wired service on %j, and no other does', async (reply) => {
    const { app, clock } = await start(reply)
    await clock.run(call(app))
    expect(app.breakers[name].isResting()).toBe(false)
    await clock.run(call(app))
    const open = Object.entries(app.breakers).filter(([, { isResting }]) => isResting())
    expect(open.map(([upstream]) => upstream)).toEqual([name])
  })
})

describe('the authorisation of a refund', () => {
  const NOBODY: HttpReply = { kind: 'unknown', cause: 'timeout-request' }

  it('asked for at the mid-platform is one of its calls, and is not stopped [SC-R03] [SC-A04]', async () => {
    const { app, clock } = await start(NOBODY, { REFUND_AUTHORISATION: 'mid-platform' })
    for (let asked = 0; asked < 3; asked += 1)
      expect((await clock.run(app.refundAuthorisation.authorise(AUTHORISATION))).kind).toBe(
        'unknown',
      )
    expect(app.breakers['mid-platform'].isResting()).toBe(true)
  })

  it('of the payment’s own is no call, and closes no breaker [SC-R03]', async () => {
    const { app, clock } = await start(NOBODY)
    for (let asked = 0; asked < 2; asked += 1) await clock.run(app.insurer.query(PAYMENT))
    expect(await clock.run(app.refundAuthorisation.authorise(AUTHORISATION))).toEqual({
      kind: 'done',
      value: AUTHORISATION.original,
    })
    expect(app.breakers['mid-platform'].isResting()).toBe(true)
  })
})
