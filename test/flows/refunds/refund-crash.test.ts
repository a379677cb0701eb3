import { expect, it } from 'vitest'
import { requestRefund } from '../../../src/flows/refunds/request-refund.ts'
import * as refunds from '../../../src/store/refunds.ts'
import { describeDatabases, type OpenFresh } from '../../support/database.ts'
import { flowWorld, type Process, type World } from '../../support/flow-world.ts'
import { lost, UNKNOWN } from '../line.ts'
import { asksForRefund, existing, type Scene, untilTheEnd } from '../patient.ts'

/** A paid order whose refund is asked for; the power goes after the n-th commit of the refund. */
async function run(openFresh: OpenFresh, cutAfter: number | null) {
  const world = await flowWorld(openFresh, { lookEveryMs: 1_000 })
  const commits: string[] = []
  const life = { refunding: false }
  const first: Process = world.start({
    committed: (name) => {
      if (!life.refunding) return
      commits.push(name)
      if (commits.length !== cutAfter) return
      first.kill()
      throw new Error(`power cut after ${name}`)
    },
  })
  first.work()
  const id = await paidOrder({ world, at: first })
  await world.clock.advance(10_000)
  life.refunding = true
  await ask({ world, at: first }, id)
  await world.clock.advance(30_000)
  if (cutAfter !== null) {
    await world.clock.advance(25_000)
    const second = world.start()
    second.work()
    await ask({ world, at: second }, id)
  }
  await world.clock.advance(120_000)
  return { world, id, commits }
}

async function paidOrder(scene: Scene): Promise<string> {
  await untilTheEnd(scene)
  return (await existing(scene))?.id ?? ''
}

async function ask(scene: Scene, id: string): Promise<void> {
  try {
    await asksForRefund(scene, id)
  } catch (error) {
    if (!(error instanceof Error) || !/power cut|dead/.test(error.message)) throw error
  }
}

const numbers = (said: readonly { question: { refundNo: string } }[]) => [
  ...new Set(said.map(({ question }) => question.refundNo)),
]

/** One effect each, whatever happened on the way. */
async function refundedOnce(world: World, id: string): Promise<void> {
  const { outside } = world
  const order = await world.order(id)
  expect(order).toMatchObject({
    state: 'refunded',
    refundedFen: order.amounts.totalFen,
    selfPay: 'refunded',
    insurance: 'refunded',
  })
  expect(await refunds.ofOrder(world.db, id)).toMatchObject([{ state: 'refunded' }])
  expect(numbers(outside.refundInsurance.said)).toHaveLength(1)
  expect(numbers(outside.refund.said)).toHaveLength(1)
  expect(outside.refunds.size).toBe(1)
  expect(numbers(outside.noticeRefund.said)).toHaveLength(1)
  expect(numbers(outside.writeBackRefund.said)).toEqual(['H1'])
  expect(await world.workItems()).toEqual([])
}

describeDatabases((database, openFresh) => {
  it('[SC-R07] a power cut after any commit of a refund: each part back once all the same', async () => {
    const whole = await run(openFresh, null)
    await refundedOnce(whole.world, whole.id)
    expect(new Set(whole.commits)).toEqual(
      new Set([
        'refund-requested',
        'refund-accepted',
        ...['check', 'insurance', 'self-pay'].map((step) =>
          step === 'check' ? 'check-refund:done' : `refund-${step}:done`,
        ),
        'notify-refund:done',
        'write-back-refund:done',
      ]),
    )
    for (let cutAfter = 1; cutAfter <= whole.commits.length; cutAfter += 1) {
      const { world, id, commits } = await run(openFresh, cutAfter)
      await refundedOnce(world, id).catch((cause: unknown) => {
        throw new Error(`cut after ${commits[cutAfter - 1]} on ${database}`, { cause })
      })
    }
  }, 60_000)

  it.each(['refundInsurance', 'refund', 'noticeRefund', 'writeBackRefund'] as const)(
    '[SC-R07] the answer of %s lost after its effect: once all the same',
    async (line) => {
      const world = await flowWorld(openFresh, { lookEveryMs: 1_000 })
      const at = world.start()
      at.work()
      const id = await paidOrder({ world, at })
      await world.clock.advance(10_000)
      loseNext(world, line)
      await asksForRefund({ world, at }, id)
      await world.clock.advance(120_000)
      await refundedOnce(world, id)
    },
  )
})

describeDatabases((_, openFresh) => {
  const OPERATOR = {
    refundNo: null,
    amountFen: null,
    reason: '错收',
    requestedBy: 'operator',
    requester: '王敏',
  } as const

  async function paidWhileHisIsDown() {
    const world = await flowWorld(openFresh, { lookEveryMs: 10_000 })
    const at = world.start()
    at.work()
    world.outside.writeBack.always(UNKNOWN)
    const id = await paidOrder({ world, at })
    await world.clock.advance(20_000)
    expect((await world.order(id)).hisWriteBack).toBe('waiting')
    return { world, at, id }
  }

  it('[SC-R01] an operator’s refund before HIS was told: HIS hears of neither', async () => {
    const { world, at, id } = await paidWhileHisIsDown()
    await world.run(requestRefund(at.app, { ...OPERATOR, orderId: id }))
    await world.clock.advance(60_000)
    world.outside.writeBack.asUsual()
    await world.clock.advance(300_000)
    expect(await world.order(id)).toMatchObject({ state: 'refunded', hisWriteBack: 'none' })
    expect(world.outside.settled.size).toBe(0)
    expect(world.outside.writeBackRefund.count).toBe(0)
  })

  it('[SC-R01] … and when HIS had heard after all, it hears of the refund too', async () => {
    const { world, at, id } = await paidWhileHisIsDown()
    world.outside.settlement.always(UNKNOWN)
    await world.run(requestRefund(at.app, { ...OPERATOR, orderId: id }))
    await world.clock.advance(60_000)
    expect((await world.order(id)).state).toBe('refunded')
    world.outside.settlement.always(() => ({ kind: 'done', value: undefined }))
    await world.clock.advance(300_000)
    expect((await world.order(id)).hisWriteBack).toBe('done')
    expect(world.outside.writeBackRefund.count).toBe(1)
  })
})

type Line = 'refundInsurance' | 'refund' | 'noticeRefund' | 'writeBackRefund'

function loseNext({ outside }: World, line: Line): void {
  switch (line) {
    case 'refundInsurance':
      return outside.refundInsurance.next(lost(outside.refundInsurance))
    case 'refund':
      return outside.refund.next(lost(outside.refund))
    case 'noticeRefund':
      return outside.noticeRefund.next(lost(outside.noticeRefund))
    case 'writeBackRefund':
      return outside.writeBackRefund.next(lost(outside.writeBackRefund))
  }
}
