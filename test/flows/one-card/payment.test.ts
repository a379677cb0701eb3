import { describe, expect, it } from 'vitest'
import { attendOneCardPayment } from '../../../src/flows/one-card/attend-payment.ts'
import { readOneCardPayment, startOneCardPayment } from '../../../src/flows/one-card/payment.ts'
import * as billLocks from '../../../src/store/bill-locks.ts'
import type { Db } from '../../../src/store/database.ts'
import * as payments from '../../../src/store/one-card-payments.ts'
import { describeDatabases, dump } from '../../support/database.ts'
import { oneCardWorld } from '../../support/one-card.ts'
import { holderOf } from '../../upstreams/one-card/link.ts'
import { BILL, callsOf, held, LATER_MS, online, scanned, shown, shownCode, work } from './walk.ts'

describeDatabases((_, openFresh) => {
  describe('paying online', () => {
    it('[HN-100][HN-103] takes the bill, tells HIS once, and lets go of it', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      const { orderNo, state } = await online(world)
      expect(state).toBe('paid')
      expect(await billLocks.find(db, BILL, world.clock.now())).not.toBeNull()
      await work(world, 0)
      expect(world.written).toMatchObject([{ billNo: BILL, settlementNo: `ST${orderNo}` }])
      expect(await billLocks.find(db, BILL, world.clock.now())).toBeNull()
      expect([callsOf(world, 'person'), callsOf(world, 'pay'), held(world)]).toEqual([1, 1, 12_345])
      const row = await db.q('one_card_payments').first<{ known_at: unknown }>('known_at')
      expect(Number(row.known_at)).toBe(world.clock.now())
    })

    it('[HN-90] stops when the name is not the number’s', async () => {
      const world = await oneCardWorld(await openFresh())
      const [{ name }, { idNo }] = [await holderOf(world, 0), await holderOf(world, 1)]
      const holder = { name, socialSecurityNo: idNo }
      const wish = { kind: 'online', billNo: BILL, holder, code: null, card: null } as const
      const paying = world.clock.run(startOneCardPayment(world.app, wish))
      await expect(paying).rejects.toMatchObject({ code: 'person-mismatch' })
      expect(callsOf(world, 'pay')).toBe(0)
    })

    it.each(['K51', 'K56'])(
      '[HN-61, HN-100] a lost answer (%s) is asked for, and nobody pays twice',
      async (suffix) => {
        const world = await oneCardWorld(await openFresh())
        const { orderNo, state } = await online(world, `MZ1-${suffix}`)
        expect(state).toBe('open')
        await work(world, 6_000)
        const payment = await readOneCardPayment(world.app, orderNo)
        expect([payment.state, payment.hisWriteBack]).toEqual(['paid', 'done'])
        expect([callsOf(world, 'pay'), held(world)]).toEqual([1, 12_345])
      },
    )

    it('[HN-100] a request that never arrived is sent again under its number', async () => {
      const world = await oneCardWorld(await openFresh())
      const { orderNo } = await online(world, 'MZ1-K52')
      await work(world, 6_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
      const bodies = world.sent
        .map(({ body }) => body.toString())
        .filter((b) => b.includes('title'))
      expect(bodies.map((body) => JSON.parse(body).orderNo)).toEqual([orderNo, orderNo])
      expect(held(world)).toBe(12_345)
    })

    it.each(['K53', 'K54', 'K57'])(
      '[HN-34] an answer that says nothing (%s) moves nothing until it is asked for',
      async (suffix) => {
        const world = await oneCardWorld(await openFresh())
        const { orderNo, state } = await online(world, `MZ1-${suffix}`)
        expect(state).toBe('open')
        await work(world, 6_000)
        expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
        expect(callsOf(world, 'pay')).toBe(1)
      },
    )

    it('[HN-67] refused at the gateway nothing is held, and the bill is free', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      const { state } = await online(world, 'MZ1-K28')
      expect(state).toBe('failed')
      expect(await billLocks.find(db, 'MZ1-K28', world.clock.now())).toBeNull()
      expect(held(world)).toBe(0)
    })

    it('[HN-100][HN-101] a desk that lost our answer and asks again gets the same payment', async () => {
      const world = await oneCardWorld(await openFresh())
      const first = await shown(world)
      expect(await shown(world)).toEqual(first)
      const code = await shownCode(world)
      const waiting = await scanned(world, code, 'MZ2')
      expect((await scanned(world, code, 'MZ2')).orderNo).toBe(waiting.orderNo)
      await expect(scanned(world, await shownCode(world), 'MZ2')).rejects.toMatchObject({
        code: 'bill-being-paid',
      })
      expect([callsOf(world, 'pay-code'), callsOf(world, 'code-pay')]).toEqual([1, 1])
    })

    it('one bill has one open payment, whoever asks', async () => {
      const world = await oneCardWorld(await openFresh())
      await shown(world)
      await expect(online(world)).rejects.toMatchObject({ code: 'bill-being-paid' })
      expect(callsOf(world, 'pay')).toBe(0)
    })

    it('[HN-15] a physical card pays with its transaction code or not at all', async () => {
      const world = await oneCardWorld(await openFresh())
      const { name, idNo } = await holderOf(world)
      const wish = {
        kind: 'online',
        billNo: BILL,
        holder: { name, socialSecurityNo: idNo },
        code: null,
      } as const
      const without = { ...wish, card: { transactionCode: null } }
      await expect(startOneCardPayment(world.app, without)).rejects.toMatchObject({
        code: 'invalid-request',
      })
      const paying = startOneCardPayment(world.app, { ...wish, card: { transactionCode: 'TAC1' } })
      expect((await world.clock.run(paying)).state).toBe('paid')
      expect(world.sent.at(-1)?.body.toString()).toContain('"transactionCode":"TAC1"')
    })
  })

  describe('a process that dies', () => {
    it.each(['one-card-payment-intended', 'one-card-payment-calling', 'one-card-payment-answered'])(
      '[HN-100] after %s leaves one payment, and money that moved once',
      async (commit) => {
        const db = await openFresh({ committed: (name) => kill(name) })
        let armed = true
        const kill = (name: string): void => {
          if (name !== commit || !armed) return
          armed = false
          throw new Error('killed')
        }
        const world = await oneCardWorld(db)
        await expect(online(world)).rejects.toThrow('killed')
        await work(world, LATER_MS)
        await work(world, 10_000)
        const [number = ''] = await numbersOf(db)
        const payment = await payments.find(db, number)
        expect([payment?.state, payment?.hisWriteBack]).toEqual(['paid', 'done'])
        expect([held(world), world.written.length]).toEqual([12_345, 1])
      },
    )
  })

  it('[HN-100] an intent that nobody came back to in time is closed, and nobody is charged', async () => {
    let armed = true
    const db = await openFresh({
      committed: (name) => {
        if (name !== 'one-card-payment-intended' || !armed) return
        armed = false
        throw new Error('killed')
      },
    })
    const world = await oneCardWorld(db)
    await expect(online(world)).rejects.toThrow('killed')
    await work(world, 900_000)
    const [number = ''] = await numbersOf(db)
    expect((await payments.find(db, number))?.state).toBe('closed')
    expect([callsOf(world, 'pay'), held(world)]).toEqual([0, 0])
    expect((await online(world)).state).toBe('paid')
  })

  it('[HN-100] an intent whose bill somebody else has by now is not sent any more', async () => {
    let armed = true
    const db = await openFresh({
      committed: (name) => {
        if (name !== 'one-card-payment-intended' || !armed) return
        armed = false
        throw new Error('killed')
      },
    })
    const world = await oneCardWorld(db)
    await expect(online(world)).rejects.toThrow('killed')
    await db.q('bill_locks').update({ desk: '3号窗口' })
    await work(world, LATER_MS)
    await work(world, 60_000)
    expect([callsOf(world, 'pay'), held(world)]).toEqual([0, 0])
    await work(world, 900_000)
    const [number = ''] = await numbersOf(db)
    expect((await payments.find(db, number))?.state).toBe('closed')
    expect(await db.q('bill_locks').pluck('desk')).toEqual(['3号窗口'])
  })

  it('[HN-14][HN-09] no table holds a card, a name or a number in clear', async () => {
    const db = await openFresh()
    const world = await oneCardWorld(db)
    const { name, idNo, cardNo } = await holderOf(world)
    await online(world)
    const code = await shownCode(world)
    await scanned(world, code, 'MZ2')
    const text = await dump(db)
    for (const secret of [name, idNo, cardNo, code]) expect(text).not.toContain(secret)
    expect(text).toContain('one_card_payments')
    const logged = world.app.logged.join()
    for (const secret of [name, idNo, cardNo, code]) expect(logged).not.toContain(secret)
  })

  it('two who attend to one payment at once do it once', async () => {
    const world = await oneCardWorld(await openFresh())
    const { orderNo } = await online(world)
    const both = [1, 2].map(() => attendOneCardPayment(world.app, orderNo))
    await world.clock.run(Promise.all(both))
    await work(world, 0)
    expect(world.written).toHaveLength(1)
  })
})

const numbersOf = async (db: Db): Promise<string[]> =>
  (await db.q('one_card_payments').select<{ order_no: string }[]>('order_no')).map(
    ({ order_no }) => order_no,
  )
