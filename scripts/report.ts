/** `npm run report`: what finance staff and auditors read of a day, as a workbook or a page. */
import { extname } from 'node:path'
import { dailyReport } from '../src/flows/reconciliation/daily-report.ts'
import { isDay } from '../src/reconciliation/days.ts'
import type { Report } from '../src/reconciliation/report.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { runForOperator } from './parts/operator-command.ts'
import { writePrivately } from './parts/private-file.ts'
import { pageOf } from './report/html.ts'
import { verdictOf } from './report/sections.ts'
import { workbookOf } from './report/xlsx.ts'

const USAGE = {
  command: 'npm run report',
  help: `用法：npm run report -- --date 业务日期 --out 文件 [--out 文件] [--json]

  写出一个业务日期的对账日报：资金核对（期初 + 收款 − 退款 = 期末）、各账簿核对结果、
  未结差异及下一步、后补调整、差异经过、近 30 天差异图表。
  只读取已记录的数据，不再对账；同一日数据不变，再次写出的文件逐字节相同。

选项：
  --date 业务日期   如 2026-11-19
  --out 文件        .xlsx 或 .html（可打印为 PDF）；可给出两次
  --json            以 JSON 输出摘要
  --help            显示本页

退出码：0 已写出且没有未结差异，1 已写出但有未结差异或尚有账簿未核对，2 未能写出。

例：
  npm run report -- --date 2026-11-19 --out report.xlsx
  npm run report -- --date 2026-11-19 --out report.html --out report.xlsx`,
}

const WRITERS: Readonly<Record<string, (report: Report) => Promise<Uint8Array> | string>> = {
  '.xlsx': workbookOf,
  '.html': pageOf,
}

const { values } = readCommandLine(USAGE, {
  date: { type: 'string', default: '' },
  out: { type: 'string', multiple: true, default: [] },
  json: { type: 'boolean', default: false },
})
const { date, out } = values
if (!isDay(date)) refuse(USAGE, '--date 后面要有业务日期，如 2026-11-19')
if (out.length === 0) refuse(USAGE, '--out 后面要有文件名')
const targets = out.map((file) => ({
  file,
  write: WRITERS[extname(file)] ?? refuse(USAGE, `--out 只能是 .xlsx 或 .html：${file}`),
}))

await runForOperator(USAGE, { json: values.json, couldNot: 2 }, async (app) => {
  const report = await dailyReport(app, date)
  for (const { file, write } of targets) writePrivately(file, await write(report))
  const verdict = verdictOf(report)
  return {
    text: [`${date}：${verdict}`, ...out.map((file) => `已写出 ${file}`)].join('\n'),
    value: { date, verdict, open: report.open.length, missing: report.missing, files: out },
    exitCode: report.open.length + report.missing.length === 0 ? 0 : 1,
  }
})
