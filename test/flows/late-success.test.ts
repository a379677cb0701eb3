/** A payment that is heard of when its order is already over. */
import { expect, it } from 'vitest'
import { cancelOrder } from '../../src/flows/leave-order.ts'
import { openOrder } from '../../src/flows/open-order.ts'
import { done } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type WorldOptions } from '../support/flow-world.ts'
import { UNKNOWN } from './line.ts'
import * as patient from './patient.ts'
import { CASH_ONLY_PAID, happens, legs, PAID, says, type Scene } from './patient.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const SETTLED = () =>
  done({
    ordStas: '6',
    phase: 'settled',
    amounts: null,
    insuranceReturned: false,
    cashReturned: false,
  } as const)

/** The patient leaves; whether the order could be closed is not what these tests ask. */
const cancel = ({ world, at }: Scene, id: string): Promise<unknown> =>
  Promise.allSettled([world.run(cancelOrder(at.app, id))])

describeDatabases((_, openFresh) => {
  const start = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene: Scene = { world, at: world.start() }
    return { world, scene, ...(await patient.atT0(scene)) }
  }

  it('[SC-P11] a success after the close re-opens the order: paid, written back, nothing lost', async () => {
    const { world, scene, id, order } = await start()
    await cancel(scene, id)
    world.outside.query.always(SETTLED)
    world.outside.askMixed.always(patient.answers(order, PAID))
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(MINUTE_MS)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    expect(await world.workItems()).toMatchObject([{ kind: 'paid-after-revoke' }])
  })

  it('[SC-H02] [SC-P11] paid after a confirmed 6401: somebody hears, and HIS only once 6301 agrees', async () => {
    const { world, scene, id, order } = await start({ scenario: 'insurance-only' })
    await cancel(scene, id)
    world.outside.askMixed.always(patient.answers(order, legs('success', 'none', 'success')))
    await patient.callsBack(scene, says(order, legs('success', 'none', 'success')))
    await world.clock.advance(HOUR_MS / 2)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'waiting' })
    expect(world.outside.writeBack.count).toBe(0)
    expect(await world.workItems()).toMatchObject([{ kind: 'paid-after-revoke', orderId: id }])
    world.outside.query.always(SETTLED)
    await world.clock.advance(HOUR_MS)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
  })

  it('[SC-H03] a callback alone re-opens nothing: what the bank does not confirm is disputed', async () => {
    const { world, scene, id, order } = await start()
    await cancel(scene, id)
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('needs-review')
    expect(await world.workItems()).toMatchObject([{ kind: 'results-disagree' }])
  })

  it('[SC-H03] [SC-P11] silence after a late success disputes nothing: the bank is asked until it answers', async () => {
    const { world, scene, id, order } = await start()
    await cancel(scene, id)
    world.outside.askMixed.always(UNKNOWN)
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(3 * HOUR_MS)
    expect((await world.order(id)).state).toBe('closed')
    expect(await world.workItems()).toMatchObject([{ kind: 'notice-unusable' }])
    const asked = world.outside.askMixed.count
    world.outside.query.always(SETTLED)
    world.outside.askMixed.always(patient.answers(order, PAID))
    await world.clock.advance(11 * MINUTE_MS)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    expect(asked).toBeLessThan(40)
  })

  it('[SC-X01] own money alone after the close goes back by itself', async () => {
    const { world, scene, id, order } = await start()
    await cancel(scene, id)
    happens(scene, order, CASH_ONLY_PAID)
    await patient.callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advance(MINUTE_MS)
    expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 3_000 })
    expect(world.outside.refunds.size).toBe(1)
  })

  it('[SC-P02] a late success beside another order of the bill is for a person, not paid twice', async () => {
    const { world, scene, id, order } = await start()
    await cancel(scene, id)
    await world.run(openOrder(scene.at.app, patient.WISH))
    world.outside.askMixed.always(patient.answers(order, PAID))
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('needs-review')
    expect(await world.workItems()).toMatchObject([{ kind: 'results-disagree', orderId: id }])
  })
})
