import { expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { UNKNOWN, UNSENT } from './line.ts'
import {
  authorises,
  callsBack,
  CASH_ONLY_PAID,
  comesBack,
  happens,
  jumps,
  legs,
  opens,
  PAID,
  paidUpTo,
  pays,
  returning,
  says,
  type Scene,
} from './patient.ts'
import { billOf } from './people.ts'

const REST_MS = 30_000
const OFFER = '医保通道暂时繁忙，可改用自费支付，或稍后再试。'
const NO_BANK = '银行支付通道暂时繁忙，请稍后再试或到窗口缴费。'
const SELF_PAY = { payMode: 'self-pay' } as const
const CASH_PAID = legs('success', 'success', 'none')

const said = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? error.sentence : String(error)),
  )

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  )

/** One patient after the other with a bill of their own, until new insurance orders are refused. */
async function patientsUntilRefused(scene: Scene): Promise<number> {
  for (let no = 1; no <= 10; no += 1) {
    const billNo = `S${no}`
    scene.world.outside.bills.set(billNo, billOf(billNo))
    const opened = await opens(scene, { billNo }).catch(() => null)
    if (opened === null) return no - 1
    await authorises(scene, opened.id, `code-${billNo}`).catch(() => {})
  }
  throw new Error('nobody was refused')
}

/** The mid-platform does not answer any more, and this process knows. */
async function withoutPlatform(scene: Scene): Promise<void> {
  scene.world.outside.upload.always(UNKNOWN)
  await patientsUntilRefused(scene)
}

const calls = ({ world: { outside } }: Scene): number[] =>
  [outside.authorisation, outside.exchange, outside.person, outside.upload].map(
    ({ count }) => count,
  )

