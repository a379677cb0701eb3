import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { daysOf, firstOf } from '../../reconciliation/days.ts'
import { endOf, type Reconciled, reconcileWith } from './reconcile.ts'
import { theirBook } from './their-book.ts'

export interface Month {
  /** `yyyy-MM`. */
  readonly month: string
  readonly startedBy: string
  readonly progress?: (done: number, all: number) => void
}

/**
 * The bureau tells a month (§6.3.1, SC-C01), and each of its days is reconciled by itself.
 * @throws AppError `invalid-request` for a month that is not over
 */
export async function reconcileMonth(app: App, wish: Month): Promise<readonly Reconciled[]> {
  const { month, startedBy, progress } = wish
  const days = daysOf(month)
  if (app.clock.now() < endOf(days.at(-1) ?? firstOf(month)))
    throw new AppError('invalid-request', `${month} 尚未结束，不能核对医保月度明细。`)
  const theirs = await theirBook(app, 'insurance', firstOf(month))
  const results: Reconciled[] = []
  for (const [index, date] of days.entries()) {
    progress?.(index, days.length)
    const result = await reconcileWith(app, { book: 'insurance', date, startedBy }, theirs)
    results.push(result)
    if (result.kind === 'missing') break
  }
  return results
}

export interface Imported {
  readonly results: readonly Reconciled[]
  /** False where the bureau's own file of that name stands over the one that was handed over. */
  readonly counted: boolean
}

/** A person hands the month's file over; it is judged and kept like one that was fetched. */
export async function importMonth(
  app: App,
  wish: Month & { readonly file: { readonly name: string; readonly content: Buffer } },
): Promise<Imported> {
  const book = app.settlementFiles.get('insurance')
  if (!book)
    throw new AppError(
      'invalid-request',
      '没有配置医保月度明细（SETTLEMENT_FILES_INSURANCE_SOURCE 等）。',
    )
  const date = firstOf(wish.month)
  const received = await book.takeUpload({ ...wish.file, date }, wish.startedBy)
  if (received.kind === 'damaged')
    throw new AppError('invalid-request', `文件未被接收，其中任何一笔都不计入：${received.reason}`)
  const { sha256 } = received.file
  const results = await reconcileMonth(app, wish)
  const counted = results.some(
    (one) => one.kind === 'done' && Object.values(one.run.inputs).includes(sha256),
  )
  return { results, counted }
}
