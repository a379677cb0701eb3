/** The whole service with BANK=standard-bank: what a patient lives through, and who holds the money. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { moveTo } from '../../src/store/clearing-bank.ts'
import {
  becomes,
  entersPassword,
  paysUp,
  startWholeService,
  type WholeService,
} from '../support/whole-service.ts'

/** No question is asked while a test runs: what becomes known, a callback told. */
const NEVER_ASKS = { SCHEDULE_FIRST_DELAY_MS: '3600000', SCHEDULE_TAIL_END_MS: '7200000' }

let service: WholeService
beforeAll(async () => {
  service = await startWholeService({ BANK: 'standard-bank', ...NEVER_ASKS })
})
afterAll(() => service.stop())

const callsAbout = (billNo: string) =>
  service.sandbox.world.calls.filter((call) => call.billNo === billNo)

describe.each(['wechat', 'alipay'] as const)('a bill paid with %s', (channel) => {
  it.each([
    ['mixed', 'M', 'insurance'],
    ['insurance only', 'I', 'insurance'],
    ['own money only', 'S', 'self-pay'],
  ] as const)(
    '%s through a second bank is paid by its callback [SC-G05] [SC-P08] [SC-P09] [SC-P10] [SC-P11]',
    async (_scenario, suffix, payMode) => {
      const { bill, patient } = await service.patientWith(channel, suffix)
      await patient.open(payMode)
      if (payMode === 'insurance') await patient.preSettle()
      await paysUp(patient)
      const { amounts } = await patient.look()
      const { ledger } = service.sandbox.world
      expect(ledger.balance(bill.billNo, 'bank')).toBe(amounts.selfPayFen)
      const insured = amounts.fundFen + amounts.accountFen + amounts.otherFen
      expect(ledger.balance(bill.billNo, 'insurance-payable')).toBe(insured)
      const atBank = callsAbout(bill.billNo).filter(({ call }) => call === 'mixed-submit')
      expect(atBank).toMatchObject([{ upstream: 'standard-bank', result: 'effect' }])
      expect(callsAbout(bill.billNo).map(({ call }) => call)).not.toContain('mixed-query')
    },
  )

  it('whose insurance fails after the cash is refunded once, by the failure callback alone [SC-X01] [SC-X02] [SC-G05]', async () => {
    const { bill, patient } = await service.patientWith(channel, 'MF01')
    await patient.open('insurance')
    await patient.preSettle()
    await entersPassword(patient)
    await becomes(patient, 'refunded')
    const calls = callsAbout(bill.billNo)
    expect(calls.map(({ call }) => call)).not.toContain('mixed-query')
    expect(calls.filter(({ call }) => call === 'refund')).toMatchObject([{ result: 'effect' }])
    expect(service.sandbox.world.ledger.balance(bill.billNo, 'patient')).toBe(0)
  })
})

describe('what the bank cannot prove', () => {
  it('a forged success pays nothing, and the real one is believed [SC-S01] [SC-H02]', async () => {
    const { bill, patient } = await service.patientWith('wechat', 'MF15')
    await patient.open('insurance')
    await patient.preSettle()
    const cashier = await patient.checkOut()
    const forged = () => service.sandbox.bank.acks.find((ack) => ack.billNo === bill.billNo)
    await expect.poll(forged).toMatchObject({ forged: true, problem: 'code SIGNATURE_INVALID' })
    expect((await patient.look()).status).not.toBe('paid')
    if (cashier === null) throw new Error('no cashier')
    await patient.payOnPhone(cashier)
    await becomes(patient, 'paid')
  })

  it('an order that is over keeps nobody from changing the bank [SC-G05]', async () => {
    const { patient } = await service.patientWith('wechat', 'S')
    await patient.open('self-pay')
    expect(await moveTo(service.app.db, { to: 'icbc', overBefore: 0 })).toMatchObject({
      bank: 'standard-bank',
    })
    await paysUp(patient)
    await expect
      .poll(() => moveTo(service.app.db, { to: 'icbc', overBefore: 0 }), { timeout: 5_000 })
      .toBeNull()
    expect(await moveTo(service.app.db, { to: 'standard-bank', overBefore: 0 })).toBeNull()
  })

  it('a lost mixed order is found by its institution number, not placed again [SC-P09]', async () => {
    const { bill, patient } = await service.patientWith('wechat', 'MF10')
    await patient.open('insurance')
    await patient.preSettle()
    await paysUp(patient)
    const submits = callsAbout(bill.billNo).filter(({ call }) => call === 'mixed-submit')
    expect(submits.map(({ result }) => result)).toEqual(['effect'])
  })
})
