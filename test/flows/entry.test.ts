import { expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import {
  addTester,
  changeEntry,
  entryNow,
  entryState,
  removeTester,
} from '../../src/flows/entry.ts'
import type { Operator } from '../../src/flows/operators/operators.ts'
import type { Entry } from '../../src/payment/entry.ts'
import { testApp } from '../support/app.ts'
import { describeDatabases, dump } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { MORNING } from '../support/virtual-clock.ts'
import { authorises, happens, opens, PAID, paidUpTo, pays, type Scene, WISH } from './patient.ts'
import { billOf } from './people.ts'

const WANG: Operator = { name: '王敏', recognised: true }
const LI: Operator = { name: '李强', recognised: true }
const CLOSED: Entry = { mode: 'closed' }
const OPEN: Entry = { mode: 'open' }
const inDepartment = (...departments: string[]): Entry => ({
  mode: 'gradual',
  percent: 100,
  departments,
})
const NOBODY: Entry = { mode: 'gradual', percent: 0, departments: [] }

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

describeDatabases((_, openFresh) => {
  const start = async (entry: Entry): Promise<Scene> => {
    const world = await flowWorld(openFresh)
    const at = world.start()
    await world.run(changeEntry(at.app, WANG, entry))
    return { world, at }
  }

  it('[SC-O14] closed: a patient hears so, and nothing is stored', async () => {
    const scene = await start(CLOSED)
    expect(await codeOf(opens(scene))).toBe('entry-closed')
    expect(await scene.world.db.q('orders')).toEqual([])
  })

  it.each([CLOSED, NOBODY, inDepartment('D9'), OPEN])(
    '[SC-O14] a tester passes whatever the entry says: %j',
    async (entry) => {
      const scene = await start(entry)
      const { world, at } = scene
      await world.run(addTester(at.app, WANG, WISH.userId))
      expect((await opens(scene)).state).toBe('created')
    },
  )

  it('[SC-O14] who is a tester no more waits like everybody', async () => {
    const scene = await start(CLOSED)
    const { world, at } = scene
    await world.run(addTester(at.app, WANG, WISH.userId))
    await world.run(removeTester(at.app, LI, WISH.userId))
    expect(await codeOf(opens(scene))).toBe('entry-closed')
    expect(await codeOf(world.run(removeTester(at.app, LI, WISH.userId)))).toBe('not-found')
  })

  it('[SC-O15] whoever has an order when the entry closes pays it to the end', async () => {
    const scene = await start(OPEN)
    const { world, at } = scene
    const { id } = await paidUpTo(scene, 'created')
    await world.run(changeEntry(at.app, WANG, CLOSED))
    at.work()
    expect((await opens(scene)).id).toBe(id)
    expect(await authorises(scene, id)).toBe(true)
    expect(await pays(scene, id)).toMatchObject({ mixTradeNo: 'MIX1' })
    happens(scene, await world.order(id), PAID)
    await world.clock.advance(25_000)
    expect(await world.order(id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
  })

  it('[SC-O15] another choice is a new order: refused, and the old one may still be paid', async () => {
    const scene = await start(OPEN)
    const { world, at } = scene
    const { id } = await paidUpTo(scene, 'pre-settled')
    await world.run(changeEntry(at.app, WANG, CLOSED))
    expect(await codeOf(opens(scene, { payMode: 'self-pay' }))).toBe('entry-closed')
    expect(await pays(scene, id)).not.toBeNull()
  })

  it('[SC-O15] what is changed in one process counts in the others at their next order', async () => {
    const scene = await start(CLOSED)
    const { world, at } = scene
    const other = world.startElsewhere()
    expect(await codeOf(opens({ world, at: other }))).toBe('entry-closed')
    await world.run(changeEntry(at.app, WANG, OPEN))
    expect(await codeOf(opens({ world, at: other }))).toBe('accepted')
  })

  it('[SC-O15] a department is the one of the bill', async () => {
    const scene = await start(inDepartment('D1'))
    const { bills } = scene.world.outside
    const { visit } = billOf('B2')
    bills.set('B2', billOf('B2', { visit: { ...visit, deptCode: 'D2' } }))
    expect(await codeOf(opens(scene, { billNo: 'B2' }))).toBe('entry-closed')
    expect(await codeOf(opens(scene, { billNo: 'B1' }))).toBe('accepted')
  })

  it('[SC-O15] its history says who changed what from what, and when', async () => {
    const { world, at } = await start(inDepartment('D1'))
    await world.clock.advance(60_000)
    await world.run(addTester(at.app, LI, 'openid-of-a-tester'))
    await world.run(changeEntry(at.app, LI, OPEN))
    const { entry, since, testers, history } = await world.run(entryState(at.app))
    expect({ entry, since }).toEqual({
      entry: OPEN,
      since: { at: MORNING + 60_000, operator: '李强' },
    })
    expect(history).toEqual([
      {
        version: 3,
        at: MORNING + 60_000,
        operator: '李强',
        what: 'mode',
        tester: null,
        from: inDepartment('D1'),
        entry: OPEN,
      },
      expect.objectContaining({
        what: 'tester-added',
        tester: 'op…ster',
        entry: inDepartment('D1'),
      }),
      expect.objectContaining({
        version: 1,
        operator: '王敏',
        from: OPEN,
        entry: inDepartment('D1'),
      }),
    ])
    expect(testers).toEqual(['op…ster'])
    expect(await dump(world.db)).not.toContain('openid-of-a-tester')
  })

  it('[SC-O15] two operators at once: every change that is told as done is in the history', async () => {
    const { world, at } = await start(CLOSED)
    const other = world.startElsewhere()
    const both = await world.run(
      Promise.all([
        codeOf(changeEntry(at.app, WANG, OPEN)),
        codeOf(changeEntry(other.app, LI, NOBODY)),
      ]),
    )
    const { history } = await world.run(entryState(at.app))
    expect(history).toHaveLength(1 + both.filter((end) => end === 'accepted').length)
    expect(both).toContain('accepted')
    expect(['accepted', 'invalid-request']).toEqual(expect.arrayContaining(both))
  })

  it.each([
    { mode: 'gradual', percent: 101, departments: [] },
    { mode: 'gradual', percent: 0.5, departments: [] },
    { mode: 'gradual', percent: 10, departments: ['03,04'] },
  ] as const)('%j is no entry', async (entry) => {
    const { world, at } = await start(CLOSED)
    expect(await codeOf(world.run(changeEntry(at.app, WANG, entry)))).toBe('invalid-request')
    expect(await entryNow(at.app)).toEqual(CLOSED)
  })

  it('[SC-O14] a fresh database is closed in production and open elsewhere', async () => {
    const db = await openFresh()
    const production = {
      ENVIRONMENT: 'production',
      KEY_ENCRYPTION_KEY: '5f0d31b7c6a94e2280d7193c4ab6ee58',
    }
    expect(await entryNow(await testApp({ db, settings: production }))).toEqual(CLOSED)
    expect(await entryNow(await testApp({ db }))).toEqual(OPEN)
  })
})
