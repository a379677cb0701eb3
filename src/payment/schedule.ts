/**
 * When to ask the bank (§9; docs/standard.md 1.1; docs/rulings.md 2.6). Pure: instants in, instants
 * out. The grid is fixed to T0 and never shifts with slow answers or restarts.
 */

/** Why a question was asked; counted per attempt. */
export const QUESTION_REASONS = [
  'grid',
  'tail',
  'callback',
  'refresh',
  'forged',
  'close',
  'day-end',
] as const
export type QuestionReason = (typeof QUESTION_REASONS)[number]

export interface ScheduleSettings {
  /** Silence after T0 before the first question: 20 s. */
  readonly firstDelayMs: number
  /** Period of the grid: 5 s. */
  readonly periodMs: number
  /** Length of the window from the first question: 60 s. */
  readonly windowMs: number
  /** Reading A asks at the end of the window too: 13 questions. */
  readonly includeWindowEnd: boolean
  /** After the window: gaps of the sparse tail, then `tailPeriodMs` for ever. */
  readonly tailGapsMs: readonly number[]
  readonly tailPeriodMs: number
  /** The longest life of a prepay order: the tail ends when it has passed since T0. */
  readonly tailEndMs: number
  /** A question's own time-out; shorter than the period, so that questions never overlap. */
  readonly questionTimeoutMs: number
}

export const STANDARD_SCHEDULE: ScheduleSettings = {
  firstDelayMs: 20_000,
  periodMs: 5_000,
  windowMs: 60_000,
  includeWindowEnd: true,
  tailGapsMs: [30_000, 60_000, 120_000, 300_000],
  tailPeriodMs: 600_000,
  tailEndMs: 7_200_000,
  questionTimeoutMs: 4_000,
}

/** `give-up`: the prepay is dead and still nobody told the result; a person takes over, then `null`. */
export type NextQuestion =
  | { readonly kind: 'ask'; readonly at: number; readonly why: 'grid' | 'tail' }
  | { readonly kind: 'give-up'; readonly at: number }
  | null

/** Every instant of the grid: T0+20 s, then each 5 s, 13 in all with the standard's numbers. */
export function gridInstants(t0: number, settings: ScheduleSettings): number[] {
  const instants: number[] = []
  const last = windowEnd(t0, settings)
  for (let at = t0 + settings.firstDelayMs; at <= last; at += settings.periodMs) {
    if (at < last || settings.includeWindowEnd) instants.push(at)
  }
  return instants
}

export function windowEnd(t0: number, settings: ScheduleSettings): number {
  return t0 + settings.firstDelayMs + settings.windowMs
}

/** The sparse tail: 30 s, 1, 2, 5 min after the window, then every 10 min until `tailEndMs`. */
export function tailInstants(t0: number, settings: ScheduleSettings): number[] {
  const instants: number[] = []
  const end = t0 + settings.tailEndMs
  let at = windowEnd(t0, settings)
  for (const gap of settings.tailGapsMs) instants.push((at += gap))
  while (at + settings.tailPeriodMs <= end) instants.push((at += settings.tailPeriodMs))
  return instants.filter((instant) => instant < end)
}

/**
 * The question that follows `lastInstant` (null: none yet) as seen at `now`. A little late is still
 * in time; an instant that is a whole period late means that the process was away: the next one on
 * the grid is used (SC-Q09). When the whole window was missed, one question is asked at once; it
 * stands for every instant up to now, so that the tail does not ask at the same moment.
 */
export function nextQuestion(
  t0: number,
  lastInstant: number | null,
  now: number,
  settings: ScheduleSettings,
): NextQuestion {
  const after = lastInstant ?? Number.NEGATIVE_INFINITY
  const grid = gridInstants(t0, settings).filter((at) => at > after)
  const wasAway = grid.some((at) => now - at >= settings.periodMs)
  const timely = grid.find((at) => (wasAway ? at >= now : now - at < settings.periodMs))
  if (timely !== undefined) return { kind: 'ask', at: timely, why: 'grid' }
  const tail = tailInstants(t0, settings).filter((at) => at > after)
  const missedTail = tail.findLast((at) => at <= now)
  const missedWindow = grid.at(-1)
  if (missedWindow !== undefined)
    return { kind: 'ask', at: missedTail ?? missedWindow, why: 'grid' }
  const next = missedTail ?? tail[0]
  if (next !== undefined) return { kind: 'ask', at: next, why: 'tail' }
  const end = t0 + settings.tailEndMs
  return after >= end ? null : { kind: 'give-up', at: end }
}

/** The window is over once its last question was asked: time for the transaction record (SC-Q07). */
export function windowIsOver(
  t0: number,
  lastInstant: number | null,
  settings: ScheduleSettings,
): boolean {
  const last = gridInstants(t0, settings).at(-1)
  return last === undefined || (lastInstant !== null && lastInstant >= last)
}

/** Back-off of effects that are tried for days: `firstMs` (1 s), then doubled, at most 600 times it. */
export function backOffMs(tries: number, firstMs: number): number {
  return firstMs * Math.min(2 ** Math.min(tries, 10), 600)
}
