/** `npm run day-end`: every order that is still open is asked for live (SC-Q08). */
import type { App } from '../src/app.ts'
import { type DayEnd, dayEnd } from '../src/flows/reconciliation/day-end.ts'
import { readCommandLine } from './parts/command-line.ts'
import { type Printed, runForOperator } from './parts/operator-command.ts'
import { dayOf, SAME_SETTINGS, tell, yesterday } from './reconciliation/command.ts'
import { AGREED, COULD_NOT, DIFFERENCES } from './reconciliation/words.ts'

const USAGE = {
  command: 'npm run day-end',
  help: `用法：npm run day-end -- [--date 日期] [--json]

  对当日及以前仍无结果的订单逐笔实时查询银行与医保中台；有结果的按结果了结，
  仍不明的转次日并落实责任人，不作失败处理。worker 每日自动运行（DAY_END_AT），也可随时补跑。
  --date    业务日期，默认昨天
  --json    以 JSON 输出           --help    显示本页

退出码：0 全部了结，1 有转次日的订单，2 未能运行。
${SAME_SETTINGS}

例：
  npm run day-end
  npm run day-end -- --date 2026-11-19 --json`,
}

const { values } = readCommandLine(USAGE, {
  date: { type: 'string' },
  json: { type: 'boolean', default: false },
})
const date = dayOf(USAGE, '--date', values.date ?? yesterday())

function textOf({ ended }: DayEnd): string {
  const carried = ended.filter((one) => one.carried).length
  const lines = ended.map(({ orderId, billNo, said }) => `  ${orderId}  账单 ${billNo}  ${said}`)
  const settled = ended.length - carried
  return [
    `${date} 日终：查询 ${ended.length} 笔，了结 ${settled} 笔，转次日 ${carried} 笔。`,
    ...lines,
  ].join('\n')
}

async function run(app: App): Promise<Printed> {
  const result = await dayEnd(app, {
    date,
    progress: (done, all) => tell(`日终：${done}/${all} 笔`),
  })
  tell('')
  const carried = result.ended.some((one) => one.carried)
  return { text: textOf(result), value: result, exitCode: carried ? DIFFERENCES : AGREED }
}

await runForOperator(USAGE, { json: values.json, couldNot: COULD_NOT }, run)
