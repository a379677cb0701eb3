import { describe, expect, it } from 'vitest'
import { type Db, isDuplicate } from '../../src/store/database.ts'
import * as intents from '../../src/store/intents.ts'
import { describeDatabases, secondHandle } from '../support/database.ts'
import { MORNING } from '../support/virtual-clock.ts'

const NOW = MORNING

const intent = (changes: Partial<Parameters<typeof intents.open>[1]> = {}) => ({
  effect: 'refund-self-pay' as const,
  number: 'AR1',
  orderId: 'order',
  attemptNo: 1,
  dueAt: NOW,
  createdAt: NOW,
  ...changes,
})

const opens = (db: Db): Promise<boolean> =>
  intents.open(db, intent()).then(
    () => true,
    (error: unknown) => {
      if (!isDuplicate(error)) throw error
      return false
    },
  )

describeDatabases((_, openFresh) => {
  describe('an intent', () => {
    it('[SC-X02] stands once a number, however many learn of it at once', async () => {
      const db = await openFresh()
      const handles = [db, secondHandle(db), db, secondHandle(db)]
      const opened = await Promise.all(handles.map(opens))
      expect(opened.filter(Boolean)).toHaveLength(1)
      await intents.open(db, intent({ effect: 'write-back' }))
      expect(await intents.ofOrder(db, 'order')).toHaveLength(2)
    })

    it('keeps the exact request, sealed', async () => {
      const db = await openFresh()
      const request = `{"name":"张三","detail":"${'明细'.repeat(20_000)}"}`
      await intents.open(db, intent({ effect: 'upload', number: 'M1', request }))
      expect((await intents.find(db, 'upload', 'M1'))?.request).toBe(request)
    })

    it('[SC-X03] counts its tries and is due again later', async () => {
      const db = await openFresh()
      await intents.open(db, intent())
      await intents.postpone(db, intent(), {
        dueAt: NOW + 1_000,
        answer: 'unknown: timeout',
        tries: 1,
      })
      await intents.postpone(db, intent(), {
        dueAt: NOW + 2_000,
        answer: '银'.repeat(2_000),
        tries: 2,
      })
      const known = await intents.find(db, 'refund-self-pay', 'AR1')
      expect(known).toMatchObject({ state: 'open', tries: 2, dueAt: NOW + 2_000 })
      expect(known?.answer).toHaveLength(512)
      expect(await intents.nextDue(db, 'order')).toBe(NOW + 2_000)
    })

    it('that has ended is never due again', async () => {
      const db = await openFresh()
      await intents.open(db, intent())
      await intents.close(db, intent(), { state: 'done', answer: null, now: NOW })
      expect(await intents.find(db, 'refund-self-pay', 'AR1')).toMatchObject({
        state: 'done',
        dueAt: null,
      })
      expect(await intents.nextDue(db, 'order')).toBeNull()
    })

    it('of an order that waits for nothing has no instant', async () => {
      const db = await openFresh()
      expect(await intents.nextDue(db, 'order')).toBeNull()
      await intents.open(db, intent({ dueAt: null }))
      expect(await intents.nextDue(db, 'order')).toBeNull()
    })
  })
})
