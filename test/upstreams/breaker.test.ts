import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterCall,
  afterProbe,
  type BreakerRules,
  CLOSED,
  createBreakers,
  isResting,
  type Standing,
} from '../../src/upstreams/breaker.ts'
import { type Answer, done, refused, unlisted } from '../../src/upstreams/upstream.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const RULES: BreakerRules = { failures: 3, restMs: 30_000 }
const SILENT = { kind: 'unknown', cause: 'timeout' } as const
const UNSENT = { kind: 'unsent', cause: 'ECONNREFUSED' } as const

function start() {
  const clock = new VirtualClock()
  const changes: string[] = []
  const { 'mid-platform': breaker, bank } = createBreakers({
    rules: RULES,
    now: clock.now,
    changed: (upstream, to) => void changes.push(`${upstream} ${to}`),
  })
  const ends = async (...answers: Answer<unknown>[]): Promise<void> => {
    for (const answer of answers) await breaker.watch(Promise.resolve(answer))
  }
  return { clock, changes, breaker, bank, ends }
}

describe('a breaker', () => {
  it('[SC-A04] opens after so many calls in a row without an answer, and says so once', async () => {
    const { breaker, bank, changes, ends } = start()
    await ends(SILENT, UNSENT)
    expect(breaker.isResting()).toBe(false)
    await ends(SILENT, SILENT, SILENT)
    expect(breaker.isResting()).toBe(true)
    expect(changes).toEqual(['mid-platform open'])
    expect(bank.isResting()).toBe(false)
  })

  it.each<Answer<unknown>>([
    done(undefined),
    refused('E', 'no'),
    { kind: 'pending' },
    { kind: 'absent' },
    unlisted('code 4711'),
  ])('[SC-A04] takes any answer for one: %j', async (answer) => {
    const { breaker, changes, ends } = start()
    await ends(SILENT, SILENT, answer, SILENT, SILENT)
    expect(breaker.isResting()).toBe(false)
    await ends(SILENT, answer)
    expect(breaker.isResting()).toBe(false)
    expect(changes).toEqual(['mid-platform open', 'mid-platform closed'])
  })

  it('[SC-A04] lets one try after its rest, and the next after another', async () => {
    const { clock, breaker, ends } = start()
    await ends(SILENT, SILENT, SILENT)
    await clock.advance(RULES.restMs - 1)
    expect(breaker.isResting()).toBe(true)
    await clock.advance(1)
    expect(breaker.isResting()).toBe(false)
    breaker.probe()
    expect(breaker.isResting()).toBe(true)
    await clock.advance(RULES.restMs)
    expect(breaker.isResting()).toBe(false)
  })

  it('[SC-A04] hands every answer on unchanged, and a thrown bug too', async () => {
    const { breaker } = start()
    const answer = done('value')
    expect(await breaker.watch(Promise.resolve(answer))).toBe(answer)
    await expect(breaker.watch(Promise.reject(new Error('bug')))).rejects.toThrow('bug')
    expect(breaker.standing()).toEqual(CLOSED)
  })

  it('a probe where nothing rests changes nothing', () => {
    const { breaker } = start()
    breaker.probe()
    expect(breaker.isResting()).toBe(false)
  })
})

describe('whatever happens', () => {
  const events = fc.array(
    fc.record({ what: fc.constantFrom('answer', 'silence', 'probe'), ms: fc.nat(40_000) }),
  )

  it('[SC-A04] it rests never longer than one rest without a probe, and never after an answer', () => {
    fc.assert(
      fc.property(events, (story) => {
        let now = 0
        let standing: Standing = CLOSED
        let [silences, restFrom] = [0, 0]
        for (const { what, ms } of story) {
          now += ms
          const before = isResting(standing, now)
          if (what === 'probe' && !before) standing = afterProbe(standing, now, RULES)
          else if (what !== 'probe')
            standing = afterCall(standing, { answered: what === 'answer', at: now }, RULES)
          silences = what === 'answer' ? 0 : silences + (what === 'silence' ? 1 : 0)
          const rests = isResting(standing, now)
          if (rests && !before) restFrom = now
          if (rests) expect(silences).toBeGreaterThanOrEqual(RULES.failures)
          if (rests) expect(now - restFrom).toBeLessThan(RULES.restMs)
        }
      }),
    )
  })
})