describeDatabases((_, openFresh) => {
  const start = async (): Promise<Scene> => {
    const world = await flowWorld(openFresh)
    world.outside.bills.set('B2', billOf('B2'))
    return { world, at: world.start() }
  }

  it.each([
    ['answers 503', 3, () => UNKNOWN],
    ['cannot be reached', 5, () => UNSENT],
    [
      'hangs',
      3,
      ({ clock }: Scene['world']) =>
        async () => {
          await clock.sleep(8_000)
          return UNKNOWN()
        },
    ],
  ] as const)(
    '[SC-A04] the mid-platform %s: after five calls insurance is refused without a call, and self-pay pays',
    async (_how, patients, teller) => {
      const scene = await start()
      const { world, at } = scene
      world.outside.upload.always(teller(world))
      expect(await patientsUntilRefused(scene)).toBe(patients)
      const before = calls(scene)
      expect(await said(opens(scene))).toBe(OFFER)
      expect(calls(scene)).toEqual(before)
      const order = await paidUpTo(scene, 'awaiting-payment', SELF_PAY)
      happens(scene, order, CASH_PAID)
      at.work()
      await callsBack(scene, says(order, CASH_PAID))
      await world.clock.advance(2_000)
      expect(await world.order(order.id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    },
  )

  it.each([
    ['the insurance core', 'person'],
    ['the sign-in', 'signIn'],
    ["the channel's exchange", 'exchange'],
  ] as const)('[SC-A04] %s silent: insurance is refused, self-pay is not', async (_, line) => {
    const scene = await start()
    scene.world.outside[line].always(UNKNOWN)
    await patientsUntilRefused(scene)
    expect(await said(opens(scene))).toBe(OFFER)
    expect((await opens(scene, SELF_PAY)).state).toBe('pre-settled')
  })

  it('[SC-A04] another channel goes on when only the exchange of one is silent', async () => {
    const scene = await start()
    scene.world.outside.exchange.always(UNKNOWN)
    await patientsUntilRefused(scene)
    expect((await opens(scene, { channel: 'alipay' })).state).toBe('created')
  })

  it('[SC-A04] orders that have begun are paid, returned, revoked and written back all the same', async () => {
    const scene = await start()
    const { world, at } = scene
    const { revoke, refund, writeBack } = world.outside
    const paid = await paidUpTo(scene, 'pre-settled')
    const { id } = await opens(scene, { billNo: 'B2' })
    await authorises(scene, id, 'C2')
    await pays(scene, id)
    await withoutPlatform(scene)
    at.work()
    await pays(scene, paid.id)
    const [first, second] = [await world.order(paid.id), await world.order(id)]
    happens(scene, first, PAID)
    happens(scene, second, CASH_ONLY_PAID)
    revoke.next(UNKNOWN, UNSENT)
    await world.clock.advance(25_000)
    expect(await world.order(first.id)).toMatchObject({ state: 'paid', hisWriteBack: 'done' })
    expect(await world.order(second.id)).toMatchObject({ state: 'refunded', refundedFen: 3_000 })
    expect([refund.count, writeBack.count]).toEqual([1, 1])
    expect(revoke.count).toBeGreaterThan(2)
    expect([...world.outside.uploads.values()]).toContainEqual({
      payOrdId: 'PO2',
      phase: 'revoked',
    })
  })

  it('[SC-A04] an order that has not begun is refused before its authorisation is used up', async () => {
    const scene = await start()
    const { world } = scene
    const { id } = await opens(scene)
    const back = { orderId: id, state: await jumps(scene, id), code: 'C1' }
    await withoutPlatform(scene)
    const before = calls(scene)
    expect(await said(jumps(scene, id))).toBe(OFFER)
    expect(await said(comesBack(scene, back))).toBe(OFFER)
    expect(calls(scene)).toEqual(before)
    world.outside.upload.asUsual()
    await world.clock.advance(REST_MS)
    expect(await comesBack(scene, back)).toBe(true)
    expect((await world.order(id)).state).toBe('pre-settled')
  })

  it('[SC-A04] after the rest two patients at once are one probe; its answer lets the other in', async () => {
    const scene = await start()
    const { world } = scene
    const [one, other] = [await opens(scene), await opens(scene, { billNo: 'B2' })]
    const back = [
      { orderId: one.id, state: await jumps(scene, one.id), code: 'C1' },
      { orderId: other.id, state: await jumps(scene, other.id), code: 'C2' },
    ] as const
    await withoutPlatform(scene)
    world.outside.upload.asUsual()
    const before = world.outside.exchange.count
    const { exchange } = world.outside
    exchange.always(async (question) => {
      await world.clock.sleep(1_000)
      return exchange.usual(question)
    })
    await world.clock.advance(REST_MS)
    const both = await world.run(Promise.all(back.map((from) => said(returning(scene, from)))))
    expect(both.toSorted()).toEqual(['accepted', OFFER].toSorted())
    expect(world.outside.exchange.count).toBe(before + 1)
    const refused = back[both.indexOf(OFFER)] ?? back[0]
    expect(await comesBack(scene, refused)).toBe(true)
  })

  it('[SC-A04] a probe without an answer is followed by another rest', async () => {
    const scene = await start()
    const { world } = scene
    await withoutPlatform(scene)
    await world.clock.advance(REST_MS)
    const { id } = await opens(scene)
    expect(await codeOf(authorises(scene, id))).toBe('upstream-refused')
    expect(await said(opens(scene, { billNo: 'B2' }))).toBe(OFFER)
    await world.clock.advance(REST_MS)
    expect(await said(opens(scene, { billNo: 'B2' }))).toBe('accepted')
  })

  it('[SC-A04] every process learns by itself', async () => {
    const scene = await start()
    await withoutPlatform(scene)
    const elsewhere = { world: scene.world, at: scene.world.startElsewhere() }
    expect(await said(opens(scene))).toBe(OFFER)
    expect(await said(opens(elsewhere))).toBe('accepted')
  })

  it('[SC-A04] the bank silent: no new order at all, the sentence says so, and open ones are asked for', async () => {
    const scene = await start()
    const { world, at } = scene
    const { askMixed } = world.outside
    const order = await paidUpTo(scene, 'awaiting-payment')
    askMixed.always(UNKNOWN)
    at.work()
    await world.clock.advance(41_000)
    expect(askMixed.count).toBe(5)
    expect(await said(opens(scene, { billNo: 'B2' }))).toBe(NO_BANK)
    expect(await said(opens(scene, { billNo: 'B2', ...SELF_PAY }))).toBe(NO_BANK)
    expect(await world.db.q('orders')).toHaveLength(1)
    expect((await opens(scene)).id).toBe(order.id)
    askMixed.asUsual()
    happens(scene, order, PAID)
    await world.clock.advance(5_000)
    expect((await world.order(order.id)).state).toBe('paid')
    expect(await said(opens(scene, { billNo: 'B2' }))).toBe('accepted')
  })

  it('[SC-A04] the bank after its rest: one new order tries, the next one waits for its answer', async () => {
    const scene = await start()
    const { world } = scene
    const { id } = await opens(scene, SELF_PAY)
    world.outside.placeSelfPay.always(UNKNOWN)
    world.outside.selfPay.always(UNKNOWN)
    world.outside.closeSelfPay.always(UNKNOWN)
    for (let tries = 1; tries <= 2; tries += 1) expect(await pays(scene, id)).toBeNull()
    expect(await said(opens(scene, { billNo: 'B2', ...SELF_PAY }))).toBe(NO_BANK)
    await world.clock.advance(REST_MS)
    const probe = await opens(scene, { billNo: 'B2', ...SELF_PAY })
    world.outside.bills.set('B3', billOf('B3'))
    expect(await said(opens(scene, { billNo: 'B3', ...SELF_PAY }))).toBe(NO_BANK)
    for (const line of [world.outside.placeSelfPay, world.outside.selfPay]) line.asUsual()
    expect(await pays(scene, probe.id)).not.toBeNull()
    expect(await said(opens(scene, { billNo: 'B3', ...SELF_PAY }))).toBe('accepted')
  })
})
