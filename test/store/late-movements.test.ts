import { expect, it } from 'vitest'
import { fen } from '../../src/payment/money.ts'
import { closedAt } from '../../src/reconciliation/cash-proof.ts'
import * as events from '../../src/store/events.ts'
import * as intents from '../../src/store/intents.ts'
import * as returnsTakenBack from '../../src/store/returns-taken-back.ts'
import { describeDatabases } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'
import { DAY, NOON } from '../reconciliation/rows.ts'
import { HOUR_MS, NEXT, paidOrder, proofOf, shown } from './cash-days.ts'

describeDatabases((_, openFresh) => {
  it('[SC-C03] own money that is seen before the order is paid stays on the day that saw it', async () => {
    const db = await openFresh()
    const order = await storedOrder(
      db,
      { state: 'processing', selfPay: 'paid', insurance: 'waiting', createdAt: NOON },
      { t0: NOON, outTradeNo: 'J-SEEN' },
    )
    const event = { orderId: order.id, from: null, detail: {}, traceId: null }
    const seen = { ...event, what: 'self-pay-seen', to: null }
    await events.append(db, { ...seen, version: 2, at: NOON + HOUR_MS })
    expect((await shown(db, DAY))[0]).toEqual([0, 3_000, 0, 0, 3_000])
    const paidAt = closedAt(DAY) + 24 * HOUR_MS
    await events.append(db, { ...event, what: 'paid', to: 'paid', version: 3, at: paidAt })
    const paid = { state: 'paid', insurance: 'settled', paid_at: NOON }
    await db.q('orders').where({ id: order.id }).update(paid)
    expect(await shown(db, DAY)).toEqual([
      [0, 3_000, 0, 0, 3_000],
      [0, 0, 0, 0, 0],
    ])
    expect((await shown(db, '2026-11-21'))[1]).toEqual([0, 0, 0, 7_000, 7_000])
  })

  it('[SC-C03] a return that the bank takes back later leaves its closed day as it was', async () => {
    const db = await openFresh()
    const order = await paidOrder(
      db,
      { t0: NOON, knownAt: NOON },
      { state: 'refunded', selfPay: 'refunded', insurance: 'failed', paidAt: null },
    )
    const intent = { effect: 'refund-self-pay', number: 'AR2', orderId: order.id } as const
    await intents.open(db, { ...intent, attemptNo: 1, dueAt: null, createdAt: NOON })
    await intents.close(db, intent, { state: 'done', answer: null, now: NOON })
    const before = await shown(db, DAY)
    expect(before[0]).toEqual([0, 3_000, 3_000, 0, 0])
    await returnsTakenBack.append(db, {
      orderId: order.id,
      number: 'AR2',
      amountFen: fen(3_000),
      returnedAt: NOON,
      takenBackAt: closedAt(DAY),
    })
    expect(await shown(db, DAY)).toEqual(before)
    expect((await shown(db, NEXT))[0]).toEqual([0, 0, 0, 3_000, 3_000])
  })

  it('[SC-C03] what another way of paying tells late adjusts the open day', async () => {
    const db = await openFresh()
    const late = closedAt(DAY)
    await db.q('one_code_payments').insert({
      id: 'O1',
      version: 1,
      bill_no: 'B1',
      desk: 'D',
      operator_id: 'o',
      device_id: 'd',
      token_mark: 't',
      state: 'paid',
      insurance: 'none',
      self_pay_fen: 200,
      certificate_try: 0,
      is_charge_seen: true,
      charged_at: NOON,
      asked: 1,
      created_at: NOON,
      paid_at: NOON,
      known_at: late,
    })
    await db.q('one_card_payments').insert({
      order_no: 'C1',
      kind: 'online',
      bill_no: 'B2',
      amount_fen: 300,
      content_sealed: '',
      state: 'paid',
      his_write_back: 'done',
      tries: 1,
      created_at: NOON,
      expires_at: NOON,
      paid_at: NOON,
      known_at: late,
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
      known_at: late,
    })
    const others = async (date: string) =>
      (await proofOf(db, date)).legs.slice(2).map((one) => [one.adjustmentsFen, one.closingFen])
    expect(await others(DAY)).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ])
    expect(await others(NEXT)).toEqual([
      [200, 200],
      [-150, -150],
      [300, 300],
    ])
  })
})
