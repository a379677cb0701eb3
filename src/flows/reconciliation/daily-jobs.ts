import type { App } from '../../app.ts'
import { businessDate, nonce } from '../../payment/numbers.ts'
import { DUE_DAYS } from '../../reconciliation/ageing.ts'
import {
  dayAfter,
  dayBefore,
  daysBefore,
  daysFrom,
  firstOf,
  monthOf,
  startOf,
} from '../../reconciliation/days.ts'
import { isReturn } from '../../reconciliation/row.ts'
import * as ownBook from '../../store/own-book.ts'
import * as reconciliation from '../../store/reconciliation.ts'
import * as scheduledRuns from '../../store/scheduled-runs.ts'
import { dayEnd } from './day-end.ts'
import { reconcileMonth } from './month.ts'
import { reconcile, type Reconciled } from './reconcile.ts'
import { RETURN_DAYS } from './their-book.ts'

/** What is done at a time of day about a business date (or the first day of a month) that is over. */
interface Job {
  readonly name: string
  readonly date: string
  readonly dueAt: number
  readonly run: (app: App, date: string) => Promise<Came>
}

/** `againAfterMs`: not over, the other side's book is still to come. */
interface Came {
  readonly result: Readonly<Record<string, unknown>>
  readonly againAfterMs?: number
}

/** Longer than a job takes. Where it is not, two do the same: a run again changes nothing. */
const TURN_MS = 1_800_000
const AGAIN_AFTER_FAILURE_MS = 600_000
const STARTED_BY = 'worker'

/** Everything that is due and nobody has done, also what was missed while no process ran. */
export async function runDueJobs(app: App): Promise<void> {
  const first = await ownBook.firstOpenedAt(app.db)
  if (first === null) return
  const jobs = jobsFrom(app, businessDate(first))
  const [earliest = null] = jobs.map(({ date }) => date).toSorted()
  if (earliest === null) return
  const known = await scheduledRuns.since(app.db, earliest)
  const over = new Set(known.filter(({ state }) => state === 'done').map(keyOf))
  for (const job of jobs)
    if (!over.has(keyOf({ job: job.name, date: job.date }))) await take(app, job)
}

const keyOf = ({ job, date }: { readonly job: string; readonly date: string }): string =>
  `${job} ${date}`

async function take(app: App, { name: job, date, run }: Job): Promise<void> {
  const owner = nonce(app.random)
  const now = app.clock.now()
  const turn = { job, date, owner }
  if (!(await scheduledRuns.takeTurn(app.db, { ...turn, now, leaseUntil: now + TURN_MS }))) return
  const came = await run(app, date).catch((error: unknown): Came => {
    app.log.error({ err: error, job, date }, 'a scheduled job failed')
    const said = error instanceof Error ? error.name : 'failed'
    return { result: { failed: said }, againAfterMs: AGAIN_AFTER_FAILURE_MS }
  })
  const endedAt = app.clock.now()
  await scheduledRuns.endTurn(app.db, turn, {
    state: came.againAfterMs === undefined ? 'done' : 'waiting',
    dueAt: endedAt + (came.againAfterMs ?? 0),
    result: came.result,
    now: endedAt,
  })
}

// ---------------------------------------------------------------- what there is to do

const MINUTE_MS = 60_000

const timeOfDay = (text: string): number => {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return (hours * 60 + minutes) * MINUTE_MS
}

/** At this time of the day after. */
const at = (date: string, time: string): number => startOf(dayAfter(date)) + timeOfDay(time)

/** Due by now, the oldest first; nothing from before the first order of all. */
function jobsFrom(app: App, firstDay: string): Job[] {
  const { settings, settlementFiles, clock } = app
  const now = clock.now()
  const today = businessDate(now)
  const back = businessDate(now - settings.RECONCILE_BACK_DAYS * 86_400_000)
  const days = daysFrom(back < firstDay ? firstDay : back, dayBefore(today))
  const jobs: Job[] = days.flatMap((date) => [
    { name: 'day-end', date, dueAt: at(date, settings.DAY_END_AT), run: endDay },
    { name: 'reconcile-his', date, dueAt: at(date, settings.RECONCILE_AT), run: hisDay },
    ...(settlementFiles.has('bank')
      ? [{ name: 'reconcile-bank', date, dueAt: at(date, settings.RECONCILE_AT), run: bankDay }]
      : []),
  ])
  if (settlementFiles.has('insurance')) {
    for (const date of days) {
      const dueAt = at(date, settings.RECONCILE_AT)
      jobs.push({ name: 'reconcile-overdue', date, dueAt, run: overdueInsurance })
    }
    const month = firstOf(monthOf(dayBefore(firstOf(monthOf(today)))))
    const dueAt = startOf(firstOf(monthOf(today))) + timeOfDay(settings.RECONCILE_AT)
    if (month >= firstOf(monthOf(firstDay)))
      jobs.push({ name: 'reconcile-insurance', date: month, dueAt, run: bureauMonth })
  }
  return jobs.filter(({ dueAt }) => dueAt <= now)
}

