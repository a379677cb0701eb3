import type { App } from '../../app.ts'
import type { BookName } from '../../reconciliation/ageing.ts'
import { dayAfter, daysAfter, daysBefore, startOf } from '../../reconciliation/days.ts'
import {
  hisReceiptRow,
  hisReturnRow,
  insuranceReturnRow,
  PAYMENT_ROW,
  returnRow,
} from '../../reconciliation/own-rows.ts'
import { isReturn, type Row } from '../../reconciliation/row.ts'
import * as ownBook from '../../store/own-book.ts'

/** Business dates, both included. */
export interface Days {
  readonly from: string
  readonly to: string
  /** How many days before and after them returns are told too. */
  readonly returnsBeside: number
}

/** An order is opened before its T0, and at most a day. */
const OPENED_BEFORE_MS = 86_400_000
/** Returned money is found out about for a week (`recheck-refund.ts`), and some days go by before. */
const ASKED_FOR_BEFORE_MS = 10 * 86_400_000

type Content = Omit<Row, 'place'>

/** Our own book as one of the other sides should have it: own money, insurance, or HIS's receipts. */
export async function* ownRows(app: App, book: BookName, days: Days): AsyncGenerator<Row[]> {
  const [first, last] = [daysBefore(days.from, days.returnsBeside), lastOf(days)]
  let place = 0
  for await (const contents of contentsOf(app, book, days)) {
    const rows: Row[] = []
    for (const content of contents) {
      if (content === null) continue
      const [from, to] = isReturn(content) ? [first, last] : [days.from, days.to]
      if (content.businessDate < from || content.businessDate > to) continue
      place += 1
      rows.push({ ...content, place })
    }
    if (rows.length > 0) yield rows
  }
}

const lastOf = ({ to, returnsBeside }: Days): string => daysAfter(to, returnsBeside)

async function* contentsOf(
  app: App,
  book: BookName,
  days: Days,
): AsyncGenerator<(Content | null)[]> {
  const [start, until] = [startOf(days.from), startOf(dayAfter(days.to))]
  for await (const tries of ownBook.attemptsIn(app.db, { from: start - OPENED_BEFORE_MS, until }))
    yield tries.map(PAYMENT_ROW[book])
  const first = startOf(daysBefore(days.from, days.returnsBeside))
  const span = { from: first - ASKED_FOR_BEFORE_MS, until: startOf(dayAfter(lastOf(days))) }
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
