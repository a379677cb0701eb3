import { describe, expect, it } from 'vitest'
import * as authStates from '../../src/store/auth-states.ts'
import * as exchanges from '../../src/store/exchanges.ts'
import * as inbox from '../../src/store/inbox.ts'
import * as nonces from '../../src/store/nonces.ts'
import * as operators from '../../src/store/operators.ts'
import * as signIns from '../../src/store/sign-ins.ts'
import * as transactionRecords from '../../src/store/transaction-records.ts'
import * as workItems from '../../src/store/work-items.ts'
import type { Db } from '../../src/store/database.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING

const notice = (changes: Partial<inbox.InboxItem> = {}): inbox.InboxItem => ({
  id: 'a'.repeat(64),
  source: 'icbc',
  kind: 'mixed-order',
  raw: '{"raw":"报文"}',
  receivedAt: NOW,
  readyAt: NOW,
  ...changes,
})

const item = (changes: Partial<Parameters<typeof workItems.create>[1]> = {}) => ({
  id: 'item-1',
  subject: 'order/1',
  kind: 'still-unknown' as const,
  orderId: 'order',
  sentence: '请向银行核实。',
  actions: ['ask-bank', 'note'],
  createdAt: NOW,
  opensAgain: false,
  ...changes,
})

const both = <T>(db: Db, work: (handle: Db, no: number) => Promise<T>): Promise<T[]> =>
  Promise.all([db, secondHandle(db), db, secondHandle(db)].map(work))

const turn = (owner: string, now = NOW) => ({ owner, now, until: now + 5_000 })

const note = (operator: string) => ({ at: NOW, operator, action: 'note', note: '已核实' })

