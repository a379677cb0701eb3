import type { App } from '../../app.ts'
import { cashProof } from '../../reconciliation/cash-proof.ts'
import { dayBefore, daysBefore } from '../../reconciliation/days.ts'
import {
  CHART_DAYS,
  type Report,
  type ReportedBreak,
  type ReportedEvent,
  type ReportedRun,
  reportOf,
} from '../../reconciliation/report.ts'
import * as cashMovements from '../../store/cash-movements.ts'
import * as reconciliation from '../../store/reconciliation.ts'

/** The report of a business date, with the differences of the thirty days that end with it. */
export async function dailyReport(app: App, date: string): Promise<Report> {
  const { db } = app
  const from = daysBefore(date, CHART_DAYS - 1)
  const openings = await cashMovements.heldBefore(db, date)
  const movements = await cashMovements.of(db, date)
  const proof = cashProof(date, openings, movements)
  const runs = await reconciliation.runsOf(db, { from, to: date })
  const breaks = await reconciliation.breaksOf(db, { from, to: date })
  const before = { from: '0000-01-01', to: dayBefore(from) }
  const older = await reconciliation.breaksOf(db, { ...before, state: 'open' })
  const ofDate = breaks.filter(({ content }) => content.date === date)
  const events = await historyOf(app, ofDate, runs)
  return reportOf({ date, from, proof, runs, breaks, older, events })
}

async function historyOf(
  app: App,
  breaks: readonly ReportedBreak[],
  runs: readonly (ReportedRun & { readonly id: string })[],
): Promise<ReportedEvent[]> {
  const startedBy = new Map(runs.map(({ id, startedBy: by }) => [id, by]))
  const events: ReportedEvent[] = []
  for (const { key } of breaks)
    for (const event of await reconciliation.historyOf(app.db, key)) {
      const { at, what, runId, operator, note, content } = event
      const by = operator ?? startedBy.get(runId ?? '') ?? ''
      events.push({ key, at, what, by, sentence: note ?? content.sentence })
    }
  return events.toSorted((one, other) => one.at - other.at || (one.key < other.key ? -1 : 1))
}
