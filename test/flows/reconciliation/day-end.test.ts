import { expect, it } from 'vitest'
import { dayEnd } from '../../../src/flows/reconciliation/day-end.ts'
import type { Order } from '../../../src/payment/order.ts'
import * as transactionRecords from '../../../src/store/transaction-records.ts'
import { describeDatabases } from '../../support/database.ts'
import { ABSENT, UNKNOWN } from '../line.ts'
import { CASH_ONLY_PAID, FAILED, happens, IMPOSSIBLE, PAID } from '../patient.ts'
import { billOf } from '../people.ts'
import { AT_NIGHT, type Day, day, DAY, toTheCashier } from './day.ts'

const wish = { date: DAY }

/** At the cashier, and the window ended without a result: the record is open (SC-Q07). */
async function recorded(the: Day, billNo = 'B1'): Promise<Order> {
  the.world.outside.askMixed.always(UNKNOWN)
  const order = await toTheCashier(the, billNo, 'insurance')
  await the.world.clock.advance(90_000)
  expect(await records(the, order)).toEqual(['open'])
  return order
}

const records = async (the: Day, { id }: Order): Promise<string[]> =>
  (await transactionRecords.ofOrder(the.world.db, id)).map(({ state }) => state)

async function atNight(the: Day): Promise<void> {
  await the.at.stop()
  await the.world.clock.advanceTo(AT_NIGHT)
}

const ends = (the: Day) => the.world.run(dayEnd(the.at.app, wish))

describeDatabases((_, openFresh) => {
  it.each([
    ['paid', PAID, 'paid'],
    ['not paid', FAILED, 'failed'],
    ['own money taken, insurance failed', CASH_ONLY_PAID, 'refunding'],
  ] as const)(
    '[SC-Q08] [SC-C06] an open record is asked for live: %s',
    async (_name, told, state) => {
      const the = await day(openFresh)
      const order = await recorded(the)
      the.world.outside.askMixed.asUsual()
      happens({ world: the.world, at: the.at }, order, told)
      await atNight(the)
      expect((await ends(the)).ended).toMatchObject([{ orderId: order.id, state, carried: false }])
      expect(await records(the, order)).toEqual(['resolved'])
      expect((await the.world.order(order.id)).attempt.asked['day-end']).toBe(1)
      expect((await ends(the)).ended).toEqual([])
    },
  )

  it.each([
    ['nobody answers', UNKNOWN],
    ['the bank knows nothing', ABSENT],
  ])('[SC-Q08] [SC-C06] %s: carried over, with an owner, never failed', async (_name, answer) => {
    const the = await day(openFresh)
    const order = await recorded(the)
    the.world.outside.askMixed.always(answer)
    await atNight(the)
    const asked6301 = the.world.outside.query.count
    expect((await ends(the)).ended).toMatchObject([
      { carried: true, said: expect.stringContaining('财务值班') },
    ])
    expect(the.world.outside.query.count).toBe(asked6301 + 1)
    expect((await the.world.order(order.id)).state).toBe('processing')
    expect(await records(the, order)).toEqual(['open'])
    await ends(the)
    expect(await the.world.workItems()).toMatchObject([
      { kind: 'still-unknown', orderId: order.id, owner: '财务值班' },
    ])
  })

  it('[SC-Q08] what must not happen goes to a person who owns it', async () => {
    const the = await day(openFresh)
    const order = await recorded(the)
    the.world.outside.askMixed.asUsual()
    happens({ world: the.world, at: the.at }, order, IMPOSSIBLE)
    await atNight(the)
    await ends(the)
    expect((await the.world.order(order.id)).state).toBe('needs-review')
    expect(await the.world.workItems()).toMatchObject([
      { kind: 'impossible-legs', owner: '财务值班' },
    ])
  })

  it('[SC-Q12] an order of 23:59:30 is of the day before, and the day waits for its window', async () => {
    const late = Date.parse('2026-11-20T23:59:30+08:00')
    const the = await day(openFresh, { from: late })
    the.world.outside.askMixed.always(UNKNOWN)
    const order = await toTheCashier(the, 'B1', 'insurance')
    await the.world.clock.advance(31_000)
    await expect(ends(the)).rejects.toMatchObject({ code: 'invalid-request' })
    await the.world.clock.advance(60_000)
    expect(await transactionRecords.ofOrder(the.world.db, order.id)).toMatchObject([
      { state: 'open', businessDate: DAY },
    ])
    the.world.outside.askMixed.asUsual()
    happens({ world: the.world, at: the.at }, order, PAID)
    await atNight(the)
    expect((await ends(the)).ended).toMatchObject([{ orderId: order.id, state: 'paid' }])
  })

  it('[SC-Q12] what a process left at the cashier by dying is asked for too, and recorded', async () => {
    const the = await day(openFresh)
    the.world.outside.askMixed.always(UNKNOWN)
    const order = await toTheCashier(the, 'B1', 'insurance')
    the.at.kill()
    const other = the.world.start()
    await the.world.clock.advanceTo(AT_NIGHT)
    const { ended } = await the.world.run(dayEnd(other.app, wish))
    expect(ended).toMatchObject([{ orderId: order.id, carried: true }])
    expect(await records(the, order)).toEqual(['open'])
  })

  it('[SC-X06] [SC-C05] not paid, and yet served: the patient is asked for the money', async () => {
    const the = await day(openFresh)
    const order = await recorded(the)
    the.world.outside.askMixed.asUsual()
    happens({ world: the.world, at: the.at }, order, FAILED)
    the.world.outside.bills.set('B1', billOf('B1', { fulfilment: 'delivered' }))
    await atNight(the)
    await ends(the)
    expect(await the.world.workItems()).toMatchObject([
      { kind: 'served-unpaid', orderId: order.id, owner: '财务值班' },
    ])
  })

  it('[SC-Q08] two processes at once ask each order once and end in one place', async () => {
    const the = await day(openFresh)
    const order = await recorded(the)
    the.world.outside.askMixed.asUsual()
    happens({ world: the.world, at: the.at }, order, PAID)
    await atNight(the)
    const other = the.world.startElsewhere()
    await the.world.run(Promise.all([dayEnd(the.at.app, wish), dayEnd(other.app, wish)]))
    expect((await the.world.order(order.id)).state).toBe('paid')
    expect((await the.world.order(order.id)).attempt.asked['day-end']).toBe(1)
  })

  it('[SC-Q08] [SC-C06] one order that cannot be asked about leaves the others to be asked', async () => {
    const the = await day(openFresh)
    const [odd, order] = [await recorded(the), await recorded(the, 'B2')]
    the.world.outside.askMixed.asUsual()
    happens({ world: the.world, at: the.at }, order, PAID)
    await atNight(the)
    the.world.outside.askMixed.always((asked) => {
      if (JSON.stringify(asked).includes(odd.attempt.outTradeNo ?? '-')) throw new Error('a bug')
      return the.world.outside.askMixed.usual(asked)
    })
    const { ended } = await ends(the)
    const states = Object.fromEntries(ended.map(({ orderId, ...one }) => [orderId, one]))
    expect(states[order.id]).toMatchObject({ state: 'paid', carried: false })
    expect(states[odd.id]).toMatchObject({ state: 'processing', carried: true })
    expect(await the.world.workItems()).toMatchObject([{ orderId: odd.id, owner: '财务值班' }])
  })
})
