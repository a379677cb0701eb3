import { createReadStream } from 'node:fs'
import type { App } from '../../app.ts'
import { type BookName, daysBetween } from '../../reconciliation/ageing.ts'
import {
  dayAfter,
  dayBefore,
  daysAfter,
  daysBefore,
  daysFrom,
  daysOf,
  firstOf,
  monthOf,
} from '../../reconciliation/days.ts'
import { DamagedFile, type Profile } from '../../reconciliation/files/profile.ts'
import { readFile } from '../../reconciliation/files/read.ts'
import type { Rows } from '../../reconciliation/match.ts'
import { isReturn, type Row } from '../../reconciliation/row.ts'
import { orderIdIn, businessDate } from '../../payment/numbers.ts'
import type { ReceivedFile } from '../../upstreams/settlement-files.ts'
import type { Ledger, LedgerRow } from '../../upstreams/ledger.ts'
import type { Answer } from '../../upstreams/upstream.ts'

/** What another side says of a business date and the days beside it. */
export type TheirBook =
  | {
      readonly kind: 'here'
      readonly rows: () => Rows
      readonly inputs: Readonly<Record<string, string>>
      /** Whether what was written after midnight can be seen (SC-Q12). */
      readonly nextRead: boolean
    }
  | Missing

/** Without a book nothing agrees and nothing differs: it is never an empty one (SC-S07). */
export interface Missing {
  readonly kind: 'missing'
  readonly why: 'not-configured' | 'absent' | 'damaged' | 'unreachable'
  /** One Chinese clause. */
  readonly said: string
}

type SettlementBook = NonNullable<ReturnType<App['settlementFiles']['get']>>

const missing = (why: Missing['why'], said: string): Missing => ({ kind: 'missing', why, said })

/**
 * How far beside the day their book is read: `midnight`, the days next to it; `returns`, as far as
 * a return may be listed on another day than ours: accepted on one, paid out or learned on another.
 */
export type Reach = 'midnight' | 'returns'

/** A return is asked about for as many days (`recheck-refund.ts`). */
export const RETURN_DAYS = 7

export function theirBook(
  app: App,
  book: BookName,
  date: string,
  reach: Reach = 'midnight',
): Promise<TheirBook> {
  if (book === 'his') return ledgers(app, date)
  const files = app.settlementFiles.get(book)
  if (!files)
    return Promise.resolve(missing('not-configured', '没有配置对账文件的来源（SETTLEMENT_FILES_）'))
  const beside = reach === 'midnight' ? 1 : RETURN_DAYS
  return book === 'bank' ? dailyFiles(files, date, beside) : monthlyFile(files, date, reach)
}

/** The file of a month goes by its first day. */
export const fileDateOf = (book: BookName, date: string): string =>
  book === 'insurance' ? firstOf(monthOf(date)) : date

// ---------------------------------------------------------------- files

async function dailyFiles(book: SettlementBook, date: string, beside: number): Promise<TheirBook> {
  const own = await filesOf(book, date)
  if (own.kind === 'missing') return own
  const files = [...own.files]
  let nextRead = false
  // What the days beside it lack only means that their rows wait until it is there.
  for (const day of daysFrom(daysBefore(date, beside), daysAfter(date, beside))) {
    if (day === date) continue
    const one = await filesOf(book, day)
    if (one.kind !== 'here') continue
    files.push(...one.files)
    nextRead ||= day === dayAfter(date)
  }
  return booked(files, book.profile, {
    nextRead,
    // Further away only returns are looked for: a week of payments is no business of this day.
    wanted: (row, file) => isReturn(row) || Math.abs(daysBetween(date, file)) <= 1,
    ownDay: (row, file) => (Math.abs(daysBetween(file, row)) <= 1 ? row : file),
  })
}

async function monthlyFile(book: SettlementBook, date: string, reach: Reach): Promise<TheirBook> {
  const own = await filesOf(book, fileDateOf('insurance', date))
  if (own.kind === 'missing') return own
  const lastMonth = firstOf(monthOf(dayBefore(fileDateOf('insurance', date))))
  const before = reach === 'returns' ? await filesOf(book, lastMonth) : null
  // What was settled after midnight of the month's last day stands in the next month's file.
  const last = daysOf(monthOf(date)).at(-1) ?? date
  const next = await filesOf(book, dayAfter(last))
  const beside = [before, next].flatMap((one) => (one?.kind === 'here' ? one.files : []))
  return booked([...own.files, ...beside], book.profile, {
    nextRead: next.kind === 'here',
    wanted: (row, file) => isReturn(row) || file !== lastMonth,
    ownDay: (row, file) => {
      const end = daysOf(monthOf(file)).at(-1) ?? file
      return row >= dayBefore(file) && row <= dayAfter(end) ? row : file
    },
  })
}

