/** The whole service in front of the whole sandbox, over HTTP both ways: what a patient lives through. */
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from '../../scripts/acceptance/judge.ts'
import { Patient, patientToken } from '../../scripts/matrix/patient.ts'
import { sandboxEnvironment } from '../../scripts/sandbox-environment.ts'
import { type BuiltApp, buildApp } from '../../src/app.ts'
import { secureRandom, systemClock } from '../../src/clock.ts'
import { readSettings } from '../../src/config.ts'
import { inspectOrder, newestOrder } from '../../src/flows/inspect-order.ts'
import { createHttp } from '../../src/http/server.ts'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { payerOf } from '../../src/sandbox/people.ts'
import { makeParameters } from '../../src/sandbox/parameters.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { runWorker } from '../../src/worker/worker.ts'
import { UNLIMITED } from '../support/http-client.ts'

const SECRET = 'a-secret-of-the-online-platform-32'

let sandbox: Sandbox
let server: Server
let built: BuiltApp
let serviceUrl = ''
let stopping = false
let working: Promise<void>

beforeAll(async () => {
  const parameters = makeParameters(Math.random, { alipay: true })
  sandbox = await startSandbox({ parameters, timeScale: 0.01 })
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no address')
  serviceUrl = `http://127.0.0.1:${address.port}`
  const environment = sandboxEnvironment(parameters, {
    sandboxUrl: sandbox.url,
    publicUrl: serviceUrl,
    databaseUrl: 'sqlite::memory:',
    keyEncryptionKey: randomBytes(16).toString('hex'),
    patientSecret: SECRET,
  })
  const settings = readSettings({ ...environment, ...UNLIMITED })
  built = await buildApp(settings, { clock: systemClock(), random: secureRandom })
  const http = createHttp(built.app)
  server.on('request', (request, response) => http.emit('request', request, response))
  working = runWorker(built.app, () => stopping)
})

afterAll(async () => {
  stopping = true
  built.app.wake()
  await working
  server.closeAllConnections()
  server.close()
  await built.stop()
  await sandbox.stop()
})

let bills = 0

async function patientWith(channel: 'wechat' | 'alipay', suffix: string) {
  bills += 1
  const billNo = `MZ20261121${String(bills).padStart(6, '0')}-${suffix}`
  const bill = addBill(sandbox.context, { billNo, businessType: 'consultation' })
  const claims = { openid: `o${billNo}`, patientIds: [bill.patientId] }
  const token = await patientToken(SECRET, claims)
  const patient = new Patient({ serviceUrl, sandboxUrl: sandbox.url, billNo, token, channel })
  return { bill, patient }
}

async function paysUp(patient: Patient): Promise<void> {
  const cashier = await patient.checkOut()
  if (cashier === null) throw new Error(patient.codes.join() || 'no cashier')
  expect(await patient.payOnPhone(cashier)).toBe(true)
  const status = async () => (await patient.look()).status
  await expect.poll(status, { timeout: 10_000, interval: 20 }).toBe('paid')
}

const mixedOrderOf = (billNo: string) =>
  [...sandbox.bank.mixedOrders.values()].find((mixed) => mixed.billNo === billNo)?.request

