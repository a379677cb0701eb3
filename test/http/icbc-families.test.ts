/** The whole service with each shape of ICBC's mixed order: what a patient lives through, and who holds the money. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_PROFILES, type IcbcProfile } from '../../src/sandbox/parameters.ts'
import {
  becomes,
  entersPassword,
  paysUp,
  startWholeService,
  type WholeService,
} from '../support/whole-service.ts'

const FAMILIES: readonly IcbcProfile['family'][] = ['head-office', 'aggregated', 'hebei']

describe.each(FAMILIES)('ICBC_MIXED_ORDERS=%s', (family) => {
  let service: WholeService
  beforeAll(async () => {
    const icbc = { ...DEFAULT_PROFILES.icbc, family }
    const soon = { SCHEDULE_FIRST_DELAY_MS: '1000' }
    const settings = {
      ICBC_MIXED_ORDERS: family,
      ...(family === 'aggregated' && { ICBC_LEGACY: 'not encrypted inside TLS; 2099-12-31' }),
      ...soon,
    }
    service = await startWholeService(settings, undefined, { icbc })
  })
  afterAll(() => service.stop())

  const callsOf = (billNo: string, name: string) =>
    service.sandbox.world.calls.filter((call) => call.billNo === billNo && call.call === name)
  const holds = (billNo: string, whom: 'bank' | 'patient' | 'insurance-payable') =>
    service.sandbox.world.ledger.balance(billNo, whom)

  async function comes(suffix: string, channel: 'wechat' | 'alipay' = 'wechat') {
    const { bill, patient } = await service.patientWith(channel, suffix)
    const payMode = suffix.startsWith('S') ? 'self-pay' : 'insurance'
    await patient.open(payMode)
    if (payMode === 'insurance') await patient.preSettle()
    return { billNo: bill.billNo, patient }
  }

  describe.each(['wechat', 'alipay'] as const)('with %s', (channel) => {
    it.each([
      ['mixed', 'M'],
      ['insurance only', 'I'],
      ['own money only', 'S'],
    ])(
      '%s is paid once, and everybody holds what is theirs [SC-P08] [SC-P09] [SC-P10]',
      async (_, suffix) => {
        const { billNo, patient } = await comes(suffix, channel)
        await paysUp(patient)
        const { amounts } = await patient.look()
        const { selfPayFen, fundFen, accountFen, otherFen } = amounts
        expect(holds(billNo, 'bank')).toBe(selfPayFen)
        expect(holds(billNo, 'insurance-payable')).toBe(fundFen + accountFen + otherFen)
        const submits = callsOf(billNo, 'mixed-submit')
        expect(submits).toMatchObject([{ upstream: 'icbc', result: 'effect' }])
      },
    )
  })

  // What is lost at the bank is the same story whatever channel pays.
  it('F01 own money is returned once when the insurance fails after it [SC-X01] [SC-X02]', async () => {
    const { billNo, patient } = await comes('MF01')
    await entersPassword(patient)
    await becomes(patient, 'refunded')
    expect(callsOf(billNo, 'refund')).toMatchObject([{ result: 'effect' }])
    expect(holds(billNo, 'patient')).toBe(0)
  })

  it.each(['MF09', 'SF09'])(
    '%s a lost step 8 is closed before the second one, and only one is paid [SC-P08]',
    async (suffix) => {
      const { billNo, patient } = await comes(suffix)
      await paysUp(patient)
      const cash = [...service.sandbox.bank.cashOrders.values()].filter(
        (order) => order.billNo === billNo,
      )
      expect(cash.map(({ status }) => status)).toEqual(['closed', 'paid'])
      expect(holds(billNo, 'bank')).toBe((await patient.look()).amounts.selfPayFen)
    },
  )

  it.each(['MF10', 'IF10', 'SF10'])(
    '%s a lost step 9 is the same order when it is found again [SC-P09]',
    async (suffix) => {
      const { billNo, patient } = await comes(suffix)
      await paysUp(patient)
      const effects = callsOf(billNo, 'mixed-submit').filter(({ result }) => result === 'effect')
      expect(effects).toHaveLength(1)
      expect(holds(billNo, 'bank')).toBe((await patient.look()).amounts.selfPayFen)
    },
  )

  it('F03 without a callback the question finds it paid [SC-P12]', async () => {
    const { billNo, patient } = await comes('MF03')
    await paysUp(patient)
    expect(callsOf(billNo, 'mixed-query').length).toBeGreaterThan(0)
  })
})
