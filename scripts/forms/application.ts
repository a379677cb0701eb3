/** A.1, the letter with three seals, as a .docx file. */
import {
  AlignmentType,
  Document,
  HeightRule,
  Packer,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
  VerticalAlign,
  WidthType,
} from 'docx'
import { APPLICATION } from './annex-a.ts'
import type { HospitalItem, Values } from './items.ts'
import { NO_AUTHOR, undated } from './reproducible.ts'

const FONT = '宋体'
/** Half points, as Word counts: 小四 and 三号. */
const TEXT = 24
const TITLE = 32

type Alignment = (typeof AlignmentType)[keyof typeof AlignmentType]

const line = (text: string, alignment: Alignment = AlignmentType.LEFT): Paragraph =>
  new Paragraph({ alignment, children: [new TextRun({ text, font: FONT, size: TEXT })] })

const cell = (children: Paragraph[], columnSpan = 1): TableCell =>
  new TableCell({
    columnSpan,
    children,
    verticalAlign: VerticalAlign.CENTER,
    margins: { left: 100, right: 100 },
  })

/** Twentieths of a point: about 1.2 cm, and 4 cm for a seal. */
const row = (children: TableCell[], height = 700): TableRow =>
  new TableRow({ children, cantSplit: true, height: { value: height, rule: HeightRule.ATLEAST } })

const label = (text: string): TableCell => cell([line(text, AlignmentType.CENTER)])
const value = (text: string, columnSpan = 1): TableCell => cell([line(text)], columnSpan)

function rows(hospital: Values<HospitalItem>): TableRow[] {
  const { items, fixed, opinions, signature } = APPLICATION
  const { 用途: purpose, ...others } = fixed
  const pairs = [
    ...items.map((item) => [item, hospital.get(item) ?? ''] as const),
    ...Object.entries(others),
  ].map(([name, text]) => [label(name), value(text)])
  const inTwos = pairs.flatMap((pair, at) =>
    at % 2 === 0 ? [row([...pair, ...(pairs[at + 1] ?? [])])] : [],
  )
  const forOpinions = opinions.map((opinion) =>
    row([cell([line(opinion), line(''), line(''), line(signature, AlignmentType.RIGHT)], 4)], 2300),
  )
  return [...inTwos, row([label('用途'), value(purpose, 3)]), ...forOpinions]
}

/** @returns A.1, filled in; the interface and its purpose are the standard's words whatever is given. */
export async function filledApplication(hospital: Values<HospitalItem>): Promise<Uint8Array> {
  const { title, seal, fixed } = APPLICATION
  const heading = new TextRun({ text: title, font: FONT, size: TITLE, bold: true })
  const note = [
    `注：“申请开通接口”一栏固定填写“${fixed.申请开通接口}”，`,
    `用途一栏固定填写“${fixed.用途}”`,
  ].join('')
  const children = [
    new Paragraph({
      alignment: AlignmentType.CENTER,
      spacing: { after: 300 },
      children: [heading],
    }),
    line(seal),
    new Table({
      width: { size: 100, type: WidthType.PERCENTAGE },
      columnWidths: [1900, 2600, 1900, 2600],
      rows: rows(hospital),
    }),
    line(note),
  ]
  const document = new Document({ sections: [{ children }] })
  return undated(await Packer.toBuffer(document, undefined, [NO_AUTHOR]))
}
