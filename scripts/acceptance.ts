/**
 * `npm run acceptance`: repeats the joint test against whatever this environment is configured for,
 * with the entry closed to all but testers (SC-O14). Testers pay on real phones; this watches.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { App } from '../src/app.ts'
import { entryState } from '../src/flows/entry.ts'
import { type Inspection, inspectOrder, newestOrder } from '../src/flows/operators/inspect-order.ts'
import { offsetTime } from '../src/payment/numbers.ts'
import type { Order } from '../src/payment/order.ts'
import { STATES } from '../src/payment/states.ts'
import { judge, judgeEntry } from './acceptance/judge.ts'
import { type Cell, missingFrom, readPlan, titleOf } from './acceptance/plan.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { type Printed, runForOperator } from './parts/operator-command.ts'

const USAGE = {
  command: 'npm run acceptance',
  help: `用法：npm run acceptance -- --bills 文件 [选项]

  上线前按当前配置（测试或生产参数）重跑联调：测试人员用真手机逐张付款，本命令查看每一张的
  结果，再向医院系统、银行和医保中台各核对一次。入口须自始至终关闭（npm run entry），订单须由测试
  人员在关闭之后发起。
  本命令只查询，不付款、不改动任何订单。

  --bills 文件   每行 业务,场景,账单号；业务：挂号、诊间、购药；场景：纯医保、纯自费、混合
  --wait 分钟    最多等测试人员多久，缺省 60；0 为只看现状
  --json         以 JSON 输出每格的步骤、号码与结论
  --out 文件     另存 JSON 报告，作为上线验收的记录
  --help         显示本页

配置与服务相同（环境变量或 .env，见 .env.example；ENV_FILE=文件 可换一个文件）。
退出码：0 九格齐全且全绿，1 有红格、缺格或不能开始，2 用法或配置有误。

例：
  npm run entry -- --mode closed --operator 王敏
  npm run entry -- --add-tester oXc1x5H2mQ0vT9kZb3Yw7Ln4Rd8E --operator 王敏
  npm run acceptance -- --bills 验收账单.csv --out 验收报告.json`,
}

function readWish() {
  const { values } = readCommandLine(USAGE, {
    bills: { type: 'string' },
    wait: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  })
  const { bills, json, out } = values
  if (bills === undefined) return refuse(USAGE, '缺少 --bills 文件')
  if (!/^\d{1,4}$/.test(values.wait)) refuse(USAGE, '--wait 须为分钟数')
  const { cells, problems } = readPlan(textOf(bills))
  if (problems.length > 0) refuse(USAGE, problems.join('\n'))
  return { cells, json, out, waitMs: Number(values.wait) * 60_000 }
}

type Wish = ReturnType<typeof readWish>

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return refuse(USAGE, `读不到文件 ${path}`)
  }
}

const LOOK_EVERY_MS = 2_000

/** Nothing more happens to it without somebody's doing. */
const isOver = (order: Order | null): boolean =>
  order !== null && STATES[order.state].recovery === 'nothing' && order.hisWriteBack !== 'waiting'

/** Tells every change as it is seen; returns when all are over or the time is. */
async function watch(app: App, { cells, waitMs, json }: Wish): Promise<void> {
  const until = app.clock.now() + waitMs
  const seen = new Map<string, string>()
  for (;;) {
    let over = 0
    for (const cell of cells) {
      const order = await newestOrder(app, cell.billNo)
      if (isOver(order)) over += 1
      const text = order === null ? '等待测试人员付款' : STATES[order.state].text
      if (!json && seen.get(cell.billNo) !== text)
        console.log(`${titleOf(cell)}  ${cell.billNo}  ${text}`)
      seen.set(cell.billNo, text)
    }
    const restMs = until - app.clock.now()
    if (over === cells.length || restMs <= 0) return
    await app.clock.sleep(Math.min(LOOK_EVERY_MS, restMs))
  }
}

interface Verdict {
  readonly cell: Cell
  readonly inspection: Inspection | null
  readonly problems: readonly string[]
}

async function verdictOf(app: App, cell: Cell, closedSince: number | null): Promise<Verdict> {
  const order = await newestOrder(app, cell.billNo)
  if (order === null) return { cell, inspection: null, problems: ['没有人为此账单发起支付'] }
  const inspection = await inspectOrder(app, order)
  return { cell, inspection, problems: judge(cell, inspection, closedSince) }
}

async function accept(app: App, wish: Wish): Promise<Printed> {
  const before = await entryState(app)
  if (before.entry.mode !== 'closed' || before.testers.length === 0)
    throw new Error('验收期间入口须关闭，并至少有一名测试人员（npm run entry）。')
  await watch(app, wish)
  const verdicts: Verdict[] = []
  const closedSince = before.since?.at ?? null
  for (const cell of wish.cells) verdicts.push(await verdictOf(app, cell, closedSince))
  const entryProblems = judgeEntry(before, await entryState(app))
  const missing = missingFrom(wish.cells)
  const isGreen = verdicts.every(({ problems }) => problems.length === 0)
  const isAccepted = missing.length === 0 && isGreen && entryProblems.length === 0
  const report = { verdicts, missing, entryProblems, isAccepted }
  const value = presented(app, report)
  if (wish.out !== undefined) writeFileSync(wish.out, `${JSON.stringify(value, null, 2)}\n`)
  return { text: inWords(report), value, exitCode: isAccepted ? 0 : 1 }
}

interface Report {
  readonly verdicts: readonly Verdict[]
  readonly missing: readonly string[]
  readonly entryProblems: readonly string[]
  readonly isAccepted: boolean
}

function presented(app: App, { verdicts, missing, entryProblems, isAccepted }: Report) {
  return {
    environment: app.settings.ENVIRONMENT,
    at: offsetTime(app.clock.now()),
    accepted: isAccepted,
    missing,
    entry: entryProblems,
    cells: verdicts.map(({ cell, inspection, problems }) => ({
      ...cell,
      orderId: inspection?.order.id ?? null,
      amounts: inspection?.order.amounts ?? null,
      steps: inspection?.effects ?? [],
      questions: inspection?.order.attempt.asked ?? null,
      verdict: problems.length === 0 ? 'green' : 'red',
      problems,
    })),
  }
}

const MARKS: Record<Inspection['effects'][number]['state'], string> = {
  done: '',
  open: '（未了结）',
  refused: '（被拒）',
  dead: '（未生效）',
  lost: '（已作废）',
}

function inWords({ verdicts, missing, entryProblems }: Report): string {
  const lines = verdicts.flatMap(({ cell, inspection, problems }) => [
    `${problems.length === 0 ? '✓' : '✗'} ${titleOf(cell)}  ${cell.billNo}`,
    ...(inspection?.effects ?? []).map(
      ({ step, effect, number, state }) =>
        `    ${step.padEnd(4)}${effect.padEnd(18)}${number}${MARKS[state]}`,
    ),
    ...problems.map((sentence) => `    红：${sentence}`),
  ])
  const green = verdicts.filter(({ problems }) => problems.length === 0).length
  const rest = missing.length === 0 ? '' : `；还缺：${missing.join('、')}`
  const red = entryProblems.map((sentence) => `红：${sentence}`)
  return [...lines, ...red, '', `${green} 格绿，${verdicts.length - green} 格红${rest}`].join('\n')
}

const wish = readWish()
await runForOperator(USAGE, wish, (app) => accept(app, wish))
