import { describe, expect, it } from 'vitest'
import { lockBill } from '../../../src/flows/desk-locks.ts'
import { openOrder } from '../../../src/flows/open-order.ts'
import { answerMerchantOrders } from '../../../src/flows/hrss-pay/merchant-orders.ts'
import { ownMoneyOf } from '../../../src/flows/reconciliation/own-money.ts'
import { platformNumber } from '../../../src/sandbox/hrss-pay/book.ts'
import { sendOnce } from '../../../src/sandbox/hrss-pay/notices.ts'
import { done } from '../../../src/upstreams/upstream.ts'
import { describeDatabases, dump } from '../../support/database.ts'
import { testBill } from '../../support/app.ts'
import { spoken } from '../../upstreams/hrss-pay/platform.ts'
import { openDesk, SERVICE } from './desk.ts'

const PATIENT = testBill().patient

describeDatabases((_name, openFresh) => {
  describe('a payment by social security card', () => {
    it.each(['online', 'presented', 'dynamic'] as const)(
      '[RS-51] [RS-52] [RS-53] [RS-72] [RS-77] %s is placed, paid, told and written back',
      async (way) => {
        const written: string[] = []
        const his = {
          writeBack: async ({ settlementNo }: { settlementNo: string }) => {
            written.push(settlementNo)
            return done(undefined)
          },
        }
        const db = await openFresh()
        const desk = await openDesk(db, { his })
        const { payment, created } = await desk.open('MZ1', way)
        expect([created, payment.state]).toEqual([true, 'waiting'])
        expect(payment.sealed.reveal().cashier?.kind).toBe(
          way === 'dynamic' ? 'qr-image' : 'cashier',
        )
        expect((await desk.open('MZ1', way)).payment.id).toBe(payment.id)
        expect(await desk.payOnPhone(payment.mchOrderId)).toBe(true)
        expect(desk.answers).toEqual(['{"isSuccess":"1","returnMsg":""}'])
        await desk.tend()
        expect(await desk.look(payment.id)).toMatchObject({ state: 'paid', writeBack: 'done' })
        expect(written).toEqual([`ST${payment.id}`])
        expect(desk.calls(SERVICE.order)).toBe(0)
        expect(await db.q('bill_locks').select()).toEqual([])
        const rests = await dump(db)
        for (const secret of [PATIENT.idNo, PATIENT.name, '51010012345678', 'payNo='])
          expect(rests).not.toContain(secret)
      },
    )

    it('[RS-55] without a notice is found by asking', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1-S32')
      await desk.payOnPhone(payment.mchOrderId)
      await desk.tend(15_000)
      expect((await desk.look(payment.id)).state).toBe('waiting')
      await desk.tend(10_000)
      expect((await desk.look(payment.id)).state).toBe('paid')
    })

    it('[RS-54] holds its bill against desks and patients, and gives it back when it is closed', async () => {
      const desk = await openDesk(await openFresh())
      const { payment } = await desk.open('MZ1')
      const lock = { billNo: 'MZ1', desk: '1号窗', until: desk.clock.now() + 60_000 }
      await expect(lockBill(desk.app, lock)).rejects.toThrow('bill-being-paid')
      const opening = {
        billNo: 'MZ1',
        channel: 'wechat',
        surface: 'h5',
        payMode: 'self-pay',
        subject: 's',
        userId: 'u',
        patientIds: ['P1'],
        clientIp: '1.1.1.1',
        deviceId: 'd',
      } as const
      await expect(openOrder(desk.app, opening)).rejects.toThrow('bill-being-paid')
      await expect(desk.open('MZ1', 'dynamic')).rejects.toThrow('payment-in-progress')
      // Unpaid until it expires: asked, closed, asked.
      await desk.tend(desk.app.settings.ORDER_LIFE_MS + 60_000, 60_000)
      expect((await desk.look(payment.id)).state).toBe('closed')
      expect(desk.orderOf(payment.mchOrderId).payStatus).toBe('4')
      expect(desk.calls(SERVICE.close)).toBe(1)
      await lockBill(desk.app, { ...lock, until: desk.clock.now() + 60_000 })
    })

    it('is not begun for a bill of which an order of the patient’s own is open', async () => {
      const desk = await openDesk(await openFresh())
      await openOrder(desk.app, {
        billNo: 'MZ1',
        channel: 'wechat',
        surface: 'h5',
        payMode: 'self-pay',
        subject: 's',
        userId: 'u',
        patientIds: ['P1'],
        clientIp: '1.1.1.1',
        deviceId: 'd',
      })
      await expect(desk.open('MZ1')).rejects.toThrow('bill-being-paid')
      expect(desk.wire.sent).toEqual([])
    })

    it('of one bill is one, however many desks begin it at once', async () => {
      const desk = await openDesk(await openFresh())
      const all = await Promise.allSettled(Array.from({ length: 5 }, () => desk.open('MZ1')))
      const ids = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.payment.id] : []))
      expect(new Set(ids).size).toBe(1)
      expect(desk.calls(SERVICE.online)).toBe(1)
    })
  })

  describe('the static code', () => {
    it('[RS-54] [RS-70] way 2: a person’s unpaid payments are listed, chosen and paid', async () => {
      const desk = await openDesk(await openFresh())
      const { teller } = desk.sandbox
      const ask = async (idNumberOrder: string) => {
        const call = spoken(desk, { idTypeOrder: '01', idNumberOrder })
        const answer: { data: string } = JSON.parse(await answerMerchantOrders(desk.app, call))
        const clear: { orderData: Record<string, unknown>[] } = JSON.parse(
          teller.gateway.decrypt(answer.data) ?? '',
        )
        return clear.orderData
      }
      expect(await ask(PATIENT.idNo)).toEqual([])
      const { payment } = await desk.open('MZ1', 'static')
      await desk.open('MZ2', 'static')
      await desk.open('MZ3', 'online')
      expect(desk.wire.sent.length).toBe(1)
      expect((await ask(PATIENT.idNo)).length).toBe(2)
      expect(await ask('510101199001010000')).toEqual([])
      expect(await ask(PATIENT.idNo)).toContainEqual(
        expect.objectContaining({ mchOrderId: payment.mchOrderId, orderAmount: 12_345 }),
      )
      const order = {
        request: { mchOrderId: payment.mchOrderId, orderAmount: 12_345, notifyUrl: 'https://x' },
        text: '',
        service: 'static',
        payOrderId: platformNumber(desk.context.world),
        billNo: 'MZ1',
        payStatus: '0',
        paidAt: null,
        refundedFen: 0,
      } as const
      teller.book.orders.set(payment.mchOrderId, { ...order })
      await desk.payOnPhone(payment.mchOrderId)
      await desk.tend()
      expect(await desk.look(payment.id)).toMatchObject({
        state: 'paid',
        payOrderId: order.payOrderId,
      })
      expect((await ask(PATIENT.idNo)).map(({ mchOrderId }) => mchOrderId)).not.toContain(
        payment.mchOrderId,
      )
      await desk.clock.advance(desk.app.settings.ORDER_LIFE_MS)
      expect(await ask(PATIENT.idNo)).toEqual([])
    })

    it('[RS-54] way 2: what was never told is free when it expires, what was told only a day later', async () => {
      const desk = await openDesk(await openFresh())
      const [untold, told] = [await desk.open('MZ1', 'static'), await desk.open('MZ2', 'static')]
      await desk.app.db.q('hrss_payments').where({ id: told.payment.id }).update({ told_at: 1 })
      await desk.tend(desk.app.settings.ORDER_LIFE_MS + 600_000, 600_000)
      expect((await desk.look(untold.payment.id)).state).toBe('closed')
      expect((await desk.look(told.payment.id)).state).toBe('offered')
      expect(await desk.workItems()).toEqual(['still-unknown'])
      await desk.tend(86_400_000, 3_600_000)
      expect((await desk.look(told.payment.id)).state).toBe('closed')
    })

    it.each([
      ['true', []],
      ['false', ['notice-unmatched']],
    ] as const)(
      '[RS-54] way 1: money under a number we never gave is a receipt (expected: %s)',
      async (HRSS_PAY_TYPED_AMOUNTS, items) => {
        const desk = await openDesk(await openFresh(), { settings: { HRSS_PAY_TYPED_AMOUNTS } })
        const order = {
          request: { mchOrderId: 'RS1', orderAmount: 500, notifyUrl: 'https://x' },
          text: '',
          service: 'static',
          payOrderId: '1',
          billNo: 'RS1',
          payStatus: '2',
          paidAt: desk.clock.now(),
          refundedFen: 0,
        } as const
        await sendOnce(desk.sandbox.teller, { ...order })
        await sendOnce(desk.sandbox.teller, { ...order })
        expect(desk.answers).toEqual(Array(2).fill('{"isSuccess":"1","returnMsg":""}'))
        expect(await ownMoneyOf(desk.app, '2026-11-20')).toMatchObject([
          {
            merchantOrderNo: 'RS1',
            bankOrderNo: '1',
            amountFen: 500,
            status: 'done',
            billNo: null,
          },
        ])
        expect(await ownMoneyOf(desk.app, '2026-11-21')).toEqual([])
        expect(await desk.workItems()).toEqual(items)
      },
    )
  })
})
