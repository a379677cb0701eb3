import { asPayAuthNo } from '../../src/payment/authorisation.ts'
import { describe, expect, it } from 'vitest'
import { down } from '../../migrations/0001-orders.ts'
import { Secret } from '../../src/errors.ts'
import {
  commitAs,
  type Db,
  isDuplicate,
  migrate,
  openDatabase,
  toNumber,
} from '../../src/store/database.ts'
import * as idempotencyKeys from '../../src/store/idempotency-keys.ts'
import * as inbox from '../../src/store/inbox.ts'
import * as intents from '../../src/store/intents.ts'
import * as orders from '../../src/store/orders.ts'
import { describeDatabases, dump, reopen, tablesOf } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'
import { testSealer } from '../support/sealer.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING

const CANARIES = {
  payAuthNo: 'AUTHCANARY0001',
  payToken: 'TOKENCANARY0002',
  prepay: 'PREPAYCANARY0003',
  name: '金丝雀',
  idNo: '510703198808160009',
  openid: 'OPENIDCANARY0004',
  upload: 'UPLOADCANARY0005',
  notice: 'NOTICECANARY0006',
  answer: 'ANSWERCANARY0007',
}

/** As text, in hex and in base64 at each of its three alignments. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].map((pad) =>
    Buffer.concat([Buffer.alloc(pad), bytes])
      .toString('base64')
      .slice(4, -4),
  )
  return [secret, bytes.toString('hex'), ...base64]
}

async function fillWithCanaries(db: Db): Promise<string> {
  const person = new Secret({ name: CANARIES.name, idNo: CANARIES.idNo })
  const { id } = await storedOrder(
    db,
    { userId: new Secret(CANARIES.openid) },
    {
      payAuthNo: asPayAuthNo(CANARIES.payAuthNo),
      payToken: new Secret(CANARIES.payToken),
      prepay: new Secret(CANARIES.prepay),
      payer: person,
      patient: person,
    },
  )
  const about = { orderId: id, attemptNo: 1, dueAt: null, createdAt: NOW }
  const upload = { effect: 'upload' as const, number: 'M1', request: CANARIES.upload }
  await intents.open(db, { ...about, ...upload })
  const notice = { id: 'n', source: 'icbc', kind: 'mixed-order' as const }
  const received = { raw: CANARIES.notice, receivedAt: NOW, readyAt: NOW }
  await inbox.insert(db, { ...notice, ...received }, { mixTradeNo: 'M', institutionNo: null })
  const key = { scope: 's', bodyHash: 'h', owner: 'me', now: NOW, until: NOW + 1 }
  await idempotencyKeys.begin(db, key)
  await idempotencyKeys.answer(db, key, { status: 200, body: CANARIES.answer })
  return id
}

describeDatabases((name, openFresh) => {
  describe('what rests', () => {
    it('[SC-S08][SC-S03][SC-G02] shows no secret and no person, however it is spelt', async () => {
      const db = await openFresh()
      await fillWithCanaries(db)
      const text = await dump(db)
      expect(text).toContain('MZ2026')
      for (const canary of Object.values(CANARIES))
        for (const form of formsOf(canary)) expect(text).not.toContain(form)
    })

    it('[SC-S08] opens only in its own place', async () => {
      const db = await openFresh()
      const id = await fillWithCanaries(db)
      const other = await storedOrder(db)
      expect((await orders.byId(db, id))?.attempt.payAuthNo?.reveal()).toBe(CANARIES.payAuthNo)
      const stolen = await db.q('attempts').where({ order_id: id }).first('sealed')
      await db.q('attempts').where({ order_id: other.id }).update(stolen)
      await expect(orders.byId(db, other.id)).rejects.toThrow('sealed value')
    })

    it('is still there when the process comes back', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      const again = await reopen(db)
      await migrate(again)
      expect((await orders.byId(again, id))?.id).toBe(id)
    })
  })

  describe('a commit', () => {
    it('has its name told once, after it stands', async () => {
      const told: string[] = []
      const db = await openFresh({ committed: (commit) => told.push(commit) })
      await commitAs(db, 'first', async () => told.push('working'))
      await expect(commitAs(db, 'second', () => Promise.reject(new Error('no')))).rejects.toThrow()
      expect(told).toEqual(['working', 'first'])
    })

    it('that was rolled back leaves nothing', async () => {
      const db = await openFresh()
      const failing = commitAs(db, 'half', async (trx) => {
        await storedOrder(trx)
        throw new Error('the process died here')
      })
      await expect(failing).rejects.toThrow('the process died here')
      expect(await db.q('orders').select()).toEqual([])
    })

    it.runIf(name === 'MySQL')('is not lost in a deadlock: both of two come through', async () => {
      const db = await openFresh()
      const rows = [await storedOrder(db), await storedOrder(db)]
      let tries = 0
      const meeting = barrier(2)
      const addToBoth = (order: readonly number[]): Promise<void> =>
        commitAs(db, 'both', async (trx) => {
          tries += 1
          for (const index of order) {
            await trx.q('orders').where({ id: rows[index]?.id }).increment('refunded_fen', 1)
            await meeting()
          }
        })
      await Promise.all([addToBoth([0, 1]), addToBoth([1, 0])])
      expect(tries).toBe(3)
      const sums = await db.q('orders').select('refunded_fen')
      expect(sums.map((row) => Number(row.refunded_fen))).toEqual([2, 2])
    })
  })

  describe('the schema', () => {
    it('is migrated twice without harm', async () => {
      const db = await openFresh()
      const { id } = await storedOrder(db)
      const before = await tablesOf(db)
      await migrate(db)
      expect(await tablesOf(db)).toEqual(before)
      expect(await orders.byId(db, id)).not.toBeNull()
    })

    it('compares numbers exactly: another letter case is another number', async () => {
      const db = await openFresh()
      const intent = { orderId: 'o', attemptNo: 1, dueAt: null, createdAt: NOW }
      await intents.open(db, { ...intent, effect: 'upload', number: 'abc' })
      await intents.open(db, { ...intent, effect: 'upload', number: 'ABC' })
      await expect(
        intents.open(db, { ...intent, effect: 'upload', number: 'abc' }),
      ).rejects.toSatisfy(isDuplicate)
      expect(await intents.find(db, 'upload', 'Abc')).toBeNull()
    })

    it('adds up amounts to a number', async () => {
      const db = await openFresh()
      await storedOrder(db)
      await storedOrder(db)
      const sum = await db.q('orders').sum('total_fen as total').first()
      expect(toNumber(sum?.['total'])).toBe(20_000)
    })
  })
})

/** Everybody waits for everybody the first time; later callers pass. */
function barrier(size: number): () => Promise<void> {
  let arrived = 0
  const gate = Promise.withResolvers<void>()
  return () => {
    arrived += 1
    if (arrived >= size) gate.resolve()
    return gate.promise
  }
}

it('the schema is never migrated backwards', async () => {
  await expect(down()).rejects.toThrow('never migrated backwards')
})

describe('a database url', () => {
  it('of another kind is refused by name', () => {
    expect(() => openDatabase('postgres://x', { sealer: testSealer })).toThrow('DATABASE_URL')
  })

  it.each(['1.5', '9007199254740993', 'x', Number.NaN])('%s is no amount or time', (value) =>
    expect(() => toNumber(value)).toThrow('not a safe integer'),
  )
})
