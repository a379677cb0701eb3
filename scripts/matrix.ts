/**
 * `npm run matrix`: every scenario × every business type, then every failure, over real HTTP with
 * service and pretend upstreams as separate processes (SC-O11). Exit 1 when a cell is red.
 */
import { oneOf, readCommandLine, refuse } from './parts/command-line.ts'
import { callsOf } from './matrix/evidence.ts'
import { FAILURES_AFTER_PAYING } from './matrix/after-paying.ts'
import { ENDINGS } from './matrix/endings.ts'
import { atBank, BANK_NAMES, BANKS } from './matrix/banks.ts'
import { CELLS } from './matrix/cells.ts'
import { FAILURES_BEFORE_PAYING } from './matrix/failures.ts'
import {
  commitPoints,
  KILLED_BETWEEN,
  killedAfter,
  namesKills,
  type Run,
  RUNS,
} from './matrix/kills.ts'
import { perform } from './matrix/perform.ts'
import { REFUNDS } from './matrix/refunds.ts'
import { isGreen, printSteps, printTable, writeJson } from './matrix/report.ts'
import { type Result, type Row, type SharedService } from './matrix/row.ts'
import { openStage, type Service, type ServiceWish, type Stage } from './matrix/stage.ts'
import { playSystem, SYSTEM_NAMES } from './matrix/systems/run.ts'

const USAGE = {
  command: 'npm run matrix',
  help: `用法：npm run matrix -- [选项]

  在真实 HTTP 上跑每种场景 × 每种业务，再跑每种异常；服务和模拟上游各是一个进程。
  不带选项时只跑工商银行总行接口（icbc）；其余银行接口用 --bank 各跑一遍。

  --database sqlite|mysql   缺省 sqlite；mysql 用 MATRIX_DATABASE_URL 或 mysql://root@127.0.0.1:3306，
                            每次新建数据库，用完删除
  --bank 银行               一次跑一种清算银行接口，缺省 icbc：
${BANK_NAMES.map((name) => `                              ${name.padEnd(17)}${BANKS[name].means}`).join('\n')}
  --system 系统             改为逐项跑另一系统的验收情形，每行带要求编号：
                            one-code 医保一码付，hrss-pay 人社支付平台，one-card 社会保障一卡通；
                            只与 --only、--json 合用
  --json 文件               每格的步骤、查询、效果、账本、回写与结论
  --only 文字               只跑名称含这段文字的行
  --scale 数字              标准的时间除以几，缺省 5；机器忙时取小
  --help                    显示本页

退费：--only 退费 跑全部退费行，--only R05 只跑这一种异常（R01…R12 见 src/sandbox/README.md）。
  每行逐个核对表 3 的调用，一个不多、一个不少：退1 申请、退2 校验、退3 授权、退4 医保（6203）、
  退5 自费、退6 通知渠道与 HIS 入账；只问不动的查询不计，标（被拒）（未到达）（重复，未再生效）的没有生效。
  再核对账本：患者已付减已退、银行持有、医保结算都与订单一致。
  §8a 自动退回（F01、F02、F21、F22、F23、F40）同样核对，只退自费一次。

末尾的表：查询 格/尾/刷 是定时、窗口后、患者刷新各查了几次；银行(分) 是银行仍持有的自费；HIS 是入账次数。

退出码：0 全绿，1 有红行或没有跑通，2 用法有误。

例：
  npm run matrix
  npm run matrix -- --only F01
  npm run matrix -- --bank standard-bank
  npm run matrix -- --only 混合 --json matrix.json
  npm run matrix -- --only killed --database mysql --scale 2
  npm run matrix -- --system one-code`,
}

/** Rows at once: each waits most of its time. A row with processes of its own counts the same. */
const AT_ONCE = 8
const KILLS_AT_ONCE = 4

