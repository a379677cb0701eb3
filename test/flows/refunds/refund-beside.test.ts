/** Refunds beside which somebody else acts: the channel, people at a window, the bank, another order. */
import { describe, expect, it } from 'vitest'
import { breaksOf } from '../../../src/reconciliation/breaks.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import { cancelOrder } from '../../../src/flows/leave-order.ts'
import { refundBill } from '../../../src/flows/refunds/request-refund.ts'
import type { Order } from '../../../src/payment/order.ts'
import { refused } from '../../../src/upstreams/upstream.ts'
import { DAY, matched, row } from '../../reconciliation/rows.ts'
import { describeDatabases } from '../../support/database.ts'
import { flowWorld } from '../../support/flow-world.ts'
import { UNKNOWN } from '../line.ts'
import * as patient from '../patient.ts'
import { DAY_MS, decide, FAILED, OWN_MONEY, paid, SELDOM } from './refund-scene.ts'

const HOUR_MS = 3_600_000
const OWN = { parts: ['self-pay'], voucherNo: '20261121-0012' } as const

describeDatabases((_, openFresh) => {
  describe('[SC-X03] own money that somebody else returned', () => {
    it('by the channel after one of ours was refused: a person may end it', async () => {
      const { world, id, asks, later, decides } = await paid(openFresh, SELDOM)
      world.outside.refund.always(({ outTradeNo }) => {
        const cash = world.outside.cash.get(outTradeNo)
        if (cash) cash.status = 'refunded'
        return refused('no', '已退回')
      })
      await asks()
      await later(2 * DAY_MS)
      await decides('returned-by-hand', OWN)
      await later(DAY_MS)
      expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 10_000 })
      expect(world.outside.refund.count).toBe(1)
      expect(await world.workItems()).toEqual([])
    })

    it('by people, and a number that had failed works after all: a person hears of it', async () => {
      const { world, asks, later, decides } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      const { askRefund } = world.outside
      await asks()
      await later(9 * HOUR_MS)
      askRefund.always(FAILED)
      await later(2 * DAY_MS)
      await decides('returned-by-hand', OWN)
      await later(2 * DAY_MS)
      expect(await world.workItems()).toEqual([])
      askRefund.asUsual()
      const [refund] = await later(2 * DAY_MS)
      expect(refund?.state).toBe('refunded')
      expect((await world.workItems()).map(({ kind }) => kind)).toEqual(['refund-maybe-twice'])
    })
  })

  it('[SC-R01] [SC-P11] HIS names a bill that was paid twice: the order that has the money answers', async () => {
    const world = await flowWorld(openFresh, { lookEveryMs: 20_000, ...OWN_MONEY })
    const scene: patient.Scene = { world, at: world.start() }
    const told = patient.legs('success', 'success', 'none')
    const first = await patient.atT0(scene, { payMode: 'self-pay' })
    await world.run(cancelOrder(scene.at.app, first.id))
    await world.clock.advance(HOUR_MS)
    const second = await patient.paidUpTo(scene, 'awaiting-payment', { payMode: 'self-pay' })
    const isPaid = async (order: Order, messageId: string): Promise<void> => {
      patient.happens(scene, order, told)
      await patient.callsBack(scene, patient.says(order, told), messageId)
      await world.clock.advance(HOUR_MS)
    }
    const asks = (refundNo: string) =>
      world.run(
        refundBill(scene.at.app, {
          billNo: 'B1',
          refundNo,
          amountFen: null,
          reason: '重复缴费',
          requester: '窗口',
        }),
      )
    await isPaid(second, 'M1')
    expect((await asks('H1')).orderId).toBe(second.id)
    await world.clock.advance(HOUR_MS)
    await isPaid(first.order, 'M2')
    expect((await world.order(first.id)).state).toBe('paid')
    expect((await asks('H2')).orderId).toBe(first.id)
    expect((await asks('H1')).orderId).toBe(second.id)
    await world.clock.advance(HOUR_MS)
    const returned = [...world.outside.refunds.values()].map(({ amountFen }) => amountFen)
    expect(returned).toEqual([10_000, 10_000])
    expect((await world.order(first.id)).state).toBe('refunded')
  })

  it('[SC-R02] an open difference between the books: refused to patient and HIS, and nobody is asked', async () => {
    const { world, order, asks, later } = await paid(openFresh, OWN_MONEY)
    const { outTradeNo: merchantOrderNo, bankOrderNo } = order.attempt
    const theirs = [row({ merchantOrderNo, bankOrderNo })]
    const compares = async (id: string, ours: typeof theirs): Promise<void> => {
      const { tally, differences } = await matched(theirs, ours)
      const breaks = breaksOf(differences, { book: 'bank', today: DAY, nextRead: true })
      const run = { id, book: 'bank', date: DAY, at: 1, startedBy: '王敏', inputs: {} } as const
      await world.run(reconciliation.recordRun(world.db, { ...run, tally }, breaks))
    }
    await compares('RUN1', [])
    for (const requestedBy of ['patient', 'his'] as const)
      await expect(asks({ requestedBy, amountFen: 100 })).rejects.toMatchObject({
        code: 'not-refundable',
      })
    expect(world.outside.refundCheck.count).toBe(0)
    await compares('RUN2', theirs)
    await asks({ amountFen: 100 })
    expect((await later(30_000))[0]?.state).toBe('refunded')
  })

  describe('[SC-R05] taken back by the bank', () => {
    it('while HIS is away: HIS hears of it when it is back again, and once', async () => {
      const { world, asks, later, decides } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      const { askRefund, writeBackRefund } = world.outside
      writeBackRefund.always(UNKNOWN)
      await asks()
      await later(9 * HOUR_MS)
      askRefund.next(FAILED)
      await later(2 * DAY_MS)
      writeBackRefund.asUsual()
      const unheard = writeBackRefund.count
      await later(DAY_MS)
      expect(writeBackRefund.count).toBe(unheard)
      askRefund.always((asked) =>
        asked.refundNo.endsWith('-2') ? askRefund.usual(asked) : FAILED(),
      )
      const before = world.clock.now()
      await decides('refund-again')
      await later(DAY_MS)
      expect(writeBackRefund.count).toBe(unheard + 1)
      const told = writeBackRefund.said.at(-1)?.question.refundedAt ?? 0
      expect(told).toBeGreaterThanOrEqual(before)
    })

    it('twice under one number: noticed each time', async () => {
      const { world, id, asks, later, decides } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      const { askRefund } = world.outside
      await asks()
      await later(9 * HOUR_MS)
      askRefund.next(FAILED)
      await later(2 * DAY_MS)
      await decides('refund-again')
      await later(9 * HOUR_MS)
      expect((await world.order(id)).state).toBe('refunded')
      askRefund.next(FAILED)
      await later(2 * DAY_MS)
      expect(await world.order(id)).toMatchObject({ state: 'needs-review', refundedFen: 0 })
      expect((await world.workItems()).map(({ kind }) => kind)).toContain('refund-reversed')
    })

    it('[SC-X03] while the upload of a failed order is not revoked: both go on, and the bill is let go', async () => {
      const world = await flowWorld(openFresh, SELDOM)
      const scene: patient.Scene = { world, at: world.start() }
      const { id, order } = await patient.atT0(scene)
      const { revoke, release, askRefund } = world.outside
      revoke.always(UNKNOWN)
      release.always(UNKNOWN)
      patient.happens(scene, order, patient.CASH_ONLY_PAID)
      await patient.callsBack(scene, patient.says(order, patient.CASH_ONLY_PAID))
      await world.clock.advance(2 * HOUR_MS)
      askRefund.next(FAILED)
      await world.clock.advance(2 * DAY_MS)
      expect((await world.order(id)).state).toBe('needs-review')
      revoke.asUsual()
      release.asUsual()
      await decide(world, { at: scene.at, action: 'refund-again' })
      await world.clock.advance(DAY_MS)
      expect((await world.order(id)).state).toBe('refunded')
      expect([...world.outside.uploads.values()].map(({ phase }) => phase)).toEqual(['revoked'])
      const open = (await world.intents(id)).filter(({ state }) => state === 'open')
      expect(open.map(({ effect }) => effect)).toEqual(['recheck-refund'])
    })
  })
})
