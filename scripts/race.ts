/**
 * `npm run race`: two service processes on one database, and for every paid bill two refunds of
 * 60 % at the same instant, one at each. Exactly one may be accepted (SC-R01).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { type OpenBill, payAll } from './bench/patients.ts'
import { type Rig, SERVICE_FLAGS, withRig } from './bench/rig.ts'
import type { BenchDatabase } from './bench/databases.ts'
import { readCommandLine, refuse } from './parts/command-line.ts'
import { type HisCall, hisCalls } from './parts/his-calls.ts'

const USAGE = {
  command: 'npm run race',
  help: `用法：npm run race -- [--pairs 数]

  两个服务进程共用一个 MariaDB；每张已付的自费账单由两个进程同时各发起一笔 60 % 的退费，
  只应受理其中一笔。最后按模拟银行的账本逐单核对。

  --pairs 数   账单数，缺省 1000
  --help       显示本页

退出码：0 全部相符，1 有不符或没有跑通，2 用法有误。

例：
  npm run race
  npm run race -- --pairs 100`,
}

const PART = 0.6
const SETTLED_WITHIN_MS = 300_000
const BILLS = z.array(z.object({ billNo: z.string(), patientId: z.string() }))
const PAGE = z.object({
  items: z.tuple([z.object({ amounts: z.object({ totalFen: z.number() }) })]),
})
const LEDGER = z.object({ balances: z.object({ bank: z.number() }) })
const AT_ONCE = 8

interface Tally {
  readonly accepted: number
  readonly refused: number
  /** Fen that the bank holds and should not, or should and does not, over all bills. */
  readonly differenceFen: number
}

async function race(rig: Rig, pairs: number): Promise<Tally> {
  const sandbox = await rig.startSandbox()
  const database = await rig.database()
  const start = async () => {
    const from = { databaseUrl: database.url, sandboxUrl: sandbox.ready }
    const environment = await rig.environment(from)
    return rig.start('service-process.ts', { environment, nodeOptions: SERVICE_FLAGS })
  }
  const services = [await start(), await start()] as const
  const [first, second] = services
  const bills = await sandbox.ask('bills', BILLS, { from: 0, count: pairs })
  await payAll({ serviceUrl: first.ready, sandboxUrl: sandbox.ready }, bills)
  await until(database, { state: 'paid', his_write_back: 'done' }, pairs)
  console.log(`${pairs} 张账单已付并入账，同时从两个进程各退 60 %`)
  const desks = [
    hisCalls(first.ready, rig.parameters),
    hisCalls(second.ready, rig.parameters),
  ] as const
  const answers = await atOnce(bills, (bill) => bothDesks(desks, bill))
  const accepted = answers.flat().filter(({ status }) => status === 202).length
  const refused = answers.flat().filter(isRefusal).length
  await nothingRuns(database)
  const differences = await atOnce(bills, async ({ billNo }) => {
    const totalFen = await totalOf(desks[0], billNo)
    const answer = await fetch(`${sandbox.ready}/sandbox/ledger?bill=${billNo}`)
    const held = LEDGER.parse(await answer.json()).balances.bank
    return Math.abs(held - (totalFen - Math.floor(totalFen * PART)))
  })
  return { accepted, refused, differenceFen: differences.reduce((sum, fen) => sum + fen, 0) }
}

async function totalOf(his: HisCall, billNo: string): Promise<number> {
  const { body } = await his('GET', `/his/orders?billNo=${billNo}`)
  return PAGE.parse(body).items[0].amounts.totalFen
}

async function bothDesks(
  desks: readonly [HisCall, HisCall],
  { billNo }: OpenBill,
): Promise<readonly HisAnswer[]> {
  const amountFen = Math.floor((await totalOf(desks[0], billNo)) * PART)
  const wish = { billNo, amountFen, reason: '竞争测试', operator: '窗口' }
  return Promise.all(desks.map((his, at) => insist(his, { ...wish, refundNo: `${billNo}-${at}` })))
}

/** "In progress" is no answer yet: the desk asks again under its number. */
async function insist(his: HisCall, wish: object): Promise<HisAnswer> {
  for (;;) {
    const answer = await his('POST', '/his/refunds', wish)
    if (answer.body['code'] !== 'request-in-progress') return answer
    await pause(100)
  }
}

type HisAnswer = Awaited<ReturnType<HisCall>>

const PROBLEM = z.object({ code: z.enum(['refund-in-progress', 'not-refundable']) })

/** Refused because of the other one; a 409 for anything else is no answer to the race. */
const isRefusal = ({ status, body }: HisAnswer): boolean =>
  status === 409 && PROBLEM.safeParse(body).success

/** Each bill once, a few at a time. */
async function atOnce<T>(
  bills: readonly OpenBill[],
  one: (bill: OpenBill) => Promise<T>,
): Promise<T[]> {
  const waiting = [...bills]
  const results: T[] = []
  const next = async (): Promise<void> => {
    for (let bill = waiting.shift(); bill; bill = waiting.shift()) results.push(await one(bill))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  return results
}

async function until(
  { q }: BenchDatabase,
  where: Record<string, string>,
  count: number,
): Promise<void> {
  const patience = Date.now() + SETTLED_WITHIN_MS
  for (;;) {
    const [row] = await q('orders').where(where).count<{ done: number }[]>('* as done')
    if (row?.done === count) return
    if (Date.now() > patience) throw new Error(`${row?.done} of ${count} orders are settled`)
    await pause(100)
  }
}

async function nothingRuns({ q }: BenchDatabase): Promise<void> {
  const patience = Date.now() + SETTLED_WITHIN_MS
  for (;;) {
    const [row] = await q('refunds')
      .whereNotNull('running_order_id')
      .count<{ running: number }[]>('* as running')
    if (row?.running === 0) return
    if (Date.now() > patience) throw new Error(`${row?.running} refunds still run`)
    await pause(100)
  }
}

const { values } = readCommandLine(USAGE, { pairs: { type: 'string', default: '1000' } })
const pairs = Number(values.pairs)
if (!Number.isInteger(pairs) || pairs < 1 || pairs > 100_000)
  refuse(USAGE, `--pairs 要一个 1 到 100000 的整数，不是 ${values.pairs}`)
const { accepted, refused, differenceFen } = await withRig((rig) => race(rig, pairs))
console.log(`accepted ${accepted}, refused ${refused}, ledger difference ${differenceFen}`)
process.exitCode = accepted === pairs && refused === pairs && differenceFen === 0 ? 0 : 1
