/** What comes after an order has ended unpaid, or when nobody asks by itself any more: it finds its end. */
import { expect, it } from 'vitest'
import { cancelOrder } from '../../src/flows/leave-order.ts'
import { DOING } from '../../src/flows/operators/work-item-actions.ts'
import { dayEnd } from '../../src/flows/reconciliation/day-end.ts'
import { takeSettlementNotice } from '../../src/flows/take-insurer-notice.ts'
import { businessDate } from '../../src/payment/numbers.ts'
import { refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type World, type WorldOptions } from '../support/flow-world.ts'
import { ABSENT, lost, UNKNOWN } from './line.ts'
import * as patient from './patient.ts'
import { CASH_ONLY_PAID, FAILED, happens, legs, PAID, says, type Scene } from './patient.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** The payer was faster than the close, and the bureau has not answered yet. */
const HALF_PAID = legs('created', 'success', 'pending')

const cancels = ({ world, at }: Scene, id: string) =>
  world.run(
    cancelOrder(at.app, id).then(
      () => 'done',
      (error: { code?: unknown }) => error.code,
    ),
  )

const kinds = async (world: World) => (await world.workItems()).map(({ kind }) => kind)

describeDatabases((_, openFresh) => {
  const start = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, { lookEveryMs: 20_000, ...options })
    const scene: Scene = { world, at: world.start() }
    return { world, scene, ...(await patient.atT0(scene)) }
  }
  const cancelled = async () => {
    const begun = await start()
    expect(await cancels(begun.scene, begun.id)).toBe('done')
    return begun
  }
  const failed = async () => {
    const begun = await start()
    happens(begun.scene, begun.order, FAILED)
    await patient.callsBack(begun.scene, says(begun.order, FAILED))
    return begun
  }
  /** The bank says nothing at all until the schedule is over. */
  const forgotten = async () => {
    const begun = await start()
    const { askMixed, selfPay, closeSelfPay } = begun.world.outside
    for (const line of [askMixed, selfPay, closeSelfPay]) line.always(UNKNOWN)
    await begun.world.clock.advance(3 * HOUR_MS)
    for (const line of [askMixed, selfPay, closeSelfPay]) line.asUsual()
    expect((await begun.world.order(begun.id)).state).toBe('processing')
    expect(await kinds(begun.world)).toEqual(['still-unknown'])
    return begun
  }

  it.each([
    ['cancelled', cancelled],
    ['failed', failed],
  ] as const)(
    '[SC-P11] [SC-X01] own money taken after an order %s, its insurance pending: asked for until it is returned',
    async (_state, ended) => {
      const { world, scene, id, order } = await ended()
      happens(scene, order, HALF_PAID)
      await patient.callsBack(scene, says(order, HALF_PAID), 'M2')
      await world.clock.advance(MINUTE_MS)
      expect(await kinds(world)).toEqual(['notice-unusable'])
      happens(scene, order, CASH_ONLY_PAID)
      await world.clock.advance(HOUR_MS)
      const { state } = await world.order(id)
      // The bank itself had called it failed: what contradicts that is for a person.
      expect(state).toBe(ended === failed ? 'needs-review' : 'refunded')
      expect(world.outside.refund.count).toBe(ended === failed ? 0 : 1)
    },
  )

  it('[SC-P11] the insurer tells of a late payment that is half done: asked for until it is paid', async () => {
    const { world, scene, id, order } = await cancelled()
    happens(scene, order, HALF_PAID)
    const body = Buffer.from(JSON.stringify({ payOrdId: order.attempt.payOrdId, ordStas: '6' }))
    await world.run(takeSettlementNotice(scene.at.app, body))
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('closed')
    happens(scene, order, PAID)
    await world.clock.advance(HOUR_MS)
    expect((await world.order(id)).state).toBe('paid')
  })

  it('[SC-X01] own money that a notice tells of after the close goes back by itself', async () => {
    const { world, scene, id, order } = await cancelled()
    happens(scene, order, CASH_ONLY_PAID)
    await patient.tellsSelfPay(scene, order)
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('refunded')
    expect(world.outside.refund.count).toBe(1)
  })

  it.each(['absent', 'closed'] as const)(
    '[SC-H03] a notice says paid after the close, the bank says %s when asked: somebody hears',
    async (said) => {
      const { world, scene, id, order } = await cancelled()
      if (said === 'absent') world.outside.selfPay.always(ABSENT)
      await patient.tellsSelfPay(scene, order)
      await world.clock.advance(MINUTE_MS)
      expect((await world.order(id)).state).toBe('closed')
      expect(await kinds(world)).toEqual(['notice-unusable'])
    },
  )

  it('[SC-Q08] an order past its life that nobody asks about any more is closed at day end', async () => {
    const { world, scene, id, t0 } = await forgotten()
    await scene.at.stop()
    await world.clock.advance(24 * HOUR_MS)
    const { ended } = await world.run(dayEnd(scene.at.app, { date: businessDate(t0) }))
    expect(ended).toMatchObject([{ orderId: id, state: 'closed', carried: false }])
    expect(world.outside.cashAlive()).toEqual([])
  })

  it('[SC-Q08] and when a person asks', async () => {
    const { world, scene, id } = await forgotten()
    const [item] = await world.workItems()
    if (!item) throw new Error('nobody was asked')
    const entry = { action: 'ask-bank', operator: '王敏', note: '患者要在窗口付款' } as const
    const asked = await world.run(DOING['ask-bank'](scene.at.app, item, entry))
    expect(asked.item.state).toBe('resolved')
    expect((await world.order(id)).state).toBe('closed')
  })

  it('[SC-P09] an upload that 6401 could not revoke and the bureau revoked by hand keeps nothing open', async () => {
    const { world, scene, id } = await start({ scenario: 'insurance-only' })
    world.outside.revoke.always(() => refused('E1', '请稍后'))
    expect(await cancels(scene, id)).toBe('payment-in-progress')
    await world.clock.advance(2 * MINUTE_MS)
    expect(await kinds(world)).toEqual(['revoke-refused'])
    expect(await cancels(scene, id)).toBe('payment-in-progress')
    for (const upload of world.outside.uploads.values()) upload.phase = 'revoked'
    expect(await cancels(scene, id)).toBe('done')
  })

  it('[SC-P11] the number of a mixed order that is told while in review is learned: the bank can be asked', async () => {
    const world = await flowWorld(openFresh, { lookEveryMs: 20_000 })
    const scene: Scene = { world, at: world.start() }
    const { id } = await patient.paidUpTo(scene, 'pre-settled')
    const { placeSelfPay, placeMixed, cash } = world.outside
    placeSelfPay.next(lost(placeSelfPay))
    placeMixed.next(lost(placeMixed))
    expect(await patient.pays(scene, id)).toBeNull()
    // The first cash order, whose answer was lost, was closed: and yet somebody has paid it.
    const [first = ''] = cash.keys()
    for (const [number, order] of cash) if (number === first) order.status = 'paid'
    scene.at.work()
    const told = { kind: 'self-pay', verified: true, outTradeNo: first, paid: true } as const
    await patient.hears(scene, { ...told, messageId: 'S1' })
    await world.clock.advance(MINUTE_MS)
    const order = await world.order(id)
    expect(order).toMatchObject({ state: 'needs-review', attempt: { mixTradeNo: null } })
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).attempt.mixTradeNo).toBe('MIX1')
  })
})
