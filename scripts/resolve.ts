/** `npm run resolve`: what is done about a difference, by one person or two (docs/rulings.md 5). */
import type { App } from '../src/app.ts'
import {
  confirmBreak,
  resolveBreak,
  type Resolved,
  resolveSafely,
} from '../src/flows/reconciliation/resolve-break.ts'
import { ACTION_TEXT, ACTIONS } from '../src/reconciliation/actions.ts'
import { BOOKS } from '../src/reconciliation/ageing.ts'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import {
  Incomplete,
  needed,
  operatorOf,
  type Printed,
  runForOperator,
} from './parts/operator-command.ts'
import { dayOf, SAME_SETTINGS, tell } from './reconciliation/command.ts'
import { AGREED, breakValue, COULD_NOT, DIFFERENCES } from './reconciliation/words.ts'

const USAGE = {
  command: 'npm run resolve',
  help: `用法：npm run resolve -- 差异编号 --operator 姓名 --action 动作 --note 说明
      npm run resolve -- confirm 差异编号 --operator 另一人
      npm run resolve -- safe --date 日期 [--book 对方] --operator 姓名

  办理一笔差异；涉及资金的动作只是提出，由第二名操作员 confirm 后执行。
  safe 逐笔办理当日所有安全的动作（再查询、补记入账），不动资金。

动作（每笔差异可做的动作以提示为准）：
${ACTIONS.map((action) => `  ${action.padEnd(20)}${ACTION_TEXT[action]}`).join('\n')}

选项：
  --json    以 JSON 输出      --help    显示本页

操作员以 npm run work-items -- operator add 登记；密钥取自环境变量 OPERATOR_KEY，没有时在终端询问（不回显）。
退出码：0 已办理，1 部分未能办理（safe），2 未能办理。
${SAME_SETTINGS}

例：
  npm run resolve -- bank:2026-11-19:Pb:B0001 --operator 王敏 --action query-again --note 核对
  npm run resolve -- bank:2026-11-19:Pb:B0001 --operator 王敏 --action refund-online --note 重复付款
  npm run resolve -- confirm bank:2026-11-19:Pb:B0001 --operator 李强
  npm run resolve -- safe --date 2026-11-19 --operator 王敏`,
}

const { values, words } = readCommandLine(
  USAGE,
  {
    operator: { type: 'string' },
    action: { type: 'string' },
    note: { type: 'string' },
    date: { type: 'string' },
    book: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
  2,
)
const [first, second] = words
const book =
  values.book === undefined
    ? {}
    : { book: oneOf(USAGE, { option: '--book', given: values.book, known: BOOKS }) }
if (first !== 'confirm' && second !== undefined) refuse(USAGE, `多余的参数：${second}`)

async function run(app: App): Promise<Printed> {
  if (first === undefined) throw new Incomplete('缺少差异编号')
  if (first === 'safe') return safe(app)
  if (first === 'confirm') {
    const key = needed(second, '差异编号')
    return printed(
      await confirmBreak(app, { key, operator: await operatorOf(app, values.operator) }),
    )
  }
  const action = needed(values.action, '动作（--action）')
  const note = needed(values.note, '说明（--note）')
  const operator = await operatorOf(app, values.operator)
  return printed(await resolveBreak(app, { key: first, operator, action, note }))
}

const printed = ({ stored, said }: Resolved): Printed => ({
  text: said,
  value: { break: breakValue(stored), said },
})

async function safe(app: App): Promise<Printed> {
  const date = dayOf(USAGE, '--date', needed(values.date, '日期（--date）'))
  const operator = await operatorOf(app, values.operator)
  const period = { from: date, to: date, ...book }
  const { done, refused } = await resolveSafely(app, {
    period,
    operator,
    progress: (count, all) => tell(`已办理 ${count}/${all} 笔`),
  })
  tell('')
  const lines = [
    `${date}：已办理 ${done.length} 笔，未能办理 ${refused.length} 笔；请再运行 npm run reconcile。`,
    ...done.map(({ stored, said }) => `  ${stored.key}  ${said}`),
    ...refused.map(({ key, said }) => `  ${key}  未能办理：${said}`),
  ]
  const value = { done: done.map(({ stored, said }) => ({ key: stored.key, said })), refused }
  return { text: lines.join('\n'), value, exitCode: refused.length > 0 ? DIFFERENCES : AGREED }
}

await runForOperator(USAGE, { json: values.json, couldNot: COULD_NOT }, run)
