/** Reads a settlement file into rows: all of it holds what it says of itself, or none of it counts. */
import { type Fen, fen, isFen, parseFen, yuanToFen } from '../../payment/money.ts'
import { isReturn, NUMBER, type Row, type RowKind } from '../row.ts'
import { controlsOf, type Totals } from './controls.ts'
import { type Record, recordsOf } from './lines.ts'
import { type Column, DamagedFile, type Profile } from './profile.ts'
import { instantOf } from './times.ts'
import { type Bytes, LIMITS, type Limits, unpack } from './unpack.ts'

export interface SettlementFile {
  /** A fresh reading of the same bytes: a file is read twice, once to believe it. */
  readonly open: () => Bytes
  /** `yyyy-MM-dd` in the file's name. */
  readonly date: string
}

/** @throws DamagedFile before the first row is given, with the line and the reason. */
export async function* readFile(
  file: SettlementFile,
  profile: Profile,
  limits: Limits = LIMITS,
): AsyncGenerator<readonly Row[]> {
  await checkFile(file, profile, limits)
  yield* rowsOf(file, profile, limits)
}

/** @returns what the file adds up to. @throws DamagedFile */
export async function checkFile(
  file: SettlementFile,
  profile: Profile,
  limits: Limits = LIMITS,
): Promise<Totals> {
  const totals: Totals = { payments: 0, paymentsFen: 0, returns: 0, returnsFen: 0 }
  const controls = controlsOf(profile, fenOf)
  for await (const rows of rowsOf(file, profile, limits, controls.read))
    for (const row of rows) {
      if (isReturn(row)) {
        totals.returns += 1
        totals.returnsFen += row.amountFen
      } else {
        totals.payments += 1
        totals.paymentsFen += row.amountFen
      }
    }
  controls.judge(totals)
  return totals
}

type Field = (column: Column) => string

async function* rowsOf(
  { open, date }: SettlementFile,
  profile: Profile,
  limits: Limits,
  control: (record: Record) => boolean = controlsOf(profile, fenOf).read,
): AsyncGenerator<readonly Row[]> {
  let heading: ReadonlyMap<string, number> | null = null
  const hasHeading =
    profile.shape.kind === 'sheet' || (profile.shape.kind === 'delimited' && profile.shape.heading)
  const unpacked = unpack(open(), profile.container, limits)
  for await (const records of recordsOf(unpacked, profile, limits)) {
    const rows: Row[] = []
    for (const record of records) {
      if (record.text.trim() === '' || control(record)) continue
      if (profile.comment !== null && record.text.startsWith(profile.comment)) continue
      if (hasHeading && heading === null) heading = headingOf(record, profile)
      else rows.push(rowOf(record, { profile, heading, date }))
    }
    if (rows.length > 0) yield rows
  }
  if (hasHeading && heading === null) throw new DamagedFile(0, '没有表头，文件不完整')
}

/** By name, so that columns may be added or change places. */
function headingOf({ fields, line }: Record, profile: Profile): ReadonlyMap<string, number> {
  for (const column of columnsOf(profile))
    if (typeof column === 'string' && fields.filter((name) => name === column).length !== 1)
      throw new DamagedFile(line, `表头没有唯一的“${column}”`)
  return new Map(fields.map((name, index) => [name, index]))
}

const columnsOf = ({ kind, take, status, time }: Profile): (Column | null)[] => [
  kind.column,
  ...Object.values(take).flatMap((one) => [
    one.bankOrderNo,
    one.merchantOrderNo,
    one.refundNo,
    ...one.amount,
  ]),
  status?.column ?? null,
  ...time.columns,
]

interface Layout {
  readonly profile: Profile
  readonly heading: ReadonlyMap<string, number> | null
  readonly date: string
}

function rowOf({ fields, line }: Record, { profile, heading, date }: Layout): Row {
  const field: Field = (column) => {
    const text = fields[typeof column === 'number' ? column : (heading?.get(column) ?? -1)]
    if (text === undefined) throw new DamagedFile(line, '列数不足，文件可能被截断')
    return text
  }
  const kind = kindOf(field, profile, line)
  const take = profile.take[kind]
  const number = (column: Column | null): string | null => {
    const text = column === null ? '' : field(column)
    if (text === '' || profile.noNumber.includes(text)) return null
    if (!NUMBER.test(text)) throw new DamagedFile(line, '单号含有不允许的字符')
    return text
  }
  const at = instantOf(profile.time, field, { date, line })
  return {
    kind,
    status: statusOf(field, profile),
    bankOrderNo: number(take.bankOrderNo),
    merchantOrderNo: number(take.merchantOrderNo),
    refundNo: number(take.refundNo),
    amountFen: amountOf(take.amount.map(field), profile, line),
    businessDate: at.date,
    at: at.instant,
    place: line,
  }
}

function kindOf(field: Field, { kind }: Profile, line: number): RowKind {
  const text = field(kind.column)
  if (kind.by === 'sign') return /^[-D]/.test(text) ? 'refund' : 'payment'
  const found = Object.hasOwn(kind.kinds, text) ? kind.kinds[text] : undefined
  if (found === undefined) throw new DamagedFile(line, '交易类型不在约定之内')
  return found
}

function statusOf(field: Field, { status }: Profile): Row['status'] {
  const text = status === null ? '' : field(status.column)
  if (status === null || text === '') return 'done'
  return (Object.hasOwn(status.statuses, text) ? status.statuses[text] : undefined) ?? 'unknown'
}

/** The sign is the kind's to say; an amount that is none breaks the file. */
function amountOf(texts: readonly string[], { unit }: Profile, line: number): Fen {
  let sum = 0
  for (const text of texts) {
    if (text === '' && texts.length > 1) continue
    const amount = fenOf(text.replace(/^[-+CD]/, ''), unit)
    if (amount === null) throw new DamagedFile(line, '金额无法识别')
    sum += amount
  }
  if (!isFen(sum)) throw new DamagedFile(line, '金额过大')
  return fen(sum)
}

/** Fen may be filled up with zeros; yuan may have more decimals than two if they are zeros. */
function fenOf(text: string, unit: Profile['unit']): Fen | null {
  if (unit === 'yuan') return yuanToFen(text)
  return parseFen(text.replace(/^0+(?=\d)/, ''))
}
