import { expect, it } from 'vitest'
import { pay } from '../../src/flows/pay.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type World } from '../support/flow-world.ts'
import { ABSENT, lost, UNKNOWN } from './line.ts'
import {
  answers,
  atT0,
  callsBack,
  CASH_ONLY_PAID,
  FAILED,
  happens,
  IMPOSSIBLE,
  legs,
  opens,
  authorises,
  PAID,
  PENDING,
  says,
  seconds,
  tellsSelfPay,
} from './patient.ts'

const nothingMoved = ({ outside }: World) => {
  const { refund, closeSelfPay, revoke, release, writeBack } = outside
  for (const line of [refund, closeSelfPay, revoke, release, writeBack]) expect(line.count).toBe(0)
}

describeDatabases((_, openFresh) => {
  const start = async (options: Parameters<typeof flowWorld>[1] = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene = { world, at: world.start() }
    return { world, scene, ...(await atT0(scene)) }
  }

  const VERDICTS = [
    ['everything paid', PAID, 'paid'],
    ['everything failed', FAILED, 'failed'],
    ['own money failed, insurance pending', legs('fail', 'fail', 'pending'), 'failed'],
    ['own money held, insurance failed', CASH_ONLY_PAID, 'refunded'],
    ['own money failed, insurance settled', IMPOSSIBLE, 'needs-review'],
    ['a refund that nobody asked for', legs('refund', 'refund', 'success'), 'needs-review'],
    ['own money already given back', legs('fail', 'refund', 'fail'), 'refunded'],
  ] as const

  it.each(VERDICTS)('[SC-H02] by callback: %s', async (_, told, state) => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, told)
    const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
    if (cash && told.selfPay === 'refund') cash.status = 'refunded'
    await world.clock.advanceTo(t0 + 3_000)
    await callsBack(scene, says(order, told))
    await world.clock.advanceTo(t0 + 10_000)
    expect((await world.order(id)).state).toBe(state)
    expect(world.outside.askMixed.count).toBe(0)
  })

  it.each(VERDICTS)('[SC-H02] by query: %s', async (_, told, state) => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, told)
    const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
    if (cash && told.selfPay === 'refund') cash.status = 'refunded'
    await world.clock.advanceTo(t0 + 30_000)
    expect((await world.order(id)).state).toBe(state)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20])
  })

  it.each(['insurance-only', 'self-pay-only'] as const)(
    '[SC-H02] an order that is %s is paid by its one leg alone',
    async (scenario) => {
      const world = await flowWorld(openFresh, { scenario })
      const scene = { world, at: world.start() }
      const payMode = scenario === 'self-pay-only' ? 'self-pay' : 'insurance'
      const { id, t0, order } = await atT0(scene, { payMode })
      const told =
        scenario === 'self-pay-only'
          ? legs('success', 'success', 'none')
          : legs('success', 'none', 'success')
      await callsBack(scene, says(order, told))
      await world.clock.advanceTo(t0 + 100)
      expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done', scenario })
    },
  )

  it('[SC-H01] own money failed while the insurance settled: nothing moves, a person decides', async () => {
    const { world, scene, id, t0, order } = await start()
    await callsBack(scene, says(order, IMPOSSIBLE))
    await world.clock.advanceTo(t0 + 600_000)
    nothingMoved(world)
    expect(await world.workItems()).toMatchObject([{ kind: 'impossible-legs', orderId: id }])
  })

  it('[SC-H02] the bank telling only of the own money never pays or fails the order', async () => {
    const { world, scene, id, t0, order } = await start()
    await tellsSelfPay(scene, order)
    await world.clock.advanceTo(t0 + 15_000)
    expect(seconds(world.outside.askMixed, t0)).toEqual([1])
    expect(await world.order(id)).toMatchObject({ state: 'processing', selfPay: 'paid' })
    nothingMoved(world)
  })

  it('[SC-H02] the own-money notice followed by the mixed one asks nothing at all', async () => {
    const { world, scene, id, t0, order } = await start()
    await tellsSelfPay(scene, order)
    await callsBack(scene, says(order, PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect(world.outside.askMixed.count).toBe(0)
    expect((await world.order(id)).state).toBe('paid')
  })

  it('[SC-P13] a patient who comes back from the cashier is not paid by coming back', async () => {
    const { world, scene, id } = await start()
    const cashier = await world.run(pay(scene.at.app, id))
    expect(cashier).toMatchObject({ mixTradeNo: 'MIX1' })
    expect((await world.order(id)).state).toBe('awaiting-payment')
  })

  it.each([
    ['another mixed order', { mixTradeNo: 'MIX1', institutionNo: 'CASH9' }],
    ['another amount', { amounts: { fundFen: 4_999 } }],
  ])('[SC-P11] a success with %s changes nothing and costs one question', async (_, changes) => {
    const { world, scene, id, t0, order } = await start()
    const state = JSON.parse(JSON.stringify({ ...says(order, PAID), ...changes }))
    const { body } = await callsBack(scene, state)
    await world.clock.advanceTo(t0 + 15_000)
    expect(body).toBe('yes')
    expect(seconds(world.outside.askMixed, t0)).toEqual([0])
    expect(await world.order(id)).toMatchObject({ selfPay: 'waiting', insurance: 'waiting' })
    nothingMoved(world)
  })

  it('[SC-P11] a callback about no order of ours is stored and acknowledged', async () => {
    const { world, scene, id, order } = await start()
    const other = { mixTradeNo: 'MIX77', institutionNo: 'CASH77' }
    expect(await callsBack(scene, says(order, PAID, other))).toMatchObject({ body: 'yes' })
    expect((await world.order(id)).state).toBe('awaiting-payment')
    expect(await world.db.q('inbox')).toHaveLength(1)
  })

  it('[SC-P11] ten callbacks and a question at once are one payment and one write-back', async () => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, PAID)
    await world.clock.advanceTo(t0 + 20_000)
    for (let repeat = 0; repeat < 10; repeat += 1)
      await callsBack(scene, says(order, PAID), repeat < 5 ? 'M1' : `M${repeat}`)
    await world.clock.advanceTo(t0 + 60_000)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    expect(world.outside.writeBack.count).toBe(1)
    expect(await world.workItems()).toEqual([])
  })

  it('[SC-P12] a write-back whose answer is lost is found by asking, not written twice', async () => {
    const { world, scene, id, t0, order } = await start()
    world.outside.writeBack.next(lost(world.outside.writeBack))
    await callsBack(scene, says(order, PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect(world.outside.writeBack.count).toBe(1)
    expect((await world.order(id)).hisWriteBack).toBe('done')
  })

  it.each(['bill-void', 'bill-settled-elsewhere'])(
    '[SC-P11] HIS refusing the write-back (%s) leaves the order paid and asks a person',
    async (code) => {
      const { world, scene, id, t0, order } = await start()
      world.outside.writeBack.always(() => ({ kind: 'refused', code, message: 'no' }))
      await callsBack(scene, says(order, PAID))
      await world.clock.advanceTo(t0 + 60_000)
      expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'refused' })
      expect(await world.workItems()).toMatchObject([{ kind: 'write-back-refused' }])
    },
  )

  it('[SC-H03] a callback against an end is checked by one question and then goes to a person', async () => {
    const { world, scene, id, t0, order } = await start()
    await callsBack(scene, says(order, FAILED))
    world.outside.askMixed.always(answers(order, PAID))
    await callsBack(scene, says(order, PAID), 'M2')
    await world.clock.advanceTo(t0 + 60_000)
    expect(seconds(world.outside.askMixed, t0)).toEqual([0])
    expect((await world.order(id)).state).toBe('needs-review')
    expect(await world.workItems()).toMatchObject([{ kind: 'results-disagree' }])
    expect(world.outside.writeBack.count).toBe(0)
  })

  it('[SC-H03] a callback against an end that the question does not confirm changes nothing', async () => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, PAID)
    await callsBack(scene, says(order, PAID))
    await callsBack(scene, says(order, FAILED), 'M2')
    await world.clock.advanceTo(t0 + 60_000)
    expect(seconds(world.outside.askMixed, t0)).toEqual([0])
    expect((await world.order(id)).state).toBe('paid')
    expect(await world.workItems()).toEqual([])
  })

  it('[SC-H03] pending never overwrites an end, and nobody is asked about it', async () => {
    const { world, scene, id, order } = await start()
    await callsBack(scene, says(order, PAID))
    await callsBack(scene, says(order, PENDING), 'M2')
    expect((await world.order(id)).state).toBe('paid')
    expect(await world.workItems()).toEqual([])
  })

  it('[SC-H02] overall failed while the cash order lives: closed first, asked again, then failed', async () => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, legs('fail', 'pending', 'fail'))
    world.outside.closeSelfPay.next((number) => {
      happens(scene, order, FAILED)
      return world.outside.closeSelfPay.usual(number)
    })
    await world.clock.advanceTo(t0 + 21_000)
    expect((await world.order(id)).state).toBe('failed')
    expect(world.outside.cashAlive()).toEqual([])
    expect((await world.order(id)).attempt.asked).toMatchObject({ grid: 1, close: 1 })
  })

  it('[SC-H02] a failed order gives the upload and the bill back', async () => {
    const { world, scene, t0, order } = await start()
    await callsBack(scene, says(order, FAILED))
    await world.clock.advanceTo(t0 + 60_000)
    expect(world.outside.revoke.count).toBe(1)
    expect([...world.outside.uploads.values()]).toMatchObject([{ phase: 'revoked' }])
    expect(world.outside.release.count).toBe(1)
  })

  it('[SC-P11] a success that arrives while step 9 is still unknown pays the order', async () => {
    const world = await flowWorld(openFresh)
    const scene = { world, at: world.start() }
    const { id } = await opens(scene)
    await authorises(scene, id)
    const { placeMixed } = world.outside
    placeMixed.next(lost(placeMixed))
    placeMixed.always(UNKNOWN)
    expect(await world.run(pay(scene.at.app, id))).toBe(null)
    const order = await world.order(id)
    expect(order.state).toBe('ordering')
    scene.at.work()
    happens(scene, order, PAID)
    await callsBack(scene, says(order, PAID))
    await world.clock.advance(30_000)
    expect(await world.order(id)).toMatchObject({ state: 'paid', attempt: { mixTradeNo: 'MIX1' } })
    expect(world.outside.writeBack.count).toBe(1)
    expect(world.outside.mixed.size).toBe(1)
  })

  it('[SC-P11] a verified callback is a result by itself, even when the query finds nothing', async () => {
    const { world, scene, id, t0, order } = await start()
    world.outside.askMixed.always(ABSENT)
    await callsBack(scene, says(order, PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect((await world.order(id)).state).toBe('paid')
  })
})
