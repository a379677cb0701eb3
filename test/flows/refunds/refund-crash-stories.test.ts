import { expect, it } from 'vitest'
import { requestRefund } from '../../../src/flows/refunds/request-refund.ts'
import * as refunds from '../../../src/store/refunds.ts'
import { refused } from '../../../src/upstreams/upstream.ts'
import { describeDatabases, type OpenFresh } from '../../support/database.ts'
import { flowWorld, type Process, type World, type WorldOptions } from '../../support/flow-world.ts'
import { ABSENT } from '../line.ts'
import {
  asksForRefund,
  atT0,
  callsBack,
  happens,
  legs,
  PAID,
  says,
  type Scene,
} from '../patient.ts'
import { decide, FAILED, OWN_MONEY } from './refund-scene.ts'

interface Story {
  readonly options?: WorldOptions
  /** Whole: nothing is cut before its end. */
  readonly before?: (scene: Scene, id: string) => Promise<void>
  /** What people want, and want again from the next process. */
  readonly wish: (scene: Scene, id: string) => Promise<void>
  readonly commits: readonly string[]
  /** At the bank and at the bureau, each number once, with what it returned. */
  readonly sent: { readonly own: readonly string[]; readonly insurance: readonly string[] }
}

const SOON = { lookEveryMs: 1_000, environment: { REFUND_RECHECK_MS: '40000' } }
const isSecond = (refundNo: string): boolean => refundNo.endsWith('-2')

const failsForGood = ({ outside }: World): void => {
  const { askRefund, refunds: made } = outside
  askRefund.always((asked) => {
    if (isSecond(asked.refundNo)) return askRefund.usual(asked)
    return made.has(asked.refundNo) ? FAILED() : ABSENT()
  })
}

async function decideOnce(scene: Scene, how: Omit<Parameters<typeof decide>[1], 'at'>) {
  const items = await scene.world.workItems()
  if (items.length > 0) await decide(scene.world, { ...how, at: scene.at })
}

const returned = async ({ world, at }: Scene, id: string): Promise<void> => {
  await asksForRefund({ world, at }, id)
  await world.clock.advance(20_000)
  failsForGood(world)
}

const STORIES: Record<string, Story> = {
  'taken back by the bank and refunded again': {
    before: returned,
    wish: async (scene) => {
      await scene.world.clock.advance(60_000)
      await decideOnce(scene, { action: 'refund-again' })
    },
    commits: [
      'recheck-refund:done',
      'refund-again',
      'refund-accepted',
      'refund-self-pay:done',
      'notify-refund:done',
    ],
    sent: { own: ['1', '1-2'], insurance: ['1'] },
  },
  'a first number that fails for good': {
    wish: async (scene, id) => {
      failsForGood(scene.world)
      await asksForRefund(scene, id)
    },
    commits: [
      'refund-requested',
      'check-refund:done',
      'refund-insurance:done',
      'refund-accepted',
      'refund-self-pay:refused',
      'refund-self-pay:done',
      'notify-refund:done',
      'write-back-refund:done',
    ],
    sent: { own: ['1', '1-2'], insurance: ['1'] },
  },
  'insurance refused, and refunded again': {
    before: async (scene, id) => {
      scene.world.outside.refundInsurance.next(() => refused('refund-refused', '稍后再试'))
      await asksForRefund(scene, id)
      await scene.world.clock.advance(20_000)
    },
    wish: (scene) => decideOnce(scene, { action: 'refund-again' }),
    commits: [
      'refund-again',
      'refund-insurance:done',
      'refund-accepted',
      'refund-self-pay:done',
      'notify-refund:done',
      'write-back-refund:done',
    ],
    sent: { own: ['1-2'], insurance: ['1', '1-2'] },
  },
  'insurance refused, and returned by hand': {
    before: async (scene, id) => {
      scene.world.outside.refundInsurance.always(() => refused('refund-refused', '已清算'))
      await asksForRefund(scene, id)
      await scene.world.clock.advance(20_000)
    },
    wish: (scene) => {
      const byHand = { parts: ['insurance'], voucherNo: 'V-0001' } as const
      return decideOnce(scene, { action: 'returned-by-hand', byHand })
    },
    commits: [
      'returned-by-hand',
      'refund-accepted',
      'refund-self-pay:done',
      'notify-refund:done',
      'write-back-refund:done',
    ],
    sent: { own: ['1'], insurance: ['1'] },
  },
  'own money in two parts': {
    options: OWN_MONEY,
    wish: async (scene, id) => {
      for (const [refundNo, amountFen] of [
        ['H1', 6_000],
        ['H2', 4_000],
      ] as const) {
        const wish = { refundNo, amountFen, orderId: id, reason: '部分未做' } as const
        const by = { requestedBy: 'his', requester: '窗口' } as const
        await scene.world.run(requestRefund(scene.at.app, { ...wish, ...by }))
        await scene.world.clock.advance(20_000)
      }
    },
    commits: [
      'refund-requested',
      'check-refund:done',
      'refund-accepted',
      'refund-self-pay:done',
      'write-back-refund:done',
    ],
    sent: { own: ['1', '2'], insurance: [] },
  },
}