interface Files {
  readonly kind: 'here'
  readonly files: readonly ReceivedFile[]
}

async function filesOf({ source }: SettlementBook, date: string): Promise<Files | Missing> {
  const answer = await source.fetch(date)
  switch (answer.kind) {
    case 'done':
      return { kind: 'here', files: answer.value }
    case 'absent':
      return missing('absent', '对方尚未提供对账文件')
    case 'refused':
      return answer.code === 'file-damaged'
        ? missing('damaged', answer.message)
        : missing('unreachable', answer.message)
    case 'pending':
    case 'unknown':
    case 'unsent':
      return missing('unreachable', '无法连接对账文件的来源')
  }
}

interface Reading {
  readonly nextRead: boolean
  readonly wanted: (row: Row, fileDate: string) => boolean
  /** Of a row that its file dates further away than midnight explains: else no day's run counts it. */
  readonly ownDay: (rowDate: string, fileDate: string) => string
}

/** The same content twice, under whatever name, is one file. */
function booked(files: readonly ReceivedFile[], profile: Profile, reading: Reading): TheirBook {
  const once = [...new Map(files.map((file) => [file.sha256, file])).values()]
  const inputs = once.map(({ name, sha256 }) => [name, sha256] as const)
  return {
    kind: 'here',
    rows: () => rowsOf(once, profile, reading),
    inputs: Object.fromEntries(inputs.toSorted(([one], [other]) => (one < other ? -1 : 1))),
    nextRead: reading.nextRead,
  }
}

async function* rowsOf(
  files: readonly ReceivedFile[],
  profile: Profile,
  { wanted, ownDay }: Reading,
): AsyncGenerator<Row[]> {
  let before = 0
  for (const { date, path } of files) {
    let last = 0
    const open = (): AsyncIterable<Uint8Array> => createReadStream(path)
    for await (const rows of readFile({ open, date }, profile)) {
      last = rows.at(-1)?.place ?? last
      yield rows
        .filter((row) => wanted(row, date))
        .map((row) => ({
          ...row,
          place: before + row.place,
          businessDate: ownDay(row.businessDate, date),
        }))
    }
    before += last
  }
}

/** @returns what is wrong with a file that was believed when it came; null for any other error. */
export const damageOf = (error: unknown): Missing | null =>
  error instanceof DamagedFile ? missing('damaged', error.message) : null

// ---------------------------------------------------------------- HIS

async function ledgers(app: App, date: string): Promise<TheirBook> {
  const today = businessDate(app.clock.now())
  const own = await app.his.ledger(date)
  if (own.kind !== 'done') return noLedger(own)
  const inputs: Record<string, string> = { [`ledger-${date}`]: own.value.sha256 }
  const rows = [...own.value.rows]
  let nextRead = false
  for (const day of [dayBefore(date), dayAfter(date)].filter((each) => each <= today)) {
    const beside = await app.his.ledger(day)
    if (beside.kind !== 'done') continue
    inputs[`ledger-${day}`] = beside.value.sha256
    rows.push(...beside.value.rows)
    nextRead ||= day > date
  }
  const ours = rows.filter(isOurs).map(ledgerRow)
  return { kind: 'here', rows: () => [ours], inputs, nextRead }
}

function noLedger(answer: Exclude<Answer<Ledger>, { kind: 'done' }>): Missing {
  if (answer.kind === 'absent') return missing('absent', 'HIS 尚未提供当日台账')
  return answer.kind === 'refused'
    ? missing('damaged', answer.message)
    : missing('unreachable', 'HIS 没有答复')
}

/** What the desks take and give by themselves is no business of ours. */
const isOurs = ({ settlementNo }: LedgerRow): boolean =>
  settlementNo.startsWith('ST') && orderIdIn(settlementNo) !== null

const ledgerRow = (row: LedgerRow, index: number): Row => ({
  kind: row.kind === 'receipt' ? 'payment' : 'refund',
  status: 'done',
  bankOrderNo: null,
  merchantOrderNo: row.settlementNo,
  refundNo: row.refundNo,
  amountFen: row.totalFen,
  businessDate: businessDate(row.at),
  at: row.at,
  place: index + 1,
})
