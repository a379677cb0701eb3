import { describe, expect, it } from 'vitest'
import type { Db } from '../../src/store/database.ts'
import * as keys from '../../src/store/idempotency-keys.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING
const DAY_MS = 86_400_000

const key = (owner: string, changes: { bodyHash?: string; now?: number } = {}) => ({
  scope: 'scope',
  bodyHash: 'body',
  now: NOW,
  owner,
  until: (changes.now ?? NOW) + 20_000,
  ...changes,
})

const atOnce = (db: Db, now: number): Promise<keys.KeyState[]> =>
  Promise.all(
    [db, secondHandle(db), db, secondHandle(db)].map((handle, no) =>
      keys.begin(handle, key(`caller ${no}`, { now })),
    ),
  )

const kinds = (states: readonly keys.KeyState[]): string[] =>
  states.map(({ kind }) => kind).toSorted()

describeDatabases((_, openFresh) => {
  describe('a request with an idempotency key', () => {
    it('[SC-P02] runs once when sent four times at once', async () => {
      const db = await openFresh()
      expect(kinds(await atOnce(db, NOW))).toEqual(['running', 'running', 'running', 'yours'])
    })

    it('hears the very same answer again, byte by byte', async () => {
      const db = await openFresh()
      await keys.begin(db, key('me'))
      const reply = { status: 201, body: '{"orderId":"1","text":"请完成医保授权"}' }
      await keys.answer(db, key('me'), reply)
      expect(await keys.begin(db, key('you'))).toEqual({ kind: 'answered', ...reply })
    })

    it('is refused with another body, running or answered', async () => {
      const db = await openFresh()
      await keys.begin(db, key('me'))
      const other = key('you', { bodyHash: 'other' })
      expect(await keys.begin(db, other)).toEqual({ kind: 'other-body' })
      await keys.answer(db, key('me'), { status: 200, body: '' })
      expect(await keys.begin(db, other)).toEqual({ kind: 'other-body' })
    })

    it('runs again for one caller when the first one died', async () => {
      const db = await openFresh()
      await keys.begin(db, key('dead'))
      expect(kinds(await atOnce(db, NOW + 19_999))).not.toContain('yours')
      expect(kinds(await atOnce(db, NOW + 20_000))).toEqual([
        'running',
        'running',
        'running',
        'yours',
      ])
    })

    it('runs again at once after an answer that is not kept', async () => {
      const db = await openFresh()
      await keys.begin(db, key('me'))
      await keys.abandon(db, key('me'))
      expect(kinds(await atOnce(db, NOW))).toEqual(['running', 'running', 'running', 'yours'])
    })

    it('ignores the answer of a caller who was overtaken', async () => {
      const db = await openFresh()
      await keys.begin(db, key('slow'))
      await keys.begin(db, key('next', { now: NOW + 20_000 }))
      await keys.answer(db, key('slow'), { status: 500, body: 'late' })
      expect(await keys.begin(db, key('third', { now: NOW + 20_001 }))).toEqual({ kind: 'running' })
    })

    it('is forgotten after 24 hours, another body included', async () => {
      const db = await openFresh()
      await keys.begin(db, key('me'))
      await keys.answer(db, key('me'), { status: 200, body: 'old' })
      const later = key('you', { bodyHash: 'other', now: NOW + DAY_MS })
      expect(await keys.begin(db, later)).toEqual({ kind: 'yours' })
      await keys.purge(db, NOW + DAY_MS)
      expect(await keys.begin(db, { ...later, owner: 'third' })).toEqual({ kind: 'running' })
      await keys.purge(db, NOW + 2 * DAY_MS)
      expect(await db.q('idempotency_keys').select()).toEqual([])
    })
  })
})
