import { describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { type HeldOrder, holdOrder } from '../../src/flows/held-order.ts'
import { type Call, perform, type Performed } from '../../src/flows/perform.ts'
import {
  BACKGROUND_EFFECTS,
  type IntendedEffect,
  EFFECT_RULES,
  INTENDED_EFFECTS,
} from '../../src/payment/effects.ts'
import type { Db } from '../../src/store/database.ts'
import * as events from '../../src/store/events.ts'
import * as intents from '../../src/store/intents.ts'
import * as orders from '../../src/store/orders.ts'
import { type Answer, done, type Outcome, refused, unknown } from '../../src/upstreams/upstream.ts'
import { testApp } from '../support/app.ts'
import { describeDatabases, type OpenFresh, secondHandle } from '../support/database.ts'
import { storedOrder } from '../support/orders.ts'

type Told = Outcome<string> | 'crash'

const NUMBER = 'NUMBER1'
const lost = unknown<string>('timeout')
const crash: Told = 'crash'
const absent: Answer<string> = { kind: 'absent' }

/** An app, one order, and an upstream that tells what the test says, call by call. */
async function scene(openFresh: OpenFresh, effect: IntendedEffect) {
  const db = await openFresh()
  const app = await testApp({ db })
  const { id } = await storedOrder(db)
  const sent: (string | null)[] = []
  const asked: string[] = []
  const told: { send: Told[]; ask: (Answer<string> | 'crash')[] } = { send: [], ask: [] }
  const seenBeforeSending: (intents.Intent | null)[] = []
  const call: Call<string> = {
    effect,
    number: NUMBER,
    request: '{"exact":"bytes"}',
    intend: { attempt: { orgBizSer: NUMBER } },
    send: async (request) => {
      sent.push(request)
      seenBeforeSending.push(await intents.find(secondHandle(db), effect, NUMBER))
      return answerOf(told.send.shift())
    },
    ask: async () => {
      asked.push(NUMBER)
      return answerOf(told.ask.shift())
    },
    learn: (value) => ({ attempt: { payOrdId: value } }),
    refuse: ({ code }) => ({ order: { state: 'closed' }, attempt: { payOrdId: code } }),
    lose: () => ({ order: { state: 'closed' } }),
  }
  const once = (changes: Partial<Call<string>> = {}): Promise<Performed> =>
    inHand(app, id, (held) => perform(app, held, { ...call, ...changes }))
  return { db, app, id, sent, asked, told, call, once, seenBeforeSending }
}

function answerOf<T>(told: T | 'crash' | undefined): T {
  if (told === undefined) throw new Error('nobody expected this call')
  if (told === 'crash') throw new Error('the process died here')
  return told
}

async function inHand<T>(
  app: App,
  orderId: string,
  work: (held: HeldOrder) => Promise<T>,
): Promise<T> {
  const result = await holdOrder(app, { orderId, waitMs: 0 }, work)
  if (result === null) throw new Error('somebody else has the order')
  return result
}

async function read(db: Db, id: string) {
  const order = await orders.byId(db, id)
  if (!order) throw new Error('no such order')
  return order
}

const withRule = (lost: string): IntendedEffect[] =>
  INTENDED_EFFECTS.filter((effect) => EFFECT_RULES[effect].lost === lost)

describeDatabases((_, openFresh) => {
  describe.each(INTENDED_EFFECTS)('%s', (effect) => {
    it('stands in the database, with its number, before anybody outside hears of it', async () => {
      const { db, id, told, once, seenBeforeSending } = await scene(openFresh, effect)
      told.send.push(done('value'))
      expect(await once()).toEqual({ kind: 'done' })
      expect(seenBeforeSending).toMatchObject([{ state: 'open', number: NUMBER, orderId: id }])
      const { attempt } = await read(db, id)
      expect(attempt).toMatchObject({ orgBizSer: NUMBER, payOrdId: 'value' })
      expect((await events.ofOrder(db, id)).map(({ what }) => what)).toEqual([
        `${effect}:intended`,
        `${effect}:done`,
      ])
    })

    it('that is done is not sent again', async () => {
      const { sent, told, once } = await scene(openFresh, effect)
      told.send.push(done('value'))
      await once()
      expect(await once()).toEqual({ kind: 'done' })
      expect(sent).toHaveLength(1)
    })

    it('that was refused says so again, in the same words, without sending', async () => {
      const { db, id, sent, told, once } = await scene(openFresh, effect)
      for (let tries = 0; tries < 6; tries += 1) told.send.push(refused('E1', '余额 不足'))
      for (let tries = 0; tries < 6; tries += 1) told.ask.push(absent)
      let result = await once()
      while (result.kind === 'unknown') result = await once()
      expect(result).toMatchObject({ kind: 'refused', code: 'E1', message: '余额 不足' })
      expect(await read(db, id)).toMatchObject({ state: 'closed', attempt: { payOrdId: 'E1' } })
      const calls = sent.length
      expect(await once()).toMatchObject({ kind: 'refused', code: 'E1', message: '余额 不足' })
      expect(sent).toHaveLength(calls)
      const repeats = EFFECT_RULES[effect].refused === 'repeat-then-work-item'
      expect(calls).toBe(repeats ? 6 : 1)
    })

    it('whose answer is lost stays open, and only background work is due by itself', async () => {
      const { db, app, told, once } = await scene(openFresh, effect)
      told.send.push(lost)
      expect(await once()).toEqual({ kind: 'unknown' })
      const background = BACKGROUND_EFFECTS.some((name) => name === effect)
      expect(await intents.find(db, effect, NUMBER)).toMatchObject({
        state: 'open',
        tries: 1,
        dueAt: background ? app.clock.now() + app.settings.RETRY_FIRST_MS : null,
      })
    })

    it('that provably was not sent says so, and changes nothing', async () => {
      const { db, id, told, once } = await scene(openFresh, effect)
      told.send.push({ kind: 'unsent', cause: 'connection refused' })
      expect(await once()).toEqual({ kind: 'unsent' })
      expect(await read(db, id)).toMatchObject({ state: 'created', attempt: { payOrdId: null } })
    })

    it('that failed to record its end is not half recorded', async () => {
      const { db, id, told, once } = await scene(openFresh, effect)
      told.send.push(done('value'))
      const dies = { also: () => Promise.reject(new Error('the process died here')) }
      const broken = once({ learn: () => ({ attempt: { payOrdId: 'half' }, ...dies }) })
      await expect(broken).rejects.toThrow('the process died here')
      expect((await intents.find(db, effect, NUMBER))?.state).toBe('open')
      expect((await read(db, id)).attempt.payOrdId).toBeNull()
    })
  })

  describe.each(['crash', 'time-out'] as const)('after a %s', (how) => {
    const first: Told = how === 'crash' ? crash : lost
    /** Sends once and never learns the answer. */
    async function interrupted(effect: IntendedEffect) {
      const stage = await scene(openFresh, effect)
      stage.told.send.push(first)
      await stage.once().catch(() => null)
      stage.sent.length = 0
      await stage.app.clock.advance(stage.app.settings.RETRY_FIRST_MS)
      return stage
    }

    it.each(withRule('burn'))('[SC-P04] %s is burnt: never sent again', async (effect) => {
      const { db, id, sent, asked, once } = await interrupted(effect)
      expect(await once()).toEqual({ kind: 'lost' })
      expect(await once()).toEqual({ kind: 'lost' })
      expect([sent, asked]).toEqual([[], []])
      expect((await read(db, id)).state).toBe('closed')
    })

    it.each(withRule('close-then-renumber'))(
      '[SC-P08] %s is useless until it is closed: not sent, not renumbered here',
      async (effect) => {
        const { db, sent, asked, once } = await interrupted(effect)
        expect(await once()).toEqual({ kind: 'useless' })
        expect([sent, asked]).toEqual([[], []])
        expect((await intents.find(db, effect, NUMBER))?.state).toBe('open')
      },
    )

    it.each(withRule('resend'))('%s is sent again under the same number', async (effect) => {
      const { sent, asked, told, once } = await interrupted(effect)
      told.send.push(lost, done('value'))
      expect(await once()).toEqual({ kind: 'unknown' })
      expect(await once()).toEqual({ kind: 'done' })
      expect(sent).toHaveLength(2)
      expect(asked).toEqual([])
    })

    it.each(withRule('ask'))('%s is asked for, and found', async (effect) => {
      const { db, id, sent, told, once } = await interrupted(effect)
      told.ask.push(done('found'))
      expect(await once()).toEqual({ kind: 'done' })
      expect(sent).toEqual([])
      expect((await read(db, id)).attempt.payOrdId).toBe('found')
    })

    it.each(withRule('ask'))('%s is sent again only when it is not there', async (effect) => {
      const { sent, asked, told, once } = await interrupted(effect)
      told.ask.push(unknown('timeout'), { kind: 'pending' }, absent)
      told.send.push(done('value'))
      expect(await once()).toEqual({ kind: 'unknown' })
      expect(await once()).toEqual({ kind: 'unknown' })
      expect(sent).toEqual([])
      expect(await once()).toEqual({ kind: 'done' })
      expect(sent).toEqual(['{"exact":"bytes"}'])
      expect(asked).toHaveLength(3)
    })

    it.each(withRule('resend-once'))(
      '[SC-P06] %s is repeated once, byte by byte, and then given up',
      async (effect) => {
        const { db, id, sent, told, once } = await interrupted(effect)
        told.send.push(lost)
        expect(await once({ request: 'other bytes' })).toEqual({ kind: 'unknown' })
        expect(await once()).toEqual({ kind: 'lost' })
        expect(sent).toEqual(['{"exact":"bytes"}'])
        expect((await read(db, id)).state).toBe('closed')
      },
    )

    it.each(withRule('resend-once'))(
      '[SC-P06] %s is repeated once even when the process dies in the repeat',
      async (effect) => {
        const { sent, told, once } = await interrupted(effect)
        told.send.push(crash, done('too often'))
        await expect(once()).rejects.toThrow('the process died here')
        expect(await once()).toEqual({ kind: 'lost' })
        expect(sent).toHaveLength(1)
      },
    )

    it.each(withRule('resend-once'))(
      '[SC-P06] %s is not repeated where the profile forbids it',
      async (effect) => {
        const { sent, once } = await interrupted(effect)
        expect(await once({ mayRepeat: false })).toEqual({ kind: 'lost' })
        expect(sent).toEqual([])
      },
    )

    it.each(withRule('resend-once'))(
      'a refusal of the repeat of %s is told as that: the first may have had its effect',
      async (effect) => {
        const { told, once } = await interrupted(effect)
        told.send.push(refused('E9', '重复上传'))
        expect(await once()).toEqual({
          kind: 'refused',
          code: 'E9',
          message: '重复上传',
          repeat: true,
        })
      },
    )
  })

  describe('background work', () => {
    it.each(BACKGROUND_EFFECTS)('[SC-X03] %s is tried later and later', async (effect) => {
      const { db, app, told, once } = await scene(openFresh, effect)
      const gaps: number[] = []
      for (let tries = 0; tries < 4; tries += 1) {
        told.send.push(lost)
        told.ask.push(absent)
        await once()
        const dueAt = (await intents.find(db, effect, NUMBER))?.dueAt ?? 0
        gaps.push((dueAt - app.clock.now()) / app.settings.RETRY_FIRST_MS)
        await app.clock.advance(dueAt - app.clock.now())
      }
      expect(gaps).toEqual([1, 2, 4, 8])
    })
  })

  it('an actor whose order another one has taken over writes no end', async () => {
    const { db, app, id, told, call } = await scene(openFresh, 'order-insurance')
    told.send.push(done('mine'))
    const overtaken = inHand(app, id, (held) =>
      perform(app, held, {
        ...call,
        send: async (request) => {
          await db.q('orders').where({ id }).update({ lease_owner: 'another' })
          return call.send(request)
        },
      }),
    )
    await overtaken.catch(() => null)
    expect((await intents.find(db, 'order-insurance', NUMBER))?.state).toBe('open')
    expect((await read(db, id)).attempt.payOrdId).toBeNull()
  })
})
