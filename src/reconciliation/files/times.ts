/** When a row says it happened, in Asia/Shanghai, to the second. */
import { DamagedFile, type TimeRule } from './profile.ts'

const SHANGHAI_MS = 8 * 3_600_000
const ZERO = 48
const NINE = 57

interface Format {
  /** Year, month, day. */
  readonly day: RegExp
  /** How long the day is written. */
  readonly dayLength: number
  /** What follows the day: `0` is a digit of hour, minute and second. */
  readonly time: string
}

const DASHED = /^(\d{4})-(\d\d)-(\d\d)$/
const TIGHT = /^(\d{4})(\d\d)(\d\d)$/
const FORMATS: Readonly<Record<TimeRule['format'], Format>> = {
  'yyyy-MM-dd HH:mm:ss': { day: DASHED, dayLength: 10, time: ' 00:00:00' },
  yyyyMMddHHmmss: { day: TIGHT, dayLength: 8, time: '000000' },
  'yyyyMMdd HHmmss': { day: TIGHT, dayLength: 8, time: ' 000000' },
  MMddHHmmss: { day: /^()(\d\d)(\d\d)$/, dayLength: 4, time: '000000' },
  'yyyy-MM-dd': { day: DASHED, dayLength: 10, time: '' },
}

interface Day {
  readonly written: string
  readonly date: string
  readonly startsAt: number
}

export interface Moment {
  readonly date: string
  /** Null where the file has only days. */
  readonly instant: number | null
}

/** Without a regular expression for every row: a million of them ask, mostly about one day. */
export function momentReader(
  { format }: TimeRule,
  fileDate: string,
): (text: string, line: number) => Moment {
  const { day, dayLength, time } = FORMATS[format]
  let last: Day | null = null
  return (text, line) => {
    if (last === null || !text.startsWith(last.written))
      last = dayIn(day.exec(text.slice(0, dayLength)), fileDate)
    const milliseconds = millisecondsIn(text, dayLength, time)
    if (last === null || milliseconds === null) throw new DamagedFile(line, '时间无法识别')
    return { date: last.date, instant: time === '' ? null : last.startsAt + milliseconds }
  }
}

function dayIn(parts: RegExpExecArray | null, fileDate: string): Day | null {
  if (!parts) return null
  const [written, inFull = '', month = '', day = ''] = parts
  const year = inFull === '' ? yearOf(month, fileDate) : inFull
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date makes the 30th of February a day of March, and the year 26 one of 1926.
  const known = new Date(midnight)
  const isDay =
    known.getUTCDate() === Number(day) &&
    known.getUTCMonth() === Number(month) - 1 &&
    known.getUTCFullYear() === Number(year)
  if (!isDay) return null
  return { written, date: `${year}-${month}-${day}`, startsAt: midnight - SHANGHAI_MS }
}

function millisecondsIn(text: string, from: number, shape: string): number | null {
  if (text.length !== from + shape.length) return null
  let digits = 0
  for (let at = 0; at < shape.length; at += 1) {
    const code = text.charCodeAt(from + at)
    if (shape.charCodeAt(at) !== ZERO) {
      if (code !== shape.charCodeAt(at)) return null
    } else if (code < ZERO || code > NINE) return null
    else digits = digits * 10 + code - ZERO
  }
  const [hour, minute, second] = [
    Math.floor(digits / 10_000),
    Math.floor(digits / 100) % 100,
    digits % 100,
  ]
  if (hour > 23 || minute > 59 || second > 59) return null
  return (hour * 3_600 + minute * 60 + second) * 1_000
}

/** A file of January tells of December too. */
function yearOf(month: string, fileDate: string): string {
  const year = Number(fileDate.slice(0, 4))
  return String(month === '12' && fileDate.slice(5, 7) === '01' ? year - 1 : year)
}
