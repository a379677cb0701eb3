import { describe, expect, it } from 'vitest'
import * as attempts from '../../src/store/attempts.ts'
import type { Db } from '../../src/store/database.ts'
import * as leases from '../../src/store/leases.ts'
import * as orders from '../../src/store/orders.ts'
import { describeDatabases } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING

async function heldBy(db: Db, owner: string) {
  const order = await storedOrder(db)
  await leases.take(db, order.id, { owner, now: NOW, until: NOW + 20_000 })
  return order
}

const askedOnGrid = async (db: Db, id: string) =>
  (await orders.byId(db, id))?.attempt.asked.grid ?? null

describeDatabases((_, openFresh) => {
  describe('writes of one turn of the event loop', () => {
    it('[SC-Q05] count each its own question, and the actor without a lease learns it', async () => {
      const db = await openFresh()
      const held = await Promise.all(Array.from({ length: 40 }, () => heldBy(db, 'me')))
      const lost = held[7]
      if (!lost) throw new Error('no order')
      await leases.release(db, { orderId: lost.id, owner: 'me', dueAt: null })
      const written = await Promise.all(
        held.map(({ id, attempt }, at) =>
          attempts.note(db, {
            orderId: id,
            attempt,
            lease: 'me',
            changes: { asked: { ...attempt.asked, grid: at + 1 } },
          }),
        ),
      )
      expect(written).toEqual(held.map((order) => order !== lost))
      for (const [at, order] of held.entries())
        expect(await askedOnGrid(db, order.id)).toBe(order === lost ? 0 : at + 1)
    })

    it('[SC-Q09] give each order back with its own instant, and none that another holds', async () => {
      const db = await openFresh()
      const mine = await Promise.all(Array.from({ length: 40 }, () => heldBy(db, 'me')))
      const other = await heldBy(db, 'other')
      await Promise.all(
        [...mine, other].map(({ id }, at) =>
          leases.release(db, { orderId: id, owner: 'me', dueAt: at === 3 ? null : NOW + at }),
        ),
      )
      const row = (id: string) =>
        db.q('orders').where({ id }).first('lease_owner', 'due_at') as Promise<{
          lease_owner: string | null
          due_at: unknown
        }>
      for (const [at, { id }] of mine.entries()) {
        const { lease_owner, due_at } = await row(id)
        expect(lease_owner).toBeNull()
        expect(due_at === null ? null : Number(due_at)).toBe(at === 3 ? null : NOW + at)
      }
      expect((await row(other.id)).lease_owner).toBe('other')
    })
  })
})