const isPowerCut = (error: unknown): boolean =>
  error instanceof Error && /power cut|dead/.test(error.message)

/** Told from its beginning; the power goes after the n-th commit, and another process goes on. */
async function tell(openFresh: OpenFresh, story: Story, cutAfter: number | null) {
  const world = await flowWorld(openFresh, { ...SOON, ...story.options })
  const commits: string[] = []
  const life = { whole: true }
  const first: Process = world.start({
    committed: (name) => {
      if (life.whole) return
      commits.push(name)
      if (commits.length !== cutAfter) return
      first.kill()
      throw new Error(`power cut after ${name}`)
    },
  })
  const scene = { world, at: first }
  const id = await paidOrder(scene, story.options?.scenario === 'self-pay-only')
  await story.before?.(scene, id)
  life.whole = false
  const wish = (at: Process): Promise<void> =>
    story.wish({ world, at }, id).catch((error: unknown) => {
      if (!isPowerCut(error)) throw error
    })
  await wish(first)
  await world.clock.advance(20_000)
  if (cutAfter !== null) {
    await world.clock.advance(25_000)
    const second = world.start()
    second.work()
    await wish(second)
  }
  await world.clock.advance(90_000)
  return { world, id, commits }
}

async function paidOrder(scene: Scene, ownMoney: boolean): Promise<string> {
  const { id, order } = await atT0(scene, { payMode: ownMoney ? 'self-pay' : 'insurance' })
  const told = ownMoney ? legs('success', 'success', 'none') : PAID
  happens(scene, order, told)
  await callsBack(scene, says(order, told))
  await scene.world.clock.advance(5_000)
  return id
}

const tailsOf = (said: readonly { question: { refundNo: string } }[], id: string): string[] =>
  [...new Set(said.map(({ question }) => question.refundNo))]
    .map((number) => number.replace(`RF${id}`, ''))
    .toSorted()

async function whole({ world, id }: { world: World; id: string }, story: Story): Promise<void> {
  const { outside } = world
  const order = await world.order(id)
  expect(order).toMatchObject({ state: 'refunded', refundedFen: order.amounts.totalFen })
  const known = await refunds.ofOrder(world.db, id)
  expect(known.map(({ state }) => state)).toEqual(known.map(() => 'refunded'))
  const back = known.reduce((sum, { amounts }) => sum + amounts.totalFen, 0)
  expect(back).toBe(order.amounts.totalFen)
  expect(tailsOf(outside.refund.said, id)).toEqual(story.sent.own)
  expect(tailsOf(outside.refundInsurance.said, id)).toEqual(story.sent.insurance)
  expect(new Set(outside.writeBackRefund.said.map(({ question }) => question.refundNo)).size).toBe(
    known.length,
  )
  expect(await world.workItems()).toEqual([])
}

describeDatabases((database, openFresh) => {
  it.each(Object.entries(STORIES))(
    '[SC-R07] a power cut after any commit of %s: one effect each',
    async (_, story) => {
      const uncut = await tell(openFresh, story, null)
      await whole(uncut, story)
      expect(new Set(uncut.commits)).toEqual(new Set(story.commits))
      // Every commit on one database; on the other, where a story takes seconds, every third.
      const step = database === 'MySQL' ? 3 : 1
      for (let cutAfter = 1; cutAfter <= uncut.commits.length; cutAfter += step) {
        const told = await tell(openFresh, story, cutAfter)
        await whole(told, story).catch((cause: unknown) => {
          throw new Error(`cut after ${uncut.commits[cutAfter - 1]} on ${database}`, { cause })
        })
      }
    },
    180_000,
  )
})
