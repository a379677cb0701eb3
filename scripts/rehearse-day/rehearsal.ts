/**
 * A day of the hospital from its first payment to the report: the service and the pretend world run
 * on a clock that shows a day long over, and then on the time it is; finance staff's commands run
 * beside them, on the same database, in processes of their own.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { dailyReport } from '../../src/flows/reconciliation/daily-report.ts'
import { businessDate } from '../../src/payment/numbers.ts'
import { dayBefore, firstOf, monthOf } from '../../src/reconciliation/days.ts'
import { billOf, type HisBill } from '../../src/sandbox/his-bills.ts'
import { makeMistakes } from '../../src/sandbox/his-mistakes.ts'
import { ERRORS, INSURANCE_ERRORS } from '../../src/sandbox/settlement-files/errors.ts'
import { fastCrypto } from '../bench/fast-crypto.ts'
import { type DatabaseKind, openDatabases } from '../matrix/databases.ts'
import { startWholeService, type WholeService } from '../parts/whole-service.ts'
import { commandsBeside, expectCode, type Run } from './commands.ts'
import { breaksIn, judge, type FoundBreak, type Verdict, type Wrong } from './judge.ts'
import { PATIENT_SECRET, payAll, visitsOf } from './patients.ts'

export interface Wish {
  readonly payments: number
  readonly database: DatabaseKind
  readonly serverUrl: string
  /** What is going on, one Chinese clause. */
  readonly tell: (text: string) => void
}

export interface Rehearsed {
  readonly date: string
  readonly verdicts: readonly Verdict[]
  /** Differences that nobody ordered. */
  readonly strays: readonly FoundBreak[]
  /** Of the day as a whole, in Chinese. */
  readonly problems: readonly string[]
}

/** The 15th of the month before last: the bank's file, HIS and the bureau's month are all due. */
function rehearsedDay(): string {
  const lastMonth = dayBefore(firstOf(monthOf(businessDate(Date.now()))))
  return `${monthOf(dayBefore(firstOf(monthOf(lastMonth))))}-15`
}