/** The tail of two hours is cut so that its end can be seen: window until 80 s, tail 95 s, end 100 s. */
const sharedServices = (timeScale: number): Record<SharedService, ServiceWish> => ({
  usual: {},
  'by-institution-number': { settings: { ICBC_QUERY_BY_OUT_TRADE_NO: 'true' } },
  'short-tail': {
    settings: {
      SCHEDULE_TAIL_GAPS_MS: String(15_000 / timeScale),
      SCHEDULE_TAIL_END_MS: String(100_000 / timeScale),
    },
  },
  // Whoever learns something here was not asked to by the clock, however busy the machine is.
  'no-schedule': { settings: { SCHEDULE_FIRST_DELAY_MS: '300000' } },
  'quick-recheck': { settings: { REFUND_RECHECK_MS: '2000' } },
  'brief-exceptions': { settings: { REFUND_EXCEPTION_MS: '2000' } },
  'authorised-refunds': { settings: { REFUND_AUTHORISATION: 'mid-platform' } },
  'refund-all': { settings: { REFUND_TYPE: 'ALL', REFUND_ALL_RETURNS_CASH: 'no' } },
  'refund-all-with-cash': { settings: { REFUND_TYPE: 'ALL', REFUND_ALL_RETURNS_CASH: 'yes' } },
  // Over after the window and its first tail question, or the bank's own expiry comes first.
  'short-life': { settings: { ORDER_LIFE_MS: '40000', PAY_AUTH_LIFE_MS: '9000' } },
})

interface Cast {
  readonly shared: (name: SharedService) => Promise<Service>
  readonly stop: () => Promise<void>
}

function castOf(stage: Stage, timeScale: number): Cast {
  const wishes = sharedServices(timeScale)
  const running = new Map<SharedService, Promise<Service>>()
  return {
    shared: (name) => {
      const service = running.get(name) ?? stage.startService(wishes[name])
      running.set(name, service)
      return service
    },
    stop: async () => {
      for (const service of running.values()) await (await service).stop()
    },
  }
}

/** A commit may depend on timing; a row in which nobody died proves nothing. */
const TRIES_TO_DIE = 3

async function play(stage: Stage, cast: Cast, row: Row): Promise<Result> {
  const { on } = row
  if (typeof on === 'string') return perform(stage, row, await cast.shared(on))
  const deadly = on.dieAfter !== undefined || on.lose?.andDie === true
  let result = await playAlone(stage, row, on)
  if (!deadly) return result
  for (let tries = 1; result.deaths === 0 && tries < TRIES_TO_DIE; tries += 1)
    result = await playAlone(stage, row, on)
  if (result.deaths > 0) return result
  return { ...result, problems: [...result.problems, '进程没有在这里死去'] }
}

async function playAlone(stage: Stage, row: Row, on: ServiceWish): Promise<Result> {
  const own = await stage.startService(on)
  try {
    return await perform(stage, row, own)
  } finally {
    await own.stop()
  }
}

async function playAll(
  rows: readonly Row[],
  atOnce: number,
  one: (row: Row) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<Row, Result>()
  const waiting = rows.toSorted((a, b) => Number(b.long ?? false) - Number(a.long ?? false))
  const next = async (): Promise<void> => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      const result = await one(row)
      results.set(row, result)
      printSteps(result)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, next))
  return rows.flatMap((row) => results.get(row) ?? [])
}

/** The places to die are not listed by hand: a recorded run tells every commit there is. */
async function killRows(stage: Stage): Promise<Row[]> {
  const record = async (run: Run) => {
    const heard: string[] = []
    const service = await stage.startService({ heard: (commit) => heard.push(commit) })
    const { label, ...rest } = run
    const row: Row = { ...rest, id: `record${label}`, title: `记录${label}的全部提交`, on: 'usual' }
    await perform(stage, row, service)
    await service.stop()
    return commitPoints(heard).map((point) => ({ point, run }))
  }
  const recorded = (await Promise.all(RUNS.map(record))).flat()
  const known = new Set<string>()
  const rows: Row[] = []
  for (const { point, run } of recorded) {
    const place = `${point.commit} #${point.nth}`
    if (!known.has(place)) rows.push(killedAfter(point, run))
    known.add(place)
  }
  return [...rows, ...KILLED_BETWEEN]
}

