import { expect, it } from 'vitest'
import { breaksOf } from '../../src/reconciliation/breaks.ts'
import type { Row } from '../../src/reconciliation/row.ts'
import type { Db } from '../../src/store/database.ts'
import * as reconciliation from '../../src/store/reconciliation.ts'
import { DAY, matched, row } from '../reconciliation/rows.ts'
import { describeDatabases, secondHandle, tablesOf } from '../support/database.ts'
import { MORNING } from '../support/virtual-clock.ts'

const order = { bankOrderNo: 'B1', merchantOrderNo: 'M1', place: 1 }
const KEY = `bank:${DAY}:Pb:B1`

let runs = 0

/** A run over these two books, a minute after the one before. */
async function run(db: Db, bank: readonly Row[], hospital: readonly Row[], today = '2026-11-20') {
  runs += 1
  const { tally, differences } = await matched(bank, hospital)
  const breaks = breaksOf(differences, { book: 'bank', today, nextRead: true })
  const one: reconciliation.Run = {
    id: `run-${runs}`,
    book: 'bank',
    date: DAY,
    at: MORNING + runs * 60_000,
    startedBy: '王敏',
    inputs: { 'bank.txt': 'ab'.repeat(32) },
    tally,
  }
  return reconciliation.recordRun(db, one, breaks)
}

const NOTHING = { opened: 0, changed: 0, reopened: 0, closed: 0 }
const whatHappened = async (db: Db) =>
  (await reconciliation.historyOf(db, KEY)).map(({ what, version }) => `${version} ${what}`)

describeDatabases((_, openFresh) => {
  it('[SC-C03] a day that is run again duplicates nothing, also on another day', async () => {
    const db = await openFresh()
    expect(await run(db, [row(order)], [])).toEqual({ ...NOTHING, opened: 1 })
    expect(await run(db, [row(order)], [])).toEqual(NOTHING)
    expect(await run(db, [row(order)], [], '2026-12-24')).toEqual(NOTHING)
    expect(await whatHappened(db)).toEqual(['1 opened'])
    expect(await tablesOf(db)).toContain('reconciliation_runs')
    expect(await db.q('reconciliation_runs').select('open_breaks')).toEqual(
      Array.from({ length: 3 }, () => ({ open_breaks: 1 })),
    )
  })

  it('[SC-C03] what two people decided outlives another row that moves it in its book', async () => {
    const db = await openFresh()
    await run(db, [row(order)], [])
    const [found] = await reconciliation.ofDate(db, { book: 'bank', date: DAY })
    if (!found) throw new Error('no break')
    const by = { at: MORNING, operator: '李强', action: 'record-outcome', note: '已查明' } as const
    await reconciliation.addStep(db, found, { ...by, what: 'handled' })
    const moved = row({ ...order, place: 7 })
    expect(await run(db, [moved], [])).toEqual(NOTHING)
    const [still] = await reconciliation.ofDate(db, { book: 'bank', date: DAY })
    expect(still?.state).toBe('handled')
    const another = row({ ...order, amountFen: 7 })
    expect(await run(db, [another], [])).toEqual({ ...NOTHING, reopened: 1 })
  })

  it('what agrees now is closed, and opened again under its own history', async () => {
    const db = await openFresh()
    await run(db, [row(order)], [])
    expect(await run(db, [row(order)], [row(order)])).toEqual({ ...NOTHING, closed: 1 })
    expect(await reconciliation.ofDate(db, { book: 'bank', date: DAY })).toMatchObject([
      { key: KEY, state: 'closed', version: 2 },
    ])
    expect(await run(db, [row(order)], [row(order)])).toEqual(NOTHING)
    expect(await run(db, [row(order)], [])).toEqual({ ...NOTHING, reopened: 1 })
    const [one] = await reconciliation.ofDate(db, { book: 'bank', date: DAY })
    expect(one).toMatchObject({ state: 'open', closedAt: null, version: 3 })
    expect(await whatHappened(db)).toEqual(['1 opened', '2 closed', '3 reopened'])
  })

  it('a matter that shows itself otherwise stays one matter', async () => {
    const db = await openFresh()
    await run(db, [row(order)], [])
    const less = row({ ...order, amountFen: 7 })
    expect(await run(db, [row(order)], [less])).toEqual({ ...NOTHING, changed: 1 })
    const history = await reconciliation.historyOf(db, KEY)
    expect(history.map(({ content }) => content.class)).toEqual(['BANK_ONLY', 'AMOUNT_DIFF'])
    expect(history[1]?.content.sentence).toContain('本系统 0.07 元')
  })

  it('another book and another date are left alone', async () => {
    const db = await openFresh()
    await run(db, [row(order)], [])
    expect(await reconciliation.ofDate(db, { book: 'his', date: DAY })).toEqual([])
    expect(await reconciliation.ofDate(db, { book: 'bank', date: '2026-11-18' })).toEqual([])
  })

  it('[SC-C03] runs and breaks of some days are read in one go, by date', async () => {
    const db = await openFresh()
    await run(db, [row(order)], [])
    await run(db, [row(order)], [row(order)])
    const period = { from: DAY, to: DAY }
    const read = await reconciliation.runsOf(db, period)
    expect(read.map(({ book, date, startedBy }) => [book, date, startedBy])).toEqual([
      ['bank', DAY, '王敏'],
      ['bank', DAY, '王敏'],
    ])
    expect(read.map(({ tally }) => tally.MATCHED.rows.bank)).toEqual([0, 1])
    expect(await reconciliation.breaksOf(db, period)).toMatchObject([{ key: KEY, state: 'closed' }])
    const elsewhere = { from: '2026-01-01', to: '2026-01-31' }
    expect(await reconciliation.runsOf(db, elsewhere)).toEqual([])
    expect(await reconciliation.breaksOf(db, { ...period, book: 'his' })).toEqual([])
  })

  it('two runs at once end in one history', async () => {
    const db = await openFresh()
    const other = secondHandle(db)
    const both = await Promise.allSettled([run(db, [row(order)], []), run(other, [row(order)], [])])
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect(await whatHappened(db)).toEqual(['1 opened'])
  })
})
