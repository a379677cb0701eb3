import { describe, expect, it } from 'vitest'
import { resolveWorkItem } from '../../../src/flows/operators/work-items.ts'
import * as events from '../../../src/store/events.ts'
import * as refunds from '../../../src/store/refunds.ts'
import { done, refused } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { flowWorld } from '../../support/flow-world.ts'
import { ABSENT, UNKNOWN } from '../line.ts'
import {
  atT0,
  callsBack,
  CASH_ONLY_PAID,
  happens,
  IMPOSSIBLE,
  says,
  type Scene,
} from '../patient.ts'
import { DAY_MS, decide, FAILED, OWN_MONEY, paid, SELDOM } from './refund-scene.ts'

const VOUCHER = '20261121-0012'
const OWN = { parts: ['self-pay'], voucherNo: VOUCHER } as const
const INSURANCE = { parts: ['insurance'], voucherNo: VOUCHER } as const
const ALL = { parts: ['insurance', 'self-pay'], voucherNo: VOUCHER } as const
const NO = () => refused<void>('no', '不受理')

describeDatabases((_, openFresh) => {
  async function stoppedAtInsurance() {
    const scene = await paid(openFresh)
    scene.world.outside.refundInsurance.next(() => refused('refund-refused', '已清算'))
    await scene.asks({ refundNo: 'H1', requestedBy: 'his' })
    await scene.later(60_000)
    return scene
  }

  async function disputed(told = IMPOSSIBLE) {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    const { id, order } = await atT0(scene)
    happens(scene, order, told)
    await callsBack(scene, says(order, told))
    await world.clock.advance(60_000)
    expect((await world.order(id)).state).toBe('needs-review')
    const upload = [...world.outside.uploads.values()][0]
    if (upload) upload.phase = 'settled'
    return { world, scene, id, order, upload }
  }

  describe('[SC-R07] a refund that 6203 refused', () => {
    it('insurance returned at the window: the own money follows by itself, and everybody is told', async () => {
      const { world, id, later, decides } = await stoppedAtInsurance()
      expect(await decides('returned-by-hand', INSURANCE)).toContain(VOUCHER)
      const [refund] = await later(60_000)
      expect(refund).toMatchObject({
        state: 'refunded',
        byHand: [{ part: 'insurance', voucherNo: VOUCHER }],
      })
      const order = await world.order(id)
      expect(order).toMatchObject({ state: 'refunded', refundedFen: order.amounts.totalFen })
      const { refundInsurance, refund: own, noticeRefund, writeBackRefund } = world.outside
      expect([refundInsurance.count, own.count]).toEqual([1, 1])
      expect([noticeRefund.count, writeBackRefund.count]).toEqual([1, 1])
      expect(await world.workItems()).toEqual([])
    })

    it('both parts returned outside: nothing more leaves the house', async () => {
      const { world, id, later, decides } = await stoppedAtInsurance()
      await decides('returned-by-hand', ALL)
      const [refund] = await later(60_000)
      expect(refund).toMatchObject({ state: 'refunded', promise: { amountFen: 3_000 } })
      expect(await world.order(id)).toMatchObject({ state: 'refunded', selfPay: 'refunded' })
      expect(world.outside.refund.count).toBe(0)
      expect(world.outside.writeBackRefund.said[0]?.question).toMatchObject({ refundNo: 'H1' })
      const recorded = (await events.ofOrder(world.db, id)).find(
        ({ what }) => what === 'returned-by-hand',
      )
      expect(recorded?.detail).toMatchObject({ operator: '李强', voucherNo: VOUCHER })
    })

    it('own money alone cannot be recorded while the insurance part is not back', async () => {
      const { world, id, decides } = await stoppedAtInsurance()
      await expect(decides('returned-by-hand', OWN)).rejects.toMatchObject({
        code: 'invalid-request',
      })
      expect((await world.order(id)).state).toBe('needs-review')
      expect(await world.workItems()).toHaveLength(1)
    })

    it('a note alone ends nothing: the refund would be nobody’s', async () => {
      const { world, decides } = await stoppedAtInsurance()
      expect(await decides('note')).toContain('尚未了结')
      expect(await world.workItems()).toHaveLength(1)
    })

    it('needs a voucher that names nobody', async () => {
      const { world, scene } = await stoppedAtInsurance()
      const [item] = await world.workItems()
      for (const byHand of [undefined, { ...ALL, voucherNo: '张三' }, { ...ALL, parts: [] }]) {
        const decision = {
          id: item?.id ?? '',
          operator: { name: '王敏', recognised: true },
          action: 'returned-by-hand',
          note: '已退',
          ...(byHand && { byHand }),
        } as const
        await expect(world.run(resolveWorkItem(scene.at.app, decision))).rejects.toMatchObject({
          code: 'invalid-request',
        })
      }
    })
  })

  it('[SC-X03] own money that the bank took back and people paid out: over, and never sent again', async () => {
    const { world, id, asks, later, decides } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
    await asks()
    await later(9 * 3_600_000)
    world.outside.askRefund.always(FAILED)
    await later(2 * DAY_MS)
    await decides('returned-by-hand', OWN)
    const sent = world.outside.refund.count
    const [refund] = await later(10 * DAY_MS)
    expect(refund?.state).toBe('refunded')
    expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 10_000 })
    expect(world.outside.refund.count).toBe(sent)
    expect(await world.workItems()).toEqual([])
  })

  it('[SC-X03] a refund that the bank refuses for ever ends by hand, and no number follows', async () => {
    const { world, id, asks, later, decides } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
    world.outside.refund.always(NO)
    await asks()
    await later(DAY_MS)
    expect((await world.workItems()).map(({ kind }) => kind)).toContain('refund-failing')
    await decides('returned-by-hand', OWN)
    const sent = world.outside.refund.count
    world.outside.refund.asUsual()
    await later(10 * DAY_MS)
    expect((await world.order(id)).state).toBe('refunded')
    expect(world.outside.refund.count).toBe(sent)
    expect(world.outside.writeBackRefund.count).toBe(1)
  })

  it.each([
    ['returned', undefined],
    ['unknown', UNKNOWN],
  ] as const)(
    '[SC-X02] not recorded while a number of ours is %s at the bank: that would be twice',
    async (_, answer) => {
      const { world, id, asks, later, decides } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
      await asks()
      await later(9 * 3_600_000)
      world.outside.askRefund.next(FAILED)
      await later(2 * DAY_MS)
      if (answer) world.outside.askRefund.always(answer)
      await expect(decides('returned-by-hand', OWN)).rejects.toMatchObject({
        code: 'invalid-request',
      })
      expect((await world.order(id)).state).toBe('needs-review')
    },
  )

  it('[SC-R07] two who confirm at once record one return', async () => {
    const { world, id, asks, later, decides } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
    world.outside.refund.always(NO)
    await asks()
    await later(DAY_MS)
    await decides('returned-by-hand', OWN)
    await expect(decides('returned-by-hand', OWN)).rejects.toThrow(/./)
    expect((await world.order(id)).refundedFen).toBe(10_000)
    expect((await refunds.ofOrder(world.db, id))[0]?.byHand).toHaveLength(1)
  })

  describe('[SC-G03] an order in review that nobody asked a refund for', () => {
    it('ends when its insurance part was returned at the window; the cash order is closed', async () => {
      const { world, scene, id, order } = await disputed()
      const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
      if (cash) cash.status = 'closed'
      await decide(world, { at: scene.at, action: 'returned-by-hand', byHand: INSURANCE })
      await world.clock.advance(60_000)
      const over = await world.order(id)
      expect(over).toMatchObject({
        state: 'refunded',
        insurance: 'refunded',
        selfPay: 'failed',
        refundedFen: over.amounts.totalFen - over.amounts.selfPayFen,
      })
      expect(await refunds.ofOrder(world.db, id)).toMatchObject([
        { state: 'refunded', requestedBy: 'operator', byHand: [{ part: 'insurance' }] },
      ])
      // Nobody was told of a payment: nobody is told of its return.
      expect(world.outside.writeBackRefund.count + world.outside.noticeRefund.count).toBe(0)
      expect(world.outside.release.count).toBeGreaterThan(0)
      expect(await world.workItems()).toEqual([])
    })

    it.each([
      ['insurance part settled', OWN],
      ['own money not known to be held nowhere', INSURANCE],
    ] as const)('stays in review with the %s and not named', async (_, byHand) => {
      const { world, scene, id } = await disputed()
      const wish = { at: scene.at, action: 'returned-by-hand', byHand } as const
      await expect(decide(world, wish)).rejects.toMatchObject({ code: 'invalid-request' })
      expect((await world.order(id)).state).toBe('needs-review')
      expect(await refunds.ofOrder(world.db, id)).toEqual([])
    })
  })

  it('[SC-X03] §8 a: cash of a failed order, refused by the bank for ever, paid out by hand', async () => {
    const world = await flowWorld(openFresh, SELDOM)
    const scene: Scene = { world, at: world.start() }
    const { id, order } = await atT0(scene)
    world.outside.refund.always(NO)
    happens(scene, order, CASH_ONLY_PAID)
    await callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advance(DAY_MS)
    expect((await world.order(id)).state).toBe('refunding')
    world.outside.askRefund.always(ABSENT)
    world.outside.query.next(() =>
      done({
        ordStas: '7',
        phase: 'failed',
        amounts: null,
        insuranceReturned: false,
        cashReturned: false,
      }),
    )
    await decide(world, { at: scene.at, action: 'returned-by-hand', byHand: OWN })
    const sent = world.outside.refund.count
    await world.clock.advance(10 * DAY_MS)
    expect(await world.order(id)).toMatchObject({
      state: 'refunded',
      selfPay: 'refunded',
      insurance: 'failed',
      refundedFen: 3_000,
    })
    expect(world.outside.refund.count).toBe(sent)
  })
})
