/** Plays every acceptance case of one of the other systems, and prints what was seen. */
import { writeFileSync } from 'node:fs'
import { startWholeService, type WholeService } from '../../parts/whole-service.ts'
import { pad, width } from '../columns.ts'
import { namesKills } from '../kills.ts'
import { type Case, KINDS, Unexpected } from './case.ts'
import { HRSS_PAY_CASES, HRSS_PAY_SETTINGS } from './hrss-pay.ts'
import { recordKills } from './kills.ts'
import { STORIES } from './mortal-stories.ts'
import { ONE_CARD_CASES } from './one-card.ts'
import { ONE_CODE_CASES, ONE_CODE_SETTINGS } from './one-code.ts'

interface System {
  readonly title: string
  readonly cases: readonly Case[]
  readonly settings: Readonly<Record<string, string>>
}

export const SYSTEMS = {
  'one-code': { title: '医保一码付', cases: ONE_CODE_CASES, settings: ONE_CODE_SETTINGS },
  'hrss-pay': { title: '人社支付平台', cases: HRSS_PAY_CASES, settings: HRSS_PAY_SETTINGS },
  'one-card': { title: '社会保障一卡通', cases: ONE_CARD_CASES, settings: {} },
} as const satisfies Record<string, System>
export type SystemName = keyof typeof SYSTEMS
export const SYSTEM_NAMES: readonly SystemName[] = ['one-code', 'hrss-pay', 'one-card']

/** One machine plays them all: nobody may be turned away for that. */
const UNLIMITED = {
  LIMIT_PER_IP: '1000000',
  LIMIT_PER_DEVICE: '1000000',
  LIMIT_PER_DEVICE_PAYING: '1000000',
  ONE_CARD_CALLS_PER_SECOND: '1000',
  BREAKER_FAILURES: '1000000',
  RETRY_FIRST_MS: '200',
}

const AT_ONCE = 6

interface Played {
  readonly of: Case
  readonly seen: string
  readonly problem: string | null
  readonly ms: number
}

/** @returns whether every case came out as it must. */
export async function playSystem(
  name: SystemName,
  { only, json }: { only: string; json: string | undefined },
): Promise<boolean> {
  const { title, cases, settings }: System = SYSTEMS[name]
  const environment = { ...UNLIMITED, ...settings }
  const kills = namesKills(only) ? await recordKills(STORIES[name], environment) : null
  const chosen = [...cases, ...(kills?.cases ?? [])].filter((one) =>
    `${one.ids} ${one.title}`.includes(only),
  )
  console.log(`${title}（沙盒，不动真钱）：${chosen.length} 项\n`)
  const shared = await startWholeService({ environment })
  try {
    const results: Played[] = []
    // Everybody here shares one event loop: who turns clocks or storms comes when the others are done.
    for (const group of [isShared, isAlone, isKill])
      results.push(
        ...(await inTurns(chosen.filter(group), (one) => play(one, shared, environment))),
      )
    report(results)
    if (json !== undefined) write(json, name, results)
    return results.every(({ problem }) => problem === null)
  } finally {
    await shared.stop()
    await kills?.close()
  }
}

const isAlone = ({ alone }: Case): boolean => alone !== undefined
const isKill = ({ kind }: Case): boolean => kind === 'killed'
const isShared = (of: Case): boolean => !isAlone(of) && !isKill(of)

async function inTurns(
  cases: readonly Case[],
  one: (of: Case) => Promise<Played>,
): Promise<Played[]> {
  const results: Played[] = []
  const waiting = [...cases.entries()]
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      results[next[0]] = await one(next[1])
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}

async function play(
  of: Case,
  shared: WholeService,
  environment: Readonly<Record<string, string>>,
): Promise<Played> {
  const began = performance.now()
  const { alone } = of
  const own =
    alone &&
    (await startWholeService({ ...alone, environment: { ...environment, ...alone.environment } }))
  try {
    const seen = await of.play(own ?? shared)
    return { of, seen, problem: null, ms: performance.now() - began }
  } catch (error) {
    const problem = error instanceof Unexpected ? error.message : String(error)
    return { of, seen: '', problem, ms: performance.now() - began }
  } finally {
    await own?.stop()
  }
}

function report(results: readonly Played[]): void {
  const rows = results.map(({ of: { ids, kind, title }, seen, problem }) => [
    problem === null ? '✓' : '✗',
    ids,
    KINDS[kind],
    title,
    problem ?? seen,
  ])
  const columns = [0, 1, 2, 3].map((at) => Math.max(...rows.map((row) => width(row[at] ?? ''))))
  for (const row of rows) console.log(row.map((text, at) => pad(text, columns[at] ?? 0)).join('  '))
  const red = results.filter(({ problem }) => problem !== null)
  console.log(`\n共 ${results.length} 项，${results.length - red.length} 绿，${red.length} 红`)
}

function write(file: string, system: SystemName, results: readonly Played[]): void {
  const cells = results.map(({ of: { ids, kind, title }, seen, problem, ms }) => ({
    ids,
    kind,
    title,
    seen,
    verdict: problem === null ? 'green' : 'red',
    problem,
    ms: Math.round(ms),
  }))
  writeFileSync(file, `${JSON.stringify({ system, cells }, null, 2)}\n`)
}
