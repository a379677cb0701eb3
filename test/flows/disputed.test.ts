/**
 * Ends that could hide money: an order that is over while its cash order lives, evidence that
 * contradicts an end, refunds that may have happened already, and actors that slept past their lease.
 */
import { expect, it } from 'vitest'
import { openOrder } from '../../src/flows/open-order.ts'
import { pay } from '../../src/flows/pay.ts'
import type { AppError } from '../../src/errors.ts'
import { fen } from '../../src/payment/money.ts'
import { done, refused } from '../../src/upstreams/upstream.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld, type WorldOptions } from '../support/flow-world.ts'
import { ABSENT, lost, UNKNOWN, UNSENT } from './line.ts'
import * as patient from './patient.ts'
import { CASH_ONLY_PAID, FAILED, happens, legs, PAID, says, type Scene } from './patient.ts'

const HOUR_MS = 3_600_000

describeDatabases((_, openFresh) => {
  const start = async (options: WorldOptions = {}) => {
    const world = await flowWorld(openFresh, options)
    const scene: Scene = { world, at: world.start() }
    return { world, scene, ...(await patient.atT0(scene)) }
  }
  const begin = async () => {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    return { world, scene }
  }

  it('[SC-H01] an order never fails while its cash order could still be paid', async () => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, FAILED)
    await patient.after(world, t0, 21)
    expect((await world.order(id)).state).toBe('failed')
    expect(world.outside.cashAlive()).toEqual([])
  })

  it('[SC-X01] own money seen at the bank is returned even when the bank says all failed', async () => {
    const { world, scene, id, t0, order } = await start()
    for (const cash of world.outside.cash.values()) cash.status = 'paid'
    await patient.tellsSelfPay(scene, order)
    world.outside.askMixed.always(patient.answers(order, FAILED))
    await patient.after(world, t0, 7_300)
    expect((await world.order(id)).state).toBe('refunded')
    expect(world.outside.refunds.size).toBe(1)
  })

  it('[SC-H03] a paid cash order found after the end goes to a person', async () => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, FAILED)
    await patient.after(world, t0, 21)
    happens(scene, order, CASH_ONLY_PAID)
    await patient.tellsSelfPay(scene, order)
    await world.clock.advance(HOUR_MS)
    expect((await world.order(id)).state).toBe('needs-review')
    expect(await world.workItems()).toMatchObject([{ kind: 'results-disagree' }])
  })

  it('[SC-H03] a disputed order holds its bill again: nobody can open a second one', async () => {
    const { world, scene, id, t0, order } = await start()
    happens(scene, order, FAILED)
    await patient.after(world, t0, 21)
    happens(scene, order, PAID)
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(5_000)
    expect((await world.order(id)).state).toBe('needs-review')
    const again = await world.run(openOrder(scene.at.app, patient.WISH))
    expect(again).toMatchObject({ created: false, order: { id } })
  })

  it('[SC-H03] a disputed order refunds nothing by itself', async () => {
    const { world, scene, id, order } = await start()
    happens(scene, order, CASH_ONLY_PAID)
    world.outside.askRefund.next(UNKNOWN, UNKNOWN, UNKNOWN)
    await patient.callsBack(scene, says(order, CASH_ONLY_PAID))
    happens(scene, order, PAID)
    await patient.callsBack(scene, says(order, PAID), 'M2')
    await world.clock.advance(6 * HOUR_MS)
    expect((await world.order(id)).state).toBe('needs-review')
    expect(world.outside.refund.count).toBe(0)
  })

  it('[SC-X02] a refused repeat of a refund opens no second number', async () => {
    const { world, scene, order } = await start()
    const { outside } = world
    happens(scene, order, CASH_ONLY_PAID)
    const paid = {
      status: 'paid',
      amountFen: order.amounts.selfPayFen,
      bankOrderNo: 'CASH1',
    } as const
    outside.selfPay.always(() => done(paid))
    outside.askRefund.next(ABSENT, ABSENT)
    outside.refund.next(lost(outside.refund), () => refused('62867007', '账号有误'))
    await patient.callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advance(HOUR_MS)
    expect(outside.refunds.size).toBe(1)
  })

  it('[SC-X03] "returned" on the cash order confirms nothing once a refund of ours was sent', async () => {
    const { world, scene, id, order } = await start()
    const { outside } = world
    happens(scene, order, CASH_ONLY_PAID)
    outside.refund.next(({ outTradeNo }) => {
      const cash = outside.cash.get(outTradeNo)
      if (cash) cash.status = 'refunded'
      return UNKNOWN()
    })
    outside.askRefund.always(ABSENT)
    await patient.callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advance(2 * HOUR_MS)
    expect((await world.order(id)).state).toBe('refunding')
    expect(await world.workItems()).toMatchObject([{ kind: 'refund-overdue' }])
  })

  it('[SC-X03] where the channel could not return the cash (ordStas 16), the bank does', async () => {
    const { world, scene, order } = await start()
    const { outside } = world
    happens(scene, order, CASH_ONLY_PAID)
    for (const cash of outside.cash.values()) cash.status = 'refunded'
    outside.query.always(() =>
      done({
        ordStas: '16',
        phase: 'failed',
        amounts: null,
        insuranceReturned: null,
        cashReturned: null,
      }),
    )
    await patient.callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advance(HOUR_MS)
    expect(outside.refund.count).toBe(1)
  })

  it('[SC-P08] the bill is read again before a second number asks for its money', async () => {
    const { world, scene } = await begin()
    const order = await patient.paidUpTo(scene, 'pre-settled')
    world.outside.placeSelfPay.next(UNSENT)
    await patient.pays(scene, order.id).catch(() => {})
    const bill = world.outside.bills.get('B1')
    if (bill) world.outside.bills.set('B1', { ...bill, status: 'paid' })
    const refusal = await world
      .run(pay(scene.at.app, order.id))
      .catch((error: AppError) => error.code)
    expect(refusal).toBe('bill-changed')
    expect(world.outside.cashAlive()).toEqual([])
  })

  it('[SC-P06] an actor that slept past its lease sends no third upload', async () => {
    const { world, scene } = await begin()
    const other = world.startElsewhere()
    const { id } = await patient.opens(scene)
    const state = await patient.jumps(scene, id)
    const slow = (ms: number) => async (payload: string) => {
      await world.outside.upload.usual(payload)
      await world.clock.sleep(ms)
      return UNKNOWN()
    }
    world.outside.upload.next(slow(25_000), slow(60_000))
    other.work()
    await patient.comesBack(scene, { orderId: id, state, code: 'C1' }).catch(() => {})
    await world.clock.advance(600_000)
    expect(world.outside.upload.count).toBe(2)
  })

  it.each([
    ['an insurance leg that was ordered is missing', legs('success', 'success', 'none')],
    ['a cash leg that was ordered is missing', legs('success', 'none', 'success')],
  ])('[SC-P11] %s: that is no result', async (_name, told) => {
    const { world, id, t0, order } = await start()
    world.outside.askMixed.always(patient.answers(order, told))
    await patient.after(world, t0, 30)
    expect((await world.order(id)).state).toBe('processing')
  })

  it.each([
    ['no amount at all', () => ({})],
    ['no own money', (total: number) => ({ totalFen: total })],
  ])(
    '[SC-P11] an answer that tells %s is no result, by query or by callback',
    async (_name, tell) => {
      const { world, scene, id, t0, order } = await start()
      const amounts = Object.fromEntries(
        Object.entries(order.amounts).filter(([name]) => name in tell(order.amounts.totalFen)),
      )
      world.outside.askMixed.always(patient.answers(order, PAID, { amounts }))
      await patient.callsBack(scene, says(order, PAID, { amounts }))
      await patient.after(world, t0, 30)
      expect((await world.order(id)).state).toBe('processing')
    },
  )

  it('[SC-X03] a refund of another amount is not taken for ours', async () => {
    const { world, scene, id, order } = await start()
    happens(scene, order, CASH_ONLY_PAID)
    const other = {
      status: 'returned',
      bankRefundNo: null,
      amountFen: order.amounts.fundFen,
      refundedAt: null,
    } as const
    world.outside.askRefund.always(() => done(other))
    await patient.callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advance(2 * HOUR_MS)
    expect((await world.order(id)).state).toBe('refunding')
  })

  it('[SC-P11] a write-back that stays unknown gets an owner', async () => {
    const { world, scene, id, order } = await start()
    world.outside.writeBack.always(UNKNOWN)
    happens(scene, order, PAID)
    await patient.callsBack(scene, says(order, PAID))
    await world.clock.advance(3 * HOUR_MS)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'waiting' })
    expect(await world.workItems()).toMatchObject([{ kind: 'write-back-overdue' }])
  })

  it('[SC-X03] a cash order of another amount is never taken for the one to be returned', async () => {
    const { world, scene, id, order } = await start()
    happens(scene, order, CASH_ONLY_PAID)
    const amountFen = fen(order.amounts.selfPayFen + 1)
    const other = { status: 'refunded', amountFen, bankOrderNo: null } as const
    world.outside.selfPay.always(() => done(other))
    await patient.callsBack(scene, says(order, CASH_ONLY_PAID))
    await world.clock.advance(60_000)
    expect((await world.order(id)).state).toBe('refunding')
    expect(world.outside.refund.count).toBe(0)
  })
})
