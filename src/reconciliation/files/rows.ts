/** From the fields of a line to a row, as the profile says; where what stands is found out once. */
import { type Fen, fen, isFen, parseFen, yuanToFen } from '../../payment/money.ts'
import { NUMBER, type Row, type RowKind, type RowStatus } from '../row.ts'
import type { Record } from './lines.ts'
import {
  type Column,
  DamagedFile,
  type KindRule,
  type Profile,
  type StatusRule,
} from './profile.ts'
import { momentReader } from './times.ts'

export interface Layout {
  readonly profile: Profile
  readonly heading: ReadonlyMap<string, number> | null
  /** `yyyy-MM-dd` in the file's name. */
  readonly date: string
}

type Reader<T> = (record: Record) => T
type FieldOf = (column: Column) => Reader<string>

/** @throws DamagedFile when a line is not what it should be. */
export function rowReader({ profile, heading, date }: Layout): Reader<Row> {
  const fieldOf: FieldOf = (column) => {
    const at = typeof column === 'number' ? column : (heading?.get(column) ?? -1)
    return ({ fields, line }) => {
      const text = fields[at]
      if (text === undefined) throw new DamagedFile(line, '列数不足，文件可能被截断')
      return text
    }
  }
  const kindOf = kindReader(profile.kind, fieldOf)
  const statusOf = statusReader(profile.status, fieldOf)
  const momentText = joined(profile.time.columns.map(fieldOf))
  const momentOf = momentReader(profile.time, date)
  const takes = {
    payment: takeReader('payment', profile, fieldOf),
    refund: takeReader('refund', profile, fieldOf),
    reversal: takeReader('reversal', profile, fieldOf),
  }
  return (record) => {
    const kind = kindOf(record)
    const take = takes[kind]
    const moment = momentOf(momentText(record), record.line)
    return {
      kind,
      status: statusOf(record),
      bankOrderNo: take.bankOrderNo(record),
      merchantOrderNo: take.merchantOrderNo(record),
      refundNo: take.refundNo(record),
      amountFen: take.amountFen(record),
      businessDate: moment.date,
      at: moment.instant,
      place: record.line,
    }
  }
}

function joined(fields: readonly Reader<string>[]): Reader<string> {
  const [only, ...others] = fields
  if (only && others.length === 0) return only
  return (record) => fields.map((field) => field(record)).join(' ')
}

function kindReader(rule: KindRule, fieldOf: FieldOf): Reader<RowKind> {
  const field = fieldOf(rule.column)
  if (rule.by === 'sign') return (record) => (/^[-D]/.test(field(record)) ? 'refund' : 'payment')
  const kinds = new Map(Object.entries(rule.kinds))
  return (record) => {
    const kind = kinds.get(field(record))
    if (kind === undefined) throw new DamagedFile(record.line, '交易类型不在约定之内')
    return kind
  }
}

function statusReader(rule: StatusRule | null, fieldOf: FieldOf): Reader<RowStatus> {
  if (rule === null) return () => 'done'
  const field = fieldOf(rule.column)
  const statuses = new Map(Object.entries(rule.statuses))
  return (record) => {
    const text = field(record)
    return text === '' ? 'done' : (statuses.get(text) ?? 'unknown')
  }
}

function takeReader(kind: RowKind, { take, noNumber, unit }: Profile, fieldOf: FieldOf) {
  const { bankOrderNo, merchantOrderNo, refundNo, amount } = take[kind]
  const numberOf = (column: Column | null): Reader<string | null> => {
    if (column === null) return () => null
    const field = fieldOf(column)
    return (record) => {
      const text = field(record)
      if (text === '' || noNumber.includes(text)) return null
      if (!NUMBER.test(text)) throw new DamagedFile(record.line, '单号含有不允许的字符')
      return text
    }
  }
  return {
    bankOrderNo: numberOf(bankOrderNo),
    merchantOrderNo: numberOf(merchantOrderNo),
    refundNo: numberOf(refundNo),
    amountFen: amountReader(amount.map(fieldOf), unit),
  }
}

const SIGNED = /^[-+CD]/

/** The sign is the kind's to say; an amount that is none breaks the file. */
function amountReader(fields: readonly Reader<string>[], unit: Profile['unit']): Reader<Fen> {
  return (record) => {
    let sum = 0
    for (const field of fields) {
      const text = field(record)
      if (text === '' && fields.length > 1) continue
      const amount = fenOf(SIGNED.test(text) ? text.slice(1) : text, unit)
      if (amount === null) throw new DamagedFile(record.line, '金额无法识别')
      sum += amount
    }
    if (!isFen(sum)) throw new DamagedFile(record.line, '金额过大')
    return fen(sum)
  }
}

/** Fen may be filled up with zeros; yuan may have more decimals than two if they are zeros. */
export function fenOf(text: string, unit: Profile['unit']): Fen | null {
  if (unit === 'yuan') return yuanToFen(text)
  return parseFen(text.startsWith('0') ? text.replace(/^0+(?=\d)/, '') : text)
}
