import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { businessDate, ulid } from '../../payment/numbers.ts'
import type { BookName } from '../../reconciliation/ageing.ts'
import { type Break, breaksOf } from '../../reconciliation/breaks.ts'
import type { Difference, Tally } from '../../reconciliation/classes.ts'
import { dayAfter, dayBefore, daysOf, firstOf, monthOf } from '../../reconciliation/days.ts'
import { match, type Rows } from '../../reconciliation/match.ts'
import { isReturn, type Row } from '../../reconciliation/row.ts'
import { isDuplicate } from '../../store/database.ts'
import * as reconciliation from '../../store/reconciliation.ts'
import * as workItems from '../../store/work-items.ts'
import { fileArrived, fileMissing } from './late-files.ts'
import { knowledgeOf } from './knowledge.ts'
import { type Days, ownRows } from './own-book.ts'
import {
  damageOf,
  fileDateOf,
  type Missing,
  RETURN_DAYS,
  type TheirBook,
  theirBook,
} from './their-book.ts'

export interface Wish {
  readonly book: BookName
  /** The business date, `yyyy-MM-dd`. */
  readonly date: string
  /** A person, or the worker. */
  readonly startedBy: string
  /** Told now and then how many rows have been read. */
  readonly progress?: (rows: number) => void
}

type Here = Exclude<TheirBook, Missing>

export type Reconciled =
  | {
      readonly kind: 'done'
      readonly run: reconciliation.Run
      readonly happened: reconciliation.Happened
      /** What does not agree, as it stands after this run. */
      readonly breaks: readonly reconciliation.StoredBreak[]
    }
  | (Missing & Pick<Wish, 'book' | 'date'>)

/**
 * One business date against one book (§6.3, SC-C01..C03): all of it is read and believed, matched,
 * and what was found is written in one commit. A run again closes what agrees by now, duplicates
 * nothing, and without the other side's book says so instead of running on an empty one.
 * @throws AppError `invalid-request` for a day that is not over
 */
export async function reconcile(app: App, wish: Wish): Promise<Reconciled> {
  const { book, date } = wish
  if (app.clock.now() < endOf(date))
    throw new AppError('invalid-request', `业务日 ${date} 尚未结束，不能对账。`)
  return reconcileWith(app, wish, await theirBook(app, book, date))
}

/** With a book that is here already: a month is fetched once. */
export async function reconcileWith(app: App, wish: Wish, theirs: TheirBook): Promise<Reconciled> {
  const { book, date } = wish
  if (theirs.kind === 'missing') return notRun(app, wish, theirs)
  try {
    const result = await record(app, wish, await compared(app, wish, theirs))
    await fileArrived(app, book, fileDateOf(book, date))
    return result
  } catch (error) {
    const damage = damageOf(error)
    if (damage === null) throw error
    return notRun(app, wish, damage)
  }
}

/** A return that stands alone is looked for on the days around: the two sides may date it apart. */
async function compared(app: App, wish: Wish, theirs: Here): Promise<Found> {
  const { book, date } = wish
  const found = await matchedWith(app, wish, { theirs, days: daysFor(book, date, 0) })
  if (book === 'his' || !found.differences.some(isLoneReturn)) return found
  const further = await theirBook(app, book, date, 'returns')
  const days = daysFor(book, date, RETURN_DAYS)
  return matchedWith(app, wish, { theirs: further.kind === 'here' ? further : theirs, days })
}

const isLoneReturn = ({ bank, hospital }: Difference): boolean =>
  (bank === null || hospital === null) && isReturn(hospital ?? bank)

async function matchedWith(
  app: App,
  wish: Wish,
  { theirs, days }: { readonly theirs: Here; readonly days: Days },
): Promise<Found> {
  const { book, date } = wish
  const differences: Difference[] = []
  const own = digested(app, ownRows(app, book, days))
  const tally = await match(
    { bank: counted(theirs.rows(), wish), hospital: own.rows, date },
    (one) => differences.push(one),
  )
  const inputs = { ...theirs.inputs, 'own-book': own.digest() }
  return { differences, tally, inputs, nextRead: theirs.nextRead }
}

