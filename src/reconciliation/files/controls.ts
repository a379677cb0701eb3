/** What a file says of itself (control totals, 控制合计) against what was read of it. */
import type { Fen } from '../../payment/money.ts'
import type { Record } from './lines.ts'
import { type Column, type Control, DamagedFile, type Profile, type RowSet } from './profile.ts'

export interface Totals {
  payments: number
  paymentsFen: number
  returns: number
  returnsFen: number
}

interface Claim {
  readonly line: number
  readonly counts: RowSet
  readonly rows: string | null
  readonly sum: string | null
}

export interface Controls {
  /** @returns whether the record belongs to a control, and so is no row. */
  readonly read: (record: Record) => boolean
  /** @throws DamagedFile when a claim does not hold, or is missing. */
  readonly judge: (totals: Totals) => void
}

type FenOf = (text: string, unit: Profile['unit']) => Fen | null

type FieldOf = (column: Column) => string | undefined

export function controlsOf({ controls, unit }: Profile, fenOf: FenOf): Controls {
  const claims: Claim[] = []
  const met = new Set<Control>()
  let section: {
    readonly awaiting: readonly Control[]
    readonly heading: readonly string[]
  } | null = null
  const claim = (control: Control, line: number, field: FieldOf): void => {
    const rows = asked(control.count, field, line)
    met.add(control)
    claims.push({ line, counts: control.counts, rows, sum: asked(control.sum, field, line) })
  }
  const read = ({ line, text, fields }: Record): boolean => {
    if (section !== null) {
      const { awaiting, heading } = section
      section = null
      for (const control of awaiting)
        claim(
          control,
          line,
          (column) => fields[typeof column === 'number' ? column : heading.indexOf(column)],
        )
      return true
    }
    const spoken = controls.filter(({ where }) => speaks(where, text, fields))
    for (const control of spoken) {
      const { where } = control
      const match = where.kind === 'comment' ? where.pattern.exec(text)?.slice(1) : null
      if (where.kind !== 'section')
        claim(control, line, (column) => (match ?? fields)[Number(column)])
    }
    const awaiting = spoken.filter(({ where }) => where.kind === 'section')
    if (awaiting.length > 0) section = { awaiting, heading: fields }
    return spoken.length > 0
  }
  const judge = (totals: Totals): void => {
    for (const control of controls)
      if (control.required && !met.has(control))
        throw new DamagedFile(0, '没有合计行，文件可能被截断')
    for (const claim of claims) hold(claim, totals, (text) => fenOf(text, unit))
  }
  return { read, judge }
}

function asked(column: Column | null, fieldOf: FieldOf, line: number): string | null {
  if (column === null) return null
  const text = fieldOf(column)
  if (text === undefined) throw new DamagedFile(line, '合计行不完整')
  return text
}

function hold(
  { line, counts, rows, sum }: Claim,
  totals: Totals,
  fenOf: (text: string) => Fen | null,
): void {
  const [count, amount] = of(totals, counts)
  if (rows !== null && Number(rows) !== count)
    throw new DamagedFile(line, `笔数不符，合计 ${shown(rows)} 笔，明细 ${count} 笔`)
  if (sum !== null && signed(sum, fenOf) !== amount)
    throw new DamagedFile(line, `金额不符，合计 ${shown(sum)}，明细 ${amount} 分`)
}

const speaks = (where: Control['where'], text: string, fields: readonly string[]): boolean =>
  where.kind === 'comment' ? where.pattern.test(text) : fields[0] === where.first

function of(totals: Totals, counts: RowSet): [count: number, amount: number] {
  const { payments, paymentsFen, returns, returnsFen } = totals
  switch (counts) {
    case 'payments':
      return [payments, paymentsFen]
    case 'returns':
      return [returns, returnsFen]
    case 'all':
      return [payments + returns, paymentsFen + returnsFen]
    case 'net':
      return [payments + returns, paymentsFen - returnsFen]
  }
}

function signed(text: string, fenOf: (text: string) => Fen | null): number | null {
  const amount = fenOf(text.replace(/^[-D]/, ''))
  if (amount === null) return null
  return /^[-D]/.test(text) && amount > 0 ? 0 - amount : amount
}

/** What a stranger wrote is repeated only as far as it is a figure. */
const shown = (text: string): string => (/^[-\d.]{1,20}$/.test(text) ? text : '（无法识别）')
