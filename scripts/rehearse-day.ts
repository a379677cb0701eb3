/**
 * `npm run rehearse-day`: a day of sandbox payments and refunds with an injected error of each class
 * in the books of bank, HIS and bureau, reconciled by the commands that finance staff type (SC-C03).
 */
import { ACTION_TEXT, ACTIONS } from '../src/reconciliation/actions.ts'
import { aligned } from './parts/aligned.ts'
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import { tell } from './reconciliation/command.ts'
import { BOOK_TEXT } from './reconciliation/words.ts'
import type { Verdict } from './rehearse-day/judge.ts'
import { LEAST_PAYMENTS } from './rehearse-day/patients.ts'
import { rehearse, type Rehearsed } from './rehearse-day/rehearsal.ts'

const USAGE = {
  command: 'npm run rehearse-day',
  help: `用法：npm run rehearse-day -- [--payments 笔数] [--database sqlite|mysql]

  对账演练：启动服务与模拟上游，患者经真实接口付款、退费；银行文件（SFTP）、HIS 台账、
  医保月度明细中每一类差错各注入一笔；随后依次运行 reconcile、breaks、resolve safe、
  reconcile、report，核对每笔差错只发现一次、归类正确、有中文说明，能安全了结的已了结，
  再次运行的日报逐字节相同，资金核对与银行、医保的账本一致。

  --payments 笔数   缺省 2000，至少 ${LEAST_PAYMENTS}
  --database 库     sqlite（缺省）或 mysql（MATRIX_DATABASE_URL，缺省 mysql://root@127.0.0.1:3306）
  --help            显示本页

退出码：0 全部相符，1 有不符或没有跑通，2 用法有误。

例：
  npm run rehearse-day
  npm run rehearse-day -- --payments 200 --database mysql`,
}

function readWish() {
  const { values } = readCommandLine(USAGE, {
    payments: { type: 'string', default: '2000' },
    database: { type: 'string', default: 'sqlite' },
  })
  const payments = Number(values.payments)
  if (!Number.isInteger(payments) || payments < LEAST_PAYMENTS)
    refuse(USAGE, `--payments 须为不小于 ${LEAST_PAYMENTS} 的整数，不是 ${values.payments}`)
  const known = ['sqlite', 'mysql'] as const
  const database = oneOf(USAGE, { option: '--database', given: values.database, known })
  const serverUrl = process.env['MATRIX_DATABASE_URL'] ?? 'mysql://root@127.0.0.1:3306'
  return { payments, database, serverUrl }
}

const actionText = (given: string): string => {
  const action = ACTIONS.find((known) => known === given)
  return action === undefined ? given : ACTION_TEXT[action]
}

const HEAD = ['账簿', '差错', '结果', '办理前的下一步', '办理后']

const lineOf = ({ wrong, found, after, problem }: Verdict): string[] => [
  BOOK_TEXT[wrong.book],
  wrong.error,
  problem === '' ? '相符' : `不符：${problem}`,
  found === null ? '' : actionText(found.action),
  after === null ? '' : after.state === 'closed' ? '已消除' : actionText(after.action),
]

function printed({ date, verdicts, strays, problems }: Rehearsed): boolean {
  for (const { found } of verdicts) console.log(found?.sentence ?? '')
  console.log(`\n${aligned([HEAD, ...verdicts.map(lineOf)]).join('\n')}`)
  for (const { key, sentence } of strays) console.log(`没有注入的差异：${key}\n    ${sentence}`)
  for (const problem of problems) console.log(problem)
  const wrong = verdicts.filter(({ problem }) => problem !== '').length
  const all = wrong + strays.length + problems.length
  console.log(
    `\n${date}：注入 ${verdicts.length} 笔差错，${all === 0 ? '全部相符' : `${all} 处不符`}。`,
  )
  return all === 0
}

const wish = readWish()
try {
  const began = performance.now()
  const rehearsed = await rehearse({ ...wish, tell })
  tell('')
  const isGreen = printed(rehearsed)
  console.log(`用时 ${Math.round((performance.now() - began) / 1000)} s`)
  process.exitCode = isGreen ? 0 : 1
} catch (error) {
  tell('')
  console.error(error instanceof Error ? error.message : String(error))
  // What could not be built to its end may still listen.
  process.exit(1)
}
