/** What no answer of the bank may do: end an order too early, stop the questions, or go unseen. */
import { expect, it } from 'vitest'
import * as workItems from '../../src/store/work-items.ts'
import { refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { lost, UNKNOWN } from './line.ts'
import * as patient from './patient.ts'
import { FAILED, happens, PAID, says, type Scene } from './patient.ts'

const HOUR_MS = 3_600_000

describeDatabases((_, openFresh) => {
  const begin = async () => {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    return { world, scene }
  }
  const start = async () => {
    const { world, scene } = await begin()
    return { world, scene, ...(await patient.atT0(scene)) }
  }

  it('[SC-H03] evidence that comes after a person ended the review calls a person again', async () => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, FAILED)
    await patient.after(world, t0, 21)
    happens(scene, order, PAID)
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(5_000)
    const [item] = await world.workItems()
    if (!item) throw new Error('no work item')
    const note = { at: world.clock.now(), operator: '王敏', action: 'note', note: '已核对' }
    await workItems.change(world.db, item, { state: 'resolved', owner: '王敏', note })
    await patient.callsBack(scene, says(order, PAID), 'M2')
    await world.clock.advance(5_000)
    expect(await world.workItems()).toMatchObject([{ id: item.id, kind: 'results-disagree' }])
    expect((await world.order(id)).state).toBe('needs-review')
  })

  it('[SC-P11] a notice whose handling fails gets an owner and never stops the questions', async () => {
    const { world, scene, id, t0, order } = await start()
    world.outside.askMixed.next(() => {
      throw new Error('a bug')
    })
    await patient.callsBack(scene, says(order, patient.PENDING))
    happens(scene, order, PAID)
    await patient.after(world, t0, 41)
    expect((await world.order(id)).state).toBe('paid')
    expect(await world.workItems()).toMatchObject([{ kind: 'notice-unusable' }])
  })

  it('[SC-P11] a stored notice whose key was changed meanwhile is asked about instead', async () => {
    const { world, scene, id, t0, order } = await start()
    const hint = { mixTradeNo: null, institutionNo: null }
    const unverified = { kind: 'unverified', verified: false, messageId: 'M', hint } as const
    const notice = { kind: 'mixed-order', verified: true, messageId: 'M' } as const
    let times = 0
    scene.at.app.bank.readNotice = () => {
      times += 1
      return times === 1
        ? { ...notice, state: says(order, PAID) }
        : { ...unverified, reason: 'signature' }
    }
    await patient.callsBack(scene, says(order, PAID))
    expect((await world.order(id)).state).toBe('processing')
    happens(scene, order, PAID)
    await patient.after(world, t0, 41)
    expect((await world.order(id)).state).toBe('paid')
    expect(await world.workItems()).toMatchObject([{ kind: 'notice-unusable' }])
  })

  it('[SC-P09] an order whose ordering stays unknown past its life is looked at ever more seldom', async () => {
    const { world, scene } = await begin()
    const { outside } = world
    const { id } = await patient.paidUpTo(scene, 'pre-settled')
    outside.placeMixed.always(UNKNOWN)
    await patient.pays(scene, id)
    scene.at.work()
    await world.clock.advance(HOUR_MS)
    outside.selfPay.always(UNKNOWN)
    const before = outside.selfPay.count
    await world.clock.advance(6 * HOUR_MS)
    expect(outside.selfPay.count - before).toBeLessThan(6 * 7 * 2)
    outside.selfPay.asUsual()
    await world.clock.advance(HOUR_MS)
    expect((await world.order(id)).state).toBe('failed')
    expect(outside.cashAlive()).toEqual([])
  })

  it('[SC-P09] step 9 refused as "exists already" is no refusal: nothing is closed or revoked', async () => {
    const { world, scene } = await begin()
    const { outside } = world
    const { id } = await patient.paidUpTo(scene, 'pre-settled')
    outside.placeMixed.next(lost(outside.placeMixed), () => refused('already-exists', '订单已存在'))
    await patient.pays(scene, id)
    await patient.pays(scene, id)
    expect((await world.order(id)).state).toBe('ordering')
    expect(outside.revoke.count).toBe(0)
    expect(outside.cashAlive()).toHaveLength(1)
  })

  it('[SC-P08] nobody closes a cash order without asking before and after', async () => {
    const { world, scene, t0, order } = await start()
    const told: string[] = []
    const { selfPay, closeSelfPay } = world.outside
    selfPay.always((number) => (told.push('ask'), selfPay.usual(number)))
    closeSelfPay.always((number) => (told.push('close'), closeSelfPay.usual(number)))
    happens(scene, order, FAILED)
    await patient.after(world, t0, 21)
    expect(told.slice(0, 3)).toEqual(['ask', 'close', 'ask'])
  })
})
