/** Orders in review of which money went back: no word about the payment may end them over it. */
import { describe, expect, it } from 'vitest'
import { refundAgain, refundInFull } from '../../../src/flows/refunds/refund-actions.ts'
import { done } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { flowWorld } from '../../support/flow-world.ts'
import * as patient from '../patient.ts'
import { DAY_MS, decide, FAILED, OWN_MONEY, paid, SELDOM } from './refund-scene.ts'

const HOUR_MS = 3_600_000
const OWN = { parts: ['self-pay'], voucherNo: '20261121-0012' } as const
const DECIDED = { operator: '李强', note: '已核实', item: { id: 'ITEM' } }

describeDatabases((_, openFresh) => {
  /** §8 a: returned, then called paid by the bank, and then taken back. */
  async function takenBackInReview() {
    const world = await flowWorld(openFresh, SELDOM)
    const scene: patient.Scene = { world, at: world.start() }
    const { id, order } = await patient.atT0(scene)
    patient.happens(scene, order, patient.CASH_ONLY_PAID)
    await patient.callsBack(scene, patient.says(order, patient.CASH_ONLY_PAID))
    await world.clock.advance(2 * HOUR_MS)
    expect((await world.order(id)).state).toBe('refunded')
    patient.happens(scene, order, patient.PAID)
    await patient.callsBack(scene, patient.says(order, patient.PAID), 'M2')
    await world.clock.advance(HOUR_MS)
    const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
    if (cash) cash.status = 'refunded'
    const { askRefund } = world.outside
    askRefund.always((asked) => (asked.refundNo.endsWith('-2') ? askRefund.usual(asked) : FAILED()))
    await world.clock.advance(2 * DAY_MS)
    expect(await world.order(id)).toMatchObject({ state: 'needs-review', refundedFen: 0 })
    return { world, scene, id, order }
  }

  it.each([
    ['own money alone paid', 'settle-as-bank-says', patient.CASH_ONLY_PAID],
    ['nothing paid', 'settle-as-bank-says', patient.FAILED],
    ['nothing paid', 'close-verified', patient.FAILED],
  ] as const)(
    '[SC-X03] own money taken back, and the bank says %s: %s does not end the debt',
    async (_said, action, told) => {
      const { world, scene, id, order } = await takenBackInReview()
      const mixed = world.outside.mixed.get(order.attempt.institutionNo ?? '')
      if (mixed) mixed.legs = told
      world.outside.query.always(() =>
        done({
          ordStas: '12',
          phase: 'revoked',
          amounts: null,
          insuranceReturned: true,
          cashReturned: null,
        }),
      )
      expect(await decide(world, { at: scene.at, action })).toContain('仍在人工核对中')
      expect((await world.order(id)).state).toBe('needs-review')
      await decide(world, { at: scene.at, action: 'refund-again' })
      await world.clock.advance(2 * HOUR_MS)
      expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 3_000 })
      expect(world.outside.refunds.size).toBe(2)
    },
  )

  async function partlyBack() {
    const scene = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
    await scene.asks({ amountFen: 6_000 })
    await scene.later(9 * HOUR_MS)
    const told = patient.legs('fail', 'fail', 'none')
    patient.happens(scene.scene, scene.order, told)
    await patient.callsBack(scene.scene, patient.says(scene.order, told), 'M9')
    await scene.later(HOUR_MS)
    expect((await scene.world.order(scene.id)).state).toBe('needs-review')
    return scene
  }

  describe('[SC-R07] disputed after a part went back', () => {
    it('the rest may be paid out by hand', async () => {
      const { world, id, decides, later } = await partlyBack()
      await decides('returned-by-hand', OWN)
      await later(HOUR_MS)
      expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 10_000 })
      expect(world.outside.writeBackRefund.said.at(-1)?.question.amounts.selfPayFen).toBe(4_000)
    })

    it('nothing is owed, so nothing is sent again', async () => {
      const { world, scene, id } = await partlyBack()
      const again = refundAgain(scene.at.app, { ...DECIDED, orderId: id, ends: async () => {} })
      await expect(world.run(again)).rejects.toMatchObject({ code: 'invalid-request' })
      expect((await world.order(id)).state).toBe('needs-review')
    })
  })

  it('[SC-R07] a full refund that is decided twice is not asked for at a desk as well', async () => {
    const { world, scene, id, asks, later } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
    await asks({ requestedBy: 'operator', requester: '李强' })
    await later(2 * HOUR_MS)
    const said = await world.run(refundInFull(scene.at.app, { ...DECIDED, orderId: id }))
    expect(said).toContain('已全部退回')
  })

  describe('[SC-H03] [SC-P11] a payment that HIS knows, and that was none', () => {
    const UNPAID = patient.legs('fail', 'fail', 'none')

    async function paidAndDisputed(before: 'told' | 'away') {
      const scene = await paid(openFresh, { ...SELDOM, ...OWN_MONEY }, ({ outside }) => {
        if (before === 'away') outside.writeBack.always(() => ({ kind: 'unsent', cause: 'down' }))
      })
      const { world, scene: at, order, id, later, decides } = scene
      patient.happens(at, order, UNPAID)
      await patient.callsBack(at, patient.says(order, UNPAID), 'M9')
      await later(60_000)
      const cash = world.outside.cash.get(order.attempt.outTradeNo ?? '')
      if (cash) cash.status = 'closed'
      await decides('settle-as-bank-says')
      expect((await world.order(id)).state).toBe('failed')
      world.outside.writeBack.asUsual()
      await later(DAY_MS)
      return scene
    }

    it('HIS is not told any more', async () => {
      const { world, id } = await paidAndDisputed('away')
      expect(world.outside.settled.size).toBe(0)
      expect(await world.order(id)).toMatchObject({ state: 'failed', hisWriteBack: 'none' })
      expect(await world.workItems()).toEqual([])
    })

    it('a person hears that HIS still books it', async () => {
      const { world } = await paidAndDisputed('told')
      expect(world.outside.settled.size).toBe(1)
      expect(await world.workItems()).toMatchObject([
        { kind: 'results-disagree', sentence: expect.stringContaining('医院系统已入账') },
      ])
    })
  })
})
