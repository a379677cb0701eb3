import { describe, expect, it } from 'vitest'
import { done, refused } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import type { World } from '../../support/flow-world.ts'
import { ABSENT, lost, UNKNOWN } from '../line.ts'
import { DAY_MS, FAILED, OWN_MONEY, paid, SELDOM } from './refund-scene.ts'

const calls = (world: World) => ({
  check: world.outside.refundCheck.count,
  authorisation: world.outside.authoriseRefund.count,
  insurance: world.outside.refundInsurance.count,
  selfPay: world.outside.refund.count,
  notice: world.outside.noticeRefund.count,
  his: world.outside.writeBackRefund.count,
})

const busy = () => refused<void>('busy', '稍后')

describeDatabases((_, openFresh) => {
  describe('[SC-R01] [SC-R07] the steps of table 3', () => {
    it.each([
      ['mixed', { check: 1, authorisation: 1, insurance: 1, selfPay: 1, notice: 1, his: 1 }],
      [
        'insurance-only',
        { check: 1, authorisation: 1, insurance: 1, selfPay: 0, notice: 1, his: 1 },
      ],
      [
        'self-pay-only',
        { check: 1, authorisation: 0, insurance: 0, selfPay: 1, notice: 0, his: 1 },
      ],
    ] as const)('%s: each call once', async (scenario, expected) => {
      const { world, id, asks, later } = await paid(openFresh, { scenario })
      const refund = await asks()
      expect(refund.state).toBe('checking')
      const [ended] = await later(30_000)
      expect(ended?.state).toBe('refunded')
      expect(calls(world)).toEqual(expected)
      const order = await world.order(id)
      expect(order).toMatchObject({ state: 'refunded', refundedFen: order.amounts.totalFen })
      expect(await world.workItems()).toEqual([])
    })

    it('[SC-R06] the notice carries the number of the self-pay refund', async () => {
      const { world, asks, later } = await paid(openFresh)
      await asks()
      await later(30_000)
      const sent = world.outside.refund.said[0]?.question
      const told = world.outside.noticeRefund.said[0]?.question
      expect(told).toMatchObject({ refundNo: sent?.refundNo, bankRefundNo: `BR-${sent?.refundNo}` })
      expect(world.outside.refundInsurance.said[0]?.question.refundNo).toBe(sent?.refundNo)
    })

    it('[SC-R05] no own money moves before the insurance part is back', async () => {
      const { world, asks, later } = await paid(openFresh, SELDOM)
      world.outside.refundInsurance.always(UNKNOWN)
      await asks()
      const [refund] = await later(4 * 3_600_000)
      expect(refund?.state).toBe('insurance')
      expect(calls(world)).toMatchObject({ selfPay: 0, notice: 0, his: 0 })
      expect((await world.workItems()).map(({ kind }) => kind)).toEqual(['refund-overdue'])
    })
  })

  describe('[SC-R02] refused before anything moves', () => {
    it('by our own rules: nobody outside is asked', async () => {
      const { world, scene, asks } = await paid(openFresh, SELDOM)
      scene.at.kill()
      await world.clock.advanceTo(world.clock.now() + 31 * DAY_MS)
      await expect(asks({}, world.start())).rejects.toMatchObject({ code: 'not-refundable' })
      expect(calls(world)).toMatchObject({ check: 0, insurance: 0, selfPay: 0 })
    })

    it('by the hospital: with its reason, and the order stays paid', async () => {
      const { world, id, asks, later } = await paid(openFresh)
      world.outside.refundCheck.next(() => done({ allowed: false, reason: '药品已发出' }))
      await asks()
      const [refund] = await later(10_000)
      expect(refund).toMatchObject({ state: 'rejected', refusal: '药品已发出' })
      expect(await world.order(id)).toMatchObject({ state: 'paid', refundedFen: 0 })
      expect(calls(world)).toMatchObject({ insurance: 0, selfPay: 0, notice: 0, his: 0 })
    })

    it('a part of an order with insurance', async () => {
      const { asks } = await paid(openFresh)
      await expect(asks({ amountFen: 100 })).rejects.toMatchObject({
        code: 'partial-refund-not-allowed',
      })
    })
  })

  describe('[SC-R01] one refund at a time', () => {
    it('two at once from two processes: one is accepted', async () => {
      const { world, asks, later } = await paid(openFresh, OWN_MONEY)
      const other = world.startElsewhere()
      const both = await world.run(
        Promise.allSettled([
          asks({ refundNo: 'H1', requestedBy: 'his' }),
          asks({ refundNo: 'H2', requestedBy: 'his' }, other),
        ]),
      )
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      await later(30_000)
      expect(world.outside.refunds.size).toBe(1)
    })

    it('the same hospital number again is the same refund', async () => {
      const { world, asks, later } = await paid(openFresh)
      const first = await asks({ refundNo: 'H1', requestedBy: 'his' })
      expect((await asks({ refundNo: 'H1', requestedBy: 'his' })).id).toBe(first.id)
      await later(30_000)
      expect((await asks({ refundNo: 'H1', requestedBy: 'his' })).state).toBe('refunded')
      expect(calls(world)).toMatchObject({ insurance: 1, selfPay: 1 })
    })

    it('parts of own money add up to what was paid and never to more', async () => {
      const { world, id, asks, later } = await paid(openFresh, OWN_MONEY)
      const { totalFen } = (await world.order(id)).amounts
      const part = Math.floor(totalFen * 0.6)
      await asks({ amountFen: part })
      await later(30_000)
      expect(await world.order(id)).toMatchObject({ state: 'paid', refundedFen: part })
      await expect(asks({ amountFen: part })).rejects.toMatchObject({ code: 'not-refundable' })
      await asks()
      await later(30_000)
      expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: totalFen })
      const returned = [...world.outside.refunds.values()].map(({ amountFen }) => amountFen)
      expect(returned).toEqual([part, totalFen - part])
    })
  })

  describe('[SC-R04] 6203', () => {
    it('done but its answer lost: found by 6301, never sent twice', async () => {
      const { world, asks, later } = await paid(openFresh)
      world.outside.refundInsurance.next(lost(world.outside.refundInsurance))
      await asks()
      expect((await later(60_000))[0]?.state).toBe('refunded')
      expect(world.outside.refundInsurance.count).toBe(1)
    })

    it('never arrived: the same number again', async () => {
      const { world, asks, later } = await paid(openFresh)
      world.outside.refundInsurance.next(UNKNOWN)
      await asks()
      const [refund] = await later(60_000)
      expect(refund?.state).toBe('refunded')
      const sent = world.outside.refundInsurance.said.map(({ question }) => question.refundNo)
      expect(sent).toEqual([refund?.number, refund?.number])
    })

    it('exceptional, and 6301 finds it returned: sent once, and the refund goes on', async () => {
      const { world, asks, later } = await paid(openFresh)
      world.outside.refundInsurance.next(async (question) => {
        await world.outside.refundInsurance.usual(question)
        return done({ status: 'exceptional', refundSerialNo: null, refundedAt: null })
      })
      await asks()
      const [refund] = await later(30_000)
      expect(refund?.state).toBe('refunded')
      expect(calls(world)).toMatchObject({ insurance: 1, selfPay: 1 })
    })

    it('exceptional and not returned: only asked about, then a person decides', async () => {
      const { world, asks, later } = await paid(openFresh, SELDOM)
      world.outside.refundInsurance.always(() =>
        done({ status: 'exceptional', refundSerialNo: null, refundedAt: null }),
      )
      world.outside.query.next(UNKNOWN, UNKNOWN)
      await asks()
      const [refund] = await later(9 * 3_600_000)
      expect(refund?.state).toBe('needs-review')
      expect(calls(world)).toMatchObject({ insurance: 1, selfPay: 0 })
      expect((await world.workItems()).map(({ kind }) => kind)).toContain('refund-refused')
    })

    it('refused: nothing moved, the order waits for a person', async () => {
      const { world, id, asks, later } = await paid(openFresh)
      world.outside.refundInsurance.next(() => refused('refund-refused', '已清算'))
      await asks()
      const [refund] = await later(60_000)
      expect(refund).toMatchObject({ state: 'needs-review', refusal: '已清算' })
      expect((await world.order(id)).state).toBe('needs-review')
      expect(calls(world)).toMatchObject({ insurance: 1, selfPay: 0, his: 0 })
      expect(await world.workItems()).toEqual([
        expect.objectContaining({
          kind: 'refund-refused',
          actions: ['refund-again', 'reject-refund', 'returned-by-hand', 'ask-insurer', 'note'],
        }),
      ])
    })

    it('[SC-R03] is authorised by the core or mid-platform first; unauthorised nothing is sent', async () => {
      const { world, asks, later } = await paid(openFresh)
      world.outside.authoriseRefund.next(UNKNOWN, UNKNOWN)
      await asks()
      expect((await later(60_000))[0]?.state).toBe('refunded')
      expect(calls(world)).toMatchObject({ authorisation: 3, insurance: 1 })
    })
  })

  describe('[SC-R05] the own money', () => {
    it('finally refused: goes on under the number -2, and the notice says so too', async () => {
      const { world, asks, later } = await paid(openFresh, { lookEveryMs: 5_000 })
      const { askRefund } = world.outside
      askRefund.next(ABSENT)
      askRefund.always((asked) =>
        asked.refundNo.endsWith('-2') ? askRefund.usual(asked) : FAILED(),
      )
      await asks()
      const [refund] = await later(600_000)
      expect([refund?.state, refund?.number.slice(-2)]).toEqual(['refunded', '-2'])
      expect(world.outside.noticeRefund.said[0]?.question.refundNo).toBe(refund?.number)
      expect(world.outside.refundInsurance.count).toBe(1)
    })

    it('taken back by the bank a day later: noticed, and returned again by two people', async () => {
      const { world, id, asks, later } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      await asks()
      await later(9 * 3_600_000)
      world.outside.askRefund.next(FAILED)
      const [refund] = await later(2 * DAY_MS)
      expect(refund?.state).toBe('needs-review')
      expect(await world.order(id)).toMatchObject({ state: 'needs-review', refundedFen: 0 })
      expect((await world.workItems()).map(({ kind }) => kind)).toEqual(['refund-reversed'])
    })

    it('stays returned: asked once a day for seven days and then no more', async () => {
      const { world, asks, later } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      await asks()
      await later(9 * 3_600_000)
      const before = world.outside.askRefund.count
      await later(10 * DAY_MS)
      expect(world.outside.askRefund.count - before).toBe(7)
      expect(await world.workItems()).toEqual([])
    })
  })

  describe('[SC-R06] the notice', () => {
    it('refused five times, then taken: one refund', async () => {
      const { world, asks, later } = await paid(openFresh, { lookEveryMs: 5_000 })
      world.outside.noticeRefund.next(busy, busy, busy, busy, busy)
      await asks()
      expect((await later(600_000))[0]?.state).toBe('refunded')
      expect(calls(world)).toMatchObject({ insurance: 1, selfPay: 1, notice: 6, his: 1 })
    })

    it('refused for seven days: the money is back all the same, and a person hears of it', async () => {
      const { world, id, asks, later } = await paid(openFresh, SELDOM)
      world.outside.noticeRefund.always(() => refused('no', '不受理'))
      await asks()
      const [refund] = await later(8 * DAY_MS)
      expect(refund?.state).toBe('refunded')
      expect((await world.order(id)).state).toBe('refunded')
      expect((await world.workItems()).map(({ kind }) => kind)).toEqual(['refund-notice-refused'])
    })
  })
})
