import { describe, expect, it } from 'vitest'
import { INTENDED_EFFECTS } from '../../src/payment/effects.ts'
import { describeDatabases, type OpenFresh } from '../support/database.ts'
import { flowWorld, type Process, type World, type WorldOptions } from '../support/flow-world.ts'
import { ABSENT, lost } from './line.ts'
import {
  asksForRefund,
  CASH_ONLY_PAID,
  existing,
  PAID,
  untilTheEnd,
  type Scene,
} from './patient.ts'

/** Every commit of a run, in order, and the same run with a power cut right after the n-th. */
async function run(openFresh: OpenFresh, cutAfter: number | null, options: Run = {}) {
  const world = await flowWorld(openFresh, options)
  const commits: string[] = []
  const committed = (name: string): void => {
    commits.push(name)
    if (commits.length !== cutAfter) return
    first.kill()
    throw new Error(`power cut after ${name}`)
  }
  const first: Process = world.start({ committed })
  first.work()
  await untilCut({ world, at: first }, options.told)
  const cut = cutAfter !== null && commits.length >= cutAfter
  if (cut) await comeBack(world, options.told)
  await world.clock.advance(120_000)
  return { world, commits, cut }
}

type Run = WorldOptions & { told?: typeof PAID }

async function untilCut(scene: Scene, told: typeof PAID | undefined): Promise<void> {
  try {
    await untilTheEnd(scene, told)
    await scene.world.clock.advance(30_000)
  } catch (error) {
    if (!(error instanceof Error) || !/power cut|dead/.test(error.message)) throw error
  }
}

async function comeBack(world: World, told: typeof PAID | undefined): Promise<void> {
  await world.clock.advance(25_000)
  const at = world.start()
  at.work()
  await world.clock.advance(10_000)
  await untilTheEnd({ world, at }, told)
}

async function onlyOrder(world: World) {
  const found = await existing({ world, at: world.start() })
  expect(await world.db.q('orders')).toHaveLength(1)
  return world.order(found?.id ?? '')
}

