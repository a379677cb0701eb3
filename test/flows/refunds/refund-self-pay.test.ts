import { expect, it } from 'vitest'
import { describeDatabases } from '../../support/database.ts'
import { flowWorld, type World } from '../../support/flow-world.ts'
import { ABSENT, lost, UNKNOWN } from '../line.ts'
import { atT0, callsBack, CASH_ONLY_PAID, happens, says, type Scene } from '../patient.ts'

const DAY_MS = 86_400_000

const numbers = (world: World) => [
  ...new Set(world.outside.refund.said.map(({ question }) => question.refundNo)),
]

describeDatabases((_, openFresh) => {
  const start = async (options: Parameters<typeof flowWorld>[1] = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene: Scene = { world, at: world.start() }
    const begun = await atT0(scene)
    happens(scene, begun.order, CASH_ONLY_PAID)
    return { world, scene, ...begun }
  }

  it('[SC-X01] the debt stands in the commit that learned of it, and is paid within a second', async () => {
    const { world, scene, id, t0, order } = await start()
    world.outside.selfPay.next(UNKNOWN)
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    const owed = await world.order(id)
    expect(owed).toMatchObject({
      state: 'refunding',
      insurance: 'failed',
      refundPromise: { amountFen: 3_000, promisedAt: t0, sentAt: null, confirmedAt: null },
    })
    const intents = await world.intents(id)
    expect(intents).toContainEqual(
      expect.objectContaining({ effect: 'refund-self-pay', number: `AR${id}1`, createdAt: t0 }),
    )
    await world.clock.advanceTo(t0 + 2_000)
    expect(world.outside.refund.said.map(({ question }) => question)).toEqual([
      expect.objectContaining({ refundNo: `AR${id}1`, amountFen: 3_000 }),
    ])
    const sent = world.outside.refund.said[0]?.at ?? 0
    expect(sent - t0).toBeLessThanOrEqual(1_000)
  })

  it('[SC-X01] the promise tells when it was sent and when it was confirmed', async () => {
    const { world, scene, id, t0, order } = await start()
    world.outside.askRefund.next(ABSENT, UNKNOWN, UNKNOWN)
    await world.clock.advanceTo(t0 + 1_000)
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    expect((await world.order(id)).refundPromise).toMatchObject({
      sentAt: t0 + 1_000,
      confirmedAt: null,
    })
    await world.clock.advanceTo(t0 + 30_000)
    const refunded = await world.order(id)
    expect(refunded).toMatchObject({ state: 'refunded', selfPay: 'refunded', refundedFen: 3_000 })
    expect(refunded.refundPromise?.sentAt).toBe(t0 + 1_000)
    expect(refunded.refundPromise?.confirmedAt).toBeGreaterThan(t0 + 1_000)
  })

  it('[SC-X02] callback and question together, ten times over, are one refund at the bank', async () => {
    const { world, scene, id, t0, order } = await start()
    const other = world.startElsewhere()
    other.work()
    await world.clock.advanceTo(t0 + 20_000)
    for (let repeat = 0; repeat < 10; repeat += 1)
      await callsBack(
        { world, at: repeat % 2 === 0 ? scene.at : other },
        says(order, CASH_ONLY_PAID),
        repeat < 5 ? 'M1' : `M${repeat}`,
      )
    await world.clock.advanceTo(t0 + 90_000)
    expect(world.outside.refund.count).toBe(1)
    expect(numbers(world)).toEqual([`AR${id}1`])
    expect((await world.order(id)).state).toBe('refunded')
    expect(await world.workItems()).toEqual([])
  })

  it('[SC-X03] a refund whose answer is lost is found by asking, under its one number', async () => {
    const { world, scene, id, t0, order } = await start()
    world.outside.refund.next(lost(world.outside.refund))
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect(world.outside.refund.count).toBe(1)
    expect((await world.order(id)).state).toBe('refunded')
  })

  it('[SC-X03] a bank that is away for two days still gets the same number, ever more slowly', async () => {
    const { world, scene, id, t0, order } = await start({ lookEveryMs: 60_000 })
    const { refund, askRefund } = world.outside
    refund.always(UNKNOWN)
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advanceTo(t0 + 2 * DAY_MS)
    expect((await world.order(id)).state).toBe('refunding')
    expect(numbers(world)).toEqual([`AR${id}1`])
    const gaps = askRefund.said.map(({ at }, index) => at - (askRefund.said[index - 1]?.at ?? at))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(660_000)
    expect(Math.min(...gaps.slice(15))).toBeGreaterThanOrEqual(500_000)
    refund.asUsual()
    await world.clock.advance(1_200_000)
    expect((await world.order(id)).state).toBe('refunded')
    expect(numbers(world)).toEqual([`AR${id}1`])
  })

  it('[SC-X03] only a final failure gives a second number, and both are one debt', async () => {
    const { world, scene, id, t0, order } = await start()
    const { refund, askRefund } = world.outside
    refund.next(() => ({ kind: 'done', value: undefined }))
    askRefund.next(ABSENT, () => ({
      kind: 'done',
      value: { status: 'failed', bankRefundNo: null, amountFen: null, refundedAt: null },
    }))
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect(numbers(world)).toEqual([`AR${id}1`, `AR${id}1-2`])
    expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 3_000 })
    expect(world.outside.refunds.size).toBe(1)
  })

  it('[SC-X03] a refund that is refused again and again gets an owner and goes on', async () => {
    const { world, scene, id, t0, order } = await start()
    const { refund } = world.outside
    refund.always(() => ({ kind: 'refused', code: 'E1', message: '余额不足' }))
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect(await world.workItems()).toMatchObject([{ kind: 'refund-failing', orderId: id }])
    refund.asUsual()
    await world.clock.advance(120_000)
    expect((await world.order(id)).state).toBe('refunded')
    expect(world.outside.refunds.size).toBe(1)
  })

  it('[SC-X02] cash that the channel returned by itself is not returned again', async () => {
    const { world, scene, id, t0, order } = await start()
    const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
    if (cash) cash.status = 'refunded'
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect(world.outside.refund.count).toBe(0)
    const refunded = await world.order(id)
    expect(refunded.state).toBe('refunded')
    expect(refunded.refundPromise).toMatchObject({ sentAt: null })
    expect(refunded.refundPromise?.confirmedAt).toBe(t0)
  })

  it.each(['waiting', 'paying', 'closed', 'unknown'] as const)(
    '[SC-X02] no money leaves while the cash order is told to be %s',
    async (status) => {
      const { world, scene, id, t0, order } = await start()
      const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
      if (cash) cash.status = status
      await callsBack(scene, says(order, CASH_ONLY_PAID))
      await world.clock.advanceTo(t0 + 300_000)
      expect(world.outside.refund.count).toBe(0)
      expect((await world.order(id)).state).toBe('refunding')
    },
  )

  it('[SC-X04] nothing is refunded at the bureau; only the upload is revoked', async () => {
    const { world, scene, id, t0, order } = await start()
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advanceTo(t0 + 60_000)
    expect(world.outside.revoke.count).toBe(1)
    expect(await world.order(id)).toMatchObject({ insurance: 'failed', hisWriteBack: 'none' })
    expect(world.outside.writeBack.count).toBe(0)
  })
})