describeDatabases((_, openFresh) => {
  describe('the inbox', () => {
    const numbers = { mixTradeNo: 'MIX1', institutionNo: 'YB1', outTradeNo: 'OUT1' }
    const about = { mixTradeNo: 'MIX1', institutionNo: 'YB1' }

    it('[SC-S10][SC-P11] keeps a repeated notice once, until it is applied and afterwards', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db, {}, numbers)
      const stored = await both(db, (handle) => inbox.insert(handle, notice(), about))
      expect(stored.filter(Boolean)).toHaveLength(1)
      expect(await inbox.unread(db, id, NOW)).toEqual([notice()])
      await inbox.markApplied(db, notice().id, NOW + 1)
      expect(await inbox.unread(db, id, NOW)).toEqual([])
      expect(await inbox.insert(db, notice(), about)).toBe(false)
      expect(await inbox.unread(db, id, NOW)).toEqual([])
    })

    it('gives out notices in the order of their arrival', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db, {}, numbers)
      await inbox.insert(db, notice({ id: '2', receivedAt: NOW + 2 }), about)
      await inbox.insert(db, notice({ id: '1', receivedAt: NOW + 1 }), about)
      expect((await inbox.unread(db, id, NOW)).map((item) => item.id)).toEqual(['1', '2'])
    })

    it.each([
      ['the mixed order number', { mixTradeNo: 'MIX1', institutionNo: null }],
      ['the institution number alone, as step 9 had no answer', { ...about, mixTradeNo: 'LOST' }],
      ['our number of the cash order', { outTradeNo: 'OUT1' }],
    ])('[SC-P11] finds the order by %s', async (_, named) => {
      const db = await openFresh()
      const { id } = await storedOrder(db, {}, numbers)
      await storedOrder(db)
      await inbox.insert(db, notice(), named)
      expect(await inbox.ordersWithNotices(db, NOW, 10)).toEqual([id])
      expect(await inbox.takeOrphans(db, NOW + 1)).toEqual([])
    })

    it('[SC-P11] reports once a notice that names no order of ours', async () => {
      const db = await openFresh()
      await storedOrder(db)
      await inbox.insert(db, notice(), about)
      expect(await inbox.ordersWithNotices(db, NOW, 10)).toEqual([])
      expect(await inbox.takeOrphans(db, NOW + 1)).toEqual([notice().id])
      expect(await inbox.takeOrphans(db, NOW + 1)).toEqual([])
    })
  })

  it('[SC-P11] a notice that came before step 9 told its number finds its order later', async () => {
    const db = await openFresh()
    const early = { mixTradeNo: 'MIX1', institutionNo: null }
    await inbox.insert(db, notice(), early)
    expect(await inbox.takeOrphans(db, NOW)).toEqual([])
    const { id } = await storedOrder(db, {}, { mixTradeNo: 'MIX1' })
    expect(await inbox.takeOrphans(db, NOW + 1)).toEqual([])
    expect(await inbox.ordersWithNotices(db, NOW, 10)).toEqual([id])
  })

  describe('the state of an authorisation', () => {
    const state = { hash: 'state', orderId: 'order' }

    it('[SC-P03][SC-P04] serves one code of one order until it ends', async () => {
      const db = await openFresh()
      await authStates.insert(db, { ...state, expiresAt: NOW + 10 })
      const use = (changes: object) =>
        authStates.use(db, { ...state, codeHash: 'code', now: NOW, ...changes })
      expect(await use({ orderId: 'foreign' })).toBe(false)
      expect(await use({ hash: 'unknown' })).toBe(false)
      expect(await use({ now: NOW + 10 })).toBe(false)
      expect(await use({})).toBe(true)
      expect(await use({})).toBe(true)
      expect(await use({ codeHash: 'another code' })).toBe(false)
    })

    it('[SC-P03] is used by one of two codes that come at the same instant', async () => {
      const db = await openFresh()
      for (let round = 0; round < 10; round += 1) {
        const one = { hash: `state ${round}`, orderId: 'order' }
        await authStates.insert(db, { ...one, expiresAt: NOW + 10 })
        const used = await both(db, (handle, no) =>
          authStates.use(handle, { ...one, codeHash: `code ${no}`, now: NOW }),
        )
        expect(used.filter(Boolean)).toHaveLength(1)
      }
    })
  })

  describe('the sign-in of an operator and a day', () => {
    const key = { operator: 'JL001', businessDate: '2026-11-20' }

    it('[SC-P05] is made by one process while the others wait', async () => {
      const db = await openFresh()
      const turns = await both(db, (handle, no) =>
        signIns.takeTurn(handle, key, turn(`process ${no}`)),
      )
      expect(turns.filter(Boolean)).toHaveLength(1)
      expect(await signIns.find(db, key)).toBeNull()
      await signIns.store(db, key, 'S1')
      expect(await signIns.find(db, key)).toBe('S1')
      expect(await signIns.takeTurn(db, key, turn('late', NOW + 9_999))).toBe(false)
    })

    it('[SC-P05] passes on when the process that had the turn died', async () => {
      const db = await openFresh()
      expect(await signIns.takeTurn(db, key, turn('dead'))).toBe(true)
      expect(await signIns.takeTurn(db, key, turn('next', NOW + 4_999))).toBe(false)
      expect(await signIns.takeTurn(db, key, turn('next', NOW + 5_000))).toBe(true)
    })

    it('[SC-P05] is forgotten only for the very number that was refused', async () => {
      const db = await openFresh()
      await signIns.takeTurn(db, key, turn('me'))
      await signIns.store(db, key, 'S2')
      await signIns.clear(db, key, 'S1')
      expect(await signIns.find(db, key)).toBe('S2')
      await signIns.clear(db, key, 'S2')
      expect(await signIns.find(db, key)).toBeNull()
      expect(await signIns.takeTurn(db, key, turn('again'))).toBe(true)
      const tomorrow = { ...key, businessDate: '2026-11-21' }
      expect(await signIns.takeTurn(db, tomorrow, turn('me'))).toBe(true)
    })
  })

  describe('a work item', () => {
    it('exists once a subject and kind', async () => {
      const db = await openFresh()
      await both(db, (handle, no) => workItems.create(handle, item({ id: `item-${no}` })))
      await workItems.create(db, item({ id: 'other', kind: 'order-stuck' }))
      expect(await workItems.list(db, 'open')).toHaveLength(2)
    })

    it('[SC-H03] that a person has ended opens again when it happens anew, and only then', async () => {
      const db = await openFresh()
      await workItems.create(db, item())
      const seen = await workItems.byId(db, 'item-1')
      if (!seen) throw new Error('no such item')
      await workItems.change(db, seen, { state: 'resolved', owner: '王敏', note: note('王敏') })
      await workItems.create(db, item({ id: 'repeat' }))
      expect(await workItems.list(db, 'open')).toEqual([])
      await workItems.create(db, item({ id: 'anew', opensAgain: true }))
      const [open] = await workItems.list(db, 'open')
      expect(open).toMatchObject({ id: 'item-1', owner: '王敏' })
      expect(open?.history.map(({ action }) => action)).toEqual(['note', 'again'])
    })

    it('is changed by one of two people who saw the same', async () => {
      const db = await openFresh()
      await workItems.create(db, item())
      const seen = await workItems.byId(db, 'item-1')
      if (!seen) throw new Error('no such item')
      expect(seen).toMatchObject({ actions: ['ask-bank', 'note'], state: 'open', history: [] })
      const changed = await both(db, (handle, no) =>
        workItems.change(handle, seen, { state: 'resolved', owner: null, note: note(`op ${no}`) }),
      )
      expect(changed.filter(Boolean)).toHaveLength(1)
      expect((await workItems.list(db, 'resolved'))[0]?.history).toHaveLength(1)
      expect(await workItems.list(db, 'open')).toEqual([])
    })
  })

  describe('the transaction record', () => {
    const record = { orderId: 'order', attemptNo: 1, businessDate: '2026-11-20', now: NOW }

    it('[SC-Q07][SC-Q10] is written once an attempt and resolved by a later result', async () => {
      const db = await openFresh()
      const written = await both(db, (handle, no) =>
        transactionRecords.insert(handle, { ...record, facts: { no } }),
      )
      expect(written.filter(Boolean)).toHaveLength(1)
      expect(await transactionRecords.ofOrder(db, 'order')).toMatchObject([{ state: 'open' }])
      await transactionRecords.resolve(db, 'order', NOW + 1)
      expect(await transactionRecords.ofOrder(db, 'order')).toMatchObject([{ state: 'resolved' }])
    })
  })

  describe('a message id', () => {
    it('[SC-S10] is new once, until it is purged after its time', async () => {
      const db = await openFresh()
      const seen = await both(db, (handle) => nonces.remember(handle, 'hash', NOW + 10))
      expect(seen.filter(Boolean)).toHaveLength(1)
      await nonces.purge(db, NOW + 9)
      expect(await nonces.remember(db, 'hash', NOW + 10)).toBe(false)
      await nonces.purge(db, NOW + 10)
      expect(await nonces.remember(db, 'hash', NOW + 20)).toBe(true)
    })
  })

  describe('an operator', () => {
    it('has one key', async () => {
      const db = await openFresh()
      expect(await operators.insert(db, { name: '李四', keyHash: 'one', now: NOW })).toBe(true)
      expect(await operators.insert(db, { name: '李四', keyHash: 'two', now: NOW })).toBe(false)
      expect(await operators.keyHashOf(db, '李四')).toBe('one')
      expect(await operators.keyHashOf(db, '王五')).toBeNull()
    })
  })

  describe('exchanges', () => {
    it('are kept in the order in which they were said, however many', async () => {
      const db = await openFresh()
      const rows = Array.from({ length: 120 }, (_, no) => ({
        at: NOW + no,
        upstream: 'icbc',
        call: 'orderqry',
        number: no % 2 === 0 ? 'even' : 'odd',
        phase: no % 4 < 2 ? ('sent' as const) : ('answered' as const),
        status: no % 4 < 2 ? null : '200',
        durationMs: no % 4 < 2 ? null : 12,
        body: `{"no":${no}}`,
        traceId: null,
      }))
      await exchanges.append(db, rows)
      await exchanges.append(db, [])
      const written: Record<string, unknown>[] = await db.q('exchanges').orderBy('id')
      expect(written.map((row) => row['body'])).toEqual(rows.map(({ body }) => body))
      expect(written[1]).toMatchObject({ number: 'odd', phase: 'sent', status: null })
      expect(written[2]).toMatchObject({ number: 'even', phase: 'answered', status: '200' })
    })
  })
})
