import { expect, it } from 'vitest'
import { fen, ZERO } from '../../src/payment/money.ts'
import { ulid } from '../../src/payment/numbers.ts'
import type { Order } from '../../src/payment/order.ts'
import type { Refund } from '../../src/payment/refunds.ts'
import { closedAt } from '../../src/reconciliation/cash-proof.ts'
import type { Db } from '../../src/store/database.ts'
import * as events from '../../src/store/events.ts'
import * as intents from '../../src/store/intents.ts'
import * as refunds from '../../src/store/refunds.ts'
import { describeDatabases } from '../support/database.ts'
import { MIXED_AMOUNTS, storedOrder } from '../support/orders.ts'
import { seededRandom } from '../support/random.ts'
import { DAY, NOON } from '../reconciliation/rows.ts'
import { HOUR_MS, NEXT, paidOrder, proofOf, shown } from './cash-days.ts'

const random = seededRandom(20_261_119)

async function refund(db: Db, order: Order, changes: Partial<Refund> = {}): Promise<void> {
  const id = ulid(NOON, random)
  await refunds.insert(db, {
    id,
    refundNo: id,
    number: `R${id}`,
    orderId: order.id,
    version: 1,
    state: 'refunded',
    reason: '退号',
    requestedBy: 'patient',
    requester: 'P1',
    amounts: MIXED_AMOUNTS,
    done: {},
    promise: null,
    bankRefundNo: null,
    byHand: [],
    refusal: null,
    createdAt: NOON,
    ...changes,
  })
}

