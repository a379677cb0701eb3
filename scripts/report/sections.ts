/** The report in words: one list of tables that the sheet and the page both show. */
import { ACTION_TEXT } from '../../src/reconciliation/actions.ts'
import { heldFen, type LegProof, type Movement } from '../../src/reconciliation/cash-proof.ts'
import { businessDate, plainTime } from '../../src/payment/numbers.ts'
import { CLASSES } from '../../src/reconciliation/classes.ts'
import type { Report, ReportedBreak, ReportedRun } from '../../src/reconciliation/report.ts'
import { BOOK_TEXT, CLASS_TEXT, DIRECTION_TEXT, happenedText, LEG_TEXT } from './words.ts'

/** An amount or a count is shown flush right; an amount is fen. */
export type Shown = string | { readonly fen: number } | { readonly count: number }

export interface Section {
  readonly name: string
  readonly note: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Shown[])[]
  /** The last row adds the others up. */
  readonly hasTotal: boolean
  /** What stands instead of a table without rows. */
  readonly none: string
}

export const sectionsOf = (report: Report): Section[] => [
  proofSection(report),
  adjustmentSection(report),
  runSection(report),
  inputSection(report),
  breakSection(
    '未结差异',
    `业务日期 ${report.date} 尚未了结的差异，以及下一步可以安全做的事。`,
    report.open,
  ),
  breakSection('以前未结', '此前业务日期至今未了结的差异，不论早晚。', report.earlier),
  historySection(report),
  daySection(report),
]

export const titleOf = ({ date }: Report): string => `对账日报 ${date}`

/** The day in one sentence, for whoever reads no further. */
export function verdictOf({ open, missing, days }: Report): string {
  const lacking = missing.map((book) => BOOK_TEXT[book]).join('、')
  const openFen = days.at(-1)?.openFen ?? 0
  const breaks =
    open.length === 0 ? '没有未结差异' : `未结差异 ${open.length} 笔，涉及 ${yuan(openFen)} 元`
  return `${breaks}${lacking === '' ? '；三方账簿均已核对' : `；尚未核对：${lacking}`}。`
}

