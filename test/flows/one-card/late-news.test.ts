import { describe, expect, it } from 'vitest'
import { attendOneCardPayment } from '../../../src/flows/one-card/attend-payment.ts'
import { readOneCardPayment } from '../../../src/flows/one-card/payment.ts'
import { rightsOf, takePaymentNotice } from '../../../src/flows/one-card/requests.ts'
import { lockBill } from '../../../src/flows/desk-locks.ts'
import type { OneCard } from '../../../src/upstreams/one-card.ts'
import { unknown } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { type OneCardWorld, oneCardWorld } from '../../support/one-card.ts'
import { holderOf, phone } from '../../upstreams/one-card/link.ts'
import { BILL, held, items, online, shown, work } from './walk.ts'

const LIFE_MS = 900_000
const told = (orderNo: string) => ({ orderNo, payNo: 'X', amount: 12_345, state: 'PAID' })

/** The same hospital before a platform that answers otherwise. */
function before(
  world: OneCardWorld,
  otherwise: (platform: OneCard) => Partial<OneCard>,
): OneCardWorld {
  const { app } = world
  if (app.oneCard === null) throw new Error('not joined')
  const { platform } = app.oneCard
  const oneCard = { ...app.oneCard, platform: { ...platform, ...otherwise(platform) } }
  return { ...world, app: { ...app, oneCard } }
}

/** A code that nobody scanned in time, and that the holder pays all the same. */
async function paidAfterItsEnd(world: OneCardWorld): Promise<string> {
  const { orderNo } = await shown(world)
  await work(world, LIFE_MS + 61_000)
  await work(world, 600_000)
  expect((await readOneCardPayment(world.app, orderNo)).state).toBe('closed')
  await phone(world, 'pay', { orderNo, silent: true })
  return orderNo
}

describeDatabases((_, openFresh) => {
  describe('a notice of money that came after the end', () => {
    it('[HN-102] is asked about until the platform answers, however long it is silent', async () => {
      const world = await oneCardWorld(await openFresh())
      const orderNo = await paidAfterItsEnd(world)
      await phone(world, 'down', { down: true })
      await takePaymentNotice(world.app, told(orderNo))
      for (let times = 0; times < 3; times += 1) await work(world, 60_000)
      await phone(world, 'down', { down: false })
      await work(world, 600_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
      expect((await items(world.app.db)).map(({ kind }) => kind)).toEqual(['results-disagree'])
      expect([held(world), world.written.length]).toEqual([12_345, 1])
    })

    it('[HN-102] is asked about again while the platform’s own books are behind', async () => {
      const world = await oneCardWorld(await openFresh())
      const orderNo = await paidAfterItsEnd(world)
      const slow = before(world, (platform) => ({
        payment: async (number) => {
          const answer = await platform.payment(number)
          if (answer.kind !== 'done') return answer
          return { kind: 'done', value: { ...answer.value, status: 'paying' } }
        },
      }))
      await takePaymentNotice(world.app, told(orderNo))
      await work(slow, 0)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('closed')
      await work(world, 600_000)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
    })

    it('[HN-102] is not lost on whoever is just writing down that it is over', async () => {
      const world = await oneCardWorld(await openFresh())
      const { orderNo } = await shown(world)
      await world.clock.advance(LIFE_MS + 61_000)
      const late = before(world, (platform) => ({
        payment: async (number) => {
          const answer = await platform.payment(number)
          await phone(world, 'pay', { orderNo, silent: true })
          await takePaymentNotice(world.app, told(orderNo))
          return answer
        },
      }))
      await world.clock.run(attendOneCardPayment(late.app, orderNo))
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('closed')
      await work(world, 0)
      expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
    })
  })

  it('[HN-100] a request that is still under way when its time ends does not free the bill', async () => {
    const world = await oneCardWorld(await openFresh())
    const underWay: (() => Promise<unknown>)[] = []
    const slow = before(world, (platform) => ({
      pay: async (order) => {
        underWay.push(() => platform.pay(order))
        return unknown('timeout')
      },
    }))
    const { orderNo } = await online(slow)
    await work(slow, LIFE_MS - 1_000)
    await work(slow, 6_000)
    expect((await readOneCardPayment(world.app, orderNo)).state).toBe('open')
    await world.clock.run(underWay.at(-1)?.() ?? Promise.resolve())
    await work(world, 6_000)
    expect((await readOneCardPayment(world.app, orderNo)).state).toBe('paid')
    expect([held(world), await items(world.app.db)]).toEqual([12_345, []])
  })

  it('[HN-100] a bill that may be being paid is nobody else’s, however long the service was down', async () => {
    const world = await oneCardWorld(await openFresh())
    await shown(world)
    await world.clock.advance(30 * 86_400_000)
    const until = world.clock.now() + 1_000
    await expect(lockBill(world.app, { billNo: BILL, desk: '3', until })).rejects.toMatchObject({
      code: 'bill-being-paid',
    })
  })

  it('[HN-97] whoever paid finds the payment among their rights, and nobody else does', async () => {
    const world = await oneCardWorld(await openFresh())
    await online(world)
    const [one, other] = [await holderOf(world, 0), await holderOf(world, 1)]
    const ask = (name: string) => rightsOf(world.app, { name, socialSecurityNo: one.idNo })
    expect(await ask(one.name)).toMatchObject({ items: [{ what: BILL, amount: 12_345 }] })
    expect(await ask(other.name)).toEqual({ items: [] })
  })
})
