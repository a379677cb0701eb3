import { describe, expect, it } from 'vitest'
import { refundHrssPayment } from '../../../src/flows/hrss-pay/refund.ts'
import { closeHrssPayment } from '../../../src/flows/hrss-pay/close.ts'
import { fen } from '../../../src/payment/money.ts'
import {
  done,
  type Outcome,
  refused,
  type RefundSettlement,
  type Settlement,
  unknown,
} from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { notify } from '../../../src/sandbox/hrss-pay/notices.ts'
import { type Desk, openDesk } from './desk.ts'

/** HIS as it answers today; what it was told is kept. */
function hospital() {
  const his = {
    settlements: [] as Settlement[],
    refunds: [] as RefundSettlement[],
    settles: done(undefined) as Outcome<void>,
    returns: done(undefined) as Outcome<void>,
    writeBack: async (settlement: Settlement) => {
      his.settlements.push(settlement)
      return his.settles
    },
    writeBackRefund: async (refund: RefundSettlement) => {
      his.refunds.push(refund)
      return his.returns
    },
  }
  return his
}

const part = (refundNo: string, amount: number) => ({
  refundNo,
  amountFen: fen(amount),
  reason: '退号',
})

async function paid(desk: Desk, tell = true): Promise<string> {
  const { payment } = await desk.open('MZ1')
  await desk.payOnPhone(payment.mchOrderId)
  if (tell) await desk.tend()
  return payment.id
}

const HOUR_MS = 3_600_000

describeDatabases((_name, openFresh) => {
  describe('HIS', () => {
    it('[RS-56] hears of every refund once, under its own number, when the money is back', async () => {
      const his = hospital()
      const desk = await openDesk(await openFresh(), { his })
      const id = await paid(desk)
      await refundHrssPayment(desk.app, id, part('T1', 345))
      await refundHrssPayment(desk.app, id, part('T2', 12_000))
      await desk.tend(60_000)
      expect(his.refunds.map(({ refundNo, amounts }) => [refundNo, amounts.selfPayFen])).toEqual([
        ['T1', 345],
        ['T2', 12_000],
      ])
      expect(new Set(his.refunds.map(({ settlementNo }) => settlementNo))).toEqual(
        new Set(his.settlements.map(({ settlementNo }) => settlementNo)),
      )
      expect((await desk.look(id)).state).toBe('refunded')
    })

    it('[RS-56] hears of the payment before it hears of its refund', async () => {
      const his = hospital()
      his.settles = unknown('no answer')
      const desk = await openDesk(await openFresh(), { his })
      const id = await paid(desk)
      await refundHrssPayment(desk.app, id, part('T1', 12_345))
      await desk.tend(60_000)
      expect(his.refunds).toEqual([])
      his.settles = done(undefined)
      await desk.tend(60_000)
      expect(his.refunds).toHaveLength(1)
    })

    it('[RS-56] that is away is told again, ever more seldom, and after an hour somebody hears of it', async () => {
      const his = hospital()
      his.settles = unknown('no answer')
      const desk = await openDesk(await openFresh(), { his })
      await paid(desk)
      await desk.tend(2 * HOUR_MS, 30_000)
      expect(await desk.workItems()).toEqual(['write-back-overdue'])
      expect(his.settlements.length).toBeLessThan(100)
      his.settles = done(undefined)
      await desk.tend(HOUR_MS, 60_000)
      const rows = await desk.app.db.q('hrss_payments').select('write_back')
      expect(rows).toEqual([{ write_back: 'done' }])
    })

    it('[RS-56] that refuses a refund leaves a person with it, and is not asked again', async () => {
      const his = hospital()
      his.returns = refused('bill-void', '账单已作废')
      const desk = await openDesk(await openFresh(), { his })
      const id = await paid(desk)
      await refundHrssPayment(desk.app, id, part('T1', 12_345))
      await desk.tend(HOUR_MS, 60_000)
      expect(his.refunds).toHaveLength(1)
      expect(await desk.workItems()).toEqual(['refund-write-back-refused'])
    })

    it('is not told of a refund of money that it never heard of', async () => {
      const his = hospital()
      his.settles = refused('bill-settled-elsewhere', '已结算')
      const desk = await openDesk(await openFresh(), { his })
      const id = await paid(desk)
      await refundHrssPayment(desk.app, id, part('T1', 12_345))
      await desk.tend(HOUR_MS, 60_000)
      expect(his.refunds).toEqual([])
      expect((await desk.look(id)).state).toBe('refunded')
    })
  })

  describe('what stays unknown', () => {
    it('[RS-58] a close that nobody confirms gets an owner, and is asked about all the same', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1')
      desk.sandbox.teller.book.down = true
      await closeHrssPayment(desk.app, payment.id)
      await desk.tend(3 * HOUR_MS, 60_000)
      expect((await desk.look(payment.id)).state).toBe('closing')
      expect(await desk.workItems()).toEqual(['still-unknown'])
      desk.sandbox.teller.book.down = false
      await desk.tend(2 * HOUR_MS, 60_000)
      expect((await desk.look(payment.id)).state).toBe('closed')
    })

    it('[RS-77] a disputed payment without the platform’s number is not looked at without end', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1-S20', 'presented')
      const order = desk.orderOf(payment.mchOrderId)
      await desk.payOnPhone(payment.mchOrderId, false)
      await notify(desk.sandbox.teller, order, { content: { orderAmount: 1 } })
      await desk.tend()
      const disputed = await desk.look(payment.id)
      expect([disputed.state, disputed.payOrderId]).toEqual(['needs-review', order.payOrderId])
      await desk.tend(60_000)
      expect((await desk.look(payment.id)).state).toBe('paid')
    })
  })
})
