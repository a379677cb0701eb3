import { describe, expect, it } from 'vitest'
import type { Db } from '../../src/store/database.ts'
import * as inbox from '../../src/store/inbox.ts'
import * as leases from '../../src/store/leases.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING
const UNTIL = NOW + 20_000

const lease = (owner: string, now = NOW, until = UNTIL) => ({ owner, now, until })

async function dueAt(db: Db, id: string): Promise<number | null> {
  const row = await db.q('orders').where({ id }).first('due_at')
  return row.due_at === null ? null : Number(row.due_at)
}

/** What a worker takes at `now`, without keeping it. */
async function due(db: Db, now: number): Promise<string[]> {
  const { ids } = await leases.takeDue(db, {
    ...lease(`worker at ${now}`, now, now + 1),
    questionUntil: now + 1,
    limit: 10,
  })
  return ids
}

const release = (db: Db, id: string, owner: string, at: number | null) =>
  leases.release(db, { orderId: id, owner, dueAt: at })

const notice = (changes: Partial<inbox.InboxItem> = {}): inbox.InboxItem => ({
  id: 'notice',
  source: 'icbc',
  kind: 'self-pay',
  raw: '{}',
  receivedAt: NOW,
  readyAt: NOW,
  ...changes,
})

describeDatabases((_, openFresh) => {
  describe('taking an order', () => {
    it('[SC-Q09] succeeds for one of many at the same instant', async () => {
      const db = await openFresh()
      for (let round = 0; round < 10; round += 1) {
        const { id } = await storedOrder(db)
        const handles = [db, secondHandle(db), db, secondHandle(db)]
        const taken = await Promise.all(
          handles.map((handle, no) => leases.take(handle, id, lease(`actor ${no}`))),
        )
        expect(taken.filter(Boolean)).toHaveLength(1)
      }
    })

    it('[SC-Q09] who lost it and who has it give it back in one statement: the holder’s instant counts', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      await leases.take(db, id, lease('slow'))
      await leases.take(db, id, lease('next', UNTIL, UNTIL + 20_000))
      await Promise.all([release(db, id, 'slow', null), release(db, id, 'next', UNTIL + 5)])
      expect(await dueAt(db, id)).toBe(UNTIL + 5)
    })

    it('is refused until the lease has ended, and then succeeds without its holder', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      expect(await leases.take(db, id, lease('dead'))).toBe(true)
      expect(await leases.take(db, id, lease('next', UNTIL - 1, UNTIL + 9))).toBe(false)
      expect(await leases.take(db, id, lease('next', UNTIL, UNTIL + 9))).toBe(true)
    })

    it('of an unknown order is refused', async () => {
      const db = await openFresh()
      expect(await leases.take(db, 'nobody', lease('me'))).toBe(false)
    })
  })

  describe('taking what is due', () => {
    it('gives every due order to exactly one of two workers', async () => {
      const db = await openFresh()
      const ids: string[] = []
      for (let no = 0; no < 20; no += 1) ids.push((await storedOrder(db)).id)
      const handles = [db, secondHandle(db), db, secondHandle(db)]
      const taken = await Promise.all(
        handles.map((handle, no) =>
          leases.takeDue(handle, { ...lease(`worker ${no}`), questionUntil: NOW + 1, limit: 20 }),
        ),
      )
      const all = taken.flatMap(({ ids: some }) => some)
      expect(new Set(all).size).toBe(all.length)
      const { ids: rest } = await leases.takeDue(db, {
        ...lease('last'),
        questionUntil: NOW + 1,
        limit: 20,
      })
      expect([...all, ...rest].toSorted()).toEqual(ids.toSorted())
    })

    it('takes the oldest first, no more than the limit, and nothing before its time', async () => {
      const db = await openFresh()
      const late = await storedOrder(db, { createdAt: NOW + 5 })
      const early = await storedOrder(db, { createdAt: NOW - 5 })
      const now = await storedOrder(db, { createdAt: NOW })
      const { ids: taken } = await leases.takeDue(db, {
        ...lease('worker'),
        questionUntil: NOW + 1,
        limit: 1,
      })
      expect(taken).toEqual([early.id])
      expect(await due(db, NOW)).toEqual([now.id])
      expect(await due(db, NOW + 5)).toContain(late.id)
    })

    it('[SC-Q09] finds the order of a process that died, once its lease has ended', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      await leases.take(db, id, lease('dead'))
      expect(await due(db, UNTIL - 1)).toEqual([])
      expect(await due(db, UNTIL)).toEqual([id])
    })
  })

  describe('giving an order back', () => {
    it('says when it wants attention next', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      await leases.take(db, id, lease('me'))
      await release(db, id, 'me', NOW + 5_000)
      expect(await due(db, NOW + 4_999)).toEqual([])
      expect(await due(db, NOW + 5_000)).toEqual([id])
    })

    it('lets it rest for good when nothing is left to do', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      await leases.take(db, id, lease('me'))
      await release(db, id, 'me', null)
      expect(await dueAt(db, id)).toBeNull()
      expect(await due(db, UNTIL * 2)).toEqual([])
      expect(await leases.take(db, id, lease('next'))).toBe(true)
    })

    it('by somebody who no longer has it changes nothing', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      await leases.take(db, id, lease('late'))
      await leases.take(db, id, lease('next', UNTIL, UNTIL + 20_000))
      await release(db, id, 'late', null)
      expect(await leases.take(db, id, lease('thief', UNTIL + 1))).toBe(false)
      expect(await dueAt(db, id)).toBe(UNTIL + 20_000)
    })
  })

  describe('a notice', () => {
    it('[SC-P11] makes an order due that nothing else would wake', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db, {}, { outTradeNo: 'OUT1' })
      await leases.take(db, id, lease('me'))
      await leases.release(db, { orderId: id, owner: 'me', dueAt: null })
      expect(await due(db, NOW)).toEqual([])
      await inbox.insert(db, notice(), { outTradeNo: 'OUT1' })
      expect(await due(db, NOW)).toEqual([id])
    })

    it('[SC-P11] that came in while the order was held is not forgotten', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db, {}, { outTradeNo: 'OUT1' })
      await leases.take(db, id, lease('me'))
      await inbox.insert(secondHandle(db), notice(), { outTradeNo: 'OUT1' })
      expect(await due(db, NOW)).toEqual([])
      await leases.release(db, { orderId: id, owner: 'me', dueAt: null })
      expect(await due(db, NOW)).toEqual([id])
    })

    it('[SC-P11] is not forgotten either when it comes as the order is given back', async () => {
      const db = await openFresh()
      for (let round = 0; round < 20; round += 1) {
        const about = { outTradeNo: `OUT${round}` }
        const { id } = await storedOrder(db, {}, about)
        await leases.take(db, id, lease('me'))
        await Promise.all([
          leases.release(db, { orderId: id, owner: 'me', dueAt: null }),
          inbox.insert(secondHandle(db), notice({ id: `notice ${round}` }), about),
        ])
        expect(await due(db, NOW)).toEqual([id])
        await inbox.markApplied(db, `notice ${round}`, NOW)
      }
    })

    it('waits for its instant, and for the next one after an error', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db, { createdAt: NOW + 99 }, { outTradeNo: 'OUT1' })
      await inbox.insert(db, notice({ readyAt: NOW + 5 }), { outTradeNo: 'OUT1' })
      expect(await due(db, NOW + 4)).toEqual([])
      await inbox.rest(db, { orderId: id }, NOW + 10)
      expect(await due(db, NOW + 9)).toEqual([])
      expect(await due(db, NOW + 10)).toEqual([id])
    })
  })
})
