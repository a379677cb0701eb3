/** The report as one page without anything from elsewhere: read on a screen, printed, kept as PDF. */
import type { Report } from '../../src/reconciliation/report.ts'
import { amountChart, countChart } from './charts.ts'
import { type Section, sectionsOf, type Shown, titleOf, verdictOf, yuan } from './sections.ts'
import { STYLE } from './style.ts'

export function pageOf(report: Report): string {
  const title = titleOf(report)
  const sections = sectionsOf(report)
  const links = sections.map(({ name }, at) => `<a href="#s${at}">${text(name)}</a>`)
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${text(title)}</h1>
<p class="verdict ${report.open.length + report.missing.length === 0 ? 'good' : 'bad'}">${text(verdictOf(report))}</p>
<nav aria-label="目录">${links.join('')}</nav>
</header>
<main>
${sections.map((section, at) => sectionHtml(section, at, chartsOf(report, section))).join('\n')}
</main>
<footer>
<p>金额单位：元。时间为北京时间。</p>
<dl><div><dt>制表</dt><dd></dd></div><div><dt>复核</dt><dd></dd></div><div><dt>日期</dt><dd></dd></div></dl>
</footer>
</body>
</html>
`
}

const chartsOf = ({ days }: Report, { name }: Section): string =>
  name === '近 30 天差异'
    ? `<figure>${countChart(days)}<figcaption>差异笔数：<span class="key open"></span>未结 <span class="key closed"></span>已结</figcaption></figure>
<figure>${amountChart(days)}<figcaption>未结差异金额（元）</figcaption></figure>
`
    : ''

function sectionHtml(section: Section, at: number, charts: string): string {
  const { name, note, rows, none } = section
  const table = rows.length === 0 ? `<p class="none">${text(none)}</p>` : tableHtml(section, at)
  return `<section aria-labelledby="s${at}">
<h2 id="s${at}">${text(name)}</h2>
<p class="note">${text(note)}</p>
${charts}${table}
</section>`
}

function tableHtml({ columns, rows, hasTotal, name }: Section, at: number): string {
  const isNumber = (column: number): boolean => typeof rows[0]?.[column] !== 'string'
  const heads = columns.map(
    (column, index) => `<th scope="col"${isNumber(index) ? ' class="n"' : ''}>${text(column)}</th>`,
  )
  const body = rows.map((row, index) => {
    const isTotal = hasTotal && index === rows.length - 1
    const cells = row.map((shown, column) => cellHtml(shown, hasTotal && column === 0))
    return `<tr${isTotal ? ' class="total"' : ''}>${cells.join('')}</tr>`
  })
  return `<div class="wide" tabindex="0" role="region" aria-label="${text(name)}">
<table aria-describedby="s${at}"><thead><tr>${heads.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`
}

/** Dates, names and the like stay on one line. */
const NEVER_BROKEN = 20

function cellHtml(shown: Shown, isHead: boolean): string {
  if (typeof shown === 'string') {
    const whole = shown.length <= NEVER_BROKEN ? ' class="s"' : ''
    return isHead ? `<th scope="row">${text(shown)}</th>` : `<td${whole}>${text(shown)}</td>`
  }
  const value = 'count' in shown ? String(shown.count) : yuan(shown.fen)
  const below = 'fen' in shown && shown.fen < 0
  return `<td class="n${below ? ' minus' : ''}">${value}</td>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What a stranger wrote stays text. */
const text = (raw: string): string => raw.replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? '')
