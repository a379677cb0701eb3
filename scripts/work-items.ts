/** `npm run work-items`: what needs a person (docs/rulings.md 5), until the console shows it. */
import { type App, buildApp } from '../src/app.ts'
import { secureRandom, systemClock } from '../src/clock.ts'
import { ConfigError, readSettings } from '../src/config.ts'
import { AppError, Secret } from '../src/errors.ts'
import { addOperator, type Operator, recogniseOperator } from '../src/flows/operators.ts'
import { ACTION_RULES, ACTIONS, type Resolution } from '../src/flows/work-item-actions.ts'
import {
  confirmWorkItem,
  openWorkItems,
  resolveWorkItem,
  takeWorkItem,
} from '../src/flows/work-items.ts'
import { readCommandLine, refuse } from './command-line.ts'
import { askUnseen } from './unseen.ts'
import { listed, presented } from './work-items/listing.ts'

const USAGE = {
  command: 'npm run work-items',
  help: `用法：npm run work-items -- [命令] [选项]

  （无命令）                                    列出待人工处理的事项
  take 编号 --operator 姓名                     接手一个事项
  resolve 编号 --operator 姓名 --action 动作 --note 说明
                                                办理；涉及资金的动作只是提出
  confirm 编号 --operator 另一人                第二名操作员确认已提出的动作
  operator add 姓名                             登记操作员，个人密钥只显示这一次

动作（每个事项可做的动作以列表为准）：
${ACTIONS.map((action) => `  ${action.padEnd(18)}${ACTION_RULES[action].means}`).join('\n')}

选项：
  --json    以 JSON 输出      --help    显示本页

密钥取自环境变量 OPERATOR_KEY，没有时在终端询问（不回显）；不要写在命令行里。
其余配置与服务相同（环境变量或 .env，见 .env.example；ENV_FILE=文件 可换一个文件）。
退出码：0 成功，1 未能办理，2 用法或配置有误。

例：
  npm run work-items
  npm run work-items -- operator add 王敏
  npm run work-items -- take 01JD0000000000000000000000 --operator 王敏
  npm run work-items -- resolve 01JD0000000000000000000000 --operator 王敏 \\
      --action full-refund --note "HIS 账单已作废，患者要求退款"
  npm run work-items -- confirm 01JD0000000000000000000000 --operator 李强`,
}

/** What is missing on the command line, found only once the command is known. */
class Incomplete extends Error {
  override name = 'Incomplete'
}

interface Asked {
  readonly words: readonly string[]
  readonly operator: string | null
  readonly action: string | null
  readonly note: string | null
  readonly json: boolean
}

function readWish(): Asked {
  const { values, words } = readCommandLine(
    USAGE,
    {
      operator: { type: 'string' },
      action: { type: 'string' },
      note: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
    3,
  )
  const { operator = null, action = null, note = null, json } = values
  const [command, , third] = words
  if (command !== 'operator' && third !== undefined) refuse(USAGE, `多余的参数：${third}`)
  return { words, operator, action, note, json }
}

function needed(value: string | null | undefined, what: string): string {
  if (value === null || value === undefined || value === '') throw new Incomplete(`缺少${what}`)
  return value
}

/** From the environment or typed unseen; never from the command line, which others can read. */
async function operatorKey(): Promise<Secret> {
  const given = process.env['OPERATOR_KEY']
  if (given !== undefined && given !== '') return new Secret(given)
  if (!process.stdin.isTTY) throw new Incomplete('缺少操作员密钥：设置 OPERATOR_KEY 或在终端中运行')
  return askUnseen('操作员密钥')
}

async function operatorOf(app: App, asked: Asked): Promise<Operator> {
  const name = needed(asked.operator, '操作员（--operator）')
  return recogniseOperator(app, name, await operatorKey())
}

/** What is printed: text for people, a value for `--json`. */
interface Printed {
  readonly text: string
  readonly value: unknown
}

async function run(app: App, asked: Asked): Promise<Printed> {
  const [command, first, second] = asked.words
  switch (command) {
    case undefined:
      return list(app)
    case 'take': {
      const id = needed(first, '编号')
      return resolved(await takeWorkItem(app, { id, operator: await operatorOf(app, asked) }))
    }
    case 'resolve': {
      const id = needed(first, '编号')
      const action = needed(asked.action, '动作（--action）')
      const note = needed(asked.note, '说明（--note）')
      const operator = await operatorOf(app, asked)
      return resolved(await resolveWorkItem(app, { id, operator, action, note }))
    }
    case 'confirm': {
      const id = needed(first, '编号')
      return resolved(await confirmWorkItem(app, { id, operator: await operatorOf(app, asked) }))
    }
    case 'operator': {
      if (first !== 'add') throw new Incomplete('只有 operator add')
      return added(app, needed(second, '姓名'))
    }
    default:
      throw new Incomplete(`没有这个命令：${command}`)
  }
}

async function list(app: App): Promise<Printed> {
  const items = await openWorkItems(app)
  return { text: listed(items), value: items.map(presented) }
}

async function added(app: App, name: string): Promise<Printed> {
  const key = (await addOperator(app, name)).reveal()
  const text = `操作员 ${name} 已登记。个人密钥（只显示这一次，请本人保管）：\n${key}`
  return { text, value: { operator: name, key } }
}

const resolved = ({ item, said }: Resolution): Printed => ({
  text: said,
  value: { item: presented(item), said },
})

// ---------------------------------------------------------------- the process

async function main(): Promise<number> {
  const asked = readWish()
  // The same environment as the service; its log lines would only disturb the output here.
  const settings = readSettings({ ...process.env, LOG_LEVEL: 'silent' })
  const { app, stop } = await buildApp(settings, { clock: systemClock(), random: secureRandom })
  try {
    const { text, value } = await run(app, asked)
    console.log(asked.json ? JSON.stringify(value, null, 2) : text)
    return 0
  } finally {
    await stop()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (error instanceof Incomplete) refuse(USAGE, error.message)
  const [message, code] = explain(error)
  console.error(message)
  process.exitCode = code
}

function explain(error: unknown): [message: string, exitCode: number] {
  if (error instanceof ConfigError) return [error.message, 2]
  if (error instanceof AppError) return [error.sentence, 1]
  return [error instanceof Error ? error.message : String(error), 1]
}