describe.each(['wechat', 'alipay'] as const)('a bill paid with %s', (channel) => {
  it('from the authorisation page to the cashier, own money and insurance together [SC-P03] [SC-P10]', async () => {
    const { bill, patient } = await patientWith(channel, 'M')
    await patient.open('insurance')
    await patient.preSettle()
    await paysUp(patient)
    expect(patient.codes).toEqual([])
    const { amounts } = await patient.look()
    expect(sandbox.world.ledger.balance(bill.billNo, 'bank')).toBe(amounts.selfPayFen)
    expect(mixedOrderOf(bill.billNo)?.pay_for_relatives).toBe(false)
  })

  it('by a relative with family payment names payer and patient at the bank [SC-P09]', async () => {
    const { bill, patient } = await patientWith(channel, 'MF41')
    await patient.open('insurance')
    await patient.preSettle()
    await paysUp(patient)
    const order = mixedOrderOf(bill.billNo)
    expect(order).toMatchObject({
      pay_for_relatives: true,
      payer: { name: payerOf(bill).payer.name },
      relative: { name: bill.patient.name },
    })
  })

  it('by a relative with own money alone has no family [SC-P09]', async () => {
    const { bill, patient } = await patientWith(channel, 'SF41')
    await patient.open('self-pay')
    await paysUp(patient)
    const order = mixedOrderOf(bill.billNo)
    expect(order).toMatchObject({ mix_pay_type: 'CASH_ONLY', pay_for_relatives: false })
    expect(order?.relative).toBeUndefined()
  })

  it('is not paid by somebody who is neither patient nor family: nothing is uploaded [SC-P05]', async () => {
    const { bill, patient } = await patientWith(channel, 'MF42')
    await patient.open('insurance')
    await patient.preSettle()
    expect(patient.codes).toEqual(['person-mismatch'])
    expect((await patient.look()).status).toBe('created')
    const calls = sandbox.world.calls.filter(({ billNo }) => billNo === bill.billNo)
    expect(calls.map(({ call }) => call)).not.toContain('6201')
  })
})

describe('acceptance [SC-O14]', () => {
  it.each([
    ['I', 'insurance-only', 'insurance'],
    ['S', 'self-pay-only', 'self-pay'],
    ['M', 'mixed', 'insurance'],
  ] as const)(
    'finds a bill %s green at HIS, bank and mid-platform',
    async (suffix, scenario, mode) => {
      const { bill, patient } = await patientWith('wechat', suffix)
      await patient.open(mode)
      if (mode === 'insurance') await patient.preSettle()
      await paysUp(patient)
      await expect.poll(async () => (await patient.look()).hisWriteBack).toBe('done')
      const { app } = built
      const order = await newestOrder(app, bill.billNo)
      if (order === null) throw new Error('no order')
      const inspection = await inspectOrder(app, order)
      const cell = { business: 'consultation', scenario, billNo: bill.billNo } as const
      expect(judge(cell, inspection)).toEqual([])
      expect(judge({ ...cell, business: 'pharmacy' }, inspection)).toEqual(['业务为 诊间'])
      const steps = inspection.effects.map(({ step }) => step)
      expect(steps).toEqual(
        expect.arrayContaining(suffix === 'S' ? ['8', '9'] : ['4', '6', '7', '9']),
      )
    },
  )

  it('finds a bill red that waits at the cashier, and changes nothing of it', async () => {
    const { bill, patient } = await patientWith('wechat', 'M')
    await patient.open('insurance')
    await patient.preSettle()
    await patient.checkOut()
    const { app } = built
    const before = await newestOrder(app, bill.billNo)
    if (before === null) throw new Error('no order')
    const cell = { business: 'consultation', scenario: 'mixed', billNo: bill.billNo } as const
    const problems = judge(cell, await inspectOrder(app, before))
    expect(problems.join()).toMatch(/订单状态为.*没有确认入账.*不是支付成功.*不是已结算/)
    expect(await newestOrder(app, bill.billNo)).toEqual(before)
  })
})

describe('somebody who pays two bills with Alipay', () => {
  it('is authorised at once for the second [SC-P03]', async () => {
    const first = await patientWith('alipay', 'I')
    await first.patient.open('insurance')
    await first.patient.preSettle()
    await paysUp(first.patient)
    const second = addBill(sandbox.context, {
      businessType: 'pharmacy',
      patient: first.bill.patient,
    })
    const openid = `o${first.bill.billNo}`
    const token = await patientToken(SECRET, { openid, patientIds: [second.patientId] })
    const { billNo } = second
    const known = { serviceUrl, sandboxUrl: sandbox.url, billNo, token, channel: 'alipay' } as const
    const patient = new Patient({ ...known, openid })
    await patient.open('insurance')
    await patient.preSettle()
    await paysUp(patient)
    expect(patient.codes).toEqual([])
    expect(patient.jumps).toEqual(['authorised'])
  })
})
