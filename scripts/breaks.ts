/** `npm run breaks`: what does not agree, and what became of it. */
import type { App } from '../src/app.ts'
import { plainTime } from '../src/payment/numbers.ts'
import { type Action, ACTION_TEXT, ACTIONS } from '../src/reconciliation/actions.ts'
import { BOOKS } from '../src/reconciliation/ageing.ts'
import { type BreakEvent, breaksOf, byKey, historyOf } from '../src/store/reconciliation.ts'
import { AppError } from '../src/errors.ts'
import { oneOf, readCommandLine } from './parts/command-line.ts'
import { type Printed, runForOperator } from './parts/operator-command.ts'
import { dayOf, SAME_SETTINGS } from './reconciliation/command.ts'
import {
  AGREED,
  breakText,
  breakValue,
  COULD_NOT,
  DIFFERENCES,
  isDifference,
} from './reconciliation/words.ts'

const USAGE = {
  command: 'npm run breaks',
  help: `用法：npm run breaks -- [差异编号] [--date 日期 | --from 日期 --to 日期] [--book 对方] [--all] [--json]

  列出尚未消除的差异；给出差异编号时显示其全部经过。
  --date    一个业务日期           --from、--to    一段日期，默认全部
  --book    bank、his、insurance   --all           也列出已查明和已消除的
  --json    以 JSON 输出           --help          显示本页

退出码：0 没有差异，1 有差异，2 未能运行。
${SAME_SETTINGS}

例：
  npm run breaks
  npm run breaks -- --date 2026-11-19 --book bank
  npm run breaks -- bank:2026-11-19:Pb:B0001`,
}

const { values, words } = readCommandLine(
  USAGE,
  {
    date: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    book: { type: 'string' },
    all: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
  1,
)
const day = (option: string, given: string | undefined, otherwise: string): string =>
  given === undefined ? otherwise : dayOf(USAGE, option, given)
const from = day('--date', values.date, day('--from', values.from, '0000-01-01'))
const to = day('--date', values.date, day('--to', values.to, '9999-12-31'))
const book =
  values.book === undefined
    ? {}
    : { book: oneOf(USAGE, { option: '--book', given: values.book, known: BOOKS }) }

async function list(app: App): Promise<Printed> {
  const stored = await breaksOf(app.db, { from, to, ...book })
  const shown = values.all ? stored : stored.filter(({ state }) => state === 'open')
  const head = shown.length === 0 ? '没有差异。' : `共 ${shown.length} 笔差异：`
  return {
    text: [head, ...shown.map(breakText)].join('\n'),
    value: shown.map(breakValue),
    exitCode: shown.some(isDifference) ? DIFFERENCES : AGREED,
  }
}

async function show(app: App, key: string): Promise<Printed> {
  const stored = await byKey(app.db, key)
  if (!stored) throw new AppError('not-found', '没有这个差异。')
  const history = await historyOf(app.db, key)
  return {
    text: [breakText(stored), '  经过：', ...history.map(eventText)].join('\n'),
    value: { ...breakValue(stored), history },
    exitCode: isDifference(stored) ? DIFFERENCES : AGREED,
  }
}

const WHAT_TEXT: Readonly<Record<BreakEvent['what'], string>> = {
  opened: '对账发现',
  changed: '对账：内容有变',
  reopened: '对账：再次出现',
  closed: '对账：已相符，消除',
  proposed: '提出',
  acted: '办理',
  handled: '结案',
}

const actionText = (given: string | null): string => {
  const action: Action | undefined = ACTIONS.find((known) => known === given)
  return action ? ACTION_TEXT[action] : ''
}

function eventText({ at, what, operator, action, note }: BreakEvent): string {
  const words = [WHAT_TEXT[what], actionText(action), operator, note]
  return `    ${plainTime(at)}  ${words.filter((word) => word).join('  ')}`
}

await runForOperator(USAGE, { json: values.json, couldNot: COULD_NOT }, (app) =>
  words[0] === undefined ? list(app) : show(app, words[0]),
)
