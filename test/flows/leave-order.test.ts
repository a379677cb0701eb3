/** How an order ends without payment, and what becomes of money that comes all the same. */
import { expect, it } from 'vitest'
import { cancelOrder } from '../../src/flows/leave-order.ts'
import { openOrder } from '../../src/flows/open-order.ts'
import { done, refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type WorldOptions } from '../support/flow-world.ts'
import { ABSENT, UNKNOWN } from './line.ts'
import * as patient from './patient.ts'
import { happens, PAID, type Scene } from './patient.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'done',
    (error: { code?: unknown }) => error.code,
  )

const cancel = ({ world, at }: Scene, id: string) => codeOf(world.run(cancelOrder(at.app, id)))

describeDatabases((_, openFresh) => {
  const begin = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene: Scene = { world, at: world.start() }
    return { world, scene }
  }
  const start = async (options: WorldOptions = {}) => {
    const { world, scene } = await begin(options)
    return { world, scene, ...(await patient.atT0(scene)) }
  }

  it.each(['created', 'pre-settled'] as const)(
    '[SC-P02] an order that is %s is cancelled at once: revoked, and the bill given back',
    async (state) => {
      const { world, scene } = await begin()
      const { id } = await patient.paidUpTo(scene, state)
      expect(await cancel(scene, id)).toBe('done')
      scene.at.work()
      await world.clock.advance(MINUTE_MS)
      expect((await world.order(id)).state).toBe('closed')
      expect(world.outside.revoke.count).toBe(state === 'created' ? 0 : 1)
      expect(world.outside.release.count).toBe(1)
      expect(await cancel(scene, id)).toBe('done')
      const again = await world.run(openOrder(scene.at.app, patient.WISH))
      expect(again.created).toBe(true)
    },
  )

  it.each([
    ['created', 'none', 'none'],
    ['pre-settled', 'none', 'none'],
    ['awaiting-payment', 'failed', 'failed'],
  ] as const)(
    '[SC-P13] legs of an order that is left when %s wait for nothing any more',
    async (state, selfPay, insurance) => {
      const { world, scene } = await begin()
      const { id } = await patient.paidUpTo(scene, state)
      await cancel(scene, id)
      expect(await world.order(id)).toMatchObject({ state: 'closed', selfPay, insurance })
    },
  )

  it('[SC-P08] with own money: asked, closed and asked again before it counts as closed', async () => {
    const { world, scene, id } = await start()
    const told: string[] = []
    const { askMixed, selfPay, closeSelfPay } = world.outside
    askMixed.always((question) => (told.push('bank'), askMixed.usual(question)))
    selfPay.always((number) => (told.push('cash'), selfPay.usual(number)))
    closeSelfPay.always((number) => (told.push('close'), closeSelfPay.usual(number)))
    expect(await cancel(scene, id)).toBe('done')
    expect(told).toEqual(['bank', 'cash', 'close', 'cash', 'bank'])
    expect(world.outside.cashAlive()).toEqual([])
    await world.clock.advance(MINUTE_MS)
    expect(world.outside.revoke.count).toBe(1)
    expect((await world.order(id)).attempt.asked).toMatchObject({ close: 2, grid: 0 })
  })

  it('[SC-P09] without own money 6401 is the close, and the bank is asked after it', async () => {
    const { world, scene, id } = await start({ scenario: 'insurance-only' })
    const told: string[] = []
    const { askMixed, revoke } = world.outside
    askMixed.always((question) => (told.push('bank'), askMixed.usual(question)))
    revoke.always((question) => (told.push('6401'), revoke.usual(question)))
    expect(await cancel(scene, id)).toBe('done')
    expect(told).toEqual(['bank', '6401', 'bank'])
    expect((await world.order(id)).state).toBe('closed')
  })

  it('[SC-H02] nothing is closed on silence: the order goes on being asked about', async () => {
    for (const silent of ['askMixed', 'selfPay', 'closeSelfPay'] as const) {
      const { world, scene, id, order } = await start()
      if (silent === 'closeSelfPay') world.outside[silent].always(() => refused('P', '正在支付'))
      else world.outside[silent].always(UNKNOWN)
      expect(await cancel(scene, id), silent).toBe('payment-in-progress')
      world.outside[silent].asUsual()
      happens(scene, order, PAID)
      await world.clock.advance(MINUTE_MS * 2)
      expect((await world.order(id)).state, silent).toBe('paid')
    }
  })

  it('[SC-H02] a confirmed cash order is not over because the bank once knows nothing of it', async () => {
    const { world, scene, id, order } = await start()
    world.outside.selfPay.always(ABSENT)
    world.outside.closeSelfPay.always(UNKNOWN)
    expect(await cancel(scene, id)).toBe('payment-in-progress')
    world.outside.selfPay.asUsual()
    happens(scene, order, PAID)
    await world.clock.advance(MINUTE_MS * 2)
    expect((await world.order(id)).state).toBe('paid')
  })

  it('[SC-H03] a self-pay notice after the end rests until the bank says where the money is', async () => {
    const { world, scene, id, order } = await start()
    await cancel(scene, id)
    world.outside.selfPay.always(UNKNOWN)
    await patient.tellsSelfPay(scene, order)
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('closed')
    const paid = { status: 'paid', amountFen: order.amounts.selfPayFen, bankOrderNo: null } as const
    world.outside.selfPay.always(() => done(paid))
    await world.clock.advance(MINUTE_MS * 3)
    expect((await world.order(id)).state).toBe('needs-review')
    expect(await world.workItems()).toMatchObject([{}, { kind: 'results-disagree' }])
  })

  it('[SC-H02] an insurance order whose 6401 is not confirmed stays open', async () => {
    const { world, scene, id } = await start({ scenario: 'insurance-only' })
    world.outside.revoke.always(UNKNOWN)
    world.outside.query.always(UNKNOWN)
    expect(await cancel(scene, id)).toBe('payment-in-progress')
    expect((await world.order(id)).state).toBe('processing')
  })

  it('[SC-P11] a payment that was faster than the cancellation is a payment', async () => {
    const { world, scene, id, order } = await start()
    const { closeSelfPay } = world.outside
    closeSelfPay.next(async () => {
      happens(scene, order, PAID)
      return refused('paid', '已支付')
    })
    expect(await cancel(scene, id)).toBe('payment-in-progress')
    await world.clock.advance(MINUTE_MS)
    expect((await world.order(id)).state).toBe('paid')
    expect(await cancel(scene, id)).toBe('already-paid')
  })

  it.each(['created', 'pre-settled', 'awaiting-payment'] as const)(
    '[SC-P02] an abandoned order that is %s is closed when its life is over, and not before',
    async (state) => {
      const { world, scene } = await begin()
      const { id, expiresAt } = await patient.paidUpTo(scene, state)
      scene.at.work()
      await world.clock.advanceTo(expiresAt - 1)
      expect((await world.order(id)).state).not.toBe('closed')
      await world.clock.advance(MINUTE_MS)
      expect((await world.order(id)).state).toBe('closed')
      expect(world.outside.cashAlive()).toEqual([])
      expect(world.outside.release.count).toBe(1)
      expect(await world.workItems()).toEqual([])
    },
  )

  it('[SC-H02] an expired order that the bank does not speak about is left at the next occasion', async () => {
    const { world, scene, id, order } = await start()
    world.outside.askMixed.always(UNKNOWN)
    await world.clock.advanceTo(order.expiresAt + 5 * MINUTE_MS)
    expect((await world.order(id)).state).toBe('processing')
    world.outside.askMixed.asUsual()
    await world.clock.advance(11 * MINUTE_MS)
    expect((await world.order(id)).state).toBe('closed')
    expect(await cancel(scene, id)).toBe('done')
  })

  it('[SC-P04] a slow patient authorises again: one order, the old upload revoked before the new', async () => {
    const life = { PAY_AUTH_LIFE_MS: '600000', ORDER_LIFE_MS: String(HOUR_MS) }
    const { world, scene } = await begin({ environment: life })
    const { id } = await patient.paidUpTo(scene, 'pre-settled')
    await world.clock.advance(11 * MINUTE_MS)
    expect(await codeOf(patient.pays(scene, id))).toBe('not-pre-settled')
    expect((await world.order(id)).state).toBe('created')
    const told: string[] = []
    const { upload, revoke } = world.outside
    upload.always((request) => (told.push('6201'), upload.usual(request)))
    revoke.always((question) => (told.push('6401'), revoke.usual(question)))
    expect(await patient.authorises(scene, id, 'C2')).toBe(true)
    expect(told).toEqual(['6401', '6201'])
    expect(await patient.pays(scene, id)).not.toBeNull()
    expect(await world.db.q('orders').count({ all: '*' })).toMatchObject([{ all: 1 }])
  })

  it('[SC-P06] nothing is uploaded while the earlier upload may still stand', async () => {
    const life = { PAY_AUTH_LIFE_MS: '600000', ORDER_LIFE_MS: String(HOUR_MS) }
    const { world, scene } = await begin({ environment: life })
    const { id } = await patient.paidUpTo(scene, 'pre-settled')
    await world.clock.advance(11 * MINUTE_MS)
    await codeOf(patient.pays(scene, id))
    world.outside.revoke.always(UNKNOWN)
    const uploads = world.outside.upload.count
    expect(await patient.authorises(scene, id, 'C2')).toBe(false)
    expect(world.outside.upload.count).toBe(uploads)
    world.outside.revoke.always(() => done(undefined))
    scene.at.work()
    await world.clock.advance(10 * MINUTE_MS)
    expect((await world.order(id)).state).toBe('pre-settled')
  })
})
