import { expect, it } from 'vitest'
import { resolveSafely } from '../../../src/flows/reconciliation/resolve-break.ts'
import * as refunds from '../../../src/store/refunds.ts'
import { describeDatabases } from '../../support/database.ts'
import { UNKNOWN } from '../line.ts'
import { asksForRefund } from '../patient.ts'
import { day, lineOf, paid, ran } from './day.ts'
import { confirms, does, li, paidAfterClose, period, serves, theBreak, wang } from './decisions.ts'

describeDatabases((_, openFresh) => {
  it('[SC-C04] what was proposed is not confirmed once asking has shown something else', async () => {
    const the = await day(openFresh)
    const order = await paidAfterClose(the)
    serves(the, order, 'none')
    ran(await the.reconcile())
    await does(the, 'query-again')
    await does(the, 'refund-online')
    serves(the, order, 'delivered')
    await does(the, 'query-again')
    expect((await theBreak(the)).content.action).toBe('write-back')
    await expect(confirms(the, li)).rejects.toMatchObject({
      code: 'invalid-request',
      sentence: expect.stringContaining('情况已变'),
    })
    expect(await refunds.ofOrder(the.world.db, order.id)).toEqual([])
  })

  it('[SC-C04] an answer is about the rows that were asked about: what comes back is asked anew', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    const cash = the.world.outside.cash.get(order.attempt.outTradeNo ?? '')
    if (cash) cash.status = 'closed'
    serves(the, order, 'delivered')
    await the.nextMorning()
    the.bankWrites([])
    ran(await the.reconcile())
    await does(the, 'query-again')
    expect(ran(await the.reconcile()).breaks[0]?.content.action).toBe('contact-patient')
    the.bankWrites([lineOf(order)])
    expect(ran(await the.reconcile()).breaks).toEqual([])
    the.bankWrites([])
    const [back] = ran(await the.reconcile()).breaks
    expect(back?.content).toMatchObject({ class: 'HOSPITAL_ONLY', action: 'query-again' })
  })

  it('[SC-C03] a refund that a desk made under a number of its own is not booked beside ours', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await asksForRefund(the, order.id, 4_000)
    await the.world.clock.advance(60_000)
    await the.nextMorning()
    const desk = lineOf(order, { type: '退款', refundNo: 'DESK1', fen: 4_000 })
    the.bankWrites([lineOf(order), desk])
    ran(await the.reconcile())
    const swept = await resolveSafely(the.at.app, { period, operator: wang })
    expect(swept.done.map(({ stored }) => stored.content.class)).toEqual(['REFUND_HOSPITAL_ONLY'])
    expect(await refunds.ofOrder(the.world.db, order.id)).toHaveLength(1)
    expect((await the.world.order(order.id)).refundedFen).toBe(4_000)
  })

  it('[SC-C03] nothing is booked to an order while a refund of ours still runs', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    the.world.outside.refund.always(UNKNOWN)
    await asksForRefund(the, order.id, 1_000)
    await the.nextMorning()
    the.bankWrites([lineOf(order), lineOf(order, { type: '退款', refundNo: 'DESK1', fen: 4_000 })])
    ran(await the.reconcile())
    await expect(does(the, 'write-back')).rejects.toMatchObject({ code: 'invalid-request' })
    expect((await the.world.order(order.id)).refundedFen).toBe(0)
  })
})