/** `-12.30`: what is held may have been given back before it was taken, as far as a day knows. */
export function yuan(fen: number): string {
  const digits = String(Math.abs(fen)).padStart(3, '0')
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${fen < 0 ? '-' : ''}${whole}.${digits.slice(-2)}`
}

function proofSection({ proof }: Report): Section {
  return {
    name: '资金核对',
    note: '期初 + 收款 − 退款 + 以前日期调整 = 期末；期初即前一日期末。收款按订单业务日期，退款按确认退回之日；次日凌晨 3 时关账，此后查明的不改当日数字，列为调整。',
    columns: [
      '款项',
      '期初',
      '收款笔数',
      '收款',
      '退款笔数',
      '退款',
      '调整笔数',
      '以前日期调整',
      '期末',
    ],
    rows: [
      ...proof.legs.map((leg) => [LEG_TEXT[leg.leg], ...proofCells([leg])]),
      ['合计', ...proofCells(proof.legs)],
    ],
    hasTotal: true,
    none: '',
  }
}

function proofCells(legs: readonly LegProof[]): Shown[] {
  const sum = (of: (leg: LegProof) => number): number => legs.reduce((all, leg) => all + of(leg), 0)
  return [
    { fen: sum((leg) => leg.openingFen) },
    { count: sum((leg) => leg.payments) },
    { fen: sum((leg) => leg.paymentsFen) },
    { count: sum((leg) => leg.refunds) },
    { fen: sum((leg) => leg.refundsFen) },
    { count: sum((leg) => leg.adjustments) },
    { fen: sum((leg) => leg.adjustmentsFen) },
    { fen: sum((leg) => leg.closingFen) },
  ]
}

function adjustmentSection({ proof, date }: Report): Section {
  const row = (movement: Movement): Shown[] => [
    businessDate(movement.at) === date ? '本日款项，后补' : '以前日期，本日入账',
    businessDate(movement.at),
    plainTime(movement.knownAt),
    LEG_TEXT[movement.leg],
    DIRECTION_TEXT[movement.direction],
    movement.number,
    { fen: heldFen(movement) },
  ]
  return {
    name: '后补调整',
    note: '关账后才查明的款项：属于哪一日，何时查明；已关账的数字不改动。',
    columns: ['性质', '所属业务日期', '查明时间', '款项', '方向', '单号', '金额'],
    rows: [...proof.adjustments, ...proof.late].map(row),
    hasTotal: false,
    none: '没有后补款项。',
  }
}

function runSection({ runs, missing }: Report): Section {
  const lacking = missing.map((book) => BOOK_TEXT[book]).join('、')
  return {
    name: '核对结果',
    note: `每次对账中每一笔恰好归入一类；再次运行而结果相同的不另列。${lacking === '' ? '' : `尚未核对：${lacking}。`}`,
    columns: ['账簿', '运行时间', '发起人', '类别', '对方笔数', '对方金额', '本方笔数', '本方金额'],
    rows: runs.flatMap(tallyRows),
    hasTotal: false,
    none: '当日尚未对账。',
  }
}

function tallyRows({ book, at, startedBy, tally }: ReportedRun): Shown[][] {
  const used = CLASSES.filter((name) => tally[name].rows.bank + tally[name].rows.hospital > 0)
  return used.map((name) => {
    const { rows, fen } = tally[name]
    return [
      BOOK_TEXT[book],
      plainTime(at),
      startedBy,
      CLASS_TEXT[name],
      { count: rows.bank },
      { fen: fen.bank },
      { count: rows.hospital },
      { fen: fen.hospital },
    ]
  })
}

const inputSection = ({ runs }: Report): Section => ({
  name: '依据文件',
  note: '每次对账所依据的文件及其摘要（SHA-256），可与留存的原件核对。',
  columns: ['账簿', '运行时间', '文件', '摘要'],
  rows: runs.flatMap(({ book, at, inputs }) =>
    Object.entries(inputs)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, hash]) => [BOOK_TEXT[book], plainTime(at), name, hash]),
  ),
  hasTotal: false,
  none: '当日尚未对账。',
})

const breakSection = (name: string, note: string, breaks: readonly ReportedBreak[]): Section => ({
  name,
  note,
  columns: ['账簿', '业务日期', '类别', '差额', '说明', '下一步'],
  rows: breaks.map(({ content }) => [
    BOOK_TEXT[content.book],
    content.date,
    CLASS_TEXT[content.class],
    { fen: content.differenceFen },
    content.sentence,
    ACTION_TEXT[content.action],
  ]),
  hasTotal: false,
  none: '没有未结差异。',
})

const historySection = ({ events }: Report): Section => ({
  name: '差异经过',
  note: '当日各笔差异由谁、何时发现，如何变化，何时了结。',
  columns: ['时间', '经过', '发起人', '说明'],
  rows: events.map(({ at, what, by, sentence }) => [
    plainTime(at),
    happenedText(what),
    by,
    sentence,
  ]),
  hasTotal: false,
  none: '当日没有出现过差异。',
})

const daySection = ({ days }: Report): Section => ({
  name: '近 30 天差异',
  note: '每个业务日期出现过的差异；未结金额不分长短，不相互抵消。',
  columns: ['业务日期', '未结笔数', '已结笔数', '未结金额', '图示'],
  rows: days.map(({ date, open, closed, openFen }) => [
    date,
    { count: open },
    { count: closed },
    { fen: openFen },
    bar(open, closed),
  ]),
  hasTotal: false,
  none: '',
})

/** Drawn with characters, since a sheet is read without the page's charts. */
const LONGEST_BAR = 40

function bar(open: number, closed: number): string {
  const all = open + closed
  const scale = Math.min(1, LONGEST_BAR / Math.max(all, 1))
  return '█'.repeat(Math.ceil(open * scale)) + '░'.repeat(Math.floor(closed * scale))
}
