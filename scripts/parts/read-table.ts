/** A table as an office keeps it: the first sheet of an .xlsx, or a .csv in UTF-8 or GB 18030. */
import { readFileSync } from 'node:fs'
import { CsvError, parse } from 'csv-parse/sync'
import { readSheet } from 'read-excel-file/node'
import { Refused } from './refused.ts'

/** Text without blanks around it; `null` is what Excel made into a number or a date and so changed. */
export type Cell = string | null
export type Row = readonly Cell[]

/**
 * @param whose how the file is called in a refusal; neither its path nor a value of it is.
 * @throws Refused when it cannot be read as a table.
 */
export async function readTable(file: string, whose: string): Promise<Row[]> {
  const bytes = bytesOf(file, whose)
  if (bytes.subarray(0, 2).toString() === 'PK') return sheetIn(bytes, whose)
  if (bytes.subarray(0, 4).toString('hex') === 'd0cf11e0')
    throw new Refused([`${whose}是旧式或加了密码的 Excel 文件：请另存为不加密码的 .xlsx`])
  return linesIn(textOf(bytes), whose)
}

function bytesOf(file: string, whose: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    throw new Refused([`${whose}读不到：没有这个文件，或没有权限`])
  }
}

async function sheetIn(bytes: Buffer, whose: string): Promise<Row[]> {
  try {
    const rows = await readSheet(bytes)
    return rows.map((row) => row.map(asText))
  } catch {
    throw new Refused([`${whose}不是完好的 .xlsx 文件：请用 Excel 打开后另存`])
  }
}

/** From the sixteenth digit on Excel keeps zeros instead of what was typed. */
const EXACT = 10 ** 15

function asText(value: unknown): Cell {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value.trim()
  if (typeof value !== 'number') return null
  return Number.isInteger(value) && value >= 0 && value < EXACT ? String(value) : null
}

/** Excel saves .csv in the encoding of Chinese Windows. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

function linesIn(content: string, whose: string): Row[] {
  try {
    const rows = parse(content, { relax_column_count: true })
    return rows.map((row) => row.map(asWritten))
  } catch (error) {
    const line = error instanceof CsvError ? `第 ${String(error['lines'])} 行附近` : ''
    throw new Refused([`${whose}${line}的引号或逗号不成对`])
  }
}

const asWritten = (cell: string): Cell =>
  /^\d(\.\d+)?E\+\d+$/i.test(cell.trim()) ? null : cell.trim()
