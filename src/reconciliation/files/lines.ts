/** From bytes to records of texts, one for each line, whatever cuts the line into fields. */
import { readSheet } from 'read-excel-file/node'
import { DamagedFile, type Profile, type Shape } from './profile.ts'
import { type Bytes, checkArchive, type Limits, whole } from './unpack.ts'

/** A line with its number from 1, and its fields. */
export interface Record {
  readonly line: number
  readonly text: string
  readonly fields: readonly string[]
}

export function recordsOf(bytes: Bytes, profile: Profile, limits: Limits): AsyncIterable<Record[]> {
  const { shape, charset } = profile
  if (shape.kind === 'sheet') return sheetOf(bytes, limits)
  return linesOf(bytes, { shape, charset }, limits)
}

type LineShape = Exclude<Shape, { kind: 'sheet' }>

/** Fixed widths count bytes, so such a line is cut before it is decoded. */
async function* linesOf(
  bytes: Bytes,
  { charset, shape }: { readonly shape: LineShape; readonly charset: Profile['charset'] },
  { lineLength }: Limits,
): AsyncIterable<Record[]> {
  const split = splitter(shape, charset)
  const decode = shape.kind === 'fixed' ? bytewise : decoderOf(charset)
  let rest = ''
  let line = 0
  const record = (text: string): Record => {
    line += 1
    const clean = text.endsWith('\r') ? text.slice(0, -1) : text
    if (clean.length > lineLength) throw new DamagedFile(line, '一行过长')
    return { line, text: clean, fields: split(clean, line) }
  }
  for await (const piece of bytes) {
    const lines = (rest + decode(piece, line)).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLength) throw new DamagedFile(line + lines.length + 1, '一行过长')
    yield lines.map(record)
  }
  rest += decode(null, line)
  if (rest !== '') yield [record(rest)]
}

type Decode = (piece: Uint8Array | null, line: number) => string

/** A character a byte; `latin1` of TextDecoder would be windows-1252, which loses some. */
const bytewise: Decode = (piece) => (piece === null ? '' : Buffer.from(piece).toString('latin1'))

function decoderOf(charset: string): Decode {
  const decoder = new TextDecoder(charset, { fatal: true })
  return (piece, line) => {
    try {
      return piece === null ? decoder.decode() : decoder.decode(piece, { stream: true })
    } catch (error) {
      throw new DamagedFile(line + 1, '编码与约定不符', { cause: error })
    }
  }
}

type Split = (text: string, line: number) => string[]

/** Blanks, tabs and full-width blanks around a field pad it and are no part of it. */
function trimmed(field: string): string {
  const last = field.length - 1
  const isBare = last < 0 || (isInk(field.charCodeAt(0)) && isInk(field.charCodeAt(last)))
  return isBare ? field : field.trim()
}

const isInk = (code: number): boolean => code > 0x20 && code < 0x7f

function splitter(shape: LineShape, charset: string): Split {
  if (shape.kind === 'fixed') return fixed(shape, charset)
  const { delimiter, quote, prefix } = shape
  if (prefix !== null) return prefixed(delimiter, prefix)
  const plain: Split = (text) => {
    const fields = text.split(delimiter)
    for (let at = 0; at < fields.length; at += 1) fields[at] = trimmed(fields[at] ?? '')
    return fields
  }
  if (quote === null) return plain
  return (text, line) =>
    text.includes(quote) ? quoted(text, { delimiter, quote, line }) : plain(text, line)
}

/** A free text may hold the delimiter: only delimiter and prefix together part two fields. */
const prefixed =
  (delimiter: string, prefix: string): Split =>
  (text) =>
    text.startsWith(prefix)
      ? text.slice(prefix.length).split(`${delimiter}${prefix}`).map(trimmed)
      : text.split(delimiter).map(trimmed)

function quoted(
  text: string,
  { delimiter, quote, line }: { delimiter: string; quote: string; line: number },
): string[] {
  const fields: string[] = []
  for (let at = 0; at <= text.length;) {
    if (text[at] !== quote) {
      const end = text.indexOf(delimiter, at)
      fields.push(trimmed(text.slice(at, end === -1 ? text.length : end)))
      if (end === -1) return fields
      at = end + delimiter.length
      continue
    }
    const end = closing(text, at, quote)
    if (end === -1) throw new DamagedFile(line, '引号不成对')
    fields.push(trimmed(text.slice(at + 1, end).replaceAll(quote + quote, quote)))
    at = end + 1
    if (at < text.length && !text.startsWith(delimiter, at))
      throw new DamagedFile(line, '引号之后不是分隔符')
    at += delimiter.length
    if (at === text.length + delimiter.length) return fields
  }
  return [...fields, '']
}

/** Where the quoted field that begins at `from` ends; a doubled quote is part of it. */
function closing(text: string, from: number, quote: string): number {
  let end = text.indexOf(quote, from + 1)
  while (end !== -1 && text[end + 1] === quote) end = text.indexOf(quote, end + 2)
  return end
}

function fixed(
  { widths, gap }: { widths: readonly number[]; gap: number },
  charset: string,
): Split {
  const starts = widths.map((_, index) =>
    widths.slice(0, index).reduce((sum, width) => sum + width + gap, 0),
  )
  const full = widths.reduce((sum, width) => sum + width + gap, -gap)
  const decoder = new TextDecoder(charset)
  return (text, line) => {
    if (text === '') return ['']
    // What stands last is filled up with blanks, which some leave out.
    const last = starts.at(-1) ?? 0
    if (text.length > full + gap || text.length < last)
      throw new DamagedFile(line, '行长与约定不符')
    return widths.map((width, index) => {
      const at = starts[index] ?? 0
      const field = text.slice(at, at + width)
      return trimmed(
        /^[\x20-\x7e]*$/.test(field) ? field : decoder.decode(Buffer.from(field, 'latin1')),
      )
    })
  }
}

/** Sheets are small and unpacked by their reader, so that what they unpack to is judged before. */
const MOST_SHEET_BYTES = 2 ** 27

async function* sheetOf(bytes: Bytes, limits: Limits): AsyncIterable<Record[]> {
  const file = await whole(bytes)
  await checkArchive(file, Math.min(MOST_SHEET_BYTES, limits.bytes))
  yield (await rowsIn(file)).map((cells, index) => {
    const fields = cells.map((cell) => cellText(cell, index + 1))
    return { line: index + 1, text: fields.join(''), fields }
  })
}

async function rowsIn(file: Buffer): Promise<readonly (readonly unknown[])[]> {
  try {
    return await readSheet(file)
  } catch (error) {
    throw new DamagedFile(0, '不是完好的 .xlsx 文件', { cause: error })
  }
}

/** From the sixteenth digit on a sheet keeps zeros instead of what was typed. */
const EXACT = 10 ** 15

function cellText(value: unknown, line: number): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return trimmed(value)
  if (value instanceof Date) return value.toISOString().slice(0, 19).replace('T', ' ')
  if (typeof value === 'number' && Math.abs(value) < EXACT) return cents(value)
  throw new DamagedFile(line, '单元格内容无法识别，长数字请设为文本格式')
}

/** `0.1 + 0.2` of a formula is an amount with two decimals. */
const cents = (value: number): string =>
  Number.isInteger(value) || Math.abs(value * 100 - Math.round(value * 100)) > 1e-4
    ? String(value)
    : value.toFixed(2)
