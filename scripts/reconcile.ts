/** `npm run reconcile`: a business date against the books of bank, HIS and insurance (§6.3). */
import type { App } from '../src/app.ts'
import { reconcile, type Reconciled } from '../src/flows/reconciliation/reconcile.ts'
import { type BookName, BOOKS, daysBetween, DUE_DAYS } from '../src/reconciliation/ageing.ts'
import { businessDate } from '../src/payment/numbers.ts'
import { oneOf, readCommandLine } from './parts/command-line.ts'
import { type Printed, runForOperator } from './parts/operator-command.ts'
import {
  dayOf,
  EXIT_CODES,
  SAME_SETTINGS,
  tell,
  whoRuns,
  yesterday,
} from './reconciliation/command.ts'
import {
  BOOK_TEXT,
  COULD_NOT,
  exitCodeOf,
  resultText,
  resultValue,
} from './reconciliation/words.ts'

const USAGE = {
  command: 'npm run reconcile',
  help: `用法：npm run reconcile -- [--date 日期] [--book bank|his|insurance] [--json]

  取得对方账单，与本系统逐笔核对，记录差异；同一天可反复运行，已相符的差异自动消除。
  --date    业务日期，默认昨天     --book    只对一方，默认全部
  --json    以 JSON 输出           --help    显示本页

${EXIT_CODES}没有收到对方账单时不对账，也绝不当作空账单。
${SAME_SETTINGS}

例：
  npm run reconcile
  npm run reconcile -- --date 2026-11-19
  npm run reconcile -- --date 2026-11-19 --book bank --json`,
}

const { values } = readCommandLine(USAGE, {
  date: { type: 'string' },
  book: { type: 'string' },
  json: { type: 'boolean', default: false },
})
const date = dayOf(USAGE, '--date', values.date ?? yesterday())
const book =
  values.book === undefined
    ? null
    : oneOf(USAGE, { option: '--book', given: values.book, known: BOOKS })

/** Who asked for every book gets those that there are; the month's is not yet due at first. */
function isExpected(app: App, result: Reconciled): boolean {
  if (book !== null || result.kind === 'done') return true
  if (result.why === 'not-configured') return false
  const age = daysBetween(date, businessDate(app.clock.now()))
  return result.book !== 'insurance' || result.why !== 'absent' || age > DUE_DAYS.insurance
}

async function run(app: App): Promise<Printed> {
  const results: Reconciled[] = []
  for (const each of book === null ? BOOKS : [book]) results.push(await one(app, each))
  const expected = results.filter((result) => isExpected(app, result))
  return {
    text: results.map(resultText).join('\n\n'),
    value: results.map(resultValue),
    exitCode: expected.length === 0 ? COULD_NOT : exitCodeOf(expected),
  }
}

async function one(app: App, each: BookName): Promise<Reconciled> {
  const name = `${BOOK_TEXT[each]} ${date}`
  tell(`${name}：正在取得对方账单`)
  const progress = (rows: number): void => tell(`${name}：已读 ${rows} 笔`)
  const result = await reconcile(app, { book: each, date, startedBy: whoRuns(), progress })
  tell('')
  return result
}

await runForOperator(USAGE, { json: values.json, couldNot: COULD_NOT }, run)