const OPTIONS = {
  database: { type: 'string', default: 'sqlite' },
  bank: { type: 'string', default: 'icbc' },
  json: { type: 'string' },
  only: { type: 'string', default: '' },
  scale: { type: 'string', default: '5' },
  system: { type: 'string' },
} as const

const PLAIN = [
  ...CELLS,
  ...FAILURES_BEFORE_PAYING,
  ...FAILURES_AFTER_PAYING,
  ...ENDINGS,
  ...REFUNDS,
]

const named = (rows: readonly Row[], only: string): Row[] =>
  rows.filter(({ id }) => id.includes(only))

function noSuchRow(only: string, rows: readonly Row[]): never {
  const titles = rows.map(({ id }) => `  ${id}\n`).join('')
  return refuse(USAGE, `没有标题含“${only}”的行。有：\n${titles}`)
}

function readWish() {
  const { values } = readCommandLine(USAGE, OPTIONS)
  const { only, json, scale } = values
  const system =
    values.system === undefined
      ? null
      : oneOf(USAGE, { option: '--system', given: values.system, known: SYSTEM_NAMES })
  const database = oneOf(USAGE, {
    option: '--database',
    given: values.database,
    known: ['sqlite', 'mysql'],
  })
  const bank = oneOf(USAGE, { option: '--bank', given: values.bank, known: BANK_NAMES })
  const timeScale = Number(scale)
  if (!(timeScale > 0)) refuse(USAGE, `--scale 要一个正数，不是 ${scale}`)
  const known = [...PLAIN, ...KILLED_BETWEEN]
  if (system !== null) return { system, only, json, database, bank, timeScale }
  if (!namesKills(only) && named(known, only).length === 0) noSuchRow(only, known)
  return { system, only, json, database, bank, timeScale }
}

async function main(): Promise<number> {
  const { system, ...wish } = readWish()
  if (system !== null) return (await playSystem(system, wish)) ? 0 : 1
  return playMatrix(wish)
}

async function playMatrix(wish: Omit<ReturnType<typeof readWish>, 'system'>): Promise<number> {
  const { only, json, database, bank, timeScale } = wish
  const began = performance.now()
  const serverUrl = process.env['MATRIX_DATABASE_URL'] ?? 'mysql://root@127.0.0.1:3306'
  const stage = await openStage({ database, serverUrl, timeScale, bank })
  // A run that is given up leaves no database behind; the children end with their parent.
  process.once('SIGINT', () => void stage.close().then(() => process.exit(130)))
  const [first, period] = [20 / timeScale, 5 / timeScale]
  console.log(
    `数据库 ${database}；清算银行 ${bank}；时间 1:${timeScale}（标准在 T0 后 20 s 起每 5 s 查询，这里 ${first} s 起每 ${period} s）`,
  )
  const cast = castOf(stage, timeScale)
  const one = (row: Row): Promise<Result> => play(stage, cast, atBank(bank, row))
  const results: Result[] = []
  let kills = KILLED_BETWEEN
  try {
    results.push(...(await playAll(named(PLAIN, only), AT_ONCE, one)))
    if (namesKills(only)) kills = await killRows(stage)
    results.push(...(await playAll(named(kills, only), KILLS_AT_ONCE, one)))
    const signIns = (await callsOf(stage.sandboxUrl, '')).filter(({ call }) => call === '9001')
    console.log(`\n步骤 5 的签到（9001）：全部服务进程共 ${signIns.length} 次`)
  } finally {
    await cast.stop()
    await stage.close()
  }
  if (results.length === 0) noSuchRow(only, kills)
  printTable(results)
  const seconds = Math.round((performance.now() - began) / 1000)
  console.log(`用时 ${seconds} s`)
  if (json !== undefined) writeJson(json, results, { database, bank, timeScale, seconds })
  return results.every(isGreen) ? 0 : 1
}

process.exitCode = await main()
