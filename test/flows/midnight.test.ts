import { expect, it } from 'vitest'
import { inspectOrder } from '../../src/flows/operators/inspect-order.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { lost } from './line.ts'
import { atT0, paidUpTo, pays } from './patient.ts'

const LATE = Date.parse('2026-11-20T23:59:50+08:00')
const DAY = '2026-11-20'

describeDatabases((_, openFresh) => {
  it('SC-P12 an order of 23:59 is asked for under its own day, whatever the day of the question', async () => {
    const world = await flowWorld(openFresh)
    await world.clock.advanceTo(LATE)
    const scene = { world, at: world.start() }
    const { id } = await atT0(scene)
    await world.clock.advance(60_000)
    await world.run(inspectOrder(scene.at.app, await world.order(id)))
    const { said } = world.outside.askMixed
    expect(said.length).toBeGreaterThan(5)
    expect(said.every(({ at }) => at > LATE + 10_000)).toBe(true)
    expect(new Set(said.map(({ question }) => question.businessDate))).toEqual(new Set([DAY]))
  })

  it('SC-P09 a step 9 whose answer was lost before midnight is found after it, not placed again', async () => {
    const world = await flowWorld(openFresh, { queryByOutTradeNo: true })
    await world.clock.advanceTo(LATE)
    const scene = { world, at: world.start() }
    const { id } = await paidUpTo(scene, 'pre-settled')
    world.outside.placeMixed.next(lost(world.outside.placeMixed))
    expect(await pays(scene, id)).toBeNull()
    await world.clock.advance(30_000)
    expect(await pays(scene, id)).toMatchObject({ mixTradeNo: 'MIX1' })
    expect(world.outside.placeMixed.count).toBe(1)
    const { said } = world.outside.askMixed
    expect(new Set(said.map(({ question }) => question.businessDate))).toEqual(new Set([DAY]))
  })
})
