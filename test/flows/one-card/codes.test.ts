import { describe, expect, it } from 'vitest'
import { readOneCardPayment } from '../../../src/flows/one-card/payment.ts'
import { orderFor, takePaymentNotice } from '../../../src/flows/one-card/requests.ts'
import { fen } from '../../../src/payment/money.ts'
import * as billLocks from '../../../src/store/bill-locks.ts'
import { done } from '../../../src/upstreams/upstream.ts'
import { hisStub, testBill } from '../../support/app.ts'
import { describeDatabases } from '../../support/database.ts'
import { oneCardWorld } from '../../support/one-card.ts'
import { phone } from '../../upstreams/one-card/link.ts'
import { BILL, held, items, scanned, shown, shownCode, work } from './walk.ts'

describeDatabases((_, openFresh) => {
  describe('a code of ours that the holder scans', () => {
    it('[HN-101] shows the order, and is paid when the platform says so', async () => {
      const world = await oneCardWorld(await openFresh())
      const { orderNo, qr } = await shown(world)
      const order = await orderFor(world.app, orderNo)
      expect(order).toMatchObject({ state: 'UNPAID', amount: 12_345, title: `医疗费用 ${BILL}` })
      const paid = await phone(world, 'pay', { orderNo, silent: true })
      expect(qr).toBe(`ykt:pay:${orderNo}`)
      expect(paid).toMatchObject({ paid: true })
      await work(world, 6_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
      expect(await orderFor(world.app, orderNo)).toEqual({ orderNo, state: 'PAID' })
    })

    it('[HN-101] is worth nothing tampered, expired, or after the bill changed', async () => {
      let totalFen = 12_345
      const bill = async (billNo: string) => done(testBill({ billNo, totalFen: fen(totalFen) }))
      const world = await oneCardWorld(await openFresh(), { app: { his: hisStub({ bill }) } })
      const { orderNo } = await shown(world)
      expect(await orderFor(world.app, `${orderNo.slice(0, -1)}0`)).toBeNull()
      totalFen = 1
      expect(await orderFor(world.app, orderNo)).toEqual({ orderNo, state: 'CLOSED' })
      totalFen = 12_345
      await world.clock.advance(900_000)
      expect(await orderFor(world.app, orderNo)).toEqual({ orderNo, state: 'CLOSED' })
      await work(world, 6_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('closed')
    })

    it('[HN-101] a code whose answer was lost is fetched again under the same number', async () => {
      const world = await oneCardWorld(await openFresh())
      const first = await shown(world, 'MZ1-K52')
      expect(first.qr).toBeNull()
      await work(world, 6_000)
      const { qr, state } = await readOneCardPayment(world.app, first.orderNo)
      expect([qr, state]).toEqual([`ykt:pay:${first.orderNo}`, 'waiting'])
    })
  })

  describe('a code of the holder that we scan', () => {
    it('[HN-102] waits for the holder’s yes', async () => {
      const world = await oneCardWorld(await openFresh())
      const { orderNo, state } = await scanned(world, await shownCode(world))
      expect(state).toBe('waiting')
      await phone(world, 'pay', { orderNo, silent: true })
      await work(world, 6_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
    })

    it('[HN-102] hears a no, and the bill is free again', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      const { orderNo } = await scanned(world, await shownCode(world))
      const payment = await phone(world, 'pay', { orderNo, silent: true, refuse: true })
      expect(payment).toMatchObject({ paid: false })
      await work(world, 6_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('failed')
      expect(await billLocks.find(db, BILL, world.clock.now())).toBeNull()
    })

    it('[HN-102] whom nobody answers is asked about until the order is over', async () => {
      const world = await oneCardWorld(await openFresh())
      const { orderNo } = await scanned(world, await shownCode(world))
      for (let at = 0; at < 5; at += 1) await work(world, 200_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('closed')
      expect(held(world)).toBe(0)
    })

    it('[HN-93] an expired code pays nothing', async () => {
      const world = await oneCardWorld(await openFresh())
      const old = await shownCode(world)
      await world.clock.advance(60_001)
      await expect(scanned(world, old)).rejects.toMatchObject({ code: 'authorisation-failed' })
    })
  })

  describe('a notice', () => {
    it('[HN-102] is a reason to ask, and moves no money by itself', async () => {
      const world = await oneCardWorld(await openFresh())
      const { orderNo } = await shown(world)
      const told = { orderNo, payNo: 'X', amount: 12_345, state: 'PAID' }
      await takePaymentNotice(world.app, told)
      await work(world, 0)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('waiting')
      expect(world.written).toEqual([])
    })

    it('[HN-102] brings the result at once, and a repeat changes nothing', async () => {
      const world = await oneCardWorld(await openFresh())
      const { orderNo } = await shown(world)
      await phone(world, 'pay', { orderNo, silent: true })
      const told = { orderNo, payNo: 'X', amount: 12_345, state: 'PAID' }
      for (let times = 0; times < 3; times += 1) {
        await takePaymentNotice(world.app, told)
        await work(world, 0)
      }
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
      expect(world.written).toHaveLength(1)
    })

    it('of nobody’s order gets an owner', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      await takePaymentNotice(world.app, { orderNo: 'X1', payNo: 'X', amount: 1, state: 'PAID' })
      expect((await items(db)).map(({ kind }) => kind)).toEqual(['notice-unmatched'])
    })

    it('of money that came after the end is entered, and gets an owner', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      const { orderNo } = await shown(world)
      await db.q('one_card_payments').update({ state: 'closed', due_at: null, open_bill_no: null })
      await phone(world, 'pay', { orderNo, silent: true })
      await takePaymentNotice(world.app, { orderNo, payNo: 'X', amount: 12_345, state: 'PAID' })
      await work(world, 0)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
      expect((await items(db)).map(({ kind }) => kind)).toEqual(['results-disagree'])
    })
  })
})