/** SC-Q12: the last query window of the day is over a few minutes after midnight. */
const LAST_WINDOW_MS = 5 * 60_000

export const endOf = (date: string): number =>
  Date.parse(`${dayAfter(date)}T00:00:00+08:00`) + LAST_WINDOW_MS

/** With the days beside it (SC-Q12); a month's file may hold an order's refund at its other end. */
function daysFor(book: BookName, date: string, returnsBeside: number): Days {
  const isMonth = book === 'insurance'
  const first = isMonth ? firstOf(monthOf(date)) : date
  const last = isMonth ? (daysOf(monthOf(date)).at(-1) ?? date) : date
  return { from: dayBefore(first), to: dayAfter(last), returnsBeside }
}

async function notRun(app: App, wish: Wish, missing: Missing): Promise<Reconciled> {
  const { book, date } = wish
  await fileMissing(app, { book, date: fileDateOf(book, date), missing })
  return { ...missing, book, date }
}

interface Found {
  readonly differences: readonly Difference[]
  readonly tally: Tally
  readonly inputs: reconciliation.Run['inputs']
  readonly nextRead: boolean
}

async function record(app: App, wish: Wish, found: Found): Promise<Reconciled> {
  const { book, date, startedBy } = wish
  const { tally, inputs, nextRead, differences } = found
  const now = app.clock.now()
  const run = { id: ulid(now, app.random), book, date, at: now, startedBy, inputs, tally }
  const known = await knowledgeOf(app, { book, date }, differences)
  const today = businessDate(now)
  // A repetition may be dated after midnight: it is a matter of the day that its order belongs to.
  const breaks = breaksOf(differences, { book, today, nextRead, known }).map((one) => ({
    ...one,
    date,
  }))
  await tellOfHandled(app, wish, breaks)
  const happened = await recordOnce(app, run, breaks)
  const stored = await reconciliation.ofDate(app.db, { book, date })
  return { kind: 'done', run, happened, breaks: stored.filter(({ state }) => state !== 'closed') }
}

/** What two people ended because the other side had nothing: now it has, and both may have moved money. */
async function tellOfHandled(app: App, wish: Wish, breaks: readonly Break[]): Promise<void> {
  const lasting = new Set(breaks.map(({ key }) => key))
  for (const { key, state, content } of await reconciliation.ofDate(app.db, wish)) {
    if (state !== 'handled' || content.bank !== null || lasting.has(key)) continue
    const now = app.clock.now()
    await workItems.create(app.db, {
      id: ulid(now, app.random),
      subject: app.hash(key),
      kind: 'reconciliation-break',
      orderId: null,
      sentence: `差异已由人工了结，对方后来又列示该笔，请核对是否重复收退：${content.sentence.slice(0, 250)}`,
      actions: ['note'],
      createdAt: now,
      opensAgain: true,
    })
  }
}

/** Of two runs at once one is rolled back; it then finds what the other has written. */
async function recordOnce(
  app: App,
  run: reconciliation.Run,
  breaks: readonly Break[],
): Promise<reconciliation.Happened> {
  try {
    return await reconciliation.recordRun(app.db, run, breaks)
  } catch (error) {
    if (!isDuplicate(error)) throw error
    return reconciliation.recordRun(app.db, run, breaks)
  }
}

const TOLD_EVERY_ROWS = 5_000

async function* counted(rows: Rows, { progress }: Wish): AsyncGenerator<readonly Row[]> {
  let read = 0
  let toldAt = 0
  for await (const batch of rows) {
    read += batch.length
    if (read - toldAt >= TOLD_EVERY_ROWS) {
      toldAt = read
      progress?.(read)
    }
    yield batch
  }
  progress?.(read)
}

/** Which of our own rows were compared is told later by their digest, as it is of the files. */
function digested(app: App, rows: Rows): { rows: Rows; digest: () => string } {
  let digest = ''
  async function* through(): AsyncGenerator<readonly Row[]> {
    for await (const batch of rows) {
      digest = app.hash(digest + JSON.stringify(batch))
      yield batch
    }
  }
  return { rows: through(), digest: () => `sm3:${digest}` }
}
