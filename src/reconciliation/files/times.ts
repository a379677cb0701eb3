/** When a row says it happened, in Asia/Shanghai, to the second. */
import { type Column, DamagedFile, type TimeRule } from './profile.ts'

const SHANGHAI_MS = 8 * 3_600_000

/** Year, month, day, hour, minute, second; by position, for a million rows ask. */
const PATTERN: Readonly<Record<TimeRule['format'], RegExp>> = {
  'yyyy-MM-dd HH:mm:ss': /^(\d{4})-(\d\d)-(\d\d) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/,
  yyyyMMddHHmmss: /^(\d{4})(\d\d)(\d\d)([01]\d|2[0-3])([0-5]\d)([0-5]\d)$/,
  'yyyyMMdd HHmmss': /^(\d{4})(\d\d)(\d\d) ([01]\d|2[0-3])([0-5]\d)([0-5]\d)$/,
  MMddHHmmss: /^()(\d\d)(\d\d)([01]\d|2[0-3])([0-5]\d)([0-5]\d)$/,
  'yyyy-MM-dd': /^(\d{4})-(\d\d)-(\d\d)$/,
}

export function instantOf(
  { columns, format }: TimeRule,
  field: (column: Column) => string,
  file: { readonly date: string; readonly line: number },
): { date: string; instant: number | null } {
  const parts = PATTERN[format].exec(columns.map(field).join(' '))
  if (!parts) throw new DamagedFile(file.line, '时间无法识别')
  const [, written = '', month = '', day = '', hour, minute, second] = parts
  const year = written === '' ? yearOf(month, file.date) : written
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date makes the 30th of February a day of March, and the year 26 one of 1926.
  const known = new Date(midnight)
  if (
    known.getUTCDate() !== Number(day) ||
    known.getUTCMonth() !== Number(month) - 1 ||
    known.getUTCFullYear() !== Number(year)
  )
    throw new DamagedFile(file.line, '时间无法识别')
  const date = `${year}-${month}-${day}`
  if (hour === undefined) return { date, instant: null }
  const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Number(second)
  return { date, instant: midnight - SHANGHAI_MS + seconds * 1_000 }
}

/** A file of January tells of December too. */
function yearOf(month: string, fileDate: string): string {
  const year = Number(fileDate.slice(0, 4))
  return String(month === '12' && fileDate.slice(5, 7) === '01' ? year - 1 : year)
}
