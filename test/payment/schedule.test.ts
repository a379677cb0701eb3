import { describe, expect, it } from 'vitest'
import {
  backOffMs,
  gridInstants,
  nextQuestion,
  type ScheduleSettings,
  STANDARD_SCHEDULE,
  tailInstants,
  windowEnd,
  windowIsOver,
} from '../../src/payment/schedule.ts'

const T0 = 1_763_600_000_000
const GRID = [20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80]
const TAIL = [
  110, 170, 290, 590, 1_190, 1_790, 2_390, 2_990, 3_590, 4_190, 4_790, 5_390, 5_990, 6_590, 7_190,
]

const at = (seconds: number): number => T0 + seconds * 1_000
const since = (instant: number): number => (instant - T0) / 1_000

/** The question after `last` seconds as seen at `now` seconds. */
function next(last: number | null, now: number, settings = STANDARD_SCHEDULE) {
  const question = nextQuestion(T0, last === null ? null : at(last), at(now), settings)
  return question && { ...question, at: since(question.at) }
}

/** Everything that is asked when nothing ever answers and the process never sleeps. */
function walk(settings: ScheduleSettings, from: { last: number | null; now: number }) {
  const asked: { at: number; why: string }[] = []
  let { last, now } = from
  for (;;) {
    const question = next(last, now, settings)
    if (question === null) return asked
    now = Math.max(now, question.at)
    asked.push({ at: now, why: question.kind === 'ask' ? question.why : 'give-up' })
    last = question.at
  }
}

describe('the grid', () => {
  it('[SC-Q03][SC-Q04][SC-Q05] asks at exactly thirteen instants from T0+20 s to T0+80 s', () => {
    expect(gridInstants(T0, STANDARD_SCHEDULE).map(since)).toEqual(GRID)
    expect(since(windowEnd(T0, STANDARD_SCHEDULE))).toBe(80)
  })

  it('[SC-Q02][SC-Q03] is silent until T0+20 s', () => {
    expect(next(null, 0)).toEqual({ kind: 'ask', at: 20, why: 'grid' })
    expect(next(null, 19.999)).toEqual({ kind: 'ask', at: 20, why: 'grid' })
  })

  it('[SC-Q04] does not shift when an answer was slow', () => {
    expect(next(20, 24.9)).toMatchObject({ at: 25 })
    expect(next(25, 29.999)).toMatchObject({ at: 30 })
    expect(next(30, 30)).toMatchObject({ at: 35 })
  })

  it('[SC-Q04] gives a question less time than the period, so that two never overlap', () => {
    expect(STANDARD_SCHEDULE.questionTimeoutMs).toBeLessThan(STANDARD_SCHEDULE.periodMs)
  })

  it('still asks for an instant that a busy process reached a little late', () => {
    expect(next(25, 30.2)).toEqual({ kind: 'ask', at: 30, why: 'grid' })
    expect(next(null, 20.05)).toEqual({ kind: 'ask', at: 20, why: 'grid' })
  })

  it('[SC-Q05] is over once the question at T0+80 s was asked, and not before', () => {
    expect(windowIsOver(T0, null, STANDARD_SCHEDULE)).toBe(false)
    expect(windowIsOver(T0, at(75), STANDARD_SCHEDULE)).toBe(false)
    expect(windowIsOver(T0, at(80), STANDARD_SCHEDULE)).toBe(true)
    const withoutGrid = { ...STANDARD_SCHEDULE, windowMs: 0, includeWindowEnd: false }
    expect(windowIsOver(T0, null, withoutGrid)).toBe(true)
  })
})

