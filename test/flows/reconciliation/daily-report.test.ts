import { expect, it } from 'vitest'
import { pageOf } from '../../../scripts/report/html.ts'
import { workbookOf } from '../../../scripts/report/xlsx.ts'
import { dailyReport } from '../../../src/flows/reconciliation/daily-report.ts'
import { breaksOf } from '../../../src/reconciliation/breaks.ts'
import type { Row } from '../../../src/reconciliation/row.ts'
import type { Db } from '../../../src/store/database.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import { DAY, matched, NOON, row } from '../../reconciliation/rows.ts'
import { testApp } from '../../support/app.ts'
import { describeDatabases } from '../../support/database.ts'
import { storedOrder } from '../../support/orders.ts'

const order = { bankOrderNo: 'B1', place: 1 }
let runs = 0

async function run(db: Db, bank: readonly Row[], hospital: readonly Row[]): Promise<void> {
  runs += 1
  const { tally, differences } = await matched(bank, hospital)
  const breaks = breaksOf(differences, { book: 'bank', today: '2026-11-20', nextRead: true })
  const inputs = { 'bank.txt': 'ab'.repeat(32) }
  const at = NOON + runs * 3_600_000
  const one = { id: `run-${runs}`, book: 'bank', date: DAY, at, startedBy: '王敏', inputs, tally }
  await reconciliation.recordRun(db, { ...one, book: 'bank' }, breaks)
}

describeDatabases((_, openFresh) => {
  it('[SC-C03] the report of a day that is run again over the same books is the same byte for byte', async () => {
    const app = await testApp({ db: await openFresh() })
    const paid = { state: 'paid', selfPay: 'paid', insurance: 'settled', paidAt: NOON } as const
    await storedOrder(app.db, { ...paid, createdAt: NOON }, { t0: NOON })
    const written = async () => {
      const report = await dailyReport(app, DAY)
      return [pageOf(report), Buffer.from(await workbookOf(report)).toString('base64')]
    }
    await run(app.db, [row(order)], [])
    const first = await written()
    await app.clock.advance(86_400_000)
    await run(app.db, [row(order)], [])
    expect(await written()).toEqual(first)
  })

  it('[SC-C03] what is still open is in every later report, however old it is', async () => {
    const app = await testApp({ db: await openFresh() })
    await run(app.db, [row(order)], [])
    const earlier = async (date: string) =>
      (await dailyReport(app, date)).earlier.map(({ content }) => content.date)
    expect(await earlier('2026-11-20')).toEqual([DAY])
    expect(await earlier('2027-06-30')).toEqual([DAY])
    await run(app.db, [row(order)], [row(order)])
    expect(await earlier('2027-06-30')).toEqual([])
  })

  it('[SC-C03] a difference moves from open to settled, with who saw it when', async () => {
    const app = await testApp({ db: await openFresh() })
    await run(app.db, [row(order)], [])
    const before = await dailyReport(app, DAY)
    expect(before.open.map(({ content }) => content.class)).toEqual(['BANK_ONLY'])
    expect(before.missing).toEqual(['his', 'insurance'])
    expect(before.days.at(-1)).toEqual({ date: DAY, open: 1, closed: 0, openFen: 100 })
    await run(app.db, [row(order)], [row(order)])
    const after = await dailyReport(app, DAY)
    expect(after.open).toEqual([])
    expect(after.events.map(({ what, by }) => `${what} ${by}`)).toEqual([
      'opened 王敏',
      'closed 王敏',
    ])
    expect(after.runs.map(({ tally }) => tally.MATCHED.rows.bank)).toEqual([0, 1])
    expect(after.days).toHaveLength(30)
    expect(after.days.at(-1)).toMatchObject({ open: 0, closed: 1, openFen: 0 })
  })

  it('[SC-C03] a difference stays in the reports of later days until it is settled', async () => {
    const app = await testApp({ db: await openFresh() })
    await run(app.db, [row(order)], [])
    const later = await dailyReport(app, '2026-11-21')
    expect(later).toMatchObject({ open: [], earlier: [{ content: { date: DAY } }] })
    expect((await dailyReport(app, '2026-11-18')).earlier).toEqual([])
  })
})
