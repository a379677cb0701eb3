import { expect, it } from 'vitest'
import { moveTo as move, type OpenElsewhere } from '../../src/store/clearing-bank.ts'
import * as events from '../../src/store/events.ts'
import type { Db } from '../../src/store/database.ts'
import * as intents from '../../src/store/intents.ts'
import * as workItems from '../../src/store/work-items.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

const moveTo = (db: Db, to: string, overBefore = MORNING): Promise<OpenElsewhere | null> =>
  move(db, { to, overBefore })

const ONE = { bank: 'icbc', orders: 1, justOver: 0, notices: 0 }

const over = async (db: Db, state: string): Promise<void> => {
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
    expect(await moveTo(db, 'standard-bank')).toEqual(ONE)
    expect(await moveTo(db, 'icbc')).toBeNull()
    for (const state of ['awaiting-payment', 'processing', 'refunding']) {
      await over(db, state)
      expect(await moveTo(db, 'standard-bank')).toEqual(ONE)
    }
    await over(db, 'closed')
    const work = { number: 'N1', orderId: id, attemptNo: 1, dueAt: MORNING, createdAt: MORNING }
    await intents.open(db, { ...work, effect: 'revoke-upload' })
    expect(await moveTo(db, 'standard-bank')).toEqual(ONE)
    await db.q('intents').delete()
    await over(db, 'needs-review')
    const kind = 'results-disagree' as const
    const item = { id: 'W1', subject: 'S', kind, orderId: id, sentence: '请核对', actions: [] }
    await workItems.create(db, { ...item, createdAt: MORNING, opensAgain: false })
    expect(await moveTo(db, 'standard-bank')).toEqual(ONE)
    await db.q('work_items').update({ state: 'resolved' })
    expect(await moveTo(db, 'standard-bank')).toBeNull()
  })

  it('[SC-G05] a refund that is back, and only asked about, keeps nobody at its bank', async () => {
    const db = await openFresh()
    const { id } = await storedOrder(db)
    await over(db, 'refunded')
    const work = { number: 'N1', orderId: id, attemptNo: 1, dueAt: MORNING, createdAt: MORNING }
    await intents.open(db, { ...work, effect: 'recheck-refund' })
    expect(await moveTo(db, 'standard-bank')).toBeNull()
  })

  it('[SC-G05] [SC-P11] nobody leaves a bank that may still tell of money for an order just over', async () => {
    const db = await openFresh()
    const { id } = await storedOrder(db)
    await intents.open(db, {
      effect: 'order-self-pay',
      number: 'C1',
      orderId: id,
      attemptNo: 1,
      dueAt: null,
      createdAt: MORNING,
    })
    for (const state of ['closed', 'failed'] as const) {
      await over(db, state)
      await db.q('events').delete()
      await events.append(db, {
        orderId: id,
        version: 2,
        at: MORNING + 1,
        what: 'cancelled',
        from: 'processing',
        to: state,
        detail: {},
        traceId: null,
      })
      expect(await moveTo(db, 'standard-bank')).toEqual({ ...ONE, orders: 0, justOver: 1 })
    }
    expect(await moveTo(db, 'standard-bank', MORNING + 1)).toBeNull()
  })

  it('[SC-G05] an order that never had a number at the bank keeps nobody there', async () => {
    const db = await openFresh()
    const { id } = await storedOrder(db)
    await over(db, 'closed')
    const event = { version: 2, what: 'cancelled', from: 'created', to: 'closed' } as const
    await events.append(db, { ...event, orderId: id, at: MORNING + 1, detail: {}, traceId: null })
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
