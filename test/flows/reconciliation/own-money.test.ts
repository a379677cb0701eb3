import { expect, it } from 'vitest'
import { refundHrssPayment } from '../../../src/flows/hrss-pay/refund.ts'
import { ownMoneyOf } from '../../../src/flows/reconciliation/own-money.ts'
import { businessDate } from '../../../src/payment/numbers.ts'
import { fen } from '../../../src/payment/money.ts'
import { describeDatabases } from '../../support/database.ts'
import { oneCardWorld } from '../../support/one-card.ts'
import { paidAtCounter } from '../../support/one-code-rig.ts'
import { openDesk } from '../hrss-pay/desk.ts'
import { online, work } from '../one-card/walk.ts'

describeDatabases((_name, openFresh) => {
  it('[RS-56] finance sees what came and went by social security card, and what nobody knows yet', async () => {
    const desk = await openDesk(await openFresh())
    const { payment } = await desk.open('MZ1')
    await desk.payOnPhone(payment.mchOrderId)
    await desk.tend()
    const wish = { refundNo: 'T1', amountFen: fen(345), reason: '退号' }
    await refundHrssPayment(desk.app, payment.id, wish)
    const lost = await desk.open('MZ2-S21', 'presented')
    const rows = await ownMoneyOf(desk.app, businessDate(desk.clock.now()))
    const seen = rows.map(({ kind, status, billNo, amountFen }) =>
      [kind, status, billNo, amountFen].join(' '),
    )
    expect(seen.toSorted()).toEqual([
      'payment done MZ1 12345',
      `payment unknown MZ2-S21 ${lost.payment.amountFen}`,
      'refund done MZ1 345',
    ])
    const { payOrderId, mchOrderId } = await desk.look(payment.id)
    expect(rows.find(({ kind }) => kind === 'refund')).toMatchObject({
      bankOrderNo: payOrderId,
      merchantOrderNo: mchOrderId,
    })
    expect(await ownMoneyOf(desk.app, '2020-01-01')).toEqual([])
  })

  it('[HN-100] and by the one-card', async () => {
    const world = await oneCardWorld(await openFresh())
    const { orderNo } = await online(world)
    await work(world, 6_000)
    expect(await ownMoneyOf(world.app, businessDate(world.clock.now()))).toMatchObject([
      { system: 'one-card', status: 'done', merchantOrderNo: orderNo, amountFen: 12_345 },
    ])
  })
})

it.each([
  ['MY', 'done'],
  ['MY13', 'unknown'],
])('[YM-45, YM-49] and at the counter: a charge of %s is %s', async (suffix, status) => {
  const { counter, payment } = await paidAtCounter(suffix)
  const day = businessDate(counter.app.clock.now())
  expect(await ownMoneyOf(counter.app, day)).toMatchObject([
    {
      system: 'one-code',
      status,
      merchantOrderNo: payment.outTradeNo,
      amountFen: payment.selfPayFen,
    },
  ])
})
