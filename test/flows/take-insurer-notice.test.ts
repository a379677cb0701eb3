import { expect, it } from 'vitest'
import { cancelOrder } from '../../src/flows/leave-order.ts'
import { takeSettlementNotice } from '../../src/flows/take-insurer-notice.ts'
import * as events from '../../src/store/events.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { UNKNOWN } from './line.ts'
import * as patient from './patient.ts'
import { happens, PAID, PENDING, type Scene } from './patient.ts'

describeDatabases((_, openFresh) => {
  const start = async () => {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    const begun = await patient.atT0(scene)
    const tells = async (payOrdId = begun.order.attempt.payOrdId, ordStas = '6') => {
      const body = Buffer.from(JSON.stringify({ payOrdId, ordStas }))
      const answer = await world.run(takeSettlementNotice(scene.at.app, body))
      await world.clock.settle()
      return answer
    }
    return { world, scene, tells, ...begun }
  }

  it('[SC-H02] a settlement notice of the insurer is no result: the bank is asked', async () => {
    const { world, id, order, tells } = await start()
    world.outside.askMixed.next(patient.answers(order, PENDING))
    expect(await tells()).toBe('yes')
    expect((await world.order(id)).state).toBe('processing')
    expect((await world.order(id)).attempt.asked).toMatchObject({ callback: 1, grid: 0 })
    const heard = (await events.ofOrder(world.db, id)).find(
      ({ what }) => what === 'insurer-notified',
    )
    expect(heard?.detail).toMatchObject({ ordStas: '6' })
  })

  it('[SC-P11] what the bank then says counts', async () => {
    const { world, scene, id, order, tells } = await start()
    happens(scene, order, PAID)
    await tells()
    expect((await world.order(id)).state).toBe('paid')
  })

  it('[SC-S10] repeats within five seconds cost the bank one question', async () => {
    const { world, tells } = await start()
    for (let times = 0; times < 5; times += 1) await tells(undefined, String(times))
    expect(world.outside.askMixed.count).toBe(1)
  })

  it('[SC-P11] right after a close it is a reason to ask again, and the payment counts', async () => {
    const { world, scene, id, order, tells } = await start()
    await world.run(cancelOrder(scene.at.app, id))
    expect((await world.order(id)).state).toBe('closed')
    world.outside.askMixed.always(patient.answers(order, PAID))
    await tells()
    expect((await world.order(id)).state).toBe('paid')
  })

  it('[SC-P11] [SC-H02] a process that dies after the acknowledgement loses nothing', async () => {
    const { world, scene, id, order } = await start()
    await scene.at.stop()
    const body = Buffer.from(JSON.stringify({ payOrdId: order.attempt.payOrdId, ordStas: '6' }))
    happens(scene, order, PAID)
    expect(await world.run(takeSettlementNotice(scene.at.app, body))).toBe('yes')
    scene.at.kill()
    expect(world.outside.askMixed.count).toBe(0)
    world.start().work()
    await world.clock.advance(1_000)
    expect((await world.order(id)).state).toBe('paid')
    expect((await world.order(id)).attempt.asked).toMatchObject({ callback: 1, grid: 0 })
  })

  it('[SC-H03] after a close the bank is asked until it answers', async () => {
    const { world, scene, id, order, tells } = await start()
    await world.run(cancelOrder(scene.at.app, id))
    world.outside.askMixed.always(UNKNOWN)
    await tells()
    expect((await world.order(id)).state).toBe('closed')
    world.outside.askMixed.always(patient.answers(order, PAID))
    await world.clock.advance(120_000)
    expect((await world.order(id)).state).toBe('paid')
  })

  it('[SC-S01] what is not believed, and what names nobody, asks nothing', async () => {
    const { world, scene, tells } = await start()
    expect(await tells('ORD-OF-NOBODY')).toBe('yes')
    scene.at.app.insurer.readNotice = () => null
    expect(await tells()).toBe('no')
    expect(world.outside.askMixed.count).toBe(0)
  })
})