export async function rehearse(wish: Wish): Promise<Rehearsed> {
  const date = rehearsedDay()
  const folder = mkdtempSync(join(tmpdir(), 'jianlian-rehearsal-'))
  const databases = openDatabases(wish.database, wish.serverUrl)
  try {
    const { url } = await databases.create()
    const service = await startWholeService({
      startsAt: Date.parse(`${date}T09:00:00+08:00`),
      patientSecret: PATIENT_SECRET,
      settlementFilesIn: join(folder, 'files'),
      sandboxCrypto: fastCrypto(),
      environment: {
        DATABASE_URL: url,
        // The schedule would write to the very books that are looked at.
        RECONCILE_BACK_DAYS: '1',
        // A busy machine answers late, and its patients look more often than a thumb may.
        LIMIT_PER_IP: '1000000',
        LIMIT_PER_DEVICE: '1000000',
        LIMIT_PER_DEVICE_PAYING: '1000000',
        CALL_TIMEOUT_MS: '60000',
        LEASE_MS: '120000',
      },
    })
    try {
      return await play(service, { ...wish, date, folder })
    } finally {
      await service.stop()
    }
  } finally {
    await databases.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Play extends Wish {
  readonly date: string
  readonly folder: string
}

async function play(service: WholeService, the: Play): Promise<Rehearsed> {
  const { date, payments, tell } = the
  const told = (done: number): void => tell(`${date}：已付 ${done}/${payments} 笔`)
  await payAll(service, visitsOf(date, payments), told)
  await atRest(service)
  const wrongs = await everythingGoesWrong(service, date)
  service.leap(Date.now() - service.app.clock.now())
  return reconciled(service, the, wrongs)
}

const AT_REST_WITHIN_MS = 600_000

/** Paid, written back, refunded: no intent is open but the question about money that came back. */
async function atRest({ app: { db } }: WholeService): Promise<void> {
  const end = performance.now() + AT_REST_WITHIN_MS
  for (;;) {
    const open = await db
      .q('intents')
      .where({ state: 'open' })
      .whereNot({ effect: 'recheck-refund' })
      .first<unknown>('number')
    const running = await db
      .q('refunds')
      .whereNotIn('state', ['refunded', 'rejected'])
      .first<unknown>('id')
    if (open === undefined && running === undefined) return
    if (performance.now() > end) throw new Error('还有订单没有了结')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

// ---------------------------------------------------------------- what goes wrong

const ISSUED = z.object({
  injected: z.array(
    z.object({
      error: z.enum(ERRORS),
      orderNo: z.string(),
      merchantNo: z.string(),
      refundNo: z.string(),
    }),
  ),
})

async function everythingGoesWrong({ sandbox }: WholeService, date: string): Promise<Wrong[]> {
  const issue = async (order: object): Promise<z.infer<typeof ISSUED>['injected']> => {
    const url = `${sandbox.url}/sandbox/settlement-files/issue`
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(order) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`对账文件没有写出：${text}`)
    return ISSUED.parse(JSON.parse(text)).injected
  }
  const bank = await issue({ book: 'bank', period: date, errors: ERRORS })
  const month = { book: 'insurance', period: monthOf(date), errors: INSURANCE_ERRORS }
  const insurance = await issue(month)
  const his = makeMistakes(sandbox.context, billsOf(sandbox).toReversed())
  return [
    ...bank.map((one) => ({ ...one, book: 'bank' as const })),
    ...his.map((one) => ({ ...one, book: 'his' as const })),
    ...insurance.map((one) => ({ ...one, book: 'insurance' as const })),
  ]
}

const billsOf = ({ context }: WholeService['sandbox']): HisBill[] =>
  [...context.registry.bills.keys()].flatMap((billNo) => billOf(context, billNo) ?? [])

// ---------------------------------------------------------------- what finance staff do

const ADDED = z.object({ key: z.string() })
const OPERATOR = '演练'

async function reconciled(
  service: WholeService,
  { date, folder, tell }: Play,
  wrongs: readonly Wrong[],
): Promise<Rehearsed> {
  const on = ['--date', date] as const
  const alone = commandsBeside(service.environment)
  const added = await alone('work-items', 'operator', 'add', OPERATOR, '--json')
  const { key } = ADDED.parse(JSON.parse(expectCode(added, 0, '登记操作员')))
  const run = commandsBeside({ ...service.environment, OPERATOR_KEY: key })
  const list = async (): Promise<FoundBreak[]> =>
    breaksIn(expectCode(await run('breaks', ...on, '--all', '--json'), 1, 'breaks'))

  tell(`${date}：对账`)
  expectCode(await run('reconcile', ...on), 1, 'reconcile')
  const before = await list()
  tell(`${date}：办理安全的动作`)
  const resolved = await run('resolve', 'safe', ...on, '--operator', OPERATOR)
  expectCode(resolved, 0, 'resolve safe')
  await atRest(service)
  tell(`${date}：再对账，写出日报`)
  const second = expectCode(await run('reconcile', ...on), 1, '第二次 reconcile')
  const report = await reported(run, date, join(folder, 'first'))
  const third = expectCode(await run('reconcile', ...on), 1, '第三次 reconcile')
  const again = await reported(run, date, join(folder, 'again'))
  const after = await list()
  const problems = [
    ...(second === third ? [] : ['再次对账的结果不同']),
    ...report.flatMap(({ name, bytes }, index) =>
      again[index]?.bytes.equals(bytes) ? [] : [`再次写出的 ${name} 不同`],
    ),
    ...(await cashProblems(service, date)),
  ]
  return { date, ...judge(wrongs, before, after), problems }
}

const FILES = ['report.xlsx', 'report.html'] as const

async function reported(
  run: Run,
  date: string,
  folder: string,
): Promise<{ name: string; bytes: Buffer }[]> {
  mkdirSync(folder)
  const outs = FILES.flatMap((name) => ['--out', join(folder, name)])
  expectCode(await run('report', '--date', date, ...outs), 1, 'report')
  return FILES.map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
}

/** What the day's cash proof says is held, and what the pretend bank and bureau hold by their own ledger. */
async function cashProblems({ app, sandbox }: WholeService, date: string): Promise<string[]> {
  const { proof } = await dailyReport(app, date)
  const held = { 'self-pay': 0, insurance: 0 }
  for (const { why, from, to, amountFen } of sandbox.world.ledger.movements) {
    if (to === 'bank') held['self-pay'] += amountFen
    if (from === 'bank') held['self-pay'] -= amountFen
    if (why === 'insurance-settlement') held.insurance += amountFen
    if (why === 'insurance-refund') held.insurance -= amountFen
  }
  return proof.legs.flatMap(({ leg, closingFen }) => {
    const expected = leg === 'self-pay' || leg === 'insurance' ? held[leg] : 0
    return closingFen === expected ? [] : [`资金核对 ${leg}：${closingFen} 分，应为 ${expected} 分`]
  })
}
