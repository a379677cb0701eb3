/** How an order in review comes to an end, and what cannot end it. */
import { expect, it } from 'vitest'
import { openOrder } from '../../../src/flows/open-order.ts'
import { confirmWorkItem, resolveWorkItem } from '../../../src/flows/operators/work-items.ts'
import { cancelOrder } from '../../../src/flows/leave-order.ts'
import { fen } from '../../../src/payment/money.ts'
import { done } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { flowWorld, type WorldOptions } from '../../support/flow-world.ts'
import { ABSENT, UNKNOWN } from '../line.ts'
import * as patient from '../patient.ts'
import {
  CASH_ONLY_PAID,
  FAILED,
  happens,
  IMPOSSIBLE,
  legs,
  PAID,
  PENDING,
  says,
} from '../patient.ts'
import type { Scene } from '../patient.ts'

const MINUTE_MS = 60_000
const wang = { name: '王敏', recognised: true } as const
const li = { name: '李强', recognised: true } as const
const phase = (ordStas: string, name: 'settled' | 'settling' | 'unknown' | 'revoked') => () =>
  done({
    ordStas,
    phase: name,
    amounts: null,
    insuranceReturned: null,
    cashReturned: null,
  } as const)

describeDatabases((_, openFresh) => {
  const start = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene: Scene = { world, at: world.start() }
    const begun = await patient.atT0(scene)
    const told =
      options.scenario === 'insurance-only' ? legs('refund', 'none', 'refund') : IMPOSSIBLE
    await patient.callsBack(scene, says(begun.order, told))
    expect((await world.order(begun.id)).state).toBe('needs-review')
    const item = async () => (await world.workItems()).find(({ orderId }) => orderId === begun.id)
    const decides = async (action: 'settle-as-bank-says' | 'close-verified') => {
      const id = (await item())?.id ?? ''
      const { app } = scene.at
      await world.run(resolveWorkItem(app, { id, operator: wang, action, note: '已核对' }))
      expect((await world.order(begun.id)).state).toBe('needs-review')
      const { said } = await world.run(confirmWorkItem(app, { id, operator: li }))
      await world.clock.advance(MINUTE_MS)
      return said
    }
    return { world, scene, item, decides, ...begun }
  }

  it('[SC-H01] [SC-H02] an order in review is paid once the bank says so to two people', async () => {
    const { world, scene, id, order, item, decides } = await start()
    happens(scene, order, PAID)
    expect(await decides('settle-as-bank-says')).toContain('支付成功')
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    expect(world.outside.settled.size).toBe(1)
    expect(await item()).toBeUndefined()
  })

  it('[SC-X01] [SC-X02] own money alone goes back, once', async () => {
    const { world, scene, id, order, decides } = await start()
    happens(scene, order, CASH_ONLY_PAID)
    await decides('settle-as-bank-says')
    expect(await world.order(id)).toMatchObject({ state: 'refunded', refundedFen: 3_000 })
    expect(world.outside.refunds.size).toBe(1)
    expect(world.outside.revoke.count).toBe(1)
  })

  it('[SC-H01] a failure is one only with the cash order closed, and gives the bill back', async () => {
    const { world, scene, id, order, decides } = await start()
    happens(scene, order, FAILED)
    await decides('settle-as-bank-says')
    expect((await world.order(id)).state).toBe('failed')
    expect(world.outside.cashAlive()).toEqual([])
    expect(world.outside.revoke.count).toBe(1)
    expect(world.outside.release.count).toBe(1)
  })

  it.each<[string, (scene: Scene, order: Parameters<typeof says>[0]) => void]>([
    ['silence', ({ world }) => world.outside.askMixed.always(UNKNOWN)],
    ['"no such order"', ({ world }) => world.outside.askMixed.always(ABSENT)],
    ['pending', (scene, order) => happens(scene, order, PENDING)],
    ['what must not happen', (scene, order) => happens(scene, order, IMPOSSIBLE)],
    [
      'another amount',
      ({ world }, order) => {
        const amounts = { ...order.amounts, totalFen: fen(1) }
        world.outside.askMixed.always(patient.answers(order, PAID, { amounts }))
      },
    ],
  ])('[SC-H01] %s from the bank moves nothing, and the item stays open', async (_name, prepare) => {
    const { world, scene, id, order, item, decides } = await start()
    prepare(scene, order)
    expect(await decides('settle-as-bank-says')).toContain('仍在人工核对中')
    expect((await world.order(id)).state).toBe('needs-review')
    expect((await item())?.state).toBe('open')
    expect(world.outside.refunds.size + world.outside.settled.size).toBe(0)
  })

  it('[SC-P02] it is not paid beside another order of its bill', async () => {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    const { id, order } = await patient.atT0(scene)
    await world.run(cancelOrder(scene.at.app, id))
    await world.run(openOrder(scene.at.app, patient.WISH))
    world.outside.askMixed.always(patient.answers(order, PAID))
    await patient.callsBack(scene, says(order, PAID))
    const item = (await world.workItems())[0]?.id ?? ''
    const decision = { id: item, operator: wang, action: 'settle-as-bank-says', note: '已核对' }
    await world.run(resolveWorkItem(scene.at.app, decision))
    const { said } = await world.run(confirmWorkItem(scene.at.app, { id: item, operator: li }))
    expect(said).toContain('另一订单')
    expect((await world.order(id)).state).toBe('needs-review')
  })

  it.each(['mixed', 'insurance-only'] as const)(
    '[SC-H01] [SC-P02] a %s order of which nobody holds anything is revoked, closed and given back',
    async (scenario) => {
      const { world, scene, id, order, item, decides } = await start({ scenario })
      if (scenario === 'mixed') happens(scene, order, PENDING)
      expect(await decides('close-verified')).toContain('均确认未收款')
      expect(await world.order(id)).toMatchObject({ state: 'closed', insurance: 'failed' })
      expect(world.outside.revoke.count).toBe(1)
      expect(world.outside.cashAlive()).toEqual([])
      expect(world.outside.release.count).toBe(1)
      expect(await item()).toBeUndefined()
    },
  )

  it.each<[string, (scene: Scene, order: Parameters<typeof says>[0]) => void]>([
    ['the bank is silent', ({ world }) => world.outside.askMixed.always(UNKNOWN)],
    ['the bank knows no such order', ({ world }) => world.outside.askMixed.always(ABSENT)],
    ['the bank holds own money', (scene, order) => happens(scene, order, CASH_ONLY_PAID)],
    ['the bank says paid', (scene, order) => happens(scene, order, PAID)],
    ['6301 is silent', ({ world }) => world.outside.query.always(UNKNOWN)],
    ['6301 says settled', ({ world }) => world.outside.query.always(phase('6', 'settled'))],
    ['6301 says settling', ({ world }) => world.outside.query.always(phase('2', 'settling'))],
    [
      '6301 says what nobody knows',
      ({ world }) => world.outside.query.always(phase('99', 'unknown')),
    ],
  ])('[SC-H01] nothing is closed, and nothing sent, while %s', async (_name, prepare) => {
    const { world, scene, id, order, item, decides } = await start()
    prepare(scene, order)
    expect(await decides('close-verified')).toContain('仍在人工核对中')
    expect((await world.order(id)).state).toBe('needs-review')
    expect((await item())?.state).toBe('open')
    expect(world.outside.revoke.count + world.outside.closeSelfPay.count).toBe(0)
    expect(world.outside.release.count).toBe(0)
  })
})