async function endDay(app: App, date: string): Promise<Came> {
  const { ended } = await dayEnd(app, { date })
  const carried = ended.filter((one) => one.carried).length
  return { result: { asked: ended.length, carried } }
}

const ASK_HIS_EVERY_MS = 1_800_000

const hisDay = async (app: App, date: string): Promise<Came> =>
  cameOf(await reconcile(app, { book: 'his', date, startedBy: STARTED_BY }), ASK_HIS_EVERY_MS)

async function bankDay(app: App, date: string): Promise<Came> {
  const result = await reconcile(app, { book: 'bank', date, startedBy: STARTED_BY })
  const askEveryMs = app.settlementFiles.get('bank')?.punctuality.askEveryMs ?? ASK_HIS_EVERY_MS
  const before = result.kind === 'done' ? await closeBefore(app, 'bank', date) : null
  return cameOf(before ?? result, askEveryMs)
}

/**
 * What this file tells of days before it (SC-Q12): of the last one always, because a row after
 * midnight may contradict or repeat what agreed; of those before where a return was lacking.
 * @returns the first that could not be read: this day is then not over.
 */
async function closeBefore(
  app: App,
  book: 'bank' | 'insurance',
  date: string,
): Promise<Reconciled | null> {
  const [from, to] = [daysBefore(date, RETURN_DAYS), dayBefore(date)]
  const runs = await reconciliation.runsOf(app.db, { from: to, to, book })
  const known = await reconciliation.breaksOf(app.db, { from, to, book })
  const lacking = known.filter(
    ({ state, content: { bank, hospital } }) =>
      state !== 'closed' && bank === null && hospital && isReturn(hospital),
  )
  const days = [...runs.map((run) => run.date), ...lacking.map(({ content }) => content.date)]
  for (const day of new Set(days)) {
    const again = await reconcile(app, { book, date: day, startedBy: STARTED_BY })
    if (again.kind === 'missing') return again
  }
  return null
}

/** SC-C01: what the bureau's month lacked was awaited; once it is due and has not come, it is a difference. */
async function overdueInsurance(app: App): Promise<Came> {
  const to = daysBefore(businessDate(app.clock.now()), DUE_DAYS.insurance + 1)
  const ever = { from: '0000-01-01', to, book: 'insurance', state: 'open' } as const
  const awaited = await reconciliation.breaksOf(app.db, ever)
  const late = awaited.filter(({ content }) => content.awaited)
  const days = [...new Set(late.map(({ content }) => content.date))]
  for (const date of days) {
    const result = await reconcile(app, { book: 'insurance', date, startedBy: STARTED_BY })
    if (result.kind === 'missing') return cameOf(result, ASK_HIS_EVERY_MS)
  }
  return { result: { days } }
}

async function bureauMonth(app: App, date: string): Promise<Came> {
  const results = await reconcileMonth(app, { month: monthOf(date), startedBy: STARTED_BY })
  const missing = results.find(({ kind }) => kind === 'missing')
  const askEveryMs =
    app.settlementFiles.get('insurance')?.punctuality.askEveryMs ?? ASK_HIS_EVERY_MS
  if (missing) return cameOf(missing, askEveryMs)
  const before = await closeBefore(app, 'insurance', date)
  if (before) return cameOf(before, askEveryMs)
  const runs = results.flatMap((one) => (one.kind === 'done' ? [one] : []))
  const breaks = runs.reduce((sum, one) => sum + one.breaks.length, 0)
  return { result: { runs: runs.map(({ run }) => run.id), breaks } }
}

function cameOf(result: Reconciled, againAfterMs: number): Came {
  if (result.kind === 'missing') return { result: { missing: result.why }, againAfterMs }
  const { run, breaks, happened } = result
  return { result: { run: run.id, inputs: run.inputs, breaks: breaks.length, happened } }
}
