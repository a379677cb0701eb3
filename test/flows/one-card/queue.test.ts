import { describe, expect, it } from 'vitest'
import { grant, readGrant, recordUse, sendQueued } from '../../../src/flows/one-card/queue.ts'
import { rightsOf } from '../../../src/flows/one-card/requests.ts'
import { fen } from '../../../src/payment/money.ts'
import * as queue from '../../../src/store/one-card-queue.ts'
import * as workItems from '../../../src/store/work-items.ts'
import { runWorker } from '../../../src/worker/worker.ts'
import { describeDatabases, dump } from '../../support/database.ts'
import { type OneCardWorld, oneCardWorld } from '../../support/one-card.ts'
import { holderOf, phone } from '../../upstreams/one-card/link.ts'

async function use(world: OneCardWorld, kind = '就诊') {
  const { name, idNo } = await holderOf(world)
  const usedAt = world.clock.now()
  return { name, socialSecurityNo: idNo, channel: '窗口', kind, detail: '内科', usedAt }
}

/** How often each record reached the platform. */
async function arrived(world: OneCardWorld): Promise<number[]> {
  const { records } = await phone(world, 'records')
  const all: { times: number }[] = Object.values(JSON.parse(JSON.stringify(records)))
  return all.map(({ times }) => times)
}

async function batch(world: OneCardWorld, benefitType = '医疗救助') {
  const { idType, idNo, name } = await holderOf(world)
  const row = (rowNo: number) => ({
    rowNo,
    idType,
    idNo,
    name,
    amountFen: fen(rowNo * 100),
    detail: '救助金',
  })
  return { batchNo: 'B1', benefitType, rows: [1, 2].map(row) }
}

async function work(world: OneCardWorld, ms: number): Promise<void> {
  await world.clock.advance(ms)
  await world.clock.run(sendQueued(world.app, 20))
}

const grantsSent = ({ context }: OneCardWorld): number =>
  context.world.calls.filter(({ call, result }) => call === 'grant' && result === 'effect').length

