import type { App } from '../../app.ts'
import type { BookName } from '../../reconciliation/ageing.ts'
import { dayAfter, dayBefore, startOf } from '../../reconciliation/days.ts'
import {
  hisReceiptRow,
  hisReturnRow,
  insuranceReturnRow,
  PAYMENT_ROW,
  returnRow,
} from '../../reconciliation/own-rows.ts'
import type { Row } from '../../reconciliation/row.ts'
import * as ownBook from '../../store/own-book.ts'

/** Business dates, both included. */
export interface Days {
  readonly from: string
  readonly to: string
}

/** An order is opened before its T0, and at most a day. */
const OPENED_BEFORE_MS = 86_400_000
/** Returned money is found out about for a week (`recheck-refund.ts`), and some days go by before. */
const ASKED_FOR_BEFORE_MS = 10 * 86_400_000

type Content = Omit<Row, 'place'>

/** Our own book as one of the other sides should have it: own money, insurance, or HIS's receipts. */
export async function* ownRows(app: App, book: BookName, days: Days): AsyncGenerator<Row[]> {
  let place = 0
  for await (const contents of contentsOf(app, book, days)) {
    const rows: Row[] = []
    for (const content of contents) {
      if (content === null || content.businessDate < days.from) continue
      if (content.businessDate > days.to) continue
      place += 1
      rows.push({ ...content, place })
    }
    if (rows.length > 0) yield rows
  }
}

async function* contentsOf(
  app: App,
  book: BookName,
  { from, to }: Days,
): AsyncGenerator<(Content | null)[]> {
  const [start, until] = [startOf(from), startOf(dayAfter(to))]
  for await (const tries of ownBook.attemptsIn(app.db, { from: start - OPENED_BEFORE_MS, until }))
    yield tries.map(PAYMENT_ROW[book])
  const span = { from: start - ASKED_FOR_BEFORE_MS, until }
  if (book === 'bank') {
    for await (const returns of ownBook.returnsIn(app.db, span)) yield returns.map(returnRow)
    return
  }
  const rowOf = book === 'his' ? hisReturnRow : insuranceReturnRow
  for await (const refunds of ownBook.refundsIn(app.db, span)) yield refunds.map(rowOf)
  if (book !== 'his') return
  const beside = await ownBook.receiptsBesideIn(app.db, { from: start, until })
  yield beside.map(hisReceiptRow)
}

/** A book of a day reaches into the days beside it (SC-Q12). */
export const around = (date: string): Days => ({ from: dayBefore(date), to: dayAfter(date) })
