import { expect, it } from 'vitest'
import { confirmBreak, resolveSafely } from '../../../src/flows/reconciliation/resolve-break.ts'
import { requestRefund } from '../../../src/flows/refunds/request-refund.ts'
import type { Order } from '../../../src/payment/order.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import * as refunds from '../../../src/store/refunds.ts'
import { describeDatabases, dump } from '../../support/database.ts'
import { refused } from '../../../src/upstreams/upstream.ts'
import { PATIENT } from '../people.ts'
import { decide } from '../refunds/refund-scene.ts'
import { classes, type Day, day, lineOf, paid, ran } from './day.ts'
import { confirms, does, li, paidAfterClose, period, serves, theBreak, wang } from './decisions.ts'

/** The bank refuses the refund for good; two people return it outside and record the voucher. */
async function returnedByHand(the: Day, order: Order, voucherNo: string): Promise<void> {
  const { world, at } = the
  world.outside.refund.always(() => refused('NO', '不受理'))
  await world.run(
    requestRefund(at.app, {
      orderId: order.id,
      refundNo: 'H1',
      amountFen: null,
      reason: '未就诊',
      requestedBy: 'his',
      requester: '窗口',
    }),
  )
  await world.clock.advance(600_000)
  const byHand = { parts: ['self-pay'], voucherNo } as const
  await decide(world, { at, action: 'returned-by-hand', byHand })
  await world.clock.advance(60_000)
}

