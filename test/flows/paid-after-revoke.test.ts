/** An order that 6401 was to give up, and that was paid after all. */
import { expect, it } from 'vitest'
import { cancelOrder } from '../../src/flows/leave-order.ts'
import { done } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { UNKNOWN } from './line.ts'
import * as patient from './patient.ts'
import { legs, says, type Scene } from './patient.ts'

const HOUR_MS = 3_600_000

const SETTLED = () =>
  done({
    ordStas: '6',
    phase: 'settled',
    amounts: null,
    insuranceReturned: false,
    cashReturned: false,
  } as const)

describeDatabases((_, openFresh) => {
  it('[SC-X03] a 6401 without an answer has its end when the order is paid and 6301 calls it settled', async () => {
    const world = await flowWorld(openFresh, { lookEveryMs: 20_000, scenario: 'insurance-only' })
    const scene: Scene = { world, at: world.start() }
    const { id, order } = await patient.atT0(scene)
    world.outside.revoke.always(UNKNOWN)
    world.outside.query.always(UNKNOWN)
    await expect(world.run(cancelOrder(scene.at.app, id))).rejects.toMatchObject({
      code: 'payment-in-progress',
    })
    world.outside.askMixed.always(patient.answers(order, legs('success', 'none', 'success')))
    await patient.callsBack(scene, says(order, legs('success', 'none', 'success')))
    await world.clock.advance(HOUR_MS / 2)
    const sent = world.outside.revoke.count
    const revocation = async () =>
      (await world.intents(id)).find(({ effect }) => effect === 'revoke-upload')
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'waiting' })
    expect(await revocation()).toMatchObject({ state: 'open', dueAt: null })
    world.outside.query.always(SETTLED)
    await world.clock.advance(HOUR_MS)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    expect(await revocation()).toMatchObject({ state: 'refused', answer: 'settled' })
    expect(world.outside.revoke.count).toBe(sent)
  })
})