describe('after a restart', () => {
  it('[SC-Q09] killed at T0+33, back at T0+41: the next question is at T0+45', () => {
    expect(next(30, 41)).toEqual({ kind: 'ask', at: 45, why: 'grid' })
  })

  it('[SC-Q09] away for exactly one period: the instant of now is asked, the one before is not', () => {
    expect(next(20, 29.999)).toMatchObject({ at: 25 })
    expect(next(20, 30)).toMatchObject({ at: 30 })
  })

  it('[SC-Q09] what was missed stays missed: back at any instant, the grid never moves', () => {
    for (let now = 36; now < 80; now += 0.25) {
      const question = next(30, now)
      expect(question?.kind).toBe('ask')
      expect(GRID).toContain(question?.at)
      if (now >= 40) expect(question?.at).toBeGreaterThanOrEqual(now)
    }
  })

  it('[SC-Q09] back at T0+200: one question of the grid at once, then the tail', () => {
    expect(next(30, 100)).toEqual({ kind: 'ask', at: 80, why: 'grid' })
    expect(next(30, 200)).toEqual({ kind: 'ask', at: 170, why: 'grid' })
    expect(windowIsOver(T0, at(170), STANDARD_SCHEDULE)).toBe(true)
    const asked = walk(STANDARD_SCHEDULE, { last: 30, now: 200 })
    expect(asked.filter((question) => question.why === 'grid')).toEqual([{ at: 200, why: 'grid' }])
    expect(asked[1]).toEqual({ at: 290, why: 'tail' })
  })

  it('[SC-Q09] back after everything: one question of the grid, then the end', () => {
    const asked = walk(STANDARD_SCHEDULE, { last: null, now: 100_000 })
    expect(asked.filter((question) => question.why === 'grid')).toHaveLength(1)
    expect(asked.at(-1)?.why).toBe('give-up')
    expect(asked.length).toBe(2)
  })

  it('never asks more than thirteen questions of the grid, whenever it was killed', () => {
    for (const last of [null, ...GRID])
      for (let now = last ?? 0; now < 300; now += 1.7) {
        const grid = walk(STANDARD_SCHEDULE, { last, now }).filter(({ why }) => why === 'grid')
        expect(grid.length).toBeLessThanOrEqual(13 - (last === null ? 0 : GRID.indexOf(last) + 1))
      }
  })

  it('counts a T0 that lies in the future as not yet due', () => {
    expect(next(null, -60)).toEqual({ kind: 'ask', at: 20, why: 'grid' })
  })
})

describe('the tail', () => {
  it('asks at 110, 170, 290, 590, 1190 s and then every ten minutes for two hours', () => {
    expect(tailInstants(T0, STANDARD_SCHEDULE).map(since)).toEqual(TAIL)
  })

  it('asks at the very end of the two hours no more: then a person is told', () => {
    const settings = { ...STANDARD_SCHEDULE, tailEndMs: 1_190_000 }
    expect(tailInstants(T0, settings).map(since)).toEqual([110, 170, 290, 590])
    expect(next(590, 600, settings)).toEqual({ kind: 'give-up', at: 1_190 })
  })

  it('asks at the instant itself, not only after it', () => {
    expect(next(80, 110)).toEqual({ kind: 'ask', at: 110, why: 'tail' })
    expect(next(110, 290)).toEqual({ kind: 'ask', at: 290, why: 'tail' })
  })

  it('follows the grid, ends once with giving up, and then asks nothing more', () => {
    expect(walk(STANDARD_SCHEDULE, { last: null, now: 0 })).toEqual([
      ...GRID.map((instant) => ({ at: instant, why: 'grid' })),
      ...TAIL.map((instant) => ({ at: instant, why: 'tail' })),
      { at: 7_200, why: 'give-up' },
    ])
    expect(next(7_200, 7_200)).toBeNull()
    expect(next(7_200, 1_000_000)).toBeNull()
  })

  it('asks once for everything it slept through', () => {
    expect(next(110, 1_000)).toEqual({ kind: 'ask', at: 590, why: 'tail' })
    expect(next(590, 1_000)).toEqual({ kind: 'ask', at: 1_190, why: 'tail' })
  })
})

describe('other settings', () => {
  it("reading A' leaves out the end of the window: twelve questions, the last at T0+75", () => {
    const settings = { ...STANDARD_SCHEDULE, includeWindowEnd: false }
    expect(gridInstants(T0, settings).map(since)).toEqual(GRID.slice(0, 12))
    expect(windowIsOver(T0, at(75), settings)).toBe(true)
  })

  it('scaled down a hundred times, keeps the shape', () => {
    const settings: ScheduleSettings = {
      ...STANDARD_SCHEDULE,
      firstDelayMs: 200,
      periodMs: 50,
      windowMs: 600,
      tailGapsMs: [300, 600, 1_200, 3_000],
      tailPeriodMs: 6_000,
      tailEndMs: 72_000,
      questionTimeoutMs: 40,
    }
    const asked = walk(settings, { last: null, now: 0 })
    const expected = walk(STANDARD_SCHEDULE, { last: null, now: 0 })
    expect(asked.map(({ why }) => why)).toEqual(expected.map(({ why }) => why))
    asked.forEach((question, i) => expect(question.at * 100).toBeCloseTo(expected[i]?.at ?? -1))
  })
})

describe('the back-off of what is tried for days', () => {
  it('[SC-X03] begins with a second, doubles, and stays at ten minutes', () => {
    const seconds = Array.from({ length: 14 }, (_, tries) => backOffMs(tries, 1_000) / 1_000)
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600])
    expect(backOffMs(10_000, 1_000)).toBe(600_000)
  })
})
