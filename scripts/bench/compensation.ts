/** Step 12 under load: many orders in flight, each asked on its own grid. */
import { z } from 'zod'
import { readSettings } from '../../src/config.ts'
import { gridInstants, type ScheduleSettings } from '../../src/payment/schedule.ts'
import type { BenchDatabase } from './databases.ts'
import { below, type Figure, percent, percentile, type Wish } from './figures.ts'
import { METER, type Meter } from './meter.ts'
import { profiling, SERVICE_FLAGS, withRig } from './rig.ts'
import { insertStandingOrders, mixTradeNoOf } from './standing-orders.ts'

const ORDERS = 2_000
const LATE_MS = 250
const STALL_MS = 50
/** From the first insert to the first question. */
const SET_UP_MS = 12_000
/** A clock of another process rounds otherwise. */
const EARLY_MS = 20

const QUESTIONS = z.array(z.object({ number: z.string(), at: z.number() }))
type Question = z.infer<typeof QUESTIONS>[number]

interface Plan {
  readonly schedule: ScheduleSettings
  readonly grids: ReadonlyMap<string, readonly number[]>
  readonly firstAt: number
  readonly lastAt: number
}

interface Shape {
  readonly spreadMs: number
  readonly settings: Readonly<Record<string, string>>
}

const FULL: Shape = { spreadMs: 60_000, settings: {} }
/** The same crowd and the same peak of 400 questions a second, for seconds instead of minutes. */
const QUICK: Shape = {
  spreadMs: 10_000,
  settings: { SCHEDULE_FIRST_DELAY_MS: '14000', SCHEDULE_WINDOW_MS: '15000' },
}

export function compensation(wish: Wish): Promise<Figure[]> {
  const shape = wish.quick ? QUICK : FULL
  return withRig(async (rig) => {
    const sandbox = await rig.startSandbox()
    const database = await rig.database()
    const environment = {
      ...(await rig.environment({ databaseUrl: database.url, sandboxUrl: sandbox.ready })),
      ...shape.settings,
    }
    const { schedule } = readSettings(environment)
    const began = Date.now() + SET_UP_MS - schedule.firstDelayMs
    const t0Of = (at: number): number => began + Math.floor((at * shape.spreadMs) / ORDERS)
    await sandbox.ask('book', z.unknown(), { count: ORDERS })
    await insertStandingOrders(environment, { count: ORDERS, t0Of })
    const nodeOptions = [...SERVICE_FLAGS, ...profiling(wish.profileFolder)]
    const service = await rig.start('service-process.ts', { environment, nodeOptions })
    const plan = planOf(schedule, t0Of)
    wish.note(inWords(plan))
    if (Date.now() > plan.firstAt) throw new Error('setting up took too long')
    await until(plan.firstAt - 500)
    for (const child of [service, sandbox]) await child.ask('meter-begin', z.unknown())
    await until(plan.lastAt + 3_000)
    const meter = await service.ask('meter-read', METER)
    const load = await sandbox.ask('meter-read', METER)
    const arrived = await sandbox.ask('questions', QUESTIONS)
    const left = await questionsSent(database)
    return judged(wish, { plan, arrived, left, meter, load })
  })
}

function planOf(schedule: ScheduleSettings, t0Of: (at: number) => number): Plan {
  const grids = new Map<string, readonly number[]>()
  for (let at = 0; at < ORDERS; at += 1)
    grids.set(mixTradeNoOf(at), gridInstants(t0Of(at), schedule))
  const all = [...grids.values()].flat()
  // Spreading 26,000 numbers into Math.max is fine; more would not be.
  return { schedule, grids, firstAt: Math.min(...all), lastAt: Math.max(...all) }
}

function inWords({ grids, firstAt, lastAt }: Plan): string {
  const all = [...grids.values()].flat()
  const perSecond = new Map<number, number>()
  for (const at of all) {
    const second = Math.floor(at / 1_000)
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
  }
  const peak = Math.max(...perSecond.values())
  const seconds = ((lastAt - firstAt) / 1_000).toFixed(0)
  return `compensation: ${grids.size} orders, ${all.length} questions in ${seconds} s, at most ${peak}/s`
}

async function until(instant: number): Promise<void> {
  const ms = instant - Date.now()
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
}

/** The same questions as the service wrote them down when they left. */
async function questionsSent({ q }: BenchDatabase): Promise<Question[]> {
  const rows: { number: string; at: unknown }[] = await q('exchanges')
    .where({ call: 'queryorder', phase: 'sent' })
    .select('number', 'at')
  return rows.map(({ number, at }) => ({ number, at: Number(at) }))
}

interface Lateness {
  readonly latenessMs: readonly number[]
  readonly missed: number
  readonly asked: number
  readonly beside: number
}

/** A question belongs to the last instant that had come; the first one there answers for it. */
function lateness({ grids, schedule, lastAt }: Plan, questions: readonly Question[]): Lateness {
  const askedAt = new Map<string, Map<number, number>>()
  let beside = 0
  for (const { number, at } of questions) {
    if (at > lastAt + schedule.periodMs) continue
    const instant = grids.get(number)?.findLast((instant) => instant <= at + EARLY_MS)
    const known = askedAt.get(number) ?? new Map<number, number>()
    askedAt.set(number, known)
    if (instant === undefined || known.has(instant) || at - instant >= schedule.periodMs)
      beside += 1
    else known.set(instant, at - instant)
  }
  const latenessMs = [...askedAt.values()].flatMap((known) => [...known.values()])
  const wanted = [...grids.values()].reduce((sum, grid) => sum + grid.length, 0)
  const { length: asked } = latenessMs
  return { latenessMs, asked, missed: wanted - asked, beside }
}

function judged(
  wish: Wish,
  run: { plan: Plan; arrived: Question[]; left: Question[]; meter: Meter; load: Meter },
): Figure[] {
  const { plan, meter, load } = run
  const arrived = lateness(plan, run.arrived)
  const left = lateness(plan, run.left)
  const { asked, missed, beside } = arrived
  wish.note(`compensation: ${asked} asked, ${missed} missed, ${beside} beside the grid (tail)`)
  for (const [where, { latenessMs }] of [
    ['left the service', left],
    ['read by the bank', arrived],
  ] as const)
    wish.note(
      `compensation: ${where} p50 ${percentile(latenessMs, 0.5)} p90 ${percentile(latenessMs, 0.9)} ` +
        `p99 ${percentile(latenessMs, 0.99)} max ${percentile(latenessMs, 1)} ms late`,
    )
  wish.note(
    `compensation: service ${percent(meter.cpu)} of a core, ${meter.residentMiB.toFixed(0)} MiB; ` +
      `sandbox ${percent(load.cpu)}, longest stall ${load.longestStallMs.toFixed(0)} ms`,
  )
  const value = percentile(arrived.latenessMs, 0.99)
  return [
    below('compensation-p99', { value, limit: LATE_MS, unit: 'ms' }),
    below('compensation-missed', { value: missed, limit: 1, unit: 'questions' }),
    below('compensation-stall', { value: meter.longestStallMs, limit: STALL_MS, unit: 'ms' }),
  ]
}
