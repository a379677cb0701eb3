import { expect, it } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { lockBill, unlockBill } from '../../src/flows/desk-locks.ts'
import { openOrder } from '../../src/flows/open-order.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { ABSENT, UNKNOWN } from './line.ts'
import { authorises, opens, paidUpTo, pays, type Scene, WISH } from './patient.ts'
import { billOf, PATIENT } from './people.ts'

const code = (error: unknown) => (error instanceof AppError ? error.code : String(error))
const LIFE_MS = 1_800_000

const refusal = (work: Promise<unknown>) => work.then(() => 'accepted', code)

const rows = ({ world }: Scene) => world.db.q('orders')

describeDatabases((_, openFresh) => {
  const start = async (): Promise<Scene> => {
    const world = await flowWorld(openFresh)
    return { world, at: world.start() }
  }

  it('[SC-P02] the same patient with the same choices gets the same order', async () => {
    const scene = await start()
    const first = await opens(scene)
    const second = await opens(scene)
    expect(second.id).toBe(first.id)
    expect(await rows(scene)).toHaveLength(1)
  })

  it('[SC-P02] the same patient may take up an order that is being paid', async () => {
    const scene = await start()
    const order = await paidUpTo(scene, 'awaiting-payment')
    expect((await opens(scene)).id).toBe(order.id)
  })

  it.each([
    { payMode: 'self-pay' },
    { channel: 'alipay', userId: '2088000000000001' },
    { surface: 'h5', userId: 'openid-of-the-public-account' },
    { userId: 'openid-of-another-phone' },
  ] as const)(
    '[SC-P02] another choice before step 8 replaces the order and revokes its upload: %j',
    async (wish) => {
      const scene = await start()
      const old = await paidUpTo(scene, 'pre-settled')
      const order = await opens(scene, wish)
      expect(order.id).not.toBe(old.id)
      expect((await scene.world.order(old.id)).state).toBe('closed')
      scene.at.work()
      await scene.world.clock.advance(1_000)
      const { revoke, release } = scene.world.outside
      expect(revoke.said.map(({ question }) => question.payOrdId)).toEqual(['PO1'])
      expect(release.said.map(({ question }) => question.orderId)).toEqual([old.id])
    },
  )

  it('[SC-P02] another choice after step 8 is refused while the payment is in progress', async () => {
    const scene = await start()
    const { id } = await paidUpTo(scene, 'awaiting-payment')
    expect(await refusal(opens(scene, { payMode: 'self-pay' }))).toBe('payment-in-progress')
    expect((await scene.world.order(id)).state).toBe('awaiting-payment')
  })

  it('[SC-P02] somebody else hears since when the bill is being paid', async () => {
    const scene = await start()
    await opens(scene)
    await scene.world.clock.advance(300_000)
    const other = { subject: 'user-2', userId: 'openid-2' }
    const error = await opens(scene, other).catch((error: unknown) => error)
    expect(code(error)).toBe('bill-being-paid')
    expect(error instanceof AppError && error.sentence).toContain('09:00')
  })

  it('[SC-P02] two starts at the same instant are one order', async () => {
    const scene = await start()
    const { world } = scene
    const other = world.startElsewhere()
    const both = await world.run(
      Promise.allSettled([openOrder(scene.at.app, WISH), openOrder(other.app, WISH)]),
    )
    expect(await rows(scene)).toHaveLength(1)
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [code(one.reason)] : []))
    expect([[], ['bill-being-paid']]).toContainEqual(refused)
  })

  it('[SC-P02] a bill that is paid, void or worth nothing opens no order', async () => {
    const scene = await start()
    const { bills } = scene.world.outside
    bills.set('B2', billOf('B2', { status: 'paid' }))
    bills.set('B3', billOf('B3', { status: 'void' }))
    expect(await refusal(opens(scene, { billNo: 'B2' }))).toBe('bill-already-paid')
    expect(await refusal(opens(scene, { billNo: 'B3' }))).toBe('bill-invalid')
    expect(await rows(scene)).toEqual([])
  })

  it('[SC-P01] HIS away: nothing is stored and the patient may try again', async () => {
    const scene = await start()
    scene.world.outside.bill.next(UNKNOWN)
    expect(await refusal(opens(scene))).toBe('upstream-unavailable')
    expect(await rows(scene)).toEqual([])
    expect((await opens(scene)).state).toBe('created')
  })

  it('[SC-P01] a bill of somebody else looks like no bill at all', async () => {
    const scene = await start()
    const patient = { ...PATIENT, patientId: 'P2' }
    scene.world.outside.bills.set('B2', billOf('B2', { patient }))
    const foreign = await opens(scene, { billNo: 'B2' }).catch((error: unknown) => error)
    scene.world.outside.bill.next(ABSENT)
    const absent = await opens(scene, { billNo: 'B2' }).catch((error: unknown) => error)
    expect(code(foreign)).toBe('bill-not-found')
    expect(String(foreign)).toBe(String(absent))
    expect(await rows(scene)).toEqual([])
  })

  it('[SC-P01] HIS hears that the bill is being paid here, and until when', async () => {
    const scene = await start()
    scene.at.work()
    const order = await opens(scene)
    await scene.world.clock.advance(1_000)
    expect(scene.world.outside.hold.said.map(({ question }) => question)).toEqual([
      { billNo: 'B1', orderId: order.id, until: order.expiresAt + 7_200_000 },
    ])
  })

  it('[SC-P02] a desk that has the bill keeps the patient out, and gives it back', async () => {
    const scene = await start()
    const { world, at } = scene
    const until = world.clock.now() + 60_000
    await world.run(lockBill(at.app, { billNo: 'B1', desk: '3号窗口', until }))
    expect(await refusal(opens(scene))).toBe('bill-being-paid')
    await world.run(unlockBill(at.app, { billNo: 'B1', desk: '3号窗口' }))
    expect((await opens(scene)).state).toBe('created')
  })

  it('[SC-P02] a desk lock ends by itself', async () => {
    const scene = await start()
    const { world, at } = scene
    const until = world.clock.now() + 60_000
    await world.run(lockBill(at.app, { billNo: 'B1', desk: '3号窗口', until }))
    await world.clock.advance(60_000)
    expect((await opens(scene)).state).toBe('created')
  })

  it('[SC-P02] a patient who pays keeps every desk out', async () => {
    const scene = await start()
    const { world, at } = scene
    await opens(scene)
    const until = world.clock.now() + 60_000
    const lock = { billNo: 'B1', desk: '3号窗口', until }
    expect(await refusal(world.run(lockBill(at.app, lock)))).toBe('bill-being-paid')
  })

  it('[SC-P02] desk and patient at the same instant: exactly one has the bill', async () => {
    const scene = await start()
    const { world, at } = scene
    const other = world.startElsewhere()
    for (let round = 1; round <= 5; round += 1) {
      const billNo = `R${round}`
      world.outside.bills.set(billNo, billOf(billNo))
      const until = world.clock.now() + 60_000
      const results = await world.run(
        Promise.allSettled([
          openOrder(at.app, { ...WISH, billNo }),
          lockBill(other.app, { billNo, desk: '3号窗口', until }),
        ]),
      )
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
      expect(refused.map(code)).toEqual(['bill-being-paid'])
    }
  })

  it('[SC-P10] an order past its life is never payable, in whatever state', async () => {
    for (const state of ['created', 'pre-settled', 'awaiting-payment'] as const) {
      const scene = await start()
      const { id } = await paidUpTo(scene, state)
      await scene.world.clock.advance(LIFE_MS)
      const late = state === 'created' ? authorises(scene, id) : pays(scene, id)
      expect(await refusal(late)).toBe('order-expired')
      expect(scene.world.outside.placeMixed.count).toBe(state === 'awaiting-payment' ? 1 : 0)
    }
  })

  it('[SC-P10] an order that expired while step 9 was unknown places nothing any more', async () => {
    const scene = await start()
    const { placeMixed } = scene.world.outside
    const { id } = await paidUpTo(scene, 'pre-settled')
    placeMixed.next(UNKNOWN)
    expect(await pays(scene, id)).toBe(null)
    await scene.world.clock.advance(LIFE_MS)
    expect(await refusal(pays(scene, id))).toBe('order-expired')
    expect(placeMixed.count).toBe(1)
  })

  it('[SC-P02] the same patient opens a new order when the old one has expired', async () => {
    const scene = await start()
    const old = await paidUpTo(scene, 'pre-settled')
    await scene.world.clock.advance(LIFE_MS)
    expect((await opens(scene)).id).not.toBe(old.id)
    expect((await scene.world.order(old.id)).state).toBe('closed')
  })

  it('[SC-P02] an expired order that nobody paid gives the bill back to desks and others', async () => {
    const scene = await start()
    const { world, at } = scene
    at.work()
    await paidUpTo(scene, 'pre-settled')
    await world.clock.advance(LIFE_MS + 60_000)
    const lock = { billNo: 'B1', desk: '3号窗口', until: world.clock.now() + 60_000 }
    expect(await refusal(world.run(lockBill(at.app, lock)))).toBe('accepted')
  })

  it.each([{ status: 'paid' }, { status: 'void' }, { totalFen: 9_999 }])(
    '[SC-G04] a bill that changed at HIS (%j) is not paid: closed, revoked, told',
    async (changes) => {
      const scene = await start()
      const { world, at } = scene
      const { id } = await paidUpTo(scene, 'pre-settled')
      world.outside.bill.always(() => ({
        kind: 'done',
        value: JSON.parse(JSON.stringify({ ...billOf('B1'), ...changes })),
      }))
      expect(await refusal(pays(scene, id))).toBe('bill-changed')
      at.work()
      await world.clock.advance(2_000)
      expect((await world.order(id)).state).toBe('closed')
      expect(world.outside.placeSelfPay.count + world.outside.placeMixed.count).toBe(0)
      expect([...world.outside.uploads.values()]).toMatchObject([{ phase: 'revoked' }])
    },
  )
})
