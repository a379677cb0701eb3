import { describe, expect, it } from 'vitest'
import * as billLocks from '../../src/store/bill-locks.ts'
import { commitAs, type Db } from '../../src/store/database.ts'
import * as orders from '../../src/store/orders.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { anOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING

const lock = (desk: string, since = NOW, billNo = 'MZ1') => ({
  billNo,
  desk,
  since,
  until: since + 60_000,
})

/** As the flows do it: the lock's row is the one door, and each looks for the other behind it. */
async function deskTakes(db: Db, billNo: string): Promise<boolean> {
  const taken = commitAs(db, 'bill-locked', async (trx) => {
    if (!(await billLocks.take(trx, lock('desk 1', NOW, billNo)))) return false
    if (await orders.holderOf(trx, billNo)) throw new Error('held online')
    return true
  })
  return taken.catch(() => false)
}

async function patientOpens(db: Db, billNo: string): Promise<boolean> {
  return commitAs(db, 'order-opened', async (trx) => {
    if (!(await billLocks.take(trx, { ...lock('order', NOW, billNo), until: NOW + 1 })))
      return false
    await billLocks.release(trx, billNo, 'order')
    return orders.insert(trx, anOrder({ billNo }))
  })
}

describeDatabases((_, openFresh) => {
  describe('the lock of a bill', () => {
    it('belongs to one desk, which alone may extend it', async () => {
      const db = await openFresh()
      expect(await billLocks.take(db, lock('desk 1'))).toBe(true)
      expect(await billLocks.take(db, lock('desk 2', NOW + 1))).toBe(false)
      expect(await billLocks.take(db, lock('desk 1', NOW + 2))).toBe(true)
      expect(await billLocks.find(db, 'MZ1', NOW + 3)).toEqual(lock('desk 1', NOW + 2))
    })

    it('ends by itself', async () => {
      const db = await openFresh()
      await billLocks.take(db, lock('desk 1'))
      expect(await billLocks.find(db, 'MZ1', NOW + 60_000)).toBeNull()
      expect(await billLocks.take(db, lock('desk 2', NOW + 59_999))).toBe(false)
      expect(await billLocks.take(db, lock('desk 2', NOW + 60_000))).toBe(true)
    })

    it('is given back only by its own desk', async () => {
      const db = await openFresh()
      await billLocks.take(db, lock('desk 1'))
      await billLocks.release(db, 'MZ1', 'desk 2')
      expect(await billLocks.find(db, 'MZ1', NOW)).not.toBeNull()
      await billLocks.release(db, 'MZ1', 'desk 1')
      expect(await billLocks.find(db, 'MZ1', NOW)).toBeNull()
    })

    it('[SC-P02] a desk and a patient that come at the same instant never both get the bill', async () => {
      const db = await openFresh()
      for (let round = 0; round < 15; round += 1) {
        const billNo = `MZ-${round}`
        const other = secondHandle(db)
        const both = [deskTakes(db, billNo), patientOpens(other, billNo)]
        const got = await Promise.all(round % 2 === 0 ? both : both.toReversed())
        expect(got.filter(Boolean)).toHaveLength(1)
      }
    })
  })
})
