/**
 * `npm run chaos`: real service processes on a real MariaDB, both killed every few seconds while
 * patients pay and want money back; then the bank's, HIS's and our books must agree fen by fen.
 */
import { readCommandLine, refuse } from './parts/command-line.ts'
import { startOwnMysql } from './chaos/own-mysql.ts'
import { type Outcome, runChaos } from './chaos/run.ts'

const USAGE = {
  command: 'npm run chaos',
  help: `用法：npm run chaos -- [选项]

  若干服务进程共用一个自己的 MariaDB（临时目录，不碰本机已有的数据库）；患者经 HTTP 付款、退费，
  其间每隔几秒强行终止（kill -9）一个服务进程，每隔几秒强行终止数据库，再各自启动。
  平静之后逐单、逐分核对银行与医保账、本系统订单、HIS 账。到时自行结束，只用本机地址。

  --minutes 数    最长分钟数，缺省 3
  --payments 数   付款笔数，缺省 5000
  --refunds 数    其中要求退费的笔数，缺省 1000
  --processes 数  服务进程数，缺省 3
  --seed 数       决定谁在何时被终止、患者如何行事；缺省随机并打印（真实进程，不能逐步重演）
  --json          结果为一行 JSON
  --help          显示本页

退出码：0 全部付完且核对相符，1 有不符或没有跑完，2 用法有误或本机没有 mariadbd。

例：
  npm run chaos
  npm run chaos -- --payments 500 --refunds 100 --minutes 1`,
}

const OPTIONS = {
  minutes: { type: 'string', default: '3' },
  payments: { type: 'string', default: '5000' },
  refunds: { type: 'string', default: '1000' },
  processes: { type: 'string', default: '3' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

const SHOWN = 50

function numberOf(name: string, text: string, [least, most]: readonly [number, number]): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  return refuse(USAGE, `--${name} 要一个 ${least} 到 ${most} 的整数，不是 ${text}`)
}

async function main(): Promise<void> {
  const { values } = readCommandLine(USAGE, OPTIONS)
  const seed = numberOf('seed', values.seed ?? String(1 + (Date.now() % 1e9)), [1, 2 ** 31])
  const payments = numberOf('payments', values.payments, [1, 1_000_000])
  const refunds = numberOf('refunds', values.refunds, [0, payments])
  const processes = numberOf('processes', values.processes, [1, 16])
  const longestMs = numberOf('minutes', values.minutes, [1, 600]) * 60_000
  const say = (line: string): void => (values.json ? undefined : console.log(line))
  const server = await startOwnMysql()
  if (server === null) refuse(USAGE, '本机没有 mariadbd 或 mysqld，无法启动自己的数据库')
  say(`seed ${seed}`)
  try {
    const outcome = await runChaos(server, {
      seed,
      payments,
      refunds,
      processes,
      longestMs,
      killEveryMs: [3_000, 6_000],
      mostKills: null,
      restartEveryMs: [7_000, 14_000],
      say,
    })
    console.log(values.json ? JSON.stringify(outcome) : report(outcome))
    const isRight = outcome.isSettled && outcome.violations.length === 0
    process.exitCode = isRight && outcome.payments === payments ? 0 : 1
  } finally {
    await server.stop()
  }
}

function report(outcome: Outcome): string {
  const { violations, states } = outcome
  const lines = [
    `已付 ${outcome.payments} 笔，受理退费 ${outcome.refundsAccepted} 笔，已退 ${outcome.refunds} 笔`,
    `订单 ${Object.entries(states)
      .map(([state, count]) => `${state} ${count}`)
      .join('，')}`,
    `终止服务进程 ${outcome.processesKilled} 次，终止数据库 ${outcome.databaseKilled} 次，未得到应答 ${outcome.unanswered} 次`,
    `付款 ${(outcome.loadMs / 1_000).toFixed(1)} 秒，之后 ${(outcome.settledMs / 1_000).toFixed(1)} 秒${outcome.isSettled ? '全部办结' : '仍未办结'}`,
    `不符 ${violations.length} 处`,
    ...violations
      .slice(0, SHOWN)
      .map(({ billNo, rule, what }) => `  ${billNo ?? '－'}  ${rule}：${what}`),
  ]
  return lines.join('\n')
}

await main()
