/** `npm run entry`: for whom new orders are open (SC-O14, SC-O15), and since when. */
import type { App } from '../src/app.ts'
import { addTester, changeEntry, entryState, removeTester } from '../src/flows/entry.ts'
import { type Entry, ENTRY_MODES } from '../src/payment/entry.ts'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import { historyInWords, presented, stateInWords } from './entry/words.ts'
import { operatorOf, type Printed, runForOperator } from './parts/operator-command.ts'

const USAGE = {
  command: 'npm run entry',
  help: `用法：npm run entry -- [选项]

  （无选项）                    显示新订单入口的现状
  --history                     显示全部变更记录
  --mode closed                 关闭：只有测试人员可以发起新订单
  --mode gradual                逐步开放：再给出 --percent、--department 或两者
      --percent N               N % 的用户（按用户固定；提高比例只增加用户；默认 100）
      --department 科室编码     只限这些科室的账单，可重复给出；不给出则为全院
  --mode open                   全部开放
  --add-tester 用户编号         加入测试人员（微信 openid、支付宝用户号），任何状态下都可使用
  --remove-tester 用户编号      移出测试人员
  --operator 姓名               谁在更改；更改时必须给出

  --json    以 JSON 输出      --help    显示本页

只影响新订单：已有订单的患者总能继续支付、查询、取消和退款。更改立即对所有进程生效，无需重启。
操作员由 npm run work-items -- operator add 姓名 登记；密钥取自环境变量 OPERATOR_KEY，没有时在终端询问。
其余配置与服务相同（环境变量或 .env，见 .env.example；ENV_FILE=文件 可换一个文件）。
退出码：0 成功，1 未能办理，2 用法或配置有误。

例：
  npm run entry
  npm run entry -- --add-tester oXc1x5H2mQ0vT9kZb3Yw7Ln4Rd8E --operator 王敏
  npm run entry -- --mode gradual --percent 10 --department 0301 --department 0302 --operator 王敏
  npm run entry -- --mode open --operator 王敏`,
}

function readWish() {
  const { values } = readCommandLine(USAGE, {
    mode: { type: 'string' },
    percent: { type: 'string' },
    department: { type: 'string', multiple: true, default: [] },
    'add-tester': { type: 'string' },
    'remove-tester': { type: 'string' },
    operator: { type: 'string' },
    history: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const { operator, history, json, percent, department: departments } = values
  const { mode, 'add-tester': added, 'remove-tester': removed } = values
  const entry = mode === undefined ? null : entryOf(mode, { percent, departments })
  if (entry?.mode !== 'gradual' && (percent !== undefined || departments.length > 0))
    refuse(USAGE, '--percent 和 --department 只与 --mode gradual 同用')
  if ([mode, added, removed].filter((one) => one !== undefined).length > 1)
    refuse(USAGE, '--mode、--add-tester 和 --remove-tester 一次只能给出一个')
  return { entry, added, removed, operator, history, json }
}

type Wish = ReturnType<typeof readWish>

function entryOf(
  given: string,
  of: { percent: string | undefined; departments: readonly string[] },
): Entry {
  const mode = oneOf(USAGE, { option: '--mode', given, known: ENTRY_MODES })
  if (mode !== 'gradual') return { mode }
  const { percent = '100', departments } = of
  if (of.percent === undefined && departments.length === 0)
    return refuse(USAGE, '--mode gradual 还需要 --percent 或 --department')
  if (!/^\d{1,3}$/.test(percent) || Number(percent) > 100)
    return refuse(USAGE, '--percent 须为 0 到 100 的整数')
  return { mode, percent: Number(percent), departments }
}

async function change(app: App, { entry, added, removed, operator: name }: Wish): Promise<void> {
  const operator = await operatorOf(app, name)
  if (entry !== null) await changeEntry(app, operator, entry)
  if (added !== undefined) await addTester(app, operator, added)
  if (removed !== undefined) await removeTester(app, operator, removed)
}

async function run(app: App, wish: Wish): Promise<Printed> {
  const { entry, added, removed, history } = wish
  if (entry !== null || added !== undefined || removed !== undefined) await change(app, wish)
  const state = await entryState(app)
  const text = history ? historyInWords(state) : stateInWords(state)
  return { text, value: presented(state) }
}

const wish = readWish()
await runForOperator(USAGE, wish, (app) => run(app, wish))
