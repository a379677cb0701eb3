/** `npm run import-insurance`: the bureau's monthly detail, handed over by a person (§6.3.1). */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { App } from '../src/app.ts'
import { importMonth } from '../src/flows/reconciliation/month.ts'
import { isMonth } from '../src/reconciliation/days.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { type Printed, runForOperator } from './parts/operator-command.ts'
import { EXIT_CODES, SAME_SETTINGS, tell, whoRuns } from './reconciliation/command.ts'
import {
  COULD_NOT,
  exitCodeOf,
  isDifference,
  resultText,
  resultValue,
} from './reconciliation/words.ts'

const USAGE = {
  command: 'npm run import-insurance',
  help: `用法：npm run import-insurance -- --month 月份 文件 [--json]

  接收医保部门提供的月度明细，校验合计后逐日与本系统核对。文件名须符合
  SETTLEMENT_FILES_INSURANCE_NAMES；合计不符的文件整份不计入。
  --month   业务月份，如 2026-10
  --json    以 JSON 输出           --help    显示本页

${EXIT_CODES}
${SAME_SETTINGS}

例：
  npm run import-insurance -- --month 2026-10 insurance-202610.csv`,
}

const { values, words } = readCommandLine(
  USAGE,
  { month: { type: 'string' }, json: { type: 'boolean', default: false } },
  1,
)
const month = values.month ?? refuse(USAGE, '缺少月份（--month）')
if (!isMonth(month)) refuse(USAGE, '--month 须为存在的月份，如 2026-10')
const path = words[0] ?? refuse(USAGE, '缺少文件')

const NOT_COUNTED =
  '交入的文件未计入：对方已提供同名文件，以对方的为准；如应更正，请对方重新提供。以下为按对方文件核对的结果。'

async function run(app: App): Promise<Printed> {
  const file = { name: basename(path), content: readFileSync(path) }
  const progress = (done: number, all: number): void => tell(`${month}：第 ${done + 1}/${all} 天`)
  const { results, counted } = await importMonth(app, {
    month,
    startedBy: whoRuns(),
    file,
    progress,
  })
  tell('')
  const told = results.filter((one) => one.kind === 'missing' || one.breaks.length > 0)
  const differing = results.filter((one) => one.kind === 'done' && one.breaks.some(isDifference))
  const head = `${month} 医保月度明细：已核对 ${results.length} 天，${differing.length} 天有差异。`
  return {
    text: [...(counted ? [] : [NOT_COUNTED]), head, ...told.map(resultText)].join('\n'),
    value: results.map(resultValue),
    exitCode: counted ? exitCodeOf(results) : COULD_NOT,
  }
}

await runForOperator(USAGE, { json: values.json, couldNot: COULD_NOT }, run)
