/** The whole service in front of the whole sandbox, over HTTP both ways: what a patient lives through. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judge } from '../../scripts/acceptance/judge.ts'
import { inspectOrder, newestOrder } from '../../src/flows/operators/inspect-order.ts'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { payerOf } from '../../src/sandbox/people.ts'
import { addTester } from '../../src/store/entry.ts'
import { paysUp, startWholeService, type WholeService } from '../support/whole-service.ts'

const mixedOrderOf = (billNo: string) =>
  [...service.sandbox.bank.mixedOrders.values()].find((mixed) => mixed.billNo === billNo)?.wish

let service: WholeService
beforeAll(async () => {
  service = await startWholeService()
})
afterAll(() => service.stop())

describe.each(['wechat', 'alipay'] as const)('a bill paid with %s', (channel) => {
  it('from the authorisation page to the cashier, own money and insurance together [SC-O10] [SC-P03] [SC-P10]', async () => {
    const { bill, patient } = await service.patientWith(channel, 'M')
    await patient.open('insurance')
    await patient.preSettle()
    await paysUp(patient)
    expect(patient.codes).toEqual([])
    const { amounts } = await patient.look()
    expect(service.sandbox.world.ledger.balance(bill.billNo, 'bank')).toBe(amounts.selfPayFen)
    expect(mixedOrderOf(bill.billNo)?.relative).toBeNull()
  })

  it('by a relative with family payment names payer and patient at the bank [SC-P09]', async () => {
    const { bill, patient } = await service.patientWith(channel, 'MF41')
    await patient.open('insurance')
    await patient.preSettle()
    await paysUp(patient)
    expect(mixedOrderOf(bill.billNo)).toMatchObject({
      payer: { name: payerOf(bill).payer.name },
      relative: { name: bill.patient.name },
    })
  })

  it('by a relative with own money alone has no family [SC-P09]', async () => {
    const { bill, patient } = await service.patientWith(channel, 'SF41')
    await patient.open('self-pay')
    await paysUp(patient)
    const order = mixedOrderOf(bill.billNo)
    expect(order).toMatchObject({ mixPayType: 'CASH_ONLY', relative: null })
  })

  it('is not paid by somebody who is neither patient nor family: nothing is uploaded [SC-P05]', async () => {
    const { bill, patient } = await service.patientWith(channel, 'MF42')
    await patient.open('insurance')
    await patient.preSettle()
    expect(patient.codes).toEqual(['person-mismatch'])
    expect((await patient.look()).status).toBe('created')
    const calls = service.sandbox.world.calls.filter(({ billNo }) => billNo === bill.billNo)
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
      const { bill, patient } = await service.patientWith('wechat', suffix)
      await patient.open(mode)
      if (mode === 'insurance') await patient.preSettle()
      await paysUp(patient)
      await expect.poll(async () => (await patient.look()).hisWriteBack).toBe('done')
      const { app } = service
      const order = await newestOrder(app, bill.billNo)
      if (order === null) throw new Error('no order')
      const stranger = await inspectOrder(app, order)
      expect(stranger.byTester).toBe(false)
      await addTester(app.db, order.userId.reveal())
      const inspection = await inspectOrder(app, order)
      const cell = { business: 'consultation', scenario, billNo: bill.billNo } as const
      expect(judge(cell, inspection, null)).toEqual([])
      expect(judge({ ...cell, business: 'pharmacy' }, inspection, null)).toEqual(['业务为 诊间'])
      const steps = inspection.effects.map(({ step }) => step)
      expect(steps).toEqual(
        expect.arrayContaining(suffix === 'S' ? ['8', '9'] : ['4', '6', '7', '9']),
      )
    },
  )

  it('finds a bill red that waits at the cashier, and changes nothing of it', async () => {
    const { bill, patient } = await service.patientWith('wechat', 'M')
    await patient.open('insurance')
    await patient.preSettle()
    await patient.checkOut()
    const { app } = service
    const before = await newestOrder(app, bill.billNo)
    if (before === null) throw new Error('no order')
    const cell = { business: 'consultation', scenario: 'mixed', billNo: bill.billNo } as const
    const problems = judge(cell, await inspectOrder(app, before), null)
    expect(problems.join()).toMatch(/订单状态为.*没有确认入账.*不是支付成功.*不是已结算/)
    expect(await newestOrder(app, bill.billNo)).toEqual(before)
  })
})

describe('somebody who pays two bills with Alipay', () => {
  it('is authorised at once for the second [SC-P03]', async () => {
    const first = await service.patientWith('alipay', 'I')
    await first.patient.open('insurance')
    await first.patient.preSettle()
    await paysUp(first.patient)
    const second = addBill(service.sandbox.context, {
      businessType: 'pharmacy',
      patient: first.bill.patient,
    })
    const openid = `o${first.bill.billNo}`
    const patient = await service.patientOf(second, { channel: 'alipay', openid })
    await patient.open('insurance')
    await patient.preSettle()
    await paysUp(patient)
    expect(patient.codes).toEqual([])
    expect(patient.jumps).toEqual(['authorised'])
  })
})
