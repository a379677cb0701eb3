/** HIS gives the bill to somebody else while a patient is about to pay it here. */
import { expect, it } from 'vitest'
import { refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { UNKNOWN } from './line.ts'
import * as patient from './patient.ts'
import { happens, PAID, says, type Scene } from './patient.ts'

const MINUTE_MS = 60_000

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  )

describeDatabases((_, openFresh) => {
  const begin = async () => {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    return { world, scene }
  }

  it.each([
    ['bill-being-paid', 'bill-being-paid'],
    ['bill-already-paid', 'bill-already-paid'],
    ['bill-settled-elsewhere', 'bill-already-paid'],
    ['bill-void', 'bill-invalid'],
  ])(
    '[SC-P02] [SC-P08] a hold that HIS refuses with %s stops the payment before the bank',
    async (said, heard) => {
      const { world, scene } = await begin()
      world.outside.hold.always(() => refused(said, ''))
      const { id } = await patient.paidUpTo(scene, 'pre-settled')
      expect(await codeOf(patient.pays(scene, id))).toBe(heard)
      expect(await codeOf(patient.pays(scene, id))).toBe(heard)
      scene.at.work()
      await world.clock.advance(MINUTE_MS)
      expect((await world.order(id)).state).toBe('closed')
      expect(world.outside.placeSelfPay.count + world.outside.placeMixed.count).toBe(0)
      expect(world.outside.revoke.count).toBe(1)
      expect(world.outside.release.count).toBe(1)
      expect(await world.workItems()).toEqual([])
    },
  )

  it('[SC-P02] a hold refused before the authorisation closes the order at once', async () => {
    const { world, scene } = await begin()
    world.outside.hold.always(() => refused('bill-being-paid', ''))
    const { id } = await patient.opens(scene)
    const state = await patient.jumps(scene, id)
    scene.at.work()
    await world.clock.advance(1_000)
    expect((await world.order(id)).state).toBe('closed')
    const returned = patient.comesBack(scene, { orderId: id, state, code: 'C1' })
    expect(await codeOf(returned)).toBe('bill-being-paid')
    expect(world.outside.upload.count).toBe(0)
  })

  it('[SC-P02] one that is refused while the upload is under way stops before step 8', async () => {
    const { world, scene } = await begin()
    world.outside.hold.next(UNKNOWN)
    world.outside.hold.always(() => refused('bill-already-paid', ''))
    world.outside.order.next(UNKNOWN)
    const { id } = await patient.opens(scene)
    await patient.authorises(scene, id)
    scene.at.work()
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('closed')
    expect(await codeOf(patient.pays(scene, id))).toBe('bill-already-paid')
    expect(world.outside.placeSelfPay.count).toBe(0)
    await world.clock.advance(MINUTE_MS)
    expect(world.outside.revoke.count).toBe(1)
  })

  it('[SC-P02] a hold refused after step 8 is for a person, and the payment counts', async () => {
    const { world, scene } = await begin()
    world.outside.hold.next(UNKNOWN)
    world.outside.hold.always(() => refused('bill-already-paid', ''))
    const { id, order } = await patient.atT0(scene)
    await world.clock.advance(5_000)
    expect(await world.workItems()).toMatchObject([{ kind: 'hold-refused', orderId: id }])
    expect((await world.order(id)).state).toBe('awaiting-payment')
    happens(scene, order, PAID)
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(MINUTE_MS)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
  })

  it('[SC-P02] a hold without an answer stops nothing, and is given up once the bill is paid', async () => {
    const { world, scene } = await begin()
    world.outside.hold.always(UNKNOWN)
    const { id, order } = await patient.atT0(scene)
    happens(scene, order, PAID)
    await patient.callsBack(scene, says(order, PAID))
    world.outside.hold.always(() => refused('bill-already-paid', 'by us'))
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('paid')
    expect(await world.workItems()).toEqual([])
  })
})
