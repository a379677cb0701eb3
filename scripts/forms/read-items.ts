/** From the rows of a file to items: everything that is wrong is told at once, by row and column. */
import { type Check, harmless, identityNumber } from './checks.ts'
import {
  HOSPITAL,
  type HospitalItem,
  IDENTITY_CARD,
  isHospitalItem,
  isPersonItem,
  PERSON,
  type PersonItem,
  type Values,
} from './items.ts'
import type { Cell, Row } from '../parts/read-table.ts'

export interface Read<T> {
  readonly value: T
  readonly problems: readonly string[]
}

const CHANGED = '被 Excel 存成了数字或日期，内容已变：请把单元格设为“文本”再重新输入'

function wrongIn(cell: Cell, check: Check): string | null {
  if (cell === null) return CHANGED
  return cell === '' ? null : (harmless(cell) ?? check(cell))
}

/** `参保地代码 (多地参保请用-分隔)` is called `参保地代码`. */
const nameIn = (cell: Cell | undefined): string =>
  (cell ?? '').replaceAll(/\s|[(（][^)）]*[)）]/g, '')

const isBlank = (row: Row): boolean => row.every((cell) => cell === '')

function cellAt(row: Row, at: number): Cell {
  const cell = row[at]
  return cell === undefined ? '' : cell
}

/** Rows of two columns, name and value, in any order; a heading 项目 may stand above. */
export function readHospital(
  rows: readonly Row[],
  needed: readonly HospitalItem[],
): Read<Values<HospitalItem>> {
  const value = new Map<HospitalItem, string>()
  const problems: string[] = []
  for (const [at, row] of rows.entries()) {
    const name = nameIn(row[0])
    const cell = cellAt(row, 1)
    if (isBlank(row) || name === '项目') continue
    if (!isHospitalItem(name)) {
      problems.push(`医院资料第 ${at + 1} 行的项目不认识`)
      continue
    }
    const wrong = value.has(name) ? '写了两次' : wrongIn(cell, HOSPITAL[name])
    if (wrong !== null) problems.push(`医院资料“${name}”${wrong}`)
    if (cell !== '') value.set(name, cell ?? '')
  }
  const missing = needed.filter((item) => !value.has(item))
  return { value, problems: [...problems, ...missing.map((item) => `医院资料“${item}”没有填写`)] }
}

/** A heading, then a person a row; which columns there are and in which order is free. */
export function readPersons(
  rows: readonly Row[],
  needed: readonly PersonItem[],
): Read<Values<PersonItem>[]> {
  const headingAt = rows.findIndex((row) => !isBlank(row))
  const columns = namesOf(rows, headingAt)
  const problems = wrongColumns(columns, needed)
  const people: Values<PersonItem>[] = []
  const rowOf = new Map<string, number>()
  for (const [at, row] of rows.entries()) {
    if (at <= headingAt || isBlank(row)) continue
    const { value, problems: wrong } = readPerson(row, columns, needed)
    const number = value.get('证件号码')
    const twin = number === undefined ? undefined : rowOf.get(number)
    if (twin !== undefined) wrong.push(`“证件号码”与第 ${twin} 行相同`)
    if (number !== undefined) rowOf.set(number, at + 1)
    problems.push(...wrong.map((sentence) => `人员名单第 ${at + 1} 行${sentence}`))
    people.push(value)
  }
  if (people.length === 0) problems.push('人员名单里没有人')
  return { value: people, problems }
}

/** The name above each column; `null` where a column is empty altogether. */
function namesOf(rows: readonly Row[], headingAt: number): (string | null)[] {
  const width = Math.max(0, ...rows.map(({ length }) => length))
  return Array.from({ length: width }, (_, at) =>
    rows.every((row) => cellAt(row, at) === '') ? null : nameIn(rows[headingAt]?.[at]),
  )
}

/** A column that no form shows is refused: personal data that nobody asked for stays at home. */
function wrongColumns(
  columns: readonly (string | null)[],
  needed: readonly PersonItem[],
): string[] {
  const known = Object.keys(PERSON).join('、')
  const strange = columns.flatMap((name, at) =>
    name === null || (isPersonItem(name) && columns.indexOf(name) === at)
      ? []
      : [`人员名单第 ${at + 1} 列的表头不认识或重复；只能有：${known}`],
  )
  const missing = needed.filter((item) => !columns.includes(item))
  return [...strange, ...missing.map((item) => `人员名单缺少“${item}”一列`)]
}

function readPerson(
  row: Row,
  columns: readonly (string | null)[],
  needed: readonly PersonItem[],
): { value: Values<PersonItem>; problems: string[] } {
  const value = new Map<PersonItem, string>()
  const problems: string[] = []
  for (const [at, name] of columns.entries()) {
    if (name === null || !isPersonItem(name)) continue
    const cell = cellAt(row, at)
    const wrong = wrongIn(cell, PERSON[name])
    if (wrong !== null) problems.push(`“${name}”${wrong}`)
    else if (cell !== null && cell !== '') value.set(name, cell)
    else if (needed.includes(name)) problems.push(`“${name}”没有填写`)
  }
  return { value, problems: [...problems, ...wrongTogether(value)] }
}

function wrongTogether(person: Values<PersonItem>): string[] {
  const number = person.get('证件号码')
  const isCard = (person.get('证件类型') ?? IDENTITY_CARD) === IDENTITY_CARD
  const wrong = number !== undefined && isCard ? identityNumber(number) : null
  const [codes, names] = [person.get('参保地代码'), person.get('参保地名称')]
  const uneven =
    codes !== undefined &&
    names !== undefined &&
    codes.split('-').length !== names.split('-').length
  return [
    ...(wrong === null ? [] : [`“证件号码”${wrong}`]),
    ...(uneven ? ['“参保地代码”与“参保地名称”个数不同'] : []),
  ]
}
