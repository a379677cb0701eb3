import { describe, expect, it } from 'vitest'
import { closeHrssPayment } from '../../../src/flows/hrss-pay/close.ts'
import { refundHrssPayment } from '../../../src/flows/hrss-pay/refund.ts'
import { takeHrssNotice } from '../../../src/flows/hrss-pay/notices.ts'
import { notify, sendOnce, stateOf } from '../../../src/sandbox/hrss-pay/notices.ts'
import { describeDatabases } from '../../support/database.ts'
import { spoken } from '../../upstreams/hrss-pay/platform.ts'
import { type Desk, openDesk, SERVICE } from './desk.ts'

const YES = '{"isSuccess":"1","returnMsg":""}'
const isNo = (answer: string): boolean => answer.startsWith('{"isSuccess":"0","returnMsg":"')

async function waiting(desk: Desk, billNo = 'MZ1') {
  const { payment } = await desk.open(billNo)
  const order = desk.orderOf(payment.mchOrderId)
  const state = () => desk.look(payment.id).then((now) => now.state)
  return { payment, order, state }
}

describeDatabases((_name, openFresh) => {
  describe('a notification', () => {
    it('[RS-73] [RS-74] a hundred times at once has one effect and a hundred times yes', async () => {
      const desk = await openDesk(await openFresh())
      const { payment, order, state } = await waiting(desk)
      await desk.payOnPhone(payment.mchOrderId, false)
      const { teller } = desk.sandbox
      await desk.clock.run(Promise.all(Array.from({ length: 100 }, () => sendOnce(teller, order))))
      await desk.tend()
      await sendOnce(teller, order)
      await desk.tend()
      expect(desk.answers).toEqual(Array(101).fill(YES))
      expect(await state()).toBe('paid')
      const events = await desk.app.db
        .q('events')
        .where({ order_id: payment.id, what: 'hrss-paid' })
      expect(events.length).toBe(1)
      expect(desk.calls(SERVICE.order)).toBe(0)
    })

    it('[RS-74] by setting is only a reason to ask, and the answer counts', async () => {
      const desk = await openDesk(await openFresh(), { settings: { HRSS_PAY_NOTICE: 'query' } })
      const { payment, order, state } = await waiting(desk)
      // It says paid, the platform itself does not.
      await sendOnce(desk.sandbox.teller, order, { content: { payStatus: '2' } })
      await desk.tend()
      expect([await state(), desk.calls(SERVICE.order)]).toEqual(['waiting', 1])
      await desk.payOnPhone(payment.mchOrderId)
      await desk.tend()
      expect([await state(), desk.calls(SERVICE.order)]).toEqual(['paid', 2])
    })

    it('[RS-59] [RS-74] that differs from one applied before makes us ask, and paid stays paid', async () => {
      const desk = await openDesk(await openFresh())
      const { payment, order, state } = await waiting(desk)
      await desk.payOnPhone(payment.mchOrderId)
      await desk.tend()
      for (const payStatus of ['0', '1', '3', '4']) {
        await sendOnce(desk.sandbox.teller, order, { content: { payStatus } })
        await desk.tend()
      }
      expect([await state(), desk.calls(SERVICE.order)]).toEqual(['paid', 4])
    })

    it.each([
      ['0', 'waiting'],
      ['1', 'waiting'],
      ['3', 'failed'],
      ['4', 'closed'],
      ['5', 'needs-review'],
      ['6', 'waiting'],
      ['2 ', 'waiting'],
    ])('[RS-59] [RS-77] with payStatus %j leaves the payment %s', async (payStatus, expected) => {
      const desk = await openDesk(await openFresh())
      const { order, state } = await waiting(desk)
      await sendOnce(desk.sandbox.teller, order, { content: { payStatus } })
      await desk.tend()
      expect(await state()).toBe(expected)
    })

    it.each([12_344, 12_346, 1])(
      '[RS-77] of %i fen is not paid, and a person hears of it',
      async (orderAmount) => {
        const desk = await openDesk(await openFresh())
        const { order, state } = await waiting(desk)
        await sendOnce(desk.sandbox.teller, order, { content: { payStatus: '2', orderAmount } })
        await desk.tend()
        expect(await state()).toBe('needs-review')
        expect(await desk.workItems()).toEqual(['results-disagree'])
      },
    )

    it('[RS-77] without an amount makes us ask', async () => {
      const desk = await openDesk(await openFresh())
      const { payment, order, state } = await waiting(desk)
      await desk.payOnPhone(payment.mchOrderId, false)
      await sendOnce(desk.sandbox.teller, order, { content: { orderAmount: null } })
      await desk.tend()
      expect([await state(), desk.calls(SERVICE.order)]).toEqual(['paid', 1])
    })

    it('[RS-59] of an abnormal order goes to a person, and is paid once the platform says so', async () => {
      const desk = await openDesk(await openFresh(), { settings: { HRSS_PAY_NOTICE: 'query' } })
      const { payment, state } = await waiting(desk, 'MZ1-S26')
      await desk.payOnPhone(payment.mchOrderId)
      await desk.tend()
      expect(await state()).toBe('needs-review')
      await desk.tend(60_000)
      expect(await state()).toBe('paid')
      expect(desk.hospitalHolds('MZ1-S26')).toBe(12_345)
    })

    it('[RS-55] [RS-77] and query that agree on another amount end with a person', async () => {
      const desk = await openDesk(await openFresh())
      const { payment, state } = await waiting(desk, 'MZ1-S28')
      await desk.payOnPhone(payment.mchOrderId, false)
      await desk.tend(60_000)
      expect(await state()).toBe('needs-review')
    })

    it('[RS-59] of money for a payment that is over goes to a person, and can be given back', async () => {
      const desk = await openDesk(await openFresh())
      const { payment, order, state } = await waiting(desk)
      await closeHrssPayment(desk.app, payment.id)
      expect(await state()).toBe('closed')
      order.payStatus = '0'
      await desk.payOnPhone(payment.mchOrderId)
      await desk.tend()
      expect(await state()).toBe('needs-review')
      expect((await desk.look(payment.id)).paidAt).not.toBeNull()
      expect(await desk.workItems()).toEqual(['results-disagree'])
    })

    it('[RS-59] [RS-74] of money after the end is asked about until the platform’s own books know', async () => {
      const desk = await openDesk(await openFresh(), { settings: { HRSS_PAY_NOTICE: 'query' } })
      const { payment, order, state } = await waiting(desk)
      await closeHrssPayment(desk.app, payment.id)
      order.payStatus = '0'
      await sendOnce(desk.sandbox.teller, order, { content: { payStatus: '2' } })
      await desk.tend()
      expect(await state()).toBe('closed')
      await desk.payOnPhone(payment.mchOrderId, false)
      await desk.tend(60_000)
      expect(await state()).toBe('needs-review')
      expect((await desk.look(payment.id)).paidAt).not.toBeNull()
    })

    it.each([
      ['paid', 'needs-review'],
      ['refunded', 'refunded'],
    ])('[RS-59] of a second payment once the first is %s reaches a person', async (first, then) => {
      const desk = await openDesk(await openFresh())
      const { payment, order, state } = await waiting(desk)
      await desk.payOnPhone(payment.mchOrderId)
      await desk.tend()
      const wish = { refundNo: 'T1', amountFen: payment.amountFen, reason: '退号' }
      if (first === 'refunded') await refundHrssPayment(desk.app, payment.id, wish)
      await desk.tend(60_000)
      expect(await state()).toBe(first)
      const content = { payStatus: '2', payOrderId: '10000000000000000000' }
      await sendOnce(desk.sandbox.teller, order, { content })
      await desk.tend(60_000)
      expect([await state(), await desk.workItems()]).toEqual([then, ['results-disagree']])
    })

    it('[RS-75] [RS-76] that is forged, in clear, or of another merchant changes nothing and is told no', async () => {
      const desk = await openDesk(await openFresh())
      const { order, state } = await waiting(desk)
      const content = { ...stateOf(order), payStatus: '2' }
      const take = (call: Parameters<typeof takeHrssNotice>[1]) => takeHrssNotice(desk.app, call)
      const answers = [
        await take(spoken(desk, content, true)),
        await take(spoken(desk, JSON.stringify(content))),
        await take({ contentType: 'application/json', body: Buffer.from(JSON.stringify(content)) }),
        await take({ contentType: 'application/json', body: Buffer.alloc(0) }),
      ]
      expect(answers.every(isNo)).toBe(true)
      await desk.tend()
      expect(await state()).toBe('waiting')
      expect(await desk.app.db.q('hrss_notices').select()).toEqual([])
      expect(desk.app.logged.join()).toContain('hrss-notice-not-believed')
    })

    it('[RS-75] that is forged is refused by the whole chain: the sandbox’s own forgery', async () => {
      const desk = await openDesk(await openFresh())
      const { payment, order, state } = await waiting(desk, 'MZ1-S36')
      await desk.payOnPhone(payment.mchOrderId, false)
      await notify(desk.sandbox.teller, order)
      expect(desk.answers.every(isNo)).toBe(true)
      expect(await state()).toBe('waiting')
    })

    it('[RS-73] that cannot be stored is told no, so that it comes again', async () => {
      const desk = await openDesk(await openFresh())
      const { order } = await waiting(desk)
      const call = spoken(desk, { ...stateOf(order), payStatus: '2' })
      const broken = { ...desk.app, db: { ...desk.app.db, q: desk.app.db.q.withUserParams({}) } }
      Object.assign(broken.db, {
        q: () => {
          throw new Error('the database is away')
        },
      })
      expect(isNo(await takeHrssNotice(broken, call))).toBe(true)
      expect(await takeHrssNotice(desk.app, call)).toBe(YES)
    })

    it('[RS-55] that names another number of the platform goes to a person', async () => {
      const desk = await openDesk(await openFresh())
      const { order, state } = await waiting(desk)
      await sendOnce(desk.sandbox.teller, order, {
        content: { payStatus: '2', payOrderId: '10000000000000000000' },
      })
      await desk.tend()
      expect(await state()).toBe('needs-review')
    })
  })
})
