import { expect, it } from 'vitest'
import { moveTo } from '../../src/store/clearing-bank.ts'
import * as workItems from '../../src/store/work-items.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

const over = async (db: Parameters<typeof moveTo>[0], state: string): Promise<void> => {
  await db.q('orders').update({ state, due_at: null })
}

describeDatabases((_, openFresh) => {
  it('[SC-G05] the bank may be chosen freely while no order is open', async () => {
    const db = await openFresh()
    expect(await moveTo(db, 'standard-bank')).toBeNull()
    expect(await moveTo(db, 'standard-bank')).toBeNull()
    expect(await moveTo(db, 'icbc')).toBeNull()
    await storedOrder(db)
    await over(db, 'paid')
    expect(await moveTo(db, 'standard-bank')).toBeNull()
    expect(await db.q('clearing_bank').pluck('name')).toEqual(['standard-bank'])
  })

  it('[SC-G05] nobody leaves a bank at which an order is open, due, or in somebody’s work', async () => {
    const db = await openFresh()
    const { id } = await storedOrder(db)
    // A database from before the name was kept.
    expect(await moveTo(db, 'standard-bank')).toEqual({ bank: 'icbc', orders: 1 })
    expect(await moveTo(db, 'icbc')).toBeNull()
    for (const state of ['awaiting-payment', 'processing', 'refunding']) {
      await over(db, state)
      expect(await moveTo(db, 'standard-bank')).toEqual({ bank: 'icbc', orders: 1 })
    }
    await db.q('orders').update({ state: 'closed', due_at: MORNING })
    expect(await moveTo(db, 'standard-bank')).toEqual({ bank: 'icbc', orders: 1 })
    await over(db, 'needs-review')
    const kind = 'results-disagree' as const
    const item = { id: 'W1', subject: 'S', kind, orderId: id, sentence: '请核对', actions: [] }
    await workItems.create(db, { ...item, createdAt: MORNING, opensAgain: false })
    expect(await moveTo(db, 'standard-bank')).toEqual({ bank: 'icbc', orders: 1 })
    await db.q('work_items').update({ state: 'resolved' })
    expect(await moveTo(db, 'standard-bank')).toBeNull()
  })

  it('[SC-G05] processes that start together agree on one bank', async () => {
    const db = await openFresh()
    const handles = [db, secondHandle(db), db, secondHandle(db)]
    const answers = await Promise.all(handles.map((handle) => moveTo(handle, 'standard-bank')))
    expect(answers).toEqual([null, null, null, null])
    expect(await db.q('clearing_bank').pluck('name')).toEqual(['standard-bank'])
  })
})