describeDatabases((_, openFresh) => {
  describe('a card use', () => {
    it('[HN-95] is queued while the platform is down, and sent once when it is back', async () => {
      const world = await oneCardWorld(await openFresh())
      await phone(world, 'down', { down: true })
      const recordNo = await recordUse(world.app, await use(world))
      for (let times = 0; times < 4; times += 1) await work(world, 60_000)
      expect(await arrived(world)).toEqual([])
      await phone(world, 'down', { down: false })
      for (let times = 0; times < 3; times += 1) await work(world, 600_000)
      expect(await arrived(world)).toEqual([1])
      expect((await queue.find(world.app.db, recordNo))?.state).toBe('done')
    })

    it('[HN-95] goes out by the worker alone', async () => {
      const world = await oneCardWorld(await openFresh())
      let stopped = false
      const working = runWorker(world.app, () => stopped)
      await recordUse(world.app, await use(world))
      await world.clock.advance(2_000)
      stopped = true
      await world.clock.run(working)
      expect(await arrived(world)).toEqual([1])
    })

    it('[HN-96] that was made offline comes later under its own number, and a repeat is the same', async () => {
      const world = await oneCardWorld(await openFresh())
      const offline = { ...(await use(world)), recordNo: 'TERMINAL-7-1' }
      for (let times = 0; times < 2; times += 1) await recordUse(world.app, offline)
      await work(world, 0)
      expect(await arrived(world)).toEqual([1])
      const other = { ...offline, detail: '外科' }
      await expect(recordUse(world.app, other)).rejects.toMatchObject({
        code: 'idempotency-key-reused',
      })
    })

    it('[HN-95] whose answer was lost is the same record again', async () => {
      const world = await oneCardWorld(await openFresh())
      const recordNo = await recordUse(world.app, await use(world, '就诊-K56'))
      await work(world, 0)
      await work(world, 10_000)
      expect(await arrived(world)).toEqual([2])
      expect((await queue.find(world.app.db, recordNo))?.state).toBe('done')
    })

    it('that is refused stays due and gets an owner', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      const recordNo = await recordUse(world.app, await use(world, '就诊-K38-once'))
      await work(world, 0)
      expect((await workItems.list(db, 'open')).map(({ kind }) => kind)).toEqual([
        'one-card-refused',
      ])
      await work(world, 600_000)
      expect((await queue.find(db, recordNo))?.state).toBe('done')
    })

    it('[HN-09] rests sealed', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      const { name, idNo } = await holderOf(world)
      await recordUse(world.app, await use(world))
      const text = await dump(db)
      for (const secret of [name, idNo, '内科']) expect(text).not.toContain(secret)
    })
  })

  describe('a grant', () => {
    it('[HN-99] tells row by row, some of which may fail, and is one batch however often it comes', async () => {
      const db = await openFresh()
      const world = await oneCardWorld(db)
      for (let times = 0; times < 2; times += 1)
        await grant(world.app, await batch(world, '医疗救助-K58'))
      for (let times = 0; times < 3; times += 1) await work(world, 10_000)
      const { state, rows } = await readGrant(world.app, 'B1')
      expect([state, rows.map((row) => row.state)]).toEqual(['done', ['granted', 'failed']])
      expect(grantsSent(world)).toBe(1)
      expect((await workItems.list(db, 'open')).map(({ kind }) => kind)).toEqual([
        'one-card-refused',
      ])
    })

    it('[HN-99] with other rows under a known number is refused', async () => {
      const world = await oneCardWorld(await openFresh())
      const first = await batch(world)
      await grant(world.app, first)
      const other = { ...first, rows: first.rows.slice(0, 1) }
      await expect(grant(world.app, other)).rejects.toMatchObject({
        code: 'idempotency-key-reused',
      })
    })

    it.each(['K51', 'K56'])(
      '[HN-99][HN-61] whose answer was lost (%s) is asked for, and paid out once',
      async (suffix) => {
        const world = await oneCardWorld(await openFresh())
        await grant(world.app, await batch(world, `医疗救助-${suffix}`))
        for (let times = 0; times < 3; times += 1) await work(world, 10_000)
        expect((await readGrant(world.app, 'B1')).state).toBe('done')
        expect(grantsSent(world)).toBe(1)
      },
    )

    it.each(['one-card-queued', 'one-card-taken', 'one-card-answered'])(
      '[HN-99] survives a death after %s',
      async (commit) => {
        let armed = true
        const db = await openFresh({
          committed: (name) => {
            if (name !== commit || !armed) return
            armed = false
            throw new Error('killed')
          },
        })
        const world = await oneCardWorld(db)
        const dying = async () => {
          await grant(world.app, await batch(world))
          await work(world, 0)
        }
        await expect(dying()).rejects.toThrow('killed')
        for (let times = 0; times < 4; times += 1) await work(world, 121_000)
        expect((await readGrant(world.app, 'B1')).state).toBe('done')
        expect(grantsSent(world)).toBe(1)
      },
    )
  })

  it('[HN-95][HN-99] what the platform has not taken in a day gets an owner, and goes on', async () => {
    const db = await openFresh()
    const world = await oneCardWorld(db)
    await phone(world, 'down', { down: true })
    await grant(world.app, await batch(world))
    await recordUse(world.app, { ...(await use(world)), recordNo: 'R1' })
    await work(world, 3_600_000)
    expect(await workItems.list(db, 'open')).toEqual([])
    await work(world, 86_400_000)
    const told = (await workItems.list(db, 'open')).map(({ subject, kind }) => `${subject} ${kind}`)
    expect(new Set(told)).toEqual(new Set(['B1 still-unknown', 'R1 still-unknown']))
    await phone(world, 'down', { down: false })
    for (let times = 0; times < 2; times += 1) await work(world, 600_000)
    expect((await readGrant(world.app, 'B1')).state).toBe('done')
  })

  it('[HN-97] rights are of the one person who is named, by name and number', async () => {
    const world = await oneCardWorld(await openFresh())
    await recordUse(world.app, await use(world))
    const [one, other] = [await holderOf(world), await holderOf(world, 1)]
    const ask = (name: string, socialSecurityNo: string) =>
      rightsOf(world.app, { name, socialSecurityNo })
    expect(await ask(one.name, one.idNo)).toMatchObject({ items: [{ what: '就诊' }] })
    expect(await ask(other.name, other.idNo)).toEqual({ items: [] })
    expect(await ask(other.name, one.idNo)).toEqual({ items: [] })
  })
})
