/** What goes wrong in a run, and how often: some days are calm, some have everything at once. */
import type { Chance } from './chance.ts'
import type { DatabaseFault } from './database.ts'

export const WEATHERS = ['calm', 'network', 'power', 'database', 'outages', 'all'] as const
export type WeatherKind = (typeof WEATHERS)[number]

/** Probabilities for each call, statement or step, unless said otherwise. */
export interface Weather {
  readonly kind: WeatherKind
  readonly unsent: number
  readonly requestLost: number
  readonly answerLost: number
  readonly slow: number
  readonly twice: number
  readonly damaged: number
  readonly noticeLost: number
  readonly noticeLate: number
  readonly noticeTwice: number
  readonly forged: number
  readonly databaseBefore: number
  readonly databaseAfter: number
  readonly deadlock: number
  /** The database takes a moment, as it does on the best of days. */
  readonly slowStatement: number
  readonly kill: number
  /** The machine stands still for a while and then goes on as if nothing had been. */
  readonly pause: number
  readonly processes: 1 | 2
  /** The clocks of two machines, or of one before and after a restart, differ by this at most. */
  readonly skewMs: number
  /** Some hours of each upstream during which nobody is there. */
  readonly outages: readonly Outage[]
  /** UTC milliseconds. */
  readonly beginsAt: number
  /** Everything is well again from here on. */
  readonly calmAt: number
}

export interface Outage {
  /** Prefixes in the sandbox. */
  readonly at: readonly string[]
  readonly from: number
  readonly until: number
}

const HOUR = 3_600_000
/** Bills are paid during the first hour and a half; then there is time to pay late. */
export const ARRIVALS_MS = 5_400_000
const STORM_MS = 5 * HOUR
/** In Shanghai; the second one has midnight in its middle. */
const MORNING = Date.parse('2026-11-20T09:00:00+08:00')
const EVENING = Date.parse('2026-11-20T23:15:00+08:00')

const CALM: Omit<Weather, 'kind' | 'beginsAt' | 'calmAt'> = {
  unsent: 0,
  requestLost: 0,
  answerLost: 0,
  slow: 0,
  twice: 0,
  damaged: 0,
  noticeLost: 0,
  noticeLate: 0,
  noticeTwice: 0,
  forged: 0.1,
  databaseBefore: 0,
  databaseAfter: 0,
  deadlock: 0,
  slowStatement: 0.01,
  kill: 0,
  pause: 0,
  processes: 1,
  skewMs: 0,
  outages: [],
}

const NETWORK = {
  unsent: 0.02,
  requestLost: 0.05,
  answerLost: 0.06,
  slow: 0.08,
  twice: 0.03,
  damaged: 0.03,
  noticeLost: 0.25,
  noticeLate: 0.3,
  noticeTwice: 0.3,
  forged: 0.15,
} as const
const DATABASE = { databaseBefore: 0.001, databaseAfter: 0.001, deadlock: 0.002 } as const
const POWER = { kill: 1 / 2_500, pause: 1 / 2_500, processes: 2, skewMs: 1_500 } as const

/** Who may be down, each by the prefixes that are his in the sandbox: a hospital has one bank. */
const UPSTREAMS: readonly [string[], ...string[][]] = [
  ['/his'],
  ['/wechat'],
  ['/alipay'],
  ['/insurance'],
  ['/mid-platform'],
  ['/icbc', '/standard-bank'],
]

/** @param wanted instead of what chance would choose; the draws that follow stay the same */
export function weatherOf(chance: Chance, wanted: WeatherKind | null): Weather {
  const drawn = chance.pick([...WEATHERS])
  const kind = wanted ?? drawn
  const all = kind === 'all'
  const beginsAt = chance.hits(0.25) ? EVENING : MORNING
  const outages = kind === 'outages' || all ? someOutages(chance, beginsAt) : []
  return {
    kind,
    ...CALM,
    ...((kind === 'network' || all) && NETWORK),
    ...(kind === 'power' && {
      ...POWER,
      requestLost: 0.02,
      answerLost: 0.02,
      skewMs: chance.pick([0, 1_500, 1_500, 60_000]),
    }),
    ...((kind === 'database' || all) && DATABASE),
    ...(all && { ...POWER, kill: 1 / 8_000, pause: 1 / 8_000 }),
    outages,
    beginsAt,
    calmAt: beginsAt + ARRIVALS_MS + STORM_MS,
  }
}

function someOutages(chance: Chance, beginsAt: number): Outage[] {
  return Array.from({ length: chance.between(1, 5) }, () => {
    const from = beginsAt + chance.between(0, ARRIVALS_MS + 2 * HOUR)
    const until = from + chance.spread(10_000, 2 * HOUR)
    return { at: chance.pick(UPSTREAMS), from, until }
  })
}

export function databaseFault(
  weather: Weather,
  chance: Chance,
  tell: (kind: string, about: string) => void,
): DatabaseFault {
  const { databaseBefore, databaseAfter, deadlock } = weather
  if (databaseBefore + databaseAfter + deadlock === 0) return null
  const drawn = chance()
  const fault = faultAt(drawn, weather)
  if (fault !== null) tell(`database-${fault}`, 'statement or transaction')
  return fault
}

function faultAt(drawn: number, weather: Weather): DatabaseFault {
  const { databaseBefore, databaseAfter, deadlock } = weather
  if (drawn < databaseBefore) return 'before'
  if (drawn < databaseBefore + databaseAfter) return 'after'
  return drawn < databaseBefore + databaseAfter + deadlock ? 'deadlock' : null
}
