import type { App } from '../../app.ts'
import { ulid } from '../../payment/numbers.ts'
import type { BookName } from '../../reconciliation/ageing.ts'
import * as workItems from '../../store/work-items.ts'
import type { Missing } from './their-book.ts'

const BOOK_IN_WORDS: Readonly<Record<BookName, string>> = {
  bank: '银行对账文件',
  his: 'HIS 台账',
  insurance: '医保月度明细',
}

type LateKind = 'settlement-file-late' | 'settlement-file-damaged'

interface MissingFile {
  readonly book: BookName
  /** Of a month: its first day. */
  readonly date: string
  readonly missing: Missing
}

/** SC-C02: a file that is late or damaged is told of, and gets somebody who sees to it. */
export async function fileMissing(app: App, { book, date, missing }: MissingFile): Promise<void> {
  const { why, said } = missing
  const damaged = why === 'damaged'
  if (why === 'not-configured' || (!damaged && !isLate(app, book, date))) return
  app.log.error({ event: `settlement-file.${why}`, book, date }, 'no book to reconcile with')
  const now = app.clock.now()
  await workItems.create(app.db, {
    id: ulid(now, app.random),
    subject: `${book}/${date}`,
    kind: damaged ? 'settlement-file-damaged' : 'settlement-file-late',
    orderId: null,
    sentence: `${date} 的${BOOK_IN_WORDS[book]}${damaged ? '已隔离，其中任何一笔都不计入' : '逾期未到'}：${said.slice(0, 200)}。当日未对账，请联系对方重新提供。`,
    actions: ['note'],
    createdAt: now,
    opensAgain: true,
  })
}

/** HIS answers at once; the others have until the first of their instants. */
function isLate(app: App, book: BookName, date: string): boolean {
  if (book === 'his') return true
  const [first] = app.settlementFiles.get(book)?.punctuality.alarmsAt(date) ?? []
  return first !== undefined && app.clock.now() >= first
}

/** It came after all: nobody needs to see to it any more. */
export async function fileArrived(app: App, book: BookName, date: string): Promise<void> {
  const kinds: readonly LateKind[] = ['settlement-file-late', 'settlement-file-damaged']
  for (const kind of kinds) {
    const item = await workItems.bySubject(app.db, `${book}/${date}`, kind)
    if (item?.state !== 'open') continue
    const at = app.clock.now()
    const note = { at, operator: 'system', action: 'note', note: '对账文件已到，已对账' }
    await workItems.change(app.db, item, { state: 'resolved', owner: item.owner, note })
  }
}
