import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sm3Hex } from '../../src/crypto/sm3.ts'
import { type Entry, isOpenFor, openPercent } from '../../src/payment/entry.ts'

const USERS = Array.from({ length: 10_000 }, (_, no) => sm3Hex(`entry:openid-${no}`))

const gradual = (percent: number, departments: readonly string[] = []): Entry => ({
  mode: 'gradual',
  percent,
  departments,
})

const admitted = (entry: Entry, department = '0301'): string[] =>
  USERS.filter((userHash) => isOpenFor(entry, { userHash, department }))

describe('a percentage', () => {
  it.each([1, 10, 50, 90])('[SC-O15] of %i lets in so many of 10,000 users, ± 1', (percent) => {
    const share = admitted(gradual(percent)).length / 100
    expect(Math.abs(share - percent)).toBeLessThanOrEqual(1)
  })

  it('[SC-O15] lets in nobody just at it, so that 50 is not a user more than half', () => {
    const half = { userHash: `80000000${'0'.repeat(56)}`, department: '0301' }
    expect(isOpenFor(gradual(50), half)).toBe(false)
    expect(isOpenFor(gradual(51), half)).toBe(true)
  })

  it('[SC-O15] lets in nobody at 0 and everybody at 100', () => {
    expect(admitted(gradual(0))).toEqual([])
    expect(admitted(gradual(100))).toHaveLength(USERS.length)
    const last = { userHash: 'f'.repeat(64), department: '0301' }
    expect(isOpenFor(gradual(100), last)).toBe(true)
    expect(isOpenFor(gradual(99), last)).toBe(false)
  })

  it.each([
    ['openid-1', 72],
    ['openid-2', 11],
    ['openid-3', 87],
  ])('[SC-O15] is stable: %s comes in at %i and not before, whatever the version', (user, from) => {
    const asking = { userHash: sm3Hex(`entry:${user}`), department: '0301' }
    expect(isOpenFor(gradual(from - 1), asking)).toBe(false)
    expect(isOpenFor(gradual(from), asking)).toBe(true)
  })

  it('[SC-O15] only adds users when it is raised', () => {
    const percent = fc.integer({ min: 0, max: 100 })
    fc.assert(
      fc.property(fc.string(), percent, percent, (user, one, other) => {
        const asking = { userHash: sm3Hex(user), department: '0301' }
        if (isOpenFor(gradual(Math.min(one, other)), asking))
          expect(isOpenFor(gradual(Math.max(one, other)), asking)).toBe(true)
      }),
    )
  })
})

describe('departments', () => {
  it('[SC-O15] are where the percentage is taken; the others stay closed', () => {
    const entry = gradual(10, ['0301', '0302'])
    expect(admitted(entry, '0301')).toEqual(admitted(gradual(10)))
    expect(admitted(entry, '0302')).toEqual(admitted(gradual(10)))
    expect(admitted(entry, '03')).toEqual([])
    expect(admitted(entry, '')).toEqual([])
  })
})

it('[SC-O14] closed lets in nobody, open everybody', () => {
  expect(admitted({ mode: 'closed' })).toEqual([])
  expect(admitted({ mode: 'open' })).toHaveLength(USERS.length)
})

it('what is open is one number for a graph', () => {
  expect(
    [{ mode: 'closed' } as const, gradual(10), { mode: 'open' } as const].map(openPercent),
  ).toEqual([0, 10, 100])
})
