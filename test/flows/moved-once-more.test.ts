/** Money that moves once more after a review or an end: somebody hears, and nothing is left half way. */
import { expect, it } from 'vitest'
import { cancelOrder } from '../../src/flows/leave-order.ts'
import { confirmWorkItem, resolveWorkItem } from '../../src/flows/operators/work-items.ts'
import { done, refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { UNKNOWN, UNSENT } from './line.ts'
import * as patient from './patient.ts'
import { CASH_ONLY_PAID, FAILED, happens, legs, PAID, says, type Scene } from './patient.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const WANG = { name: '王敏', recognised: true } as const
const LI = { name: '李强', recognised: true } as const
const WENT_BACK = legs('fail', 'refund', 'fail')

const SETTLED = () =>
  done({
    ordStas: '6',
    phase: 'settled',
    amounts: null,
    insuranceReturned: false,
    cashReturned: false,
  } as const)

describeDatabases((_, openFresh) => {
  const start = async () => {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    const begun = await patient.atT0(scene)
    const { app } = scene.at
    const note = { operator: WANG, action: 'note', note: '已核对' } as const
    return {
      world,
      scene,
      ...begun,
      now: () => world.order(begun.id),
      hears: async (told: typeof PAID, messageId: string) => {
        await patient.callsBack(scene, says(begun.order, told), messageId)
        await world.clock.advance(MINUTE_MS)
      },
      /** What people are asked, as one text. */
      asked: async () => (await world.workItems()).map(({ sentence }) => sentence).join(),
      notes: async () => {
        for (const { id } of await world.workItems())
          await world.run(resolveWorkItem(app, { id, ...note }))
      },
      twoDecide: async (action: 'settle-as-bank-says' | 'close-verified') => {
        const item = (await world.workItems()).find(({ actions }) => actions.includes(action))
        const id = item?.id ?? ''
        await world.run(resolveWorkItem(app, { id, ...note, action }))
        await world.run(confirmWorkItem(app, { id, operator: LI }))
        await world.clock.advance(MINUTE_MS)
      },
    }
  }

  it('[SC-X01] own money that goes back after HIS booked the order: somebody reverses it there', async () => {
    const { world, scene, order, now, hears, asked, twoDecide } = await start()
    happens(scene, order, PAID)
    await hears(PAID, 'M1')
    happens(scene, order, CASH_ONLY_PAID)
    await hears(CASH_ONLY_PAID, 'M2')
    await twoDecide('settle-as-bank-says')
    await world.clock.advance(HOUR_MS)
    expect(await now()).toMatchObject({ state: 'refunded', hisWriteBack: 'done' })
    expect(await asked()).toContain('请在医院系统冲正')
  })

  it('[SC-X01] an order whose own money went back stays refunded when a review of it is closed', async () => {
    const { world, scene, order, now, hears, twoDecide } = await start()
    happens(scene, order, CASH_ONLY_PAID)
    await hears(CASH_ONLY_PAID, 'M1')
    happens(scene, order, FAILED)
    await hears(PAID, 'M2')
    await twoDecide('close-verified')
    expect(await now()).toMatchObject({ state: 'refunded' })
    happens(scene, order, WENT_BACK)
    await hears(WENT_BACK, 'M3')
    await world.clock.advance(10 * MINUTE_MS)
    expect(await now()).toMatchObject({ state: 'refunded' })
    expect(world.outside.refund.count).toBe(1)
  })

  it('[SC-P11] a 6401 that was refused may be done by hand: HIS hears of a late payment once 6301 agrees', async () => {
    const { world, scene, id, order, now, hears } = await start()
    world.outside.revoke.always(() => refused('E1', '请稍后'))
    await Promise.allSettled([world.run(cancelOrder(scene.at.app, id))])
    await world.clock.advance(30 * MINUTE_MS)
    for (const upload of world.outside.uploads.values()) upload.phase = 'revoked'
    happens(scene, order, PAID)
    await hears(PAID, 'M1')
    expect(await now()).toMatchObject({ state: 'paid', hisWriteBack: 'waiting' })
    expect(world.outside.settled.size).toBe(0)
  })

  it('[SC-H03] what the bank says at last is told anew, also after a person noted that it was tried', async () => {
    const { world, scene, id, order, asked, notes } = await start()
    await world.run(cancelOrder(scene.at.app, id))
    world.outside.selfPay.always(UNKNOWN)
    await patient.tellsSelfPay(scene, order)
    await world.clock.advance(MINUTE_MS)
    expect(await asked()).toContain('系统会继续重试')
    await notes()
    world.outside.selfPay.asUsual()
    await world.clock.advance(2 * HOUR_MS)
    expect(await asked()).toContain('向其查询却称自费订单已关闭')
  })

  it('[SC-X01] an automatic refund that a review suspended goes on when the money turns up again', async () => {
    const { world, scene, order, now, hears, twoDecide } = await start()
    const { cash, refund } = world.outside
    refund.always(UNSENT)
    happens(scene, order, CASH_ONLY_PAID)
    await hears(CASH_ONLY_PAID, 'M1')
    happens(scene, order, FAILED)
    await hears(PAID, 'M2')
    for (const one of cash.values()) one.status = 'refunded'
    await twoDecide('close-verified')
    refund.asUsual()
    for (const one of cash.values()) one.status = 'paid'
    happens(scene, order, CASH_ONLY_PAID)
    await hears(CASH_ONLY_PAID, 'M3')
    await world.clock.advance(10 * MINUTE_MS)
    expect((await now()).state).toBe('refunded')
  })

  it('[SC-P11] paid again after people reversed the receipt: HIS is told again', async () => {
    const { world, scene, order, now, hears, notes, twoDecide } = await start()
    const { cash, settled, query } = world.outside
    happens(scene, order, PAID)
    await hears(PAID, 'M1')
    happens(scene, order, FAILED)
    for (const one of cash.values()) one.status = 'closed'
    await hears(FAILED, 'M2')
    await twoDecide('close-verified')
    settled.clear()
    await notes()
    happens(scene, order, PAID)
    query.always(SETTLED)
    await hears(PAID, 'M3')
    await world.clock.advance(10 * MINUTE_MS)
    expect(await now()).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    expect(settled.size).toBe(1)
  })
})
