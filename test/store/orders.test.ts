import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { newAttempt } from '../../src/payment/attempt.ts'
import { fen, ZERO } from '../../src/payment/money.ts'
import type { Order } from '../../src/payment/order.ts'
import { commitAs, type Db } from '../../src/store/database.ts'
import * as events from '../../src/store/events.ts'
import * as leases from '../../src/store/leases.ts'
import * as attempts from '../../src/store/attempts.ts'
import * as orders from '../../src/store/orders.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { anOrder, storedOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING
const UNTIL = NOW + 20_000

/** The order as read, held by `owner`. */
async function held(db: Db, owner: string): Promise<Order> {
  const { id } = await storedOrder(db)
  expect(await leases.take(db, id, { owner, now: NOW, until: UNTIL })).toBe(true)
  return read(db, id)
}

async function read(db: Db, id: string): Promise<Order> {
  const order = await orders.byId(db, id)
  if (!order) throw new Error('no such order')
  return order
}

const move = (
  order: Order,
  lease: string,
  changes: Partial<Parameters<typeof orders.update>[1]>,
) => ({
  order,
  lease,
  changes: { state: 'pre-settling' as const },
  attempt: {},
  leaseUntil: UNTIL + 1,
  ...changes,
})

describeDatabases((_, openFresh) => {
  describe('an order', () => {
    it('comes back exactly as it was stored, amounts and times as numbers', async () => {
      const db = await openFresh()
      const huge = fen(Number.MAX_SAFE_INTEGER)
      const order = anOrder(
        {
          amounts: {
            totalFen: huge,
            fundFen: huge,
            accountFen: ZERO,
            otherFen: ZERO,
            selfPayFen: ZERO,
          },
          refundPromise: { amountFen: fen(1), promisedAt: NOW, sentAt: null, confirmedAt: null },
          paidAt: NOW + 1,
        },
        { t0: NOW, medOrgOrd: '20261120090000ABCDEF', prepay: new Secret('prepay') },
      )
      expect(await orders.insert(db, order)).toBe(true)
      const found = await read(db, order.id)
      expect({ ...found, userId: '', attempt: '' }).toEqual({ ...order, userId: '', attempt: '' })
      expect({ ...found.attempt, prepay: '' }).toEqual({ ...order.attempt, prepay: '' })
      expect(found.userId.reveal()).toBe('openid-0001')
      expect(found.attempt.prepay?.reveal()).toBe('prepay')
    })

    it('is found by every number that others know it by, and by no other letter case', async () => {
      const db = await openFresh()
      const numbers = { institutionNo: 'YBabc1', mixTradeNo: 'MIXabc1', outTradeNo: 'OUTabc1' }
      const { id } = await storedOrder(db, {}, numbers)
      expect(await attempts.byInstitutionNo(db, 'YBabc1')).toBe(id)
      expect(await attempts.byMixTradeNo(db, 'MIXabc1')).toBe(id)
      expect(await attempts.byInstitutionNo(db, 'YBABC1')).toBeNull()
      expect(await attempts.byMixTradeNo(db, 'mixabc1')).toBeNull()
    })

    it('keeps every number of an earlier attempt', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db, {}, { medOrgOrd: 'first', payOrdId: 'ORD1' })
      await orders.beginAttempt(db, id, newAttempt(2))
      expect((await read(db, id)).attempt).toMatchObject({ no: 2, medOrgOrd: null })
      expect(await attempts.attemptOf(db, id, 1)).toMatchObject({ medOrgOrd: 'first' })
    })

    it('no two attempts can carry one number', async () => {
      const db = await openFresh()
      await storedOrder(db, {}, { outTradeNo: 'same' })
      await expect(storedOrder(db, {}, { outTradeNo: 'same' })).rejects.toThrow(/unique|duplicate/i)
    })

    it("pages through a patient's own orders, newest first, and through nobody else's", async () => {
      const db = await openFresh()
      for (let no = 0; no < 5; no += 1)
        await storedOrder(db, { id: `0000000000000000000000000${no}` })
      await storedOrder(db, { patientId: 'P0002' })
      const filter = { patientIds: ['P0001'], states: ['created'], limit: 3 }
      const first = await orders.ofPatients(db, { ...filter, cursor: null })
      const rest = await orders.ofPatients(db, { ...filter, cursor: first.at(-1)?.id ?? null })
      expect([...first, ...rest].map(({ id }) => id.at(-1))).toEqual(['4', '3', '2', '1', '0'])
    })
  })

  describe('a step', () => {
    it('moves the order by one version', async () => {
      const db = await openFresh()
      const order = await held(db, 'me')
      const attempt = { medOrgOrd: 'number' }
      expect(await orders.update(db, move(order, 'me', { attempt }))).toBe(true)
      expect(await read(db, order.id)).toMatchObject({ version: 2, state: 'pre-settling', attempt })
    })

    it('[SC-X02] of two actors that read the same version moves only one', async () => {
      const db = await openFresh()
      const order = await held(db, 'me')
      const handles = [db, secondHandle(db), db, secondHandle(db)]
      const moved = await Promise.all(
        handles.map((handle) => orders.update(handle, move(order, 'me', {}))),
      )
      expect(moved.filter(Boolean)).toHaveLength(1)
      expect(await orders.versionOf(db, order.id)).toBe(2)
    })

    it('of a stale version is refused and writes nothing', async () => {
      const db = await openFresh()
      const order = await held(db, 'me')
      await orders.update(db, move(order, 'me', {}))
      const late = { changes: { state: 'closed' as const }, attempt: { medOrgOrd: 'late' } }
      expect(await orders.update(db, move(order, 'me', late))).toBe(false)
      expect(await read(db, order.id)).toMatchObject({
        version: 2,
        state: 'pre-settling',
        attempt: { medOrgOrd: null },
      })
      expect((await orders.holderOf(db, order.billNo))?.id).toBe(order.id)
    })

    it('of an actor whose lease another one has is refused', async () => {
      const db = await openFresh()
      const order = await held(db, 'me')
      expect(await leases.take(db, order.id, { owner: 'you', now: UNTIL, until: UNTIL + 1 })).toBe(
        true,
      )
      expect(await orders.update(db, move(order, 'me', {}))).toBe(false)
    })

    it('is written whole or not at all', async () => {
      const db = await openFresh()
      const order = await held(db, 'me')
      const event = { orderId: order.id, version: 2, at: NOW, what: 'x', from: null, to: null }
      const step = commitAs(db, 'half', async (trx) => {
        await orders.update(trx, move(order, 'me', { attempt: { medOrgOrd: 'number' } }))
        await events.append(trx, { ...event, detail: {}, traceId: null })
        throw new Error('the process died here')
      })
      await expect(step).rejects.toThrow('the process died here')
      expect(await read(db, order.id)).toMatchObject({ version: 1, attempt: { medOrgOrd: null } })
      expect(await events.ofOrder(db, order.id)).toEqual([])
    })

    it('has one event a version', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      const event = { orderId: id, version: 1, at: NOW, what: 'order-opened', from: null }
      const row = { ...event, to: 'created', detail: { billNo: 'B' }, traceId: 'trace' }
      await events.append(db, row)
      await expect(events.append(db, row)).rejects.toThrow(/unique|duplicate/i)
      expect(await events.ofOrder(db, id)).toEqual([row])
    })
  })

  describe('a bill', () => {
    it('[SC-P02] gets one order however many patients open one at once', async () => {
      const db = await openFresh()
      for (let round = 0; round < 10; round += 1) {
        const billNo = `MZ-${round}`
        const handles = [db, secondHandle(db), db, secondHandle(db)]
        const opened = await Promise.all(
          handles.map((handle) =>
            commitAs(handle, 'order-opened', (trx) => orders.insert(trx, anOrder({ billNo }))),
          ),
        )
        expect(opened.filter(Boolean)).toHaveLength(1)
        expect(await orders.ofBill(db, billNo)).toHaveLength(1)
      }
    })

    it.each(['closed', 'failed', 'refunded'] as const)(
      '[SC-P02] is free again when its order is %s',
      async (state) => {
        const db = await openFresh()
        const order = await held(db, 'me')
        await orders.update(db, move(order, 'me', { changes: { state } }))
        expect(await orders.holderOf(db, order.billNo)).toBeNull()
        expect(await orders.insert(db, anOrder({ billNo: order.billNo }))).toBe(true)
        expect(await orders.ofBill(db, order.billNo)).toHaveLength(2)
      },
    )

    it.each(['paid', 'processing', 'needs-review', 'refunding'] as const)(
      '[SC-P02] stays with an order that is %s',
      async (state) => {
        const db = await openFresh()
        const order = await held(db, 'me')
        await orders.update(db, move(order, 'me', { changes: { state } }))
        expect(await orders.insert(db, anOrder({ billNo: order.billNo }))).toBe(false)
      },
    )
  })
})
