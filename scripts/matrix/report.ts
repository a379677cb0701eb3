/** What people read: the steps of each row as it ends, and the table of all at the end. */
import { writeFileSync } from 'node:fs'
import { pad, width } from './columns.ts'
import { effectsOf, type Evidence } from './evidence.ts'
import { hisWrites } from './judge.ts'
import type { Result } from './row.ts'

export const isGreen = ({ problems }: Result): boolean => problems.length === 0

export function printSteps(result: Result): void {
  const { row, billNo, evidence, problems, ms } = result
  if (isKill(result) && isGreen(result)) {
    console.log(`✓ ${titleOf(result)}`)
    return
  }
  console.log(
    `\n${isGreen(result) ? '✓' : '✗'} ${row.title}   ${billNo}   ${(ms / 1000).toFixed(1)} s`,
  )
  for (const { no, call, number } of shortened(evidence?.steps ?? []))
    console.log(`    ${pad(no, 4)}${pad(call, 34)}${number}`)
  for (const problem of problems) console.log(`    ✗ ${problem}`)
}

/** The same question many times over is one line. */
function shortened(steps: Evidence['steps']): Evidence['steps'] {
  const lines: { no: string; call: string; number: string; times: number }[] = []
  for (const step of steps) {
    const last = lines.at(-1)
    if (last?.call === step.call && last.number === step.number) last.times += 1
    else lines.push({ ...step, times: 1 })
  }
  return lines.map(({ times, ...step }) => ({
    ...step,
    call: times > 1 ? `${step.call} ×${times}` : step.call,
  }))
}

const COLUMNS = [13, 14, 10, 5, 2] as const
const HEADS = ['行', '状态', '查询 格/尾/刷', '银行(分)', 'HIS', ''] as const

export function printTable(results: readonly Result[]): void {
  const rows = [[...HEADS], ...results.map(columnsOf)]
  const first = Math.max(...rows.map(([title = '']) => width(title)))
  console.log()
  for (const row of rows)
    console.log(row.map((part, at) => pad(part, COLUMNS[at - 1] ?? first)).join('  '))
  const red = results.filter((result) => !isGreen(result))
  for (const { row, billNo, problems } of red)
    console.log(
      `\n✗ ${row.title}（${billNo}）\n${problems.map((text) => `    ${text}`).join('\n')}`,
    )
  console.log(`\n共 ${results.length} 行，${results.length - red.length} 绿，${red.length} 红`)
}

function columnsOf(result: Result): string[] {
  const { row, evidence } = result
  const verdict = isGreen(result) ? '✓' : '✗'
  if (!evidence) return [row.title, '-', '-', '-', '-', verdict]
  const { grid, tail, refresh } = evidence.own.asked
  return [
    titleOf(result),
    evidence.order.status,
    `${grid}/${tail}/${refresh}`,
    String(evidence.ledger.balances['bank'] ?? 0),
    String(hisWrites(evidence)),
    verdict,
  ]
}

function titleOf(result: Result): string {
  const { row, evidence } = result
  return evidence && isKill(result) ? `${row.title}; ${killLine(result, evidence)}` : row.title
}

const isKill = ({ row }: Result): boolean => row.title.startsWith('killed')

function killLine({ deaths }: Result, evidence: Evidence): string {
  const effects = effectsOf(evidence.calls)
  const cash = (effects['self-pay-order'] ?? 0) - (effects['close'] ?? 0)
  const came = deaths > 0 ? 'restart' : 'NOT KILLED'
  return `${came}; cash ${cash}, mixed ${effects['mixed-submit'] ?? 0}, HIS ${hisWrites(evidence)}`
}

export function writeJson(file: string, results: readonly Result[], head: object): void {
  const cells = results.map((result) => ({
    row: result.row.title,
    billNo: result.billNo,
    steps: result.evidence?.steps ?? [],
    queries: result.evidence?.own.asked ?? null,
    effects: result.evidence ? effectsOf(result.evidence.calls) : null,
    ledgerFen: result.evidence?.ledger.balances['bank'] ?? null,
    hisWrites: result.evidence ? hisWrites(result.evidence) : null,
    status: result.evidence?.order.status ?? null,
    verdict: isGreen(result) ? 'green' : 'red',
    problems: result.problems,
    deaths: result.deaths,
    ms: Math.round(result.ms),
  }))
  writeFileSync(file, `${JSON.stringify({ ...head, cells }, null, 2)}\n`)
}
