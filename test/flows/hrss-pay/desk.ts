/** A desk of the hospital in front of the pretend platform, without sockets; notices come straight in. */
import type { App } from '../../../src/app.ts'
import { attendToHrssPayment } from '../../../src/flows/hrss-pay/attend.ts'
import { actOn } from '../../../src/flows/hrss-pay/held-payment.ts'
import { takeHrssNotice } from '../../../src/flows/hrss-pay/notices.ts'
import { openHrssPayment } from '../../../src/flows/hrss-pay/place.ts'
import type { HrssPaymentWay } from '../../../src/payment/hrss-payment.ts'
import { pay } from '../../../src/sandbox/hrss-pay/book.ts'
import { notify } from '../../../src/sandbox/hrss-pay/notices.ts'
import type { Db } from '../../../src/store/database.ts'
import * as payments from '../../../src/store/hrss-payments.ts'
import * as workItems from '../../../src/store/work-items.ts'
import type { HrssPaySettings } from '../../../src/upstreams/hrss-pay/adapter.ts'
import { done, type HospitalSystem } from '../../../src/upstreams/upstream.ts'
import { hisStub, type TestApp, testApp, testBill } from '../../support/app.ts'
import { databaseIsBusy, VirtualClock } from '../../support/virtual-clock.ts'
import { connected } from '../../upstreams/hrss-pay/platform.ts'

export interface DeskOptions {
  readonly settings?: Record<string, string>
  readonly platform?: Partial<HrssPaySettings>
  readonly his?: Partial<HospitalSystem>
}

export async function openDesk(db: Db, options: DeskOptions = {}) {
  const clock = new VirtualClock()
  clock.alsoWaitsFor(databaseIsBusy(db))
  const rig = connected({ now: clock.now, ...options.platform })
  Object.assign(rig.context.world, { now: clock.now })
  const app = await start(db, { clock, rig, options })
  const { teller } = rig.sandbox
  const world = rig.context.world
  let living: App = app
  const answers: string[] = []
  Object.assign(world, {
    post: async (_url: string, { body }: { body: string }) => {
      const call = { contentType: 'application/json', body: Buffer.from(body) }
      const answer = await takeHrssNotice(living, call)
      answers.push(answer)
      return { status: 200, headers: {}, body: answer }
    },
  })
  const orderOf = (mchOrderId: string) => {
    const order = teller.book.orders.get(mchOrderId)
    if (order === undefined) throw new Error('the platform has no such order')
    return order
  }
  return {
    ...rig,
    clock,
    app,
    answers,
    orderOf,
    /** The same database after the process died. */
    restart: async (): Promise<App> => (living = await start(db, { clock, rig, options })),
    open: (billNo: string, way: HrssPaymentWay = 'online') =>
      openHrssPayment(living, {
        billNo,
        way,
        qrCode: way === 'presented' ? '51010012345678' : null,
        returnUrl: null,
      }),
    payOnPhone: async (mchOrderId: string, tell = true) => {
      const paid = pay(world, teller.book, orderOf(mchOrderId))
      if (paid && tell) await notify(teller, orderOf(mchOrderId))
      return paid
    },
    /** What the worker does, as often as it takes within `ms`. */
    tend: async (ms = 0, stepMs = 5_000) => {
      await attendDue(living)
      for (let gone = 0; gone < ms; gone += stepMs) {
        await clock.advance(stepMs)
        await attendDue(living)
      }
    },
    look: async (id: string) => {
      const payment = await payments.byId(db, id)
      if (payment === null) throw new Error('no such payment')
      return payment
    },
    hospitalHolds: (billNo: string) => teller.book.ledger.balance(billNo, 'bank'),
    calls: (service: string) => rig.wire.sent.filter(({ url }) => url.endsWith(service)).length,
    workItems: async () => (await workItems.list(db, 'open')).map(({ kind }) => kind),
  }
}

export type Desk = Awaited<ReturnType<typeof openDesk>>

async function start(
  db: Db,
  given: { clock: VirtualClock; rig: ReturnType<typeof connected>; options: DeskOptions },
): Promise<TestApp> {
  const { clock, rig, options } = given
  return testApp({
    db,
    clock,
    hrssPay: rig.platform,
    his: hisStub({ bill: async (billNo) => done(testBill({ billNo })), ...options.his }),
    settings: options.settings ?? {},
  })
}

async function attendDue(app: App): Promise<void> {
  const now = app.clock.now()
  const lease = { owner: `w${now}`, now, until: now + app.settings.LEASE_MS }
  for (const id of await payments.takeDue(app.db, lease, 100))
    await actOn(app, { id, owner: lease.owner }, (held) => attendToHrssPayment(app, held))
}

export const SERVICE = {
  online: '88800200001',
  order: '88800100001',
  refund: '88800100002',
  close: '88800100003',
  refundState: '88800100004',
} as const