describeDatabases((_, openFresh) => {
  it('[SC-C02, SC-C03] the cash proof is made of both legs of paid orders, by T0', async () => {
    const db = await openFresh()
    await paidOrder(db, { t0: NOON, knownAt: NOON + 60_000 })
    await paidOrder(
      db,
      { t0: null, knownAt: NOON },
      { amounts: { ...MIXED_AMOUNTS, otherFen: fen(7) } },
    )
    await storedOrder(db, { state: 'failed', selfPay: 'failed', insurance: 'failed' })
    await storedOrder(db, { state: 'processing' })
    expect(await shown(db, DAY)).toEqual([
      [0, 6_000, 0, 0, 6_000],
      [0, 14_007, 0, 0, 14_007],
    ])
    expect(await shown(db, NEXT)).toEqual([
      [6_000, 0, 0, 0, 6_000],
      [14_007, 0, 0, 0, 14_007],
    ])
    expect(await shown(db, '2026-11-18')).toEqual([
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ])
  })

  it('[SC-Q12] an order of before midnight belongs to its day, one found out later adjusts the open day', async () => {
    const db = await openFresh()
    const late = closedAt(DAY)
    await paidOrder(db, { t0: NOON, knownAt: late - 1 })
    await paidOrder(db, { t0: NOON, knownAt: late })
    expect(await shown(db, DAY)).toEqual([
      [0, 3_000, 0, 0, 3_000],
      [0, 7_000, 0, 0, 7_000],
    ])
    expect(await shown(db, NEXT)).toEqual([
      [3_000, 0, 0, 3_000, 6_000],
      [7_000, 0, 0, 7_000, 14_000],
    ])
    expect((await proofOf(db, DAY)).late).toEqual((await proofOf(db, NEXT)).adjustments)
    expect((await proofOf(db, '2026-11-21')).legs[0]?.openingFen).toBe(6_000)
  })

  it('[SC-C03] refunds are counted once, part by part, when they are back', async () => {
    const db = await openFresh()
    const order = await paidOrder(db, { t0: NOON, knownAt: NOON }, { selfPay: 'refunded' })
    await refund(db, order, { done: { insurance: NOON, 'self-pay': NOON + 24 * HOUR_MS } })
    const other = await paidOrder(db, { t0: NOON, knownAt: NOON }, { selfPay: 'refunding' })
    await refund(db, other, { state: 'insurance', done: { check: NOON } })
    const intent = { effect: 'refund-self-pay', number: `R1`, orderId: order.id } as const
    await intents.open(db, { ...intent, attemptNo: 1, dueAt: null, createdAt: NOON })
    await intents.close(db, intent, { state: 'done', answer: null, now: NOON })
    expect(await shown(db, DAY)).toEqual([
      [0, 6_000, 0, 0, 6_000],
      [0, 14_000, 7_000, 0, 7_000],
    ])
    expect(await shown(db, NEXT)).toEqual([
      [6_000, 0, 3_000, 0, 3_000],
      [7_000, 0, 0, 0, 7_000],
    ])
  })

  it('[SC-C04] own money that went back by itself (§8 a) is a refund too', async () => {
    const db = await openFresh()
    const order = await paidOrder(
      db,
      { t0: NOON, knownAt: NOON },
      { state: 'refunding', selfPay: 'refunded', insurance: 'failed', paidAt: null },
    )
    const intent = { effect: 'refund-self-pay', number: `AR1`, orderId: order.id } as const
    await intents.open(db, { ...intent, attemptNo: 1, dueAt: null, createdAt: NOON })
    await intents.close(db, intent, { state: 'done', answer: null, now: NOON + 1 })
    expect(await shown(db, DAY)).toEqual([
      [0, 3_000, 3_000, 0, 0],
      [0, 0, 0, 0, 0],
    ])
  })

  it('[SC-C03] what is booked to a closed day adjusts the open one, and the closed day stays', async () => {
    const db = await openFresh()
    const order = await paidOrder(db, { t0: NOON, knownAt: NOON })
    const before = await shown(db, DAY)
    const elsewhere = { ...MIXED_AMOUNTS, totalFen: fen(3_000), fundFen: ZERO, accountFen: ZERO }
    const bookedAt = closedAt(DAY) + HOUR_MS
    await refund(db, order, {
      amounts: elsewhere,
      done: { 'self-pay': NOON + HOUR_MS },
      createdAt: bookedAt,
    })
    expect(await shown(db, DAY)).toEqual(before)
    expect((await shown(db, NEXT))[0]).toEqual([3_000, 0, 0, -3_000, 0])
  })

  it('[SC-C03] what people returned before anybody called it paid came and went on their day', async () => {
    const db = await openFresh()
    const order = await storedOrder(
      db,
      { state: 'refunded', selfPay: 'refunded', insurance: 'failed', createdAt: NOON },
      { t0: NOON, outTradeNo: 'J-HAND' },
    )
    const returnedAt = closedAt(DAY) + HOUR_MS
    const event = { orderId: order.id, what: 'x', detail: {}, traceId: null, version: 2 }
    await events.append(db, { ...event, at: returnedAt, from: 'needs-review', to: 'refunded' })
    const own = { ...MIXED_AMOUNTS, totalFen: fen(3_000), fundFen: ZERO, accountFen: ZERO }
    const done = { check: returnedAt, 'self-pay': returnedAt }
    await refund(db, order, { amounts: own, done, createdAt: returnedAt })
    expect((await shown(db, DAY))[0]).toEqual([0, 0, 0, 0, 0])
    expect((await shown(db, NEXT))[0]).toEqual([0, 0, 3_000, 3_000, 0])
  })

  it('[SC-C03] what the other ways of paying took is in it', async () => {
    const db = await openFresh()
    await db.q('hrss_payments').insert({
      id: 'H1',
      version: 1,
      bill_no: 'B1',
      person_mark: 'm',
      way: 'online',
      order_type: '1',
      state: 'paid',
      mch_order_id: 'MCH1',
      sealed: '',
      amount_fen: 400,
      reserved_fen: ZERO,
      refunded_fen: ZERO,
      write_back: 'done',
      created_at: NOON,
      expires_at: NOON,
      paid_at: NOON,
    })
    await db.q('hrss_refunds').insert({
      payment_id: 'H1',
      refund_no: 'R1',
      number: 'RN1',
      amount_fen: 150,
      reason: '退号',
      state: 'returned',
      tries: 1,
      failures: 0,
      created_at: NOON,
      returned_at: NOON,
    })
    const { legs } = await proofOf(db, DAY)
    expect(legs.find(({ leg }) => leg === 'hrss-pay')).toMatchObject({
      paymentsFen: 400,
      refundsFen: 150,
      closingFen: 250,
    })
    const event = { orderId: 'H1', what: 'x', detail: {}, traceId: null, version: 2 }
    await events.append(db, { ...event, at: closedAt(DAY), from: 'waiting', to: 'paid' })
    const late = (await proofOf(db, NEXT)).legs.find(({ leg }) => leg === 'hrss-pay')
    expect(late).toMatchObject({ paymentsFen: 0, adjustmentsFen: 400 })
  })
})
