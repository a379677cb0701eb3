import { expect, it } from 'vitest'
import { importMonth, reconcileMonth } from '../../../src/flows/reconciliation/month.ts'
import type { Reconciled } from '../../../src/flows/reconciliation/reconcile.ts'
import { fenToYuan, fen } from '../../../src/payment/money.ts'
import { plainTime } from '../../../src/payment/numbers.ts'
import type { Order } from '../../../src/payment/order.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import { gbk } from '../../reconciliation/files/contents.ts'
import { refused } from '../../../src/upstreams/upstream.ts'
import { describeDatabases } from '../../support/database.ts'
import { asksForRefund } from '../patient.ts'
import { decide } from '../refunds/refund-scene.ts'
import { classes, type Day, day, DAY, paid, ran } from './day.ts'

const HEADING =
  '医保订单号,医药机构订单号,业务类型,结算时间,统筹基金支付,个人账户支付,其他基金支付,退款流水号'

interface Entry {
  readonly order: Pick<Order, 'attempt' | 'createdAt'>
  readonly fundFen?: number
  readonly refundNo?: string
}

/** What the bureau tells of a month: 50.00 of the fund and 20.00 of the account each. */
function monthOf(entries: readonly Entry[], total?: string): string {
  const rows = entries.map(({ order, fundFen = 5_000, refundNo }) =>
    [
      order.attempt.payOrdId,
      order.attempt.medOrgOrd,
      refundNo === undefined ? '结算' : '退费',
      plainTime(order.createdAt),
      fenToYuan(fen(fundFen)),
      '20.00',
      '',
      refundNo ?? '',
    ].join(','),
  )
  const net = entries.reduce(
    (sum, { fundFen = 5_000, refundNo }) =>
      sum + (refundNo === undefined ? 1 : -1) * (fundFen + 2_000),
    0,
  )
  const sum = total ?? (net / 100).toFixed(2)
  return [HEADING, ...rows, `合计,${entries.length},${sum}`, ''].join('\n')
}

const ofDay = (results: readonly Reconciled[]): Reconciled => {
  const found = results.find((one) => one.kind === 'done' && one.run.date === DAY)
  if (!found) throw new Error('the day was not reconciled')
  return found
}

const wish = { month: '2026-11', startedBy: '王敏' }
const period = { from: '2026-11-01', to: '2026-11-30', book: 'insurance' } as const

async function december(the: Day): Promise<void> {
  await the.at.stop()
  await the.world.clock.advanceTo(Date.parse('2026-12-10T09:30:00+08:00'))
}

describeDatabases((_, openFresh) => {
  it('[SC-C01] a month of the bureau: missing, extra, another amount, a refund', async () => {
    const the = await day(openFresh)
    const good = await paid(the, 'B1', 'insurance')
    const missing = await paid(the, 'B2', 'insurance')
    const wrong = await paid(the, 'B3', 'insurance')
    const returned = await paid(the, 'B4', 'insurance')
    const { number } = await asksForRefund(the, returned.id)
    await the.world.clock.advance(60_000)
    await december(the)
    const extra = { ...good, attempt: { ...good.attempt, payOrdId: 'ZT9', medOrgOrd: 'MED9' } }
    const text = monthOf([
      { order: good },
      { order: wrong, fundFen: 4_000 },
      { order: returned },
      { order: returned, refundNo: number },
      { order: extra },
    ])
    const file = { name: 'I_202611.csv', content: gbk(text) }
    const { results, counted } = await importMonth(the.at.app, { ...wish, file })
    expect([results.length, counted]).toEqual([30, true])
    const result = ofDay(results)
    expect(classes(result)).toEqual({
      [missing.attempt.medOrgOrd ?? '']: 'HOSPITAL_ONLY',
      [wrong.attempt.medOrgOrd ?? '']: 'AMOUNT_DIFF',
      MED9: 'BANK_ONLY',
    })
    expect(ran(result).run.tally.MATCHED.rows).toEqual({ bank: 3, hospital: 3 })
    const actions = ran(result).breaks.map(({ content }) => [content.class, content.action])
    expect(actions).toContainEqual(['HOSPITAL_ONLY', 'await-monthly-file'])
    const again = ofDay(await reconcileMonth(the.at.app, wish))
    expect(ran(again).happened).toEqual({ opened: 0, changed: 0, reopened: 0, closed: 0 })
  }, 60_000)

  it('[SC-C01] [SC-S07] a month whose total is wrong is refused whole', async () => {
    const the = await day(openFresh)
    const good = await paid(the, 'B1', 'insurance')
    await december(the)
    const file = { name: 'I_202611.csv', content: gbk(monthOf([{ order: good }], '1.00')) }
    await expect(importMonth(the.at.app, { ...wish, file })).rejects.toMatchObject({
      code: 'invalid-request',
    })
    expect(await reconciliation.runsOf(the.world.db, period)).toEqual([])
  })

  it('[SC-C01] a month that has not been told is not reconciled, nor one that is not over', async () => {
    const the = await day(openFresh)
    await paid(the, 'B1', 'insurance')
    await expect(reconcileMonth(the.at.app, wish)).rejects.toMatchObject({
      code: 'invalid-request',
    })
    await december(the)
    expect(await reconcileMonth(the.at.app, wish)).toMatchObject([{ kind: 'missing' }])
    expect(await reconciliation.runsOf(the.world.db, period)).toEqual([])
  })

  it('[SC-C01] what a window returned in the insurance system, and two people recorded, meets the bureau’s row', async () => {
    const the = await day(openFresh)
    const { world, at } = the
    const order = await paid(the, 'B1', 'insurance')
    world.outside.refundInsurance.always(() => refused('NO', '不受理'))
    await asksForRefund(the, order.id)
    await world.clock.advance(60_000)
    const byHand = { parts: ['insurance'], voucherNo: 'V-0001' } as const
    await decide(world, { at, action: 'returned-by-hand', byHand })
    await world.clock.advance(60_000)
    await december(the)
    const row = { order, refundNo: 'WINDOW-77' }
    const file = { name: 'I_202611.csv', content: gbk(monthOf([{ order }, row])) }
    const { results } = await importMonth(at.app, { ...wish, file })
    expect(classes(ofDay(results))).toEqual({})
    const twice = monthOf([{ order }, row, { order, refundNo: 'WINDOW-78' }])
    const again = { name: 'I_202611.csv', content: gbk(twice) }
    const corrected = await importMonth(at.app, { ...wish, file: again })
    expect(Object.values(classes(ofDay(corrected.results)))).toEqual(['REFUND_DUPLICATE'])
  }, 60_000)
})
