/** `npm run work-items`: what needs a person (docs/rulings.md 5), until the console shows it. */
import type { App } from '../src/app.ts'
import { addOperator } from '../src/flows/operators/operators.ts'
import { ACTION_RULES, ACTIONS } from '../src/flows/operators/action-rules.ts'
import type { ByHand } from '../src/flows/refunds/return-by-hand.ts'
import type { Resolution } from '../src/flows/operators/work-item-actions.ts'
import {
  confirmWorkItem,
  openWorkItems,
  resolveWorkItem,
  takeWorkItem,
} from '../src/flows/operators/work-items.ts'
import { aligned } from './parts/aligned.ts'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import {
  Incomplete,
  needed,
  operatorOf,
  type Printed,
  runForOperator,
} from './parts/operator-command.ts'
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
${aligned(ACTIONS.map((action) => [`  ${action}`, ACTION_RULES[action].means])).join('\n')}

选项：
  --part insurance|self-pay|all --voucher 凭证号
            只用于 returned-by-hand：已在系统外退回的部分和证明它的凭证
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
  npm run work-items -- confirm 01JD0000000000000000000000 --operator 李强
  npm run work-items -- resolve 01JD0000000000000000000000 --operator 王敏 \\
      --action returned-by-hand --part self-pay --voucher 20261121-0012 --note "财务转账退回"`,
}

interface Asked {
  readonly words: readonly string[]
  readonly operator: string | null
  readonly action: string | null
  readonly note: string | null
  readonly byHand: ByHand | null
  readonly json: boolean
}

function readWish(): Asked {
  const { values, words } = readCommandLine(
    USAGE,
    {
      operator: { type: 'string' },
      action: { type: 'string' },
      note: { type: 'string' },
      part: { type: 'string' },
      voucher: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
    3,
  )
  const { operator = null, action = null, note = null, json } = values
  const [command, , third] = words
  if (command !== 'operator' && third !== undefined) refuse(USAGE, `多余的参数：${third}`)
  return { words, operator, action, note, byHand: byHandOf(values), json }
}

const PARTS = {
  insurance: ['insurance'],
  'self-pay': ['self-pay'],
  all: ['insurance', 'self-pay'],
} as const

function byHandOf(given: {
  part?: string | undefined
  voucher?: string | undefined
}): ByHand | null {
  const { part, voucher: voucherNo } = given
  if (part === undefined || voucherNo === undefined) return null
  const known = ['insurance', 'self-pay', 'all'] as const
  return { parts: PARTS[oneOf(USAGE, { option: '--part', given: part, known })], voucherNo }
}

async function run(app: App, asked: Asked): Promise<Printed> {
  const [command, first, second] = asked.words
  switch (command) {
    case undefined:
      return list(app)
    case 'take': {
      const id = needed(first, '编号')
      return resolved(
        await takeWorkItem(app, { id, operator: await operatorOf(app, asked.operator) }),
      )
    }
    case 'resolve': {
      const id = needed(first, '编号')
      const action = needed(asked.action, '动作（--action）')
      const note = needed(asked.note, '说明（--note）')
      const operator = await operatorOf(app, asked.operator)
      const byHand = asked.byHand && { byHand: asked.byHand }
      return resolved(await resolveWorkItem(app, { id, operator, action, note, ...byHand }))
    }
    case 'confirm': {
      const id = needed(first, '编号')
      return resolved(
        await confirmWorkItem(app, { id, operator: await operatorOf(app, asked.operator) }),
      )
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

const asked = readWish()
await runForOperator(USAGE, asked, (app) => run(app, asked))
