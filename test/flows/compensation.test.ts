import { expect, it } from 'vitest'
import { refresh } from '../../src/flows/refresh.ts'
import * as transactionRecords from '../../src/store/transaction-records.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type World, type WorldOptions } from '../support/flow-world.ts'
import { UNKNOWN } from './line.ts'
import {
  after,
  answers,
  atT0,
  callsBack,
  CASH_ONLY_PAID,
  FAILED,
  happens,
  hears,
  legs,
  PAID,
  PENDING,
  says,
  seconds,
} from './patient.ts'
import { PATIENT } from './people.ts'

const GRID = [20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80]

const records = (world: World, id: string) => transactionRecords.ofOrder(world.db, id)

describeDatabases((_, openFresh) => {
  const start = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, options)
    const at = world.start()
    const scene = { world, at }
    return { world, scene, ...(await atT0(scene)) }
  }

  it('[SC-Q03][SC-Q04][SC-Q05] silence is asked about thirteen times, at T0+20 to T0+80 s', async () => {
    const { world, id, t0 } = await start()
    await after(world, t0, 19.999)
    expect(world.outside.askMixed.count).toBe(0)
    expect((await world.order(id)).state).toBe('awaiting-payment')
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
    const order = await world.order(id)
    expect(order.state).toBe('processing')
    expect(order.attempt.asked).toMatchObject({ grid: 13, tail: 0, refresh: 0, forged: 0 })
  })

  it('[SC-Q01] T0 is when the answer of step 9 was committed, not when it was asked', async () => {
    const world = await flowWorld(openFresh)
    world.outside.placeMixed.next(async (order) => {
      await world.clock.sleep(3_000)
      return world.outside.placeMixed.usual(order)
    })
    const asked = world.clock.now()
    const { t0 } = await atT0({ world, at: world.start() })
    expect(t0).toBe(asked + 3_000)
    await after(world, t0, 31)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20, 25, 30])
  })

  it('[SC-Q07] a window without result leaves one record and moves no money', async () => {
    const { world, id, t0 } = await start()
    await after(world, t0, 109)
    expect(await records(world, id)).toHaveLength(1)
    expect((await world.order(id)).state).toBe('processing')
    const { refund, closeSelfPay, revoke, release, writeBack } = world.outside
    for (const line of [refund, closeSelfPay, revoke, release, writeBack])
      expect(line.count).toBe(0)
    await after(world, t0, 700)
    expect(await records(world, id)).toHaveLength(1)
  })

  it('[SC-Q07] the record holds every fact that day-end needs and nothing about the person', async () => {
    const { world, id, t0, order } = await start()
    await after(world, t0, 109)
    const [record] = await records(world, id)
    const { attempt } = order
    expect(record).toMatchObject({ state: 'open', businessDate: '2026-11-20' })
    expect(record?.facts).toMatchObject({
      orderId: id,
      billNo: 'B1',
      institutionNo: attempt.institutionNo,
      mixTradeNo: attempt.mixTradeNo,
      bankSelfPayNo: attempt.bankOrderNo,
      outTradeNo: attempt.outTradeNo,
      prepayId: 'wx-CASH1',
      payOrdId: attempt.payOrdId,
      scenario: 'mixed',
      businessType: 'consultation',
      amounts: order.amounts,
      t0,
      questions: 13,
      lastAskedAt: t0 + 80_000,
      reason: expect.any(String),
    })
    const text = JSON.stringify(record)
    const { name, idNo, phone, patientId } = PATIENT
    for (const personal of [name, idNo, phone, `"${patientId}"`, 'openid-1', 'AUTH-C1'])
      expect(text).not.toContain(personal)
  })

  it('[SC-Q07] the record says what the last question was answered', async () => {
    const { world, id, t0 } = await start()
    await after(world, t0, 79)
    world.outside.askMixed.always(() => ({ kind: 'unknown', cause: 'HTTP 500' }))
    await after(world, t0, 109)
    const [record] = await records(world, id)
    expect(JSON.stringify(record?.facts)).toContain('HTTP 500')
  })

  it('[SC-Q02] a success committed at T0+19.999 s is never asked about', async () => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, 19.999)
    await callsBack(scene, says(order, PAID))
    expect((await world.order(id)).state).toBe('paid')
    await after(world, t0, 300)
    expect(world.outside.askMixed.count).toBe(0)
    expect(await records(world, id)).toEqual([])
  })

  it.each([
    [20.001, [20]],
    [52, GRID.slice(0, 7)],
    [80.5, GRID],
    [300, [...GRID, 110, 170, 290]],
  ])('[SC-Q06] a success at T0+%d s ends the questions at once', async (second, asked) => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, second)
    await callsBack(scene, says(order, PAID))
    expect((await world.order(id)).state).toBe('paid')
    await after(world, t0, second + 400)
    expect(seconds(world.outside.askMixed, t0)).toEqual(asked)
    expect(world.outside.writeBack.count).toBe(1)
  })

  it('[SC-Q06] three pending answers and a success are exactly four questions', async () => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, 32)
    happens(scene, order, PAID)
    await after(world, t0, 200)
    expect(seconds(world.outside.askMixed, t0)).toEqual([20, 25, 30, 35])
    expect((await world.order(id)).state).toBe('paid')
  })

  it('[SC-Q04] a bank that needs ten seconds is cut at four: starts on the grid, one in flight', async () => {
    const { world, scene, id, t0 } = await start()
    const { questionTimeoutMs } = scene.at.app.settings.schedule
    world.outside.askMixed.always(async () => {
      await world.clock.sleep(Math.min(10_000, questionTimeoutMs))
      return UNKNOWN()
    })
    await after(world, t0, 83.999)
    expect(await records(world, id)).toEqual([])
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
    expect(world.outside.askMixed.together).toBe(1)
    expect(await records(world, id)).toHaveLength(1)
  })

  it.each(['unknown', 'unsent', 'absent', 'pending', 'refused'] as const)(
    '[SC-Q06] the answer "%s" is no result: the grid runs on and nothing is lost',
    async (kind) => {
      const { world, id, t0 } = await start()
      world.outside.askMixed.always(() =>
        kind === 'unknown' || kind === 'unsent'
          ? { kind, cause: 'garbage' }
          : kind === 'refused'
            ? { kind, code: 'E', message: 'no' }
            : { kind },
      )
      await after(world, t0, 100)
      expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
      expect(await world.order(id)).toMatchObject({ state: 'processing', selfPay: 'waiting' })
    },
  )

  it.each([
    ['another mixed order', { mixTradeNo: 'MIX9' }],
    ['another institution number', { institutionNo: 'CASH9' }],
    ['one fen less', { amounts: { selfPayFen: 2_999 } }],
    ['another total', { amounts: { totalFen: 10_001 } }],
  ])('[SC-Q06] a success about %s is no result', async (_, changes) => {
    const { world, id, t0, order } = await start()
    const value = JSON.parse(JSON.stringify({ ...says(order, PAID), ...changes }))
    world.outside.askMixed.always(() => ({ kind: 'done', value }))
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
    expect(await world.order(id)).toMatchObject({ state: 'processing', selfPay: 'waiting' })
    expect(world.outside.writeBack.count).toBe(0)
  })

  it.each([
    ['unknown overall', legs('unknown', 'success', 'success')],
    ['unknown insurance', legs('success', 'success', 'unknown')],
    ['success with a pending leg', legs('success', 'success', 'pending')],
  ])('[SC-Q06] legs in no table (%s) are no result', async (_, told) => {
    const { world, id, t0, order } = await start()
    world.outside.askMixed.always(answers(order, told))
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual(GRID)
    expect((await world.order(id)).state).toBe('processing')
  })

  it('[SC-Q11] a verified failure inside the silence is a result: nothing is asked', async () => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, 5)
    await callsBack(scene, says(order, FAILED))
    expect((await world.order(id)).state).toBe('failed')
    await after(world, t0, 100)
    expect(world.outside.askMixed.count).toBe(0)
  })

  it('[SC-Q11] a pending callback inside the silence does not shift the grid', async () => {
    const { world, scene, t0, order } = await start()
    await after(world, t0, 5)
    await callsBack(scene, says(order, PENDING))
    await after(world, t0, 100)
    const asked = seconds(world.outside.askMixed, t0)
    expect(asked.filter((second) => second >= 20)).toEqual(GRID)
  })

  it('[SC-Q10] a success after the record pays the order and resolves the record', async () => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, 300)
    expect(await records(world, id)).toMatchObject([{ state: 'open' }])
    await callsBack(scene, says(order, PAID))
    expect((await world.order(id)).state).toBe('paid')
    expect(await records(world, id)).toMatchObject([{ state: 'resolved' }])
  })

  it('[SC-Q10] own money held after the record is returned and resolves the record', async () => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, 100)
    happens(scene, order, CASH_ONLY_PAID)
    await after(world, t0, 130)
    expect((await world.order(id)).state).toBe('refunded')
    expect(await records(world, id)).toMatchObject([{ state: 'resolved' }])
  })

  it('[SC-Q08] the sparse tail goes on for the life of a prepay, then one person is asked', async () => {
    const { world, id, t0 } = await start({ environment: { ORDER_LIFE_MS: '86400000' } })
    await after(world, t0, 7_190)
    const asked = seconds(world.outside.askMixed, t0)
    expect(asked.slice(13, 18)).toEqual([110, 170, 290, 590, 1190])
    expect(asked.slice(18)).toEqual([1790, 2390, 2990, 3590, 4190, 4790, 5390, 5990, 6590, 7190])
    expect(await world.workItems()).toEqual([])
    await after(world, t0, 10_000)
    expect(await world.workItems()).toMatchObject([{ kind: 'still-unknown', orderId: id }])
    expect(world.outside.askMixed.count).toBe(29)
    expect((await world.order(id)).state).toBe('processing')
  })

  it('a patient who pulls is answered from one question each three seconds', async () => {
    const { world, scene, id, t0 } = await start()
    await after(world, t0, 3)
    await world.run(refresh(scene.at.app, id))
    await after(world, t0, 5.9)
    await world.run(refresh(scene.at.app, id))
    expect(seconds(world.outside.askMixed, t0)).toEqual([3])
    await after(world, t0, 6)
    await world.run(refresh(scene.at.app, id))
    expect(seconds(world.outside.askMixed, t0)).toEqual([3, 6])
    await after(world, t0, 100)
    expect((await world.order(id)).attempt.asked).toMatchObject({ grid: 13, refresh: 2 })
  })

  it('a patient who pulls while a question is in flight joins it', async () => {
    const { world, scene, id, t0, order } = await start()
    world.outside.askMixed.next(async () => {
      await world.clock.sleep(3_500)
      return answers(order, PENDING)()
    })
    await after(world, t0, 20.5)
    await world.run(refresh(scene.at.app, id))
    expect(seconds(world.outside.askMixed, t0)).toEqual([20])
  })

  it('[SC-Q06] a forged callback changes nothing and asks at most once in five seconds', async () => {
    const { world, scene, id, t0, order } = await start()
    await after(world, t0, 2)
    const hint = { mixTradeNo: order.attempt.mixTradeNo, institutionNo: null }
    const forged = { kind: 'unverified', verified: false, hint, reason: 'signature' } as const
    for (const messageId of ['F1', 'F2', 'F3']) {
      await hears(scene, { ...forged, messageId })
      await world.clock.settle()
    }
    expect(seconds(world.outside.askMixed, t0)).toEqual([2])
    expect((await world.order(id)).attempt.asked).toMatchObject({ forged: 1, grid: 0 })
    await after(world, t0, 100)
    expect(seconds(world.outside.askMixed, t0)).toEqual([2, ...GRID])
  })
})
