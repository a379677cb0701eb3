import { describe, expect, it } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { closeHrssPayment } from '../../../src/flows/hrss-pay/close.ts'
import { refundHrssPayment } from '../../../src/flows/hrss-pay/refund.ts'
import { fen } from '../../../src/payment/money.ts'
import type { SandboxRequest } from '../../../src/sandbox/world.ts'
import { describeDatabases } from '../../support/database.ts'
import { type Desk, openDesk, SERVICE } from './desk.ts'

async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'none'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

async function paid(desk: Desk, billNo: string): Promise<string> {
  const { payment } = await desk.open(billNo)
  await desk.payOnPhone(payment.mchOrderId)
  await desk.tend()
  expect((await desk.look(payment.id)).state).toBe('paid')
  return payment.id
}

const HOUR_MS = 3_600_000
const part = (refundNo: string, amount: number) => ({
  refundNo,
  amountFen: fen(amount),
  reason: '退号',
})

describeDatabases((_name, openFresh) => {
  describe('an order whose answer is lost', () => {
    it.each(['S20', 'S22', 'S23'])(
      '[RS-25] [RS-51] (%s) has no second one, and its notice tells of it',
      async (suffix) => {
        const desk = await openDesk(await openFresh())
        const { payment } = await desk.open(`MZ1-${suffix}`, 'presented')
        expect(payment.state).toBe('ordering')
        expect((await desk.open(`MZ1-${suffix}`, 'presented')).payment.id).toBe(payment.id)
        await desk.tend(60_000)
        expect(desk.wire.sent.length).toBe(1)
        await desk.payOnPhone(payment.mchOrderId)
        await desk.tend()
        expect((await desk.look(payment.id)).state).toBe('paid')
      },
    )

    it('[RS-51] stays so for a day after its end, is shown to a person, and frees its bill then', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1-S21')
      expect(await refusalOf(closeHrssPayment(desk.app, payment.id))).toBe('payment-in-progress')
      await desk.tend(HOUR_MS, 600_000)
      expect((await desk.look(payment.id)).state).toBe('ordering')
      expect(await desk.workItems()).toEqual(['still-unknown'])
      await desk.tend(24 * HOUR_MS, HOUR_MS)
      expect((await desk.look(payment.id)).state).toBe('closed')
    })

    it('[RS-51] is asked for by our number where that is agreed, and closed: its cashier is lost', async () => {
      const profile = { resendOrder: false, queryWithoutPayOrderId: true }
      const desk = await openDesk(await openFresh(), { platform: { profile } })
      const { payment } = await desk.open('MZ1-S20')
      await desk.tend(20_000)
      expect((await desk.look(payment.id)).state).toBe('closed')
      expect(desk.calls(SERVICE.online)).toBe(1)
      expect(desk.orderOf(payment.mchOrderId).payStatus).toBe('4')
    })

    it.each(['S20', 'S21'])(
      '[RS-51] (%s) is sent again under the same number where that is agreed',
      async (suffix) => {
        const profile = { resendOrder: true, queryWithoutPayOrderId: false }
        const desk = await openDesk(await openFresh(), { platform: { profile } })
        const { payment } = await desk.open(`MZ1-${suffix}`)
        expect(payment.state).toBe('ordering')
        await desk.tend(20_000)
        expect((await desk.look(payment.id)).state).toBe('waiting')
        expect(desk.sandbox.teller.book.orders.size).toBe(1)
      },
    )

    it('[RS-72] may be told of by the notice before its answer comes', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1-S33', 'presented')
      expect(payment.state).toBe('waiting')
      await desk.tend()
      expect((await desk.look(payment.id)).state).toBe('paid')
    })
  })

  describe('an order that the gateway did not take', () => {
    it.each(['S05', 'S06', 'S14'])(
      '[RS-35] [RS-36] [RS-44] (%s turned away) is over, and the desk may begin anew',
      async (suffix) => {
        const desk = await openDesk(await openFresh())
        expect(await refusalOf(desk.open(`MZ1-${suffix}`))).toBe('upstream-unavailable')
        await desk.tend(60_000)
        expect(desk.wire.sent.length).toBe(1)
        expect(await refusalOf(desk.open(`MZ1-${suffix}`))).toBe('upstream-unavailable')
        expect((await desk.open(`MZ1-${suffix}`)).payment.state).toBe('waiting')
      },
    )

    it.each(['S01', 'S02', 'S04', 'S07', 'S08', 'S09', 'S10', 'S11', 'S12', 'S24'])(
      '[RS-31] [RS-32] [RS-34] [RS-37] [RS-38] [RS-39] [RS-40] [RS-41] [RS-42] [RS-24] (%s refused) has failed in words',
      async (suffix) => {
        const desk = await openDesk(await openFresh())
        expect(await refusalOf(desk.open(`MZ1-${suffix}`))).toBe('upstream-refused')
        await desk.tend(60_000)
        expect(desk.wire.sent.length).toBe(1)
        expect(await desk.app.db.q('bill_locks').select()).toEqual([])
      },
    )

    it.each(['S03', 'S13'])(
      '[RS-33] [RS-43] (%s) is unknown: nobody orders again',
      async (suffix) => {
        const desk = await openDesk(await openFresh())
        expect((await desk.open(`MZ1-${suffix}`)).payment.state).toBe('ordering')
        await desk.tend(60_000)
        expect(desk.wire.sent.length).toBe(1)
      },
    )

    it.each([
      ['S29', 'online'],
      ['S30', 'dynamic'],
    ] as const)(
      '[RS-63] [RS-53] (%s) whose cashier is unsafe is closed again',
      async (suffix, way) => {
        const desk = await openDesk(await openFresh())
        expect(await refusalOf(desk.open(`MZ1-${suffix}`, way))).toBe('upstream-refused')
        const [order] = desk.sandbox.teller.book.orders.values()
        expect(order?.payStatus).toBe('4')
      },
    )
  })

  describe('a close', () => {
    it('[RS-58] that races a payment ends in paid, and no money is lost', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1-S27')
      expect(await refusalOf(closeHrssPayment(desk.app, payment.id))).toBe('already-paid')
      expect((await desk.look(payment.id)).state).toBe('paid')
      expect(desk.hospitalHolds('MZ1-S27')).toBe(12_345)
    })

    it.each(['S20C', 'S21C', 'S22C', 'S23C', 'S24C', 'S03C', 'S14C', 'S20Q', 'S05Q', 'S23Q'])(
      '[RS-58] (%s) is asked for until the platform says that it is closed',
      async (suffix) => {
        const desk = await openDesk(await openFresh())
        const { payment } = await desk.open(`MZ1-${suffix}`)
        await closeHrssPayment(desk.app, payment.id)
        await desk.tend(60_000)
        expect((await desk.look(payment.id)).state).toBe('closed')
        expect(desk.orderOf(payment.mchOrderId).payStatus).toBe('4')
        expect((await closeHrssPayment(desk.app, payment.id)).state).toBe('closed')
      },
    )
  })

  describe('a refund', () => {
    it('[RS-56] [RS-57] [RS-59] in two parts empties the account, and each number pays once', async () => {
      const desk = await openDesk(await openFresh())
      const id = await paid(desk, 'MZ1')
      await refundHrssPayment(desk.app, id, part('T1', 345))
      await refundHrssPayment(desk.app, id, part('T1', 345))
      expect(await refusalOf(refundHrssPayment(desk.app, id, part('T1', 346)))).toBe(
        'refund-in-progress',
      )
      expect(await desk.look(id)).toMatchObject({ state: 'paid', refundedFen: 345 })
      const known = await desk.app.db.q('hrss_refunds').pluck('known_at')
      expect(known.map(Number)).toEqual([desk.clock.now()])
      await refundHrssPayment(desk.app, id, part('T2', 12_000))
      await desk.tend()
      expect(await desk.look(id)).toMatchObject({ state: 'refunded', refundedFen: 12_345 })
      expect(desk.hospitalHolds('MZ1')).toBe(0)
      expect(desk.calls(SERVICE.refund)).toBe(2)
    })

    it('[RS-56] is never more than was paid, however many come at once', async () => {
      const desk = await openDesk(await openFresh())
      const id = await paid(desk, 'MZ1')
      const wishes = Array.from({ length: 6 }, (_, at) => part(`T${at}`, 5_000))
      const all = await desk.clock.run(
        Promise.all(wishes.map((wish) => refusalOf(refundHrssPayment(desk.app, id, wish)))),
      )
      expect(all.filter((one) => one === 'none').length).toBe(2)
      expect(all.filter((one) => one === 'not-refundable').length).toBe(4)
      await desk.tend(30_000)
      expect(desk.hospitalHolds('MZ1')).toBe(2_345)
      expect(await desk.look(id)).toMatchObject({ refundedFen: 10_000, reservedFen: 10_000 })
    })

    it('is refused before anything was paid', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1')
      expect(await refusalOf(refundHrssPayment(desk.app, payment.id, part('T1', 1)))).toBe(
        'not-refundable',
      )
    })

    it.each([
      'S20R',
      'S21R',
      'S22R',
      'S23R',
      'S03R',
      'S05R',
      'S13R',
      'S14R',
      'S25',
      'S35',
      'S20T',
      'S35T',
    ])(
      '[RS-33] [RS-43] [RS-56] [RS-57] (%s) goes on under the same number and returns the money once',
      async (suffix) => {
        const desk = await openDesk(await openFresh())
        const billNo = `MZ1-${suffix}`
        const id = await paid(desk, billNo)
        await refundHrssPayment(desk.app, id, part('T1', 12_345))
        await desk.tend(120_000)
        expect((await desk.look(id)).state).toBe('refunded')
        expect(desk.hospitalHolds(billNo)).toBe(0)
        expect(desk.sandbox.teller.book.refunds.size).toBe(1)
      },
    )

    it('[RS-57] whose platform number is unknown beside another one is sent again, not guessed', async () => {
      const desk = await openDesk(await openFresh())
      const id = await paid(desk, 'MZ1-S20R')
      await refundHrssPayment(desk.app, id, part('T1', 1_000))
      await refundHrssPayment(desk.app, id, part('T2', 2_000))
      await desk.tend(60_000)
      expect(await desk.look(id)).toMatchObject({ refundedFen: 3_000 })
      expect(desk.hospitalHolds('MZ1-S20R')).toBe(9_345)
    })

    it.each(['S24R', 'S34'])(
      '[RS-56] (%s) that finally failed goes on under a second number, and only then',
      async (suffix) => {
        const desk = await openDesk(await openFresh())
        const id = await paid(desk, `MZ1-${suffix}`)
        await refundHrssPayment(desk.app, id, part('T1', 12_345))
        expect(await desk.look(id)).toMatchObject({ state: 'paid', reservedFen: 12_345 })
        await desk.tend(60_000)
        expect((await desk.look(id)).state).toBe('refunded')
        const numbers = [...desk.sandbox.teller.book.refunds.keys()]
        expect(numbers.at(-1)).toMatch(/^R\w{26}-2$/)
        expect(desk.hospitalHolds(`MZ1-${suffix}`)).toBe(0)
      },
    )

    it('[RS-40] that is refused for ever has somebody who hears of it', async () => {
      const desk = await openDesk(await openFresh())
      const id = await paid(desk, 'MZ1-S10R')
      await refundHrssPayment(desk.app, id, part('T1', 12_345))
      await desk.tend(2 * HOUR_MS, 60_000)
      expect(await desk.workItems()).toEqual(
        expect.arrayContaining(['refund-failing', 'refund-overdue']),
      )
      expect(await desk.look(id)).toMatchObject({ state: 'paid', reservedFen: 12_345 })
    })

    it('[RS-06] that meets a platform which is away for five minutes is sent when it is back, once each', async () => {
      let away = false
      const desk = await openDesk(await openFresh())
      const ids = [await paid(desk, 'MZ1'), await paid(desk, 'MZ2')]
      const whole = { ...desk.sandbox }
      Object.assign(desk.sandbox, {
        handle: (request: SandboxRequest) =>
          away ? Promise.resolve({ kind: 'lost' }) : whole.handle(request),
      })
      away = true
      for (const id of ids) await refundHrssPayment(desk.app, id, part('T1', 12_345))
      await desk.restart()
      await desk.tend(300_000, 10_000)
      expect(desk.sandbox.teller.book.refunds.size).toBe(0)
      away = false
      await desk.tend(120_000, 10_000)
      for (const id of ids) expect((await desk.look(id)).state).toBe('refunded')
      expect(desk.sandbox.teller.book.refunds.size).toBe(2)
    })
  })
})
