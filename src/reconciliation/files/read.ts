/**
 * Reads a settlement file into rows: all of it holds what it says of itself, or none of it counts.
 * What the file adds up to is known with its last row, so whoever reads it keeps nothing before.
 */
import { isReturn, type Row } from '../row.ts'
import { controlsOf, type Totals } from './controls.ts'
import { type Record, recordsOf } from './lines.ts'
import { type Column, DamagedFile, type Profile } from './profile.ts'
import { fenOf, rowReader } from './rows.ts'
import { type Bytes, LIMITS, type Limits, unpack } from './unpack.ts'

export interface SettlementFile {
  /** A fresh reading of the same bytes. */
  readonly open: () => Bytes
  /** `yyyy-MM-dd` in the file's name. */
  readonly date: string
}

/** @throws DamagedFile with the line and the reason, after the last row at the latest. */
export async function* readFile(
  file: SettlementFile,
  profile: Profile,
  limits: Limits = LIMITS,
): AsyncGenerator<readonly Row[], Totals> {
  const totals: Totals = { payments: 0, paymentsFen: 0, returns: 0, returnsFen: 0 }
  const controls = controlsOf(profile, fenOf)
  for await (const rows of rowsOf(file, profile, limits, controls.read)) {
    for (const row of rows) count(totals, row)
    yield rows
  }
  controls.judge(totals)
  return totals
}

function count(totals: Totals, row: Row): void {
  if (isReturn(row)) {
    totals.returns += 1
    totals.returnsFen += row.amountFen
  } else {
    totals.payments += 1
    totals.paymentsFen += row.amountFen
  }
}

/** @returns what the file adds up to. @throws DamagedFile */
export async function checkFile(
  file: SettlementFile,
  profile: Profile,
  limits: Limits = LIMITS,
): Promise<Totals> {
  const reading = readFile(file, profile, limits)
  for (;;) {
    const next = await reading.next()
    if (next.done === true) return next.value
  }
}

async function* rowsOf(
  { open, date }: SettlementFile,
  profile: Profile,
  limits: Limits,
  control: (record: Record) => boolean,
): AsyncGenerator<readonly Row[]> {
  const hasHeading =
    profile.shape.kind === 'sheet' || (profile.shape.kind === 'delimited' && profile.shape.heading)
  let rowOf = hasHeading ? null : rowReader({ profile, heading: null, date })
  const unpacked = unpack(open(), profile.container, limits)
  for await (const records of recordsOf(unpacked, profile, limits)) {
    const rows: Row[] = []
    for (const record of records) {
      if (record.text.trim() === '' || control(record)) continue
      if (profile.comment !== null && record.text.startsWith(profile.comment)) continue
      if (rowOf) rows.push(rowOf(record))
      else rowOf = rowReader({ profile, heading: headingOf(record, profile), date })
    }
    if (rows.length > 0) yield rows
  }
  if (rowOf === null) throw new DamagedFile(0, '没有表头，文件不完整')
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
