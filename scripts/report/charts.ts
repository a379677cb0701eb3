/** Differences over thirty days as pictures (SVG): read aloud by their title, and printed as lines. */
import type { DayDifferences } from '../../src/reconciliation/report.ts'
import { yuan } from './sections.ts'

const WIDTH = 720
const HEIGHT = 190
const LEFT = 64
const BOTTOM = 28
const TOP = 14
const PLOT_WIDTH = WIDTH - LEFT - 8
const PLOT_HEIGHT = HEIGHT - BOTTOM - TOP
/** A label every so many days, so that none covers another. */
const LABEL_EVERY = 5

interface Bar {
  readonly className: string
  readonly value: number
}

interface Chart {
  readonly id: string
  readonly title: string
  readonly days: readonly DayDifferences[]
  /** From the ground up. */
  readonly bars: (day: DayDifferences) => readonly Bar[]
  readonly shown: (value: number) => string
}

export const countChart = (days: readonly DayDifferences[]): string =>
  draw({
    id: 'count',
    title: `近 30 天差异笔数：未结 ${sumOf(days, ({ open }) => open)} 笔，已结 ${sumOf(days, ({ closed }) => closed)} 笔`,
    days,
    bars: ({ open, closed }) => [
      { className: 'open', value: open },
      { className: 'closed', value: closed },
    ],
    shown: String,
  })

export const amountChart = (days: readonly DayDifferences[]): string =>
  draw({
    id: 'amount',
    title: `近 30 天未结差异金额：共 ${yuan(sumOf(days, ({ openFen }) => openFen))} 元`,
    days,
    bars: ({ openFen }) => [{ className: 'open', value: openFen }],
    shown: yuan,
  })

const sumOf = (days: readonly DayDifferences[], of: (day: DayDifferences) => number): number =>
  days.reduce((sum, day) => sum + of(day), 0)

function draw({ id, title, days, bars, shown }: Chart): string {
  const most = Math.max(1, ...days.map((day) => sumBars(bars(day))))
  const step = PLOT_WIDTH / days.length
  const drawn = days.map((day, at) => {
    const left = LEFT + at * step + step * 0.15
    const label = labelOf(day.date, at, left + step * 0.35)
    return stacked(bars(day), { left, width: step * 0.7, most }) + label
  })
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="chart-${id}">
<title id="chart-${id}">${title}</title>
${gridLines(most, shown)}
${drawn.join('\n')}
</svg>`
}

const sumBars = (bars: readonly Bar[]): number => bars.reduce((sum, { value }) => sum + value, 0)

function stacked(
  bars: readonly Bar[],
  { left, width, most }: { left: number; width: number; most: number },
): string {
  let bottom = TOP + PLOT_HEIGHT
  return bars
    .filter(({ value }) => value > 0)
    .map(({ className, value }) => {
      const height = (value / most) * PLOT_HEIGHT
      bottom -= height
      return `<rect class="${className}" x="${at(left)}" y="${at(bottom)}" width="${at(width)}" height="${at(height)}"/>`
    })
    .join('')
}

const labelOf = (date: string, index: number, middle: number): string =>
  index % LABEL_EVERY === LABEL_EVERY - 1
    ? `<text class="day" x="${at(middle)}" y="${HEIGHT - 8}">${date.slice(5)}</text>`
    : ''

function gridLines(most: number, shown: (value: number) => string): string {
  const values = most === 1 ? [0, 1] : [0, Math.round(most / 2), most]
  return values
    .map((value) => {
      const y = at(TOP + PLOT_HEIGHT * (1 - value / most))
      const line = `<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${y}" y2="${y}"/>`
      return `${line}<text class="scale" x="${LEFT - 6}" y="${y}" dy="4">${shown(value)}</text>`
    })
    .join('\n')
}

/** Two decimals, so that the same figures are the same bytes everywhere. */
const at = (value: number): string => String(Math.round(value * 100) / 100)