describeDatabases((_, openFresh) => {
  it('[SC-C04] [SC-X05] money for a closed order is found, booked by asking, and the next run agrees', async () => {
    const the = await day(openFresh)
    const order = await paidAfterClose(the)
    const [found] = ran(await the.reconcile()).breaks
    expect(found?.content).toMatchObject({ class: 'STATUS_DIFF', action: 'query-again' })
    expect((await does(the, 'query-again')).said).toContain('银行：已收款')
    expect((await the.world.order(order.id)).state).toBe('paid')
    const again = ran(await the.reconcile())
    expect([again.happened.closed, again.breaks]).toEqual([1, []])
  })

  it('[SC-C04] [SC-X05] an unserved over-collection goes back by the ordinary refund: two people, once', async () => {
    const the = await day(openFresh)
    const order = await paidAfterClose(the)
    serves(the, order, 'none')
    ran(await the.reconcile())
    await does(the, 'query-again')
    expect((await theBreak(the)).content.action).toBe('refund-online')
    expect((await does(the, 'refund-online')).said).toContain('另一名操作员')
    expect(await refunds.ofOrder(the.world.db, order.id)).toEqual([])
    await expect(confirms(the, wang)).rejects.toMatchObject({ code: 'forbidden' })
    expect((await confirms(the, li)).said).toContain('已发起退款')
    await expect(confirms(the, li)).rejects.toMatchObject({ code: 'invalid-request' })
    await the.works(60_000)
    expect((await the.world.order(order.id)).state).toBe('refunded')
    expect(the.world.outside.refund.count).toBe(1)
    const history = await reconciliation.historyOf(the.world.db, (await theBreak(the)).key)
    expect(history.map(({ what, operator, action }) => [what, operator, action])).toEqual([
      ['opened', null, null],
      ['acted', '王敏', 'query-again'],
      ['proposed', '王敏', 'refund-online'],
      ['acted', '李强', 'refund-online'],
      // The worker's own run: payment and refund stand in both books.
      ['closed', null, null],
    ])
  })

  it('[SC-C04] a process that dies between refund and history refunds once, when asked again', async () => {
    const the = await day(openFresh)
    const order = await paidAfterClose(the)
    serves(the, order, 'none')
    ran(await the.reconcile())
    await does(the, 'query-again')
    await does(the, 'refund-online')
    const dying = the.world.start({
      committed: (name) => {
        if (name === 'refund-requested') throw new Error('power cut')
      },
    })
    const { key } = await theBreak(the)
    await expect(confirmBreak(dying.app, { key, operator: li })).rejects.toThrow('power cut')
    expect((await confirms(the, li)).said).toContain('已发起退款')
    expect(await refunds.ofOrder(the.world.db, order.id)).toHaveLength(1)
  })

  it('[SC-C04] [SC-R02] an online refund that HIS did not allow is not said to be under way', async () => {
    const the = await day(openFresh)
    const order = await paidAfterClose(the)
    serves(the, order, 'none')
    ran(await the.reconcile())
    await does(the, 'query-again')
    await does(the, 'refund-online')
    await confirms(the, li)
    const [refund] = await refunds.ofOrder(the.world.db, order.id)
    if (!refund) throw new Error('no refund')
    await refunds.update(the.world.db, refund, { state: 'rejected', refusal: '发票不可作废' })
    await does(the, 'refund-online')
    await expect(confirms(the, li)).rejects.toMatchObject({
      sentence: expect.stringContaining('发票不可作废'),
    })
  })

  it('[SC-C05] [SC-X06] served and unpaid: the patient is contacted, once, behind a mask', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    const cash = the.world.outside.cash.get(order.attempt.outTradeNo ?? '')
    if (cash) cash.status = 'closed'
    serves(the, order, 'delivered')
    await the.nextMorning()
    the.bankWrites([])
    await the.world.clock.advance(86_400_000)
    the.bankWrites([], '2026-11-21')
    ran(await the.reconcile())
    await does(the, 'query-again')
    expect((await theBreak(the)).content.action).toBe('contact-patient')
    await does(the, 'contact-patient')
    await does(the, 'contact-patient')
    const items = (await the.world.workItems()).filter(({ kind }) => kind === 'served-unpaid')
    expect(items).toMatchObject([{ orderId: order.id, owner: '王敏' }])
    expect(items[0]?.sentence).toContain('199****0001')
    expect(items[0]?.sentence).toContain('100.00 元')
    const { exchanges: _, ...rest } = JSON.parse(await dump(the.world.db))
    expect(JSON.stringify(rest)).not.toContain(PATIENT.phone)
  })

  it('[SC-C03] a refund that a desk made is booked to its order, and is not returned again', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    const desk = lineOf(order, { type: '退款', refundNo: 'DESK1', fen: 4_000 })
    the.bankWrites([lineOf(order), desk])
    expect(classes(await the.reconcile())).toEqual({ DESK1: 'REFUND_BANK_ONLY' })
    await does(the, 'write-back')
    expect(await the.world.order(order.id)).toMatchObject({ state: 'paid', refundedFen: 4_000 })
    expect(ran(await the.reconcile()).happened).toMatchObject({ closed: 1, opened: 0 })
    const rest = await requestRefund(the.at.app, {
      orderId: order.id,
      refundNo: 'H1',
      amountFen: null,
      reason: '未就诊',
      requestedBy: 'his',
      requester: '窗口',
    })
    expect(rest.amounts.totalFen).toBe(6_000)
    expect(ran(await the.reconcile('his')).breaks).toEqual([])
  })

  it('[SC-C03] a whole return found elsewhere ends the order', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    the.bankWrites([lineOf(order), lineOf(order, { type: '退款', refundNo: 'DESK1' })])
    ran(await the.reconcile())
    await does(the, 'write-back')
    expect((await the.world.order(order.id)).state).toBe('refunded')
    expect(ran(await the.reconcile()).breaks).toEqual([])
    expect(the.world.outside.refund.count).toBe(0)
  })

  it('[SC-C03] money returned by hand is put to its voucher when the bank lists it; a second return is not', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await returnedByHand(the, order, '20261120-01')
    await the.nextMorning()
    const lines = [lineOf(order), lineOf(order, { type: '退款', refundNo: '20261120-01' })]
    the.bankWrites(lines)
    const [found] = ran(await the.reconcile()).breaks
    expect(found?.content).toMatchObject({ class: 'REFUND_BANK_ONLY', action: 'write-back' })
    expect((await does(the, 'write-back')).said).toContain('与已登记的线下退款相符')
    const { state, refundedFen } = await the.world.order(order.id)
    expect([state, refundedFen]).toEqual(['refunded', order.amounts.totalFen])
    expect(await refunds.ofOrder(the.world.db, order.id)).toHaveLength(1)
    expect(ran(await the.reconcile())).toMatchObject({ happened: { closed: 1 }, breaks: [] })
    the.bankWrites([...lines, lineOf(order, { type: '退款', refundNo: 'SECOND' })])
    expect(classes(await the.reconcile())).toEqual({ SECOND: 'REFUND_BANK_ONLY' })
    await expect(does(the, 'write-back')).rejects.toMatchObject({ code: 'invalid-request' })
  })

  it('[SC-C03] what the bank returned beside a voucher of another number stays a difference', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await returnedByHand(the, order, 'CASH-0001')
    await the.nextMorning()
    the.bankWrites([lineOf(order), lineOf(order, { type: '退款', refundNo: 'M20261120001' })])
    expect(classes(await the.reconcile())).toEqual({ M20261120001: 'REFUND_BANK_ONLY' })
    await expect(does(the, 'write-back')).rejects.toMatchObject({ code: 'invalid-request' })
  })

  it('[SC-C03] what HIS has lost is written back under the same number', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    the.world.outside.settled.clear()
    await the.nextMorning()
    ran(await the.reconcile('his'))
    await does(the, 'write-back')
    await the.works(5_000)
    expect([...the.world.outside.settled.keys()]).toEqual([`ST${order.id}`])
    // The worker's own run may have come first: by whichever, it is closed once.
    expect(ran(await the.reconcile('his')).breaks).toEqual([])
    const { key, state } = await theBreak(the)
    const history = await reconciliation.historyOf(the.world.db, key)
    expect([state, history.map(({ what }) => what)]).toEqual([
      'closed',
      ['opened', 'acted', 'closed'],
    ])
  })

  it('[SC-C03] what was explained by two stays so until the books say something else', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    const strange = { bankOrderNo: 'X1', merchantOrderNo: 'ELSEWHERE', at: order.createdAt }
    the.bankWrites([lineOf(order), { ...strange, fen: 1_200 }])
    ran(await the.reconcile())
    await expect(does(the, 'refund-online')).rejects.toMatchObject({ code: 'invalid-request' })
    await does(the, 'hand-to-person')
    expect(await the.world.workItems()).toMatchObject([{ kind: 'reconciliation-break' }])
    await does(the, 'record-outcome')
    await confirms(the, li)
    expect(ran(await the.reconcile()).breaks).toMatchObject([{ state: 'handled' }])
    the.bankWrites([lineOf(order), { ...strange, fen: 1_300 }])
    expect(ran(await the.reconcile()).happened).toMatchObject({ reopened: 1 })
  })

  it('[SC-C03] everything safe is done in one go, and what cannot be is named', async () => {
    const the = await day(openFresh)
    const order = await paidAfterClose(the)
    const strange = { bankOrderNo: 'X1', merchantOrderNo: 'ELSEWHERE', at: order.createdAt }
    the.bankWrites([lineOf(order), { ...strange, fen: 1_200 }])
    ran(await the.reconcile())
    const swept = await resolveSafely(the.at.app, { period, operator: wang })
    expect([swept.done.length, swept.refused]).toEqual([1, []])
    expect(classes(await the.reconcile())).toEqual({ ELSEWHERE: 'BANK_ONLY' })
  })
})
