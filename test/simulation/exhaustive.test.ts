import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { explore } from '../../scripts/exhaustive/explore.ts'
import {
  type Course,
  courseName,
  COURSES,
  nameOf,
  scheduleOf,
} from '../../scripts/exhaustive/schedules.ts'
import { openStore } from '../../scripts/simulate/database.ts'
import { signWith } from '../../scripts/simulate/signatures.ts'
import { ROOT } from '../support/source-files.ts'

const MEANT_TO_LAST = 120_000

// Whatever runs after this file in its process signs with the real curve.
afterAll(() => void signWith('sm2'))

const course = (name: string): Course => {
  const found = scheduleOf(`${name}/none`)
  if (found === null) throw new Error(`no course ${name}`)
  return found
}

describe('the courses of one order', () => {
  it('are every order of every choice, once each', () => {
    const mixed = COURSES.filter(({ share }) => share === 'M')
    const names = COURSES.map((one) => `${courseName(one)}/none`)
    // Five things, the notice after the payment: 5!/2, and so on down to expiry alone.
    expect(mixed).toHaveLength(60 + (24 + 12 + 12) + (6 + 6 + 6 + 3) + (2 + 2 + 2) + 1)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) {
      const schedule = scheduleOf(name)
      expect(schedule && nameOf(schedule)).toBe(name)
    }
  })
})

describe('one order', () => {
  it(
    '[SC-P02, SC-P08, SC-Q09, SC-X02] paid while it is cancelled survives a death at every point',
    async () => {
      const explored = await explore(await openStore(), course('M/cancels-pays-expires'))
      expect(explored.violated).toEqual([])
      expect(explored.deaths).toBeGreaterThan(25)
      expect(explored.meetings).toBeGreaterThan(5)
    },
    MEANT_TO_LAST,
  )

  it(
    'survives a course that nobody has chosen',
    async () => {
      const short = COURSES.filter(({ happenings }) => happenings.length <= 3)
      const chosen = short[Date.now() % short.length] ?? course('M/expires')
      console.log(courseName(chosen))
      expect((await explore(await openStore(), chosen)).violated).toEqual([])
    },
    MEANT_TO_LAST,
  )

  it(
    'is seen when it goes wrong: own money returned while the insurance is open',
    () => {
      const { status, stdout } = spawnSync(
        join(ROOT, 'node_modules/.bin/node'),
        [
          '--import',
          './scripts/simulate/planted.ts',
          'scripts/exhaustive.ts',
          '--only',
          'MF28/question-pays-expires/none',
        ],
        {
          cwd: ROOT,
          env: { ...process.env, PLANT: 'refund-before-asking' },
          encoding: 'utf8',
        },
      )
      expect(stdout).toContain('no refund while the insurance is open')
      expect(status).toBe(1)
    },
    MEANT_TO_LAST,
  )
})
