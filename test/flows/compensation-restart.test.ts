import { expect, it } from 'vitest'
import { holdOrder, noteQuestion } from '../../src/flows/held-order.ts'
import * as transactionRecords from '../../src/store/transaction-records.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type WorldOptions } from '../support/flow-world.ts'
import { after, atT0, callsBack, happens, PAID, says, seconds } from './patient.ts'

const GRID = [20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80]
const NEVER = () => new Promise<never>(() => {})

describeDatabases((_, openFresh) => {
  const start = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, options)
    const at = world.start()
    const scene = { world, at }
    return { world, scene, ...(await atT0(scene)) }
  }

  it('[SC-Q09] killed at T0+33 s and started at T0+41 s, the next question is at T0+45 s', async () => {
    const { world, scene, t0 } = await start()
    await after(world, t0, 33)
    scene.at.kill()
    await after(world, t0, 41)
    world.start().work()
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20, 25, 30, ...GRID.slice(5)])
  })

  it('[SC-Q09] killed with a question in flight, the next one is at T0+45 s all the same', async () => {
    const { world, scene, t0 } = await start()
    await after(world, t0, 29)
    world.outside.askMixed.next(NEVER)
    await after(world, t0, 33)
    scene.at.kill()
    await after(world, t0, 41)
    world.start().work()
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20, 25, 30, ...GRID.slice(5)])
  })

  it('[SC-Q09] a restart after the whole window asks once and then records', async () => {
    const { world, scene, id, t0 } = await start()
    await after(world, t0, 10)
    scene.at.kill()
    await after(world, t0, 200)
    world.start().work()
    await after(world, t0, 209)
    expect(seconds(world.outside.askMixed, t0)).toEqual([200])
    expect(await transactionRecords.ofOrder(world.db, id)).toHaveLength(1)
  })

  it('[SC-Q09] a restart after the window whose question finds the payment records nothing', async () => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, 10)
    scene.at.kill()
    happens(scene, order, PAID)
    await after(world, t0, 200)
    world.start().work()
    await after(world, t0, 300)
    expect(seconds(world.outside.askMixed, t0)).toEqual([200])
    expect((await world.order(id)).state).toBe('paid')
    expect(await transactionRecords.ofOrder(world.db, id)).toEqual([])
  })

  it('[SC-Q07] a crash in the question that ends the window still leaves one record', async () => {
    const { world, scene, id, t0 } = await start()
    await after(world, t0, 79)
    world.outside.askMixed.next(NEVER)
    await after(world, t0, 81)
    scene.at.kill()
    world.start().work()
    await after(world, t0, 200)
    expect(await transactionRecords.ofOrder(world.db, id)).toHaveLength(1)
    expect((await world.order(id)).attempt.asked.grid).toBe(13)
  })

  it('[SC-Q09] a crash in the very last question of all still leaves the work item', async () => {
    const { world, scene, t0 } = await start({ environment: { ORDER_LIFE_MS: '86400000' } })
    await after(world, t0, 7_195)
    const asked = world.outside.askMixed.count
    world.outside.askMixed.next(NEVER)
    await after(world, t0, 7_201)
    expect(world.outside.askMixed.count).toBe(asked + 1)
    scene.at.kill()
    world.start().work()
    await after(world, t0, 9_000)
    expect(await world.workItems()).toMatchObject([{ kind: 'still-unknown' }])
  })

  it('[SC-Q09] two processes ask each instant of the grid once', async () => {
    const { world, id, t0 } = await start()
    world.startElsewhere().work()
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
    expect(await transactionRecords.ofOrder(world.db, id)).toHaveLength(1)
  })

  it('[SC-Q09] two processes with slow answers never have two questions in flight', async () => {
    const { world, t0 } = await start()
    world.startElsewhere().work()
    world.outside.askMixed.always(async () => {
      await world.clock.sleep(4_000)
      return { kind: 'unknown', cause: 'timeout' }
    })
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
    expect(world.outside.askMixed.together).toBe(1)
  })

  it('[SC-Q09] the other process goes on when the one that asked dies', async () => {
    const { world, scene, t0 } = await start()
    world.startElsewhere().work()
    await after(world, t0, 29)
    scene.at.kill()
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
  })

  it('[SC-Q09] whoever lost the lease while sleeping counts no question over the other one', async () => {
    const { world, scene, id, t0 } = await start()
    let counted = false
    const asleep = holdOrder(scene.at.app, { orderId: id, waitMs: 0 }, async (held) => {
      await world.clock.sleep(46_000)
      await noteQuestion(scene.at.app, held, { lastInstant: t0 + 20_000 })
      counted = true
    })
    await after(world, t0, 100)
    await asleep
    expect(counted).toBe(false)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
  })

  it('[SC-Q06] a callback that one process took ends the questions of the other', async () => {
    const { world, scene, id, t0, order } = await start()
    const other = world.startElsewhere()
    await after(world, t0, 26)
    await callsBack({ world, at: other }, says(order, PAID))
    await after(world, t0, 27)
    expect((await world.order(id)).state).toBe('paid')
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20, 25])
    expect(scene.at.working()).toBe(true)
  })
})
