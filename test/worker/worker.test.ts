import { expect, it } from 'vitest'
import * as events from '../../src/store/events.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { atT0, callsBack, opens, PAID, says, seconds } from '../flows/patient.ts'
import { billOf } from '../flows/people.ts'

describeDatabases((_, openFresh) => {
  it('every due order is taken by exactly one of two workers', async () => {
    const world = await flowWorld(openFresh)
    const scene = { world, at: world.start() }
    const numbers = Array.from({ length: 20 }, (_, index) => `W${index}`)
    for (const billNo of numbers) {
      world.outside.bills.set(billNo, billOf(billNo))
      await opens(scene, { billNo })
    }
    scene.at.work()
    world.startElsewhere().work()
    await world.clock.advance(5_000)
    const held = world.outside.hold.said.map(({ question }) => question.billNo)
    expect(held.toSorted()).toEqual(numbers.toSorted())
  })

  it('an order that makes the code throw rests a second at a time, and others go on', async () => {
    const world = await flowWorld(openFresh)
    const scene = { world, at: world.start() }
    const bad = await opens(scene)
    world.outside.hold.always(({ orderId }) => {
      if (orderId === bad.id) throw new Error('a bug')
      return { kind: 'done', value: undefined }
    })
    scene.at.work()
    await world.clock.advance(10_500)
    expect(world.outside.hold.count).toBeGreaterThanOrEqual(8)
    expect(world.outside.hold.count).toBeLessThanOrEqual(11)
    world.outside.bills.set('B2', billOf('B2'))
    const good = await opens(scene, { billNo: 'B2' })
    await world.clock.advance(500)
    expect(world.outside.hold.said.map(({ question }) => question.orderId)).toContain(good.id)
    world.outside.hold.asUsual()
    await world.clock.advance(2_000)
    const what = (await events.ofOrder(world.db, bad.id)).map((event) => event.what)
    expect(what).toContain('hold-bill:done')
  })

  it('a notice that makes the code throw stays, rests, and is applied when it can be', async () => {
    const world = await flowWorld(openFresh)
    const scene = { world, at: world.start() }
    const { id, order } = await atT0(scene)
    const { bank } = scene.at.app
    let readings = 0
    const readNotice: typeof bank.readNotice = (raw) => {
      readings += 1
      if (readings > 1 && readings < 5) throw new Error('a bug')
      return JSON.parse(raw.body.toString())
    }
    Object.assign(bank, { readNotice })
    await callsBack(scene, says(order, PAID))
    await world.clock.advance(2_000)
    expect((await world.order(id)).state).toBe('awaiting-payment')
    expect(readings).toBeLessThanOrEqual(5)
    await world.clock.advance(10_000)
    expect((await world.order(id)).state).toBe('paid')
  })

  it('stopping waits for the work that runs, and takes no more', async () => {
    const world = await flowWorld(openFresh)
    const scene = { world, at: world.start() }
    const { id, t0 } = await atT0(scene)
    world.outside.askMixed.always(async () => {
      await world.clock.sleep(4_000)
      return { kind: 'unknown', cause: 'timeout' }
    })
    await world.clock.advanceTo(t0 + 21_000)
    let stopped = false
    const stop = scene.at.stop().then(() => (stopped = true))
    await world.clock.advanceTo(t0 + 23_000)
    expect(stopped).toBe(false)
    await world.clock.advanceTo(t0 + 24_000)
    await stop
    expect(stopped).toBe(true)
    expect((await world.order(id)).state).toBe('processing')
    await world.clock.advanceTo(t0 + 60_000)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20])
    expect(await world.db.q('orders').whereNotNull('lease_owner')).toEqual([])
  })

  it('a database that goes away for a moment neither ends nor spins the worker', async () => {
    const world = await flowWorld(openFresh)
    const scene = { world, at: world.start() }
    const { t0 } = await atT0(scene)
    const { db } = scene.at.app
    let away = false
    let refused = 0
    const q = new Proxy(db.q, {
      apply: (target, self, words) => {
        if (!away) return Reflect.apply(target, self, words)
        refused += 1
        throw new Error('the database is away')
      },
    })
    Object.assign(db, { q })
    await world.clock.advanceTo(t0 + 20_000)
    away = true
    await world.clock.advanceTo(t0 + 31_000)
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(200)
    away = false
    await world.clock.advanceTo(t0 + 37_000)
    expect(scene.at.working()).toBe(true)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20, 35])
  })

  it('a database that goes away in the middle of a question does not end the worker', async () => {
    const world = await flowWorld(openFresh)
    const scene = { world, at: world.start() }
    const { t0 } = await atT0(scene)
    const { db } = scene.at.app
    let away = false
    const q = new Proxy(db.q, {
      apply: (target, self, words) => {
        if (away) throw new Error('the database is away')
        return Reflect.apply(target, self, words)
      },
    })
    Object.assign(db, { q })
    world.outside.askMixed.next(async () => {
      await world.clock.sleep(1_000)
      away = true
      return { kind: 'unknown', cause: 'timeout' }
    })
    await world.clock.advanceTo(t0 + 24_000)
    away = false
    await world.clock.advanceTo(t0 + 60_000)
    expect(scene.at.working()).toBe(true)
    expect(world.outside.askMixed.count).toBeGreaterThan(1)
  })
})