async function paidOnce(world: World): Promise<void> {
  const { outside } = world
  expect(await onlyOrder(world)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
  expect(outside.cashAlive()).toMatchObject([{ status: 'paid' }])
  expect(outside.mixed.size).toBe(1)
  expect(outside.settled.size).toBe(1)
  expect(outside.writeBack.count).toBeLessThanOrEqual(2)
  expect(outside.refund.count).toBe(0)
  const codes = outside.exchange.said.map(({ question }) => question.code)
  expect(codes).toEqual([...new Set(codes)])
  expect(await world.workItems()).toEqual([])
}

describeDatabases((database, openFresh) => {
  // Both databases see every cut; the uncut run tells how many there are.
  it('a run without a cut is paid once, with one of every effect', async () => {
    const { world, commits } = await run(openFresh, null)
    await paidOnce(world)
    expect(new Set(commits)).toEqual(
      new Set([
        'order-opened',
        ...['authorise', 'upload', 'order-insurance', 'order-self-pay', 'order-mixed'].flatMap(
          (effect) => [`${effect}:intended`, `${effect}:done`],
        ),
        'hold-bill:done',
        'notice-stored',
        'paid',
        'write-back:done',
      ]),
    )
  })

  it('[SC-P06][SC-P08][SC-P09][SC-Q09] a power cut after any commit: paid once all the same', async () => {
    const { commits } = await run(openFresh, null)
    for (let cutAfter = 1; cutAfter <= commits.length; cutAfter += 1) {
      const { world, commits: seen, cut } = await run(openFresh, cutAfter)
      expect(cut, `no commit ${cutAfter}`).toBe(true)
      await paidOnce(world).catch((cause: unknown) => {
        throw new Error(`cut after ${cutAfter}: ${seen[cutAfter - 1]} on ${database}`, { cause })
      })
    }
  }, 120_000)

  it('[SC-X02][SC-X03] a power cut after any commit of a refund: returned once all the same', async () => {
    const told = CASH_ONLY_PAID
    const { commits } = await run(openFresh, null, { told })
    expect(commits).toContain('refund-owed')
    for (
      let cutAfter = commits.indexOf('notice-stored');
      cutAfter < commits.length;
      cutAfter += 1
    ) {
      const { world, commits: seen } = await run(openFresh, cutAfter + 1, { told })
      const name = `cut after ${seen[cutAfter]} on ${database}`
      const order = await onlyOrder(world)
      expect(order, name).toMatchObject({ state: 'refunded', refundedFen: 3_000 })
      expect(world.outside.refunds.size, name).toBe(1)
      expect(world.outside.writeBack.count, name).toBe(0)
      expect(world.outside.revoke.count, name).toBeGreaterThanOrEqual(1)
    }
  }, 120_000)

  const EFFECTS = [
    ['upload', '[SC-P06]'],
    ['order', '[SC-P07]'],
    ['placeSelfPay', '[SC-P08]'],
    ['placeMixed', '[SC-P09]'],
    ['writeBack', '[SC-P11]'],
    ['hold', '[SC-P02]'],
    ['exchange', '[SC-P04]'],
  ] as const

  describe('an answer that is lost after its effect', () => {
    it.each(EFFECTS)('%s %s: paid once all the same', async (effect) => {
      const world = await flowWorld(openFresh)
      loseNext(world, effect)
      const scene = { world, at: world.start() }
      scene.at.work()
      await untilTheEnd(scene)
      await world.clock.advance(60_000)
      await paidOnce(world)
    })

    it.each(EFFECTS)(
      '%s %s and nobody left to repeat it: found by a new process',
      async (effect) => {
        const world = await flowWorld(openFresh)
        const first = world.start()
        first.work()
        dieIn(world, effect, first)
        await untilCut({ world, at: first }, PAID)
        await comeBack(world, PAID)
        await world.clock.advance(60_000)
        await paidOnce(world)
      },
    )

    it('[SC-P09] step 9 is found by its institution number where the bank can be asked', async () => {
      const world = await flowWorld(openFresh, { queryByOutTradeNo: true })
      loseNext(world, 'placeMixed')
      const scene = { world, at: world.start() }
      scene.at.work()
      await untilTheEnd(scene)
      await world.clock.advance(60_000)
      await paidOnce(world)
      expect(world.outside.placeMixed.count).toBe(1)
    })

    it('[SC-P09] step 9 that the bank does not know is sent again under both its numbers', async () => {
      const world = await flowWorld(openFresh, { queryByOutTradeNo: true })
      world.outside.placeMixed.next(() => ({ kind: 'unknown', cause: 'lost' }))
      world.outside.askMixed.next(ABSENT)
      const scene = { world, at: world.start() }
      scene.at.work()
      await untilTheEnd(scene)
      const [first, second] = world.outside.placeMixed.said.map(({ question }) => question)
      expect(second).toEqual(first)
      await world.clock.advance(60_000)
      await paidOnce(world)
    })

    it('[SC-P08] a cash order without its prepay data is closed before the second one exists', async () => {
      const world = await flowWorld(openFresh)
      const { outside } = world
      loseNext(world, 'placeSelfPay')
      outside.closeSelfPay.next(() => ({ kind: 'unknown', cause: 'lost' }))
      const scene = { world, at: world.start() }
      scene.at.work()
      await untilTheEnd(scene)
      await world.clock.advance(60_000)
      await paidOnce(world)
      expect([...outside.cash.values()].map(({ status }) => status)).toEqual(['closed', 'paid'])
      const second = outside.placeSelfPay.said[1]?.at ?? 0
      expect(outside.closeSelfPay.said.every(({ at }) => at <= second)).toBe(true)
    })
  })

  it('[SC-X02] every effect that is to be intended is intended by some flow', async () => {
    const opened = new Set<string>()
    for (const told of [PAID, CASH_ONLY_PAID]) {
      const world = await flowWorld(openFresh)
      const scene = { world, at: world.start() }
      scene.at.work()
      await untilTheEnd(scene, told)
      await world.clock.advance(60_000)
      const { id } = await onlyOrder(world)
      if (told === PAID) await asksForRefund(scene, id)
      await world.clock.advance(60_000)
      const rows: { effect: string }[] = await world.db.q('intents').select('effect')
      for (const { effect } of rows) opened.add(effect)
    }
    expect([...opened].toSorted()).toEqual([...INTENDED_EFFECTS].toSorted())
  })
})

type EffectLine =
  'upload' | 'order' | 'placeSelfPay' | 'placeMixed' | 'writeBack' | 'hold' | 'exchange'

function loseNext({ outside }: World, effect: EffectLine): void {
  switch (effect) {
    case 'upload':
      return outside.upload.next(lost(outside.upload))
    case 'order':
      return outside.order.next(lost(outside.order))
    case 'placeSelfPay':
      return outside.placeSelfPay.next(lost(outside.placeSelfPay))
    case 'placeMixed':
      return outside.placeMixed.next(lost(outside.placeMixed))
    case 'writeBack':
      return outside.writeBack.next(lost(outside.writeBack))
    case 'hold':
      return outside.hold.next(lost(outside.hold))
    case 'exchange':
      return outside.exchange.next(lost(outside.exchange))
  }
}

/** The effect happens; the power goes before its answer is heard. */
function dieIn(world: World, effect: EffectLine, process: Process): void {
  const { outside } = world
  const cut =
    <Q, A>(line: { usual: (question: Q) => A | Promise<A> }) =>
    async (question: Q) => {
      await line.usual(question)
      process.kill()
      throw new Error('power cut')
    }
  switch (effect) {
    case 'upload':
      return outside.upload.next(cut(outside.upload))
    case 'order':
      return outside.order.next(cut(outside.order))
    case 'placeSelfPay':
      return outside.placeSelfPay.next(cut(outside.placeSelfPay))
    case 'placeMixed':
      return outside.placeMixed.next(cut(outside.placeMixed))
    case 'writeBack':
      return outside.writeBack.next(cut(outside.writeBack))
    case 'hold':
      return outside.hold.next(cut(outside.hold))
    case 'exchange':
      return outside.exchange.next(cut(outside.exchange))
  }
}
