/** Reads .docx and .xlsx files with none of the code that writes them: a ZIP directory, then strict XML. */
import { inflateRawSync } from 'node:zlib'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { z } from 'zod'

const END = 0x06054b50
const STORED = 0

/** @returns path -> text, as the archive's directory lists them; XML that is not well formed throws. */
export function partsOf(bytes: Buffer): Map<string, string> {
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'))
  if (end < 0 || bytes.readUInt32LE(end) !== END) throw new Error('not a ZIP archive')
  const parts = new Map<string, string>()
  let at = bytes.readUInt32LE(end + 16)
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [nameLength, extra, comment] = [28, 30, 32].map((from) => bytes.readUInt16LE(at + from))
    const name = bytes.toString('utf8', at + 46, at + 46 + (nameLength ?? 0))
    if (parts.has(name)) throw new Error(`${name} is there twice`)
    parts.set(name, contentAt(bytes, at))
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0)
  }
  for (const [name, text] of parts) {
    const verdict = XMLValidator.validate(text)
    if (verdict !== true) throw new Error(`${name}: ${verdict.err.msg}`)
  }
  return parts
}

function contentAt(bytes: Buffer, entry: number): string {
  const method = bytes.readUInt16LE(entry + 10)
  const size = bytes.readUInt32LE(entry + 20)
  const local = bytes.readUInt32LE(entry + 42)
  const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
  const packed = bytes.subarray(from, from + size)
  return (method === STORED ? packed : inflateRawSync(packed)).toString('utf8')
}

const LISTS = ['w:p', 'w:r', 'w:tr', 'w:tc', 'si', 'row', 'c']
const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  isArray: (name) => LISTS.includes(name),
})

function parsed(bytes: Buffer, part: string): unknown {
  return parser.parse(partsOf(bytes).get(part) ?? '')
}

const RUN = z.object({
  'w:t': z.union([z.string(), z.object({ '#text': z.string().default('') })]),
})
const PARAGRAPH = z.object({ 'w:r': z.array(RUN).default([]) })
const PARAGRAPHS = z.array(PARAGRAPH)
const CELL = z.object({ 'w:p': PARAGRAPHS })
const LETTER = z.object({
  'w:document': z.object({
    'w:body': z.object({
      'w:p': PARAGRAPHS,
      'w:tbl': z.object({ 'w:tr': z.array(z.object({ 'w:tc': z.array(CELL) })) }),
    }),
  }),
})

const textIn = (paragraph: z.output<typeof PARAGRAPH>): string =>
  paragraph['w:r'].map(({ 'w:t': t }) => (typeof t === 'string' ? t : t['#text'])).join('')

/** A letter with one table: its paragraphs, and the table's cells row by row. */
export function readLetter(bytes: Buffer): { paragraphs: string[]; rows: string[][] } {
  const body = LETTER.parse(parsed(bytes, 'word/document.xml'))['w:document']['w:body']
  const rows = body['w:tbl']['w:tr'].map(({ 'w:tc': cells }) =>
    cells.map((cell) => cell['w:p'].map(textIn).filter(Boolean).join('\n')),
  )
  return { paragraphs: body['w:p'].map(textIn), rows }
}

/** `s` is a style; a formula (`f`) is not known and so throws. */
const CELLS = z.array(
  z.strictObject({
    '@_r': z.string(),
    '@_s': z.string().optional(),
    '@_t': z.string().optional(),
    v: z.string().optional(),
  }),
)
const SHEET = z.object({
  worksheet: z.object({
    sheetData: z.object({ row: z.array(z.object({ c: z.array(z.object({}).loose()) }).loose()) }),
  }),
})
const STRINGS = z.object({ sst: z.object({ si: z.array(z.object({ t: z.string() })) }) })

/** Every cell of the only sheet; one that is no plain text (a number, a formula) throws. */
export function readTexts(bytes: Buffer): string[][] {
  const { sst } = STRINGS.parse(parsed(bytes, 'xl/sharedStrings.xml'))
  const sheet = SHEET.parse(parsed(bytes, 'xl/worksheets/sheet1.xml'))
  return sheet.worksheet.sheetData.row.map(({ c }) =>
    CELLS.parse(c).map(({ '@_t': type, v }) => {
      if (v === undefined) return ''
      if (type !== 's') throw new Error('a cell that is not text')
      return sst.si[Number(v)]?.t ?? ''
    }),
  )
}
