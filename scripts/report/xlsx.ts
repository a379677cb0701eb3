/** The report as a workbook: a sheet each section, amounts as numbers in yuan that add up. */
import writeSheets, { type Cell, type Row, type Sheet } from 'write-excel-file/node'
import type { Report } from '../../src/reconciliation/report.ts'
import { undated } from '../forms/reproducible.ts'
import { type Section, sectionsOf, type Shown, titleOf, verdictOf, yuan } from './sections.ts'

const FONT = { fontFamily: '宋体', fontSize: 11 } as const
const WIDEST = 60
const NARROWEST = 8

export async function workbookOf(report: Report): Promise<Uint8Array> {
  const sheets = sectionsOf(report).map((section) => sheetOf(report, section))
  return undated(await writeSheets(sheets, FONT).toBuffer())
}

function sheetOf(report: Report, section: Section): Sheet<Buffer> {
  const { name, note, columns, rows, none, hasTotal } = section
  const body = rows.map((row, at) =>
    row.map((shown) => cellOf(shown, hasTotal && at === rows.length - 1)),
  )
  const data: Row[] = [
    wide(`${titleOf(report)}　${name}`, columns.length, { fontWeight: 'bold', fontSize: 14 }),
    wide(verdictOf(report), columns.length, {}),
    wide(note, columns.length, { textColor: '#555555', height: 32 }),
    columns.map(heading),
    ...(rows.length === 0 ? [wide(none, columns.length, {})] : body),
  ]
  return {
    sheet: name,
    data,
    columns: columns.map((column, at) => ({ width: widthOf([column, ...rows.map((r) => r[at])]) })),
    orientation: 'landscape',
    stickyRowsCount: 4,
  }
}

/** Text whatever it looks like: a cell of text is no formula, however a stranger's number begins. */
const asText = (value: string): Cell => ({
  value,
  type: String,
  format: '@',
  wrap: true,
  alignVertical: 'top',
  borderStyle: 'thin',
})

const heading = (value: string): Cell => ({
  value,
  type: String,
  fontWeight: 'bold',
  backgroundColor: '#e8eef4',
  align: 'center',
  borderStyle: 'thin',
})

function cellOf(shown: Shown, isTotal: boolean): Cell {
  const weight = isTotal ? ({ fontWeight: 'bold' } as const) : {}
  if (typeof shown === 'string') return { ...asText(shown), ...weight }
  const frame = { type: Number, align: 'right', alignVertical: 'top', borderStyle: 'thin' } as const
  if ('count' in shown) return { ...frame, ...weight, value: shown.count, format: '#,##0' }
  // Fen to yuan at the very end: the nearest double prints the same two decimals.
  return { ...frame, ...weight, value: shown.fen / 100, format: '#,##0.00' }
}

type Look = Pick<
  Extract<Cell, { fontSize?: unknown }>,
  'fontWeight' | 'fontSize' | 'textColor' | 'height'
>

const wide = (value: string, columnSpan: number, look: Look): Row => [
  { value, type: String, columnSpan, wrap: true, alignVertical: 'center', ...look },
  ...Array.from({ length: columnSpan - 1 }, () => null),
]

/** A Chinese character is two wide. */
function widthOf(shown: readonly (Shown | undefined)[]): number {
  const lengths = shown.map((one) => textOf(one).replace(/[^\x20-\x7e]/g, '**').length + 3)
  return Math.max(NARROWEST, Math.min(WIDEST, Math.max(...lengths)))
}

function textOf(shown: Shown | undefined): string {
  if (shown === undefined || typeof shown === 'string') return shown ?? ''
  return 'fen' in shown ? yuan(shown.fen) : String(shown.count)
}
