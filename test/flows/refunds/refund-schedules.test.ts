import { describe, expect, it } from 'vitest'
import { done, refused } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { ABSENT, UNKNOWN } from '../line.ts'
import { DAY_MS, FAILED, OWN_MONEY, paid, SELDOM } from './refund-scene.ts'

const HOUR_MS = 3_600_000

describeDatabases((_, openFresh) => {
  async function ended() {
    const scene = await paid(openFresh, SELDOM)
    scene.world.outside.refundInsurance.next(() =>
      done({ status: 'exceptional', refundSerialNo: null, refundedAt: null }),
    )
    await scene.asks()
    await scene.later(3 * HOUR_MS)
    await scene.decides('reject-refund')
    expect((await scene.world.order(scene.id)).state).toBe('paid')
    return scene
  }

  it('[SC-R06] taken back while its notice is still refused, then returned again: whole, and told', async () => {
    const { world, id, asks, later, decides } = await paid(openFresh, SELDOM)
    const { noticeRefund, askRefund } = world.outside
    noticeRefund.always(() => refused('busy', 'x'))
    await asks()
    await later(3 * HOUR_MS)
    askRefund.next(FAILED)
    const [taken] = await later(2 * DAY_MS)
    expect(taken?.state).toBe('needs-review')
    noticeRefund.asUsual()
    const silent = noticeRefund.count
    await later(3 * HOUR_MS)
    // The number whose money came back is told to nobody.
    expect(noticeRefund.count).toBe(silent)
    askRefund.always((asked) => (asked.refundNo.endsWith('-2') ? askRefund.usual(asked) : FAILED()))
    await decides('refund-again')
    const [refund] = await later(DAY_MS)
    expect(refund).toMatchObject({ state: 'refunded' })
    expect(refund?.number.endsWith('-2')).toBe(true)
    const order = await world.order(id)
    expect(order).toMatchObject({ state: 'refunded', refundedFen: order.amounts.totalFen })
    expect(noticeRefund.said.at(-1)?.question.refundNo).toBe(refund?.number)
    expect(await world.workItems()).toEqual([])
  })

  it('[SC-X02] a number that failed for good and works after all, the next one sent: told, and a person looks', async () => {
    const { world, id, asks, later, decides } = await paid(openFresh, SELDOM)
    const { noticeRefund, askRefund } = world.outside
    noticeRefund.always(() => refused('busy', 'x'))
    await asks()
    await later(3 * HOUR_MS)
    askRefund.next(FAILED)
    await later(2 * DAY_MS)
    askRefund.next(FAILED, ABSENT)
    await decides('refund-again')
    noticeRefund.asUsual()
    const [refund] = await later(DAY_MS)
    expect(refund).toMatchObject({
      state: 'refunded',
      number: world.outside.refund.said[0]?.question.refundNo,
    })
    expect((await world.order(id)).state).toBe('refunded')
    expect(noticeRefund.said.at(-1)?.question.refundNo).toBe(refund?.number)
    expect((await world.workItems()).map(({ kind }) => kind)).toEqual(['refund-maybe-twice'])
  })

  it('[SC-R04] 6203 refused though it had worked: going on asks 6301 before a second one', async () => {
    const { world, id, asks, later, decides } = await paid(openFresh)
    const { refundInsurance } = world.outside
    refundInsurance.next(async (question) => {
      await refundInsurance.usual(question)
      return refused('refund-refused', '失败')
    })
    await asks()
    await later(60_000)
    await decides('refund-again')
    const [refund] = await later(60_000)
    expect(refund?.state).toBe('refunded')
    expect(refundInsurance.count).toBe(1)
    expect((await world.order(id)).state).toBe('refunded')
  })

  it('[SC-R03] an authorisation that is refused for good stops the refund, whatever was lost before', async () => {
    const { world, asks, later } = await paid(openFresh, SELDOM)
    world.outside.authoriseRefund.next(UNKNOWN)
    world.outside.authoriseRefund.always(() => refused('expired', '授权已失效'))
    await asks()
    const [refund] = await later(5 * DAY_MS)
    expect(refund).toMatchObject({ state: 'needs-review', refusal: '授权已失效' })
    expect(world.outside.refundInsurance.count).toBe(0)
  })

  it('[SC-R04] a first 6203 that never arrived and repeats that are refused: a person decides', async () => {
    const { world, id, asks, later } = await paid(openFresh, SELDOM)
    world.outside.refundInsurance.next(UNKNOWN)
    world.outside.refundInsurance.always(() => refused('refund-refused', '已清算'))
    await asks()
    const [refund] = await later(5 * DAY_MS)
    expect(refund?.state).toBe('needs-review')
    expect(world.outside.refund.count).toBe(0)
    expect((await world.order(id)).state).toBe('needs-review')
    expect((await world.workItems()).map(({ kind }) => kind)).toContain('refund-refused')
  })

  it('[SC-R01] HIS is not told of a payment that has gone back', async () => {
    const { world, id, asks, later } = await paid(openFresh, SELDOM, ({ outside }) =>
      outside.writeBack.always(UNKNOWN),
    )
    await asks({ requestedBy: 'operator', requester: 'op' })
    const [refund] = await later(4 * HOUR_MS)
    expect(refund?.state).toBe('refunded')
    world.outside.writeBack.asUsual()
    await later(4 * HOUR_MS)
    expect((await world.order(id)).hisWriteBack).toBe('none')
    expect(world.outside.settled.size).toBe(0)
    expect(world.outside.writeBackRefund.count).toBe(0)
  })

  it('[SC-R06] a bank that wants to hear of own money alone hears of each part, under its number', async () => {
    const { world, asks, later } = await paid(openFresh, { ...OWN_MONEY, noticesOwnMoney: true })
    const { noticeRefund } = world.outside
    await asks({ amountFen: 6_000 })
    const [first] = await later(30_000)
    await asks()
    const [, second] = await later(30_000)
    expect([first?.state, second?.state]).toEqual(['refunded', 'refunded'])
    expect(noticeRefund.said.map(({ question }) => question)).toMatchObject([
      {
        refundNo: first?.number,
        bankRefundNo: first?.bankRefundNo,
        amounts: { selfPayFen: 6_000 },
      },
      { refundNo: second?.number, amounts: { selfPayFen: 4_000, totalFen: 4_000 } },
    ])
  })

  describe('[SC-R04] a refund that people ended, though 6203 had only been exceptional', () => {
    it('works after all: a person hears of it, and a full refund returns the own money alone', async () => {
      const { world, id, later, decides } = await ended()
      for (const upload of world.outside.uploads.values()) upload.phase = 'refunded'
      await later(2 * DAY_MS)
      expect((await world.workItems()).map(({ kind }) => kind)).toEqual(['refund-after-reject'])
      expect((await world.order(id)).state).toBe('paid')
      await decides('full-refund')
      const [first, second] = await later(DAY_MS)
      expect([first?.state, second?.state]).toEqual(['rejected', 'refunded'])
      expect(world.outside.refundInsurance.count).toBe(1)
      expect(world.outside.refund.count).toBe(1)
      const order = await world.order(id)
      expect(order).toMatchObject({ state: 'refunded', refundedFen: order.amounts.totalFen })
    })

    it('stays where it is: asked once a day for seven days and then no more', async () => {
      const { world, later } = await ended()
      const before = world.outside.query.count
      await later(10 * DAY_MS)
      expect(world.outside.query.count - before).toBe(7)
      expect(await world.workItems()).toEqual([])
    })
  })
})
