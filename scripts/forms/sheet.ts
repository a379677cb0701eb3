/** A.2 to A.5, and the empty lists that a clerk fills in, as .xlsx files. */
import writeSheet, { type Cell, type SheetData } from 'write-excel-file/node'
import { type Table, TABLES, type TableName } from './annex-a.ts'
import { HOSPITAL, type HospitalItem, PERSON, type PersonItem, type Values } from './items.ts'
import { undated } from './reproducible.ts'

export interface Given {
  readonly hospital: Values<HospitalItem>
  readonly people: readonly Values<PersonItem>[]
}

/** Text whatever it looks like: Excel makes 5.1E+17 of an identity number. */
const asText = (value: string): Cell => ({
  value,
  type: String,
  format: '@',
  wrap: true,
  alignVertical: 'center',
  borderStyle: 'thin',
})

const heading = (value: string): Cell => ({
  value,
  wrap: true,
  align: 'center',
  alignVertical: 'center',
  fontWeight: 'bold',
  borderStyle: 'thin',
})

function title(value: string, columnSpan: number): Cell[] {
  const cell = { value, columnSpan, align: 'center', alignVertical: 'center' } as const
  const rest = Array.from({ length: columnSpan - 1 }, () => null)
  return [{ ...cell, fontWeight: 'bold', fontSize: 16, height: 36 }, ...rest]
}

const SURELY_FITS = 22

async function sheet(name: string, rows: SheetData, columns: number): Promise<Uint8Array> {
  const widths = Array.from({ length: columns }, () => ({ width: SURELY_FITS }))
  const options = { fontFamily: '宋体', fontSize: 11 }
  const page = { sheet: name, columns: widths, orientation: 'landscape' } as const
  return undated(await writeSheet(rows, page, options).toBuffer())
}

/** @returns one of A.2 to A.5, filled in: its title, its headings, its rows. */
export async function filledTable(name: TableName, given: Given): Promise<Uint8Array> {
  const table: Table = TABLES[name]
  const rows = rowsOf(table, given).map((row) => row.map(asText))
  const headings = table.columns.map(([text]) => heading(text))
  return sheet(name, [title(table.title, headings.length), headings, ...rows], headings.length)
}

function rowsOf({ columns, rowOf }: Table, { hospital, people }: Given): string[][] {
  const records = rowOf === 'person' ? people : [new Map<PersonItem, string>()]
  return records.map((person, at) => {
    const values = new Map<string, string>([
      ['序号', String(at + 1)],
      ['认证号', `CS${person.get('手机号码') ?? ''}`],
      ...hospital,
      ...person,
    ])
    return columns.map(([, item]) => values.get(item) ?? '')
  })
}

const BLANK = asText('')
const BLANK_PEOPLE = 50
/** What the standard's own sample of A.2 says; almost always right, and easily changed. */
const USUAL: Partial<Record<HospitalItem, string>> = {
  省份: '四川',
  需求环境: '测试环境',
  接入模式: '服务商模式',
}

/** @returns the hospital's items one below the other, to be filled in beside them. */
export async function emptyHospital(): Promise<Uint8Array> {
  const rows = Object.keys(HOSPITAL).map((item) => [
    heading(item),
    asText(new Map(Object.entries(USUAL)).get(item) ?? ''),
  ])
  return sheet('医院资料', [[heading('项目'), heading('内容')], ...rows], 2)
}

/** @returns the headings of a list of persons above rows that keep long numbers as they are typed. */
export async function emptyPersons(): Promise<Uint8Array> {
  const headings = Object.keys(PERSON).map(heading)
  const blanks = Array.from({ length: BLANK_PEOPLE }, () => headings.map(() => BLANK))
  return sheet('人员名单', [headings, ...blanks], headings.length)
}
