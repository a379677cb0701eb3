/** Refunds in the middle of which the bank contradicts what it had said of the payment. */
import { describe, expect, it } from 'vitest'
import { describeDatabases } from '../../support/database.ts'
import { flowWorld } from '../../support/flow-world.ts'
import { ABSENT, lost, UNKNOWN } from '../line.ts'
import * as patient from '../patient.ts'
import { DAY_MS, decide, paid, SELDOM } from './refund-scene.ts'

const HOUR_MS = 3_600_000
const OWN = { parts: ['self-pay'], voucherNo: '20261121-0012' } as const
const INSURANCE = { parts: ['insurance'], voucherNo: '20261121-0012' } as const

type Paid = Awaited<ReturnType<typeof paid>>

/** The bank calls the paid order failed, and says so again when it is asked. */
async function isDisputed(
  { world, scene, id, order, later }: Paid,
  told = patient.FAILED,
): Promise<void> {
  patient.happens(scene, order, told)
  await patient.callsBack(scene, patient.says(order, told), 'M9')
  await later(HOUR_MS)
  expect((await world.order(id)).state).toBe('needs-review')
}

describeDatabases((_, openFresh) => {
  describe('[SC-H03] disputed while a refund runs', () => {
    it('before its check is answered: refused, and nothing goes back by itself', async () => {
      const scene = await paid(openFresh, SELDOM)
      const { world, id, asks, later } = scene
      world.outside.refundCheck.next(UNKNOWN, UNKNOWN)
      await asks()
      await later(HOUR_MS)
      await isDisputed(scene)
      const [refund] = await later(DAY_MS)
      expect(refund).toMatchObject({ state: 'rejected', refusal: expect.stringContaining('核对') })
      expect((await world.order(id)).state).toBe('needs-review')
      const { refundInsurance, refund: own } = world.outside
      expect([refundInsurance.count, own.count]).toEqual([0, 0])
      expect((await world.workItems()).map(({ kind }) => kind)).toContain('results-disagree')
    })

    it('with an unanswered 6203: stays somebody’s, and goes on under the same number', async () => {
      const scene = await paid(openFresh, SELDOM)
      const { world, id, asks, later, decides } = scene
      const { refundInsurance, query } = world.outside
      refundInsurance.next(lost(refundInsurance))
      query.always(UNKNOWN)
      await asks()
      await later(HOUR_MS)
      await isDisputed(scene)
      expect(await decides('note')).toContain('尚未了结')
      await expect(decides('returned-by-hand', INSURANCE)).rejects.toMatchObject({
        code: 'invalid-request',
      })
      query.asUsual()
      expect(await decides('refund-again')).toContain('原退款号')
      const [refund] = await later(DAY_MS)
      expect(refund).toMatchObject({ state: 'refunded' })
      expect(refund?.number).not.toContain('-')
      expect([refundInsurance.count, world.outside.refund.count]).toEqual([1, 1])
      expect((await world.order(id)).refundedFen).toBe(10_000)
    })

    it('with own money on its way: it is not sent under a second number', async () => {
      const scene = await paid(openFresh, SELDOM)
      const { world, id, asks, later, decides } = scene
      const { askRefund, refund: own } = world.outside
      askRefund.next(ABSENT)
      askRefund.always(() => ({ kind: 'pending' }))
      await asks()
      await later(2 * HOUR_MS)
      expect(own.count).toBe(1)
      await isDisputed(scene)
      askRefund.asUsual()
      await expect(decides('returned-by-hand', OWN)).rejects.toMatchObject({
        code: 'invalid-request',
      })
      await decides('refund-again')
      const [refund] = await later(DAY_MS)
      expect(refund?.state).toBe('refunded')
      expect(own.count).toBe(1)
      expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 10_000 })
    })

    it('after all went back: not paid again by review, nor recorded a second time', async () => {
      const scene = await paid(openFresh, { ...SELDOM, scenario: 'insurance-only' })
      const { world, id, asks, later, decides } = scene
      await asks()
      await later(9 * HOUR_MS)
      await isDisputed(scene, patient.legs('fail', 'none', 'fail'))
      patient.happens(scene.scene, scene.order, patient.legs('success', 'none', 'success'))
      await decides('settle-as-bank-says')
      await expect(decides('returned-by-hand', INSURANCE)).rejects.toMatchObject({
        code: 'invalid-request',
      })
      expect(await world.order(id)).toMatchObject({ state: 'needs-review', refundedFen: 10_000 })
    })

    it('[SC-X01] while own money that nobody asked for is on its way (§8 a): not paid beside it', async () => {
      const world = await flowWorld(openFresh, SELDOM)
      const scene: patient.Scene = { world, at: world.start() }
      const { id, order } = await patient.atT0(scene)
      const { askRefund, refund: own } = world.outside
      askRefund.next(ABSENT)
      askRefund.always(() => ({ kind: 'pending' }))
      patient.happens(scene, order, patient.CASH_ONLY_PAID)
      await patient.callsBack(scene, patient.says(order, patient.CASH_ONLY_PAID))
      await world.clock.advance(2 * HOUR_MS)
      expect(own.count).toBe(1)
      patient.happens(scene, order, patient.PAID)
      await patient.callsBack(scene, patient.says(order, patient.PAID), 'M2')
      await world.clock.advance(HOUR_MS)
      await decide(world, { at: scene.at, action: 'settle-as-bank-says' })
      expect((await world.order(id)).state).toBe('needs-review')
      askRefund.asUsual()
      await decide(world, { at: scene.at, action: 'refund-again' })
      await world.clock.advance(2 * HOUR_MS)
      expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 3_000 })
      expect(own.count).toBe(1)
    })
  })
})
