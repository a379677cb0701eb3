import { describe, expect, it } from 'vitest'
import { oneCodeOffer, payByOneCode } from '../../../src/flows/one-code/payment.ts'
import { lockBill, unlockBill } from '../../../src/flows/desk-locks.ts'
import { openOrder } from '../../../src/flows/open-order.ts'
import {
  counterBill as billNo,
  DESK,
  LOST,
  openCounter,
  workUntil,
} from '../../support/one-code-rig.ts'

const DAY_MS = 86_400_000
const ONLINE = {
  billNo: '',
  channel: 'wechat',
  surface: 'mini-program',
  payMode: 'self-pay',
  subject: 's1',
  userId: 'o1',
  patientIds: ['P1'],
  clientIp: '10.0.0.1',
  deviceId: 'none',
} as const

describe('two at once', () => {
  it('[YM-36] two terminals and one bill: one charge', async () => {
    const counter = await openCounter()
    const number = billNo('MY')
    const other = { ...counter.wishOf(number), desk: '门诊2号窗', deviceId: 'D2', operatorId: 'C2' }
    const both = Promise.allSettled([
      payByOneCode(counter.app, counter.wishOf(number)),
      payByOneCode(counter.app, other),
    ])
    const results = await counter.clock.run(both)
    const won = results.filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'bill-being-paid' },
    })
    expect(counter.context.world.ledger.of(number)).toHaveLength(1)
  })

  it('[YM-36] the same request again is the same payment, and after the end the bill is paid', async () => {
    const counter = await openCounter()
    const wish = counter.wishOf(billNo('MY11'))
    const [one, two] = await counter.clock.run(
      Promise.all([
        payByOneCode(counter.app, wish),
        counter.clock.sleep(5).then(() => payByOneCode(counter.app, wish)),
      ]),
    )
    expect(two.id).toBe(one.id)
    await workUntil(counter, 30_000)
    await expect(counter.pay(billNo('MY11'))).rejects.toMatchObject({ code: 'bill-already-paid' })
  })

  it("[YM-36, YM-48] a code that one operator scanned is no other operator's, nor another device's", async () => {
    const counter = await openCounter()
    const wish = counter.wishOf(billNo('MY01'))
    await counter.clock.run(payByOneCode(counter.app, wish))
    for (const thief of [{ operatorId: 'C2' }, { deviceId: 'D2' }])
      await expect(payByOneCode(counter.app, { ...wish, ...thief })).rejects.toMatchObject({
        code: 'forbidden',
      })
    await expect(oneCodeOffer(counter.app, { ...wish, operatorId: 'C2' })).rejects.toMatchObject({
      code: 'forbidden',
    })
  })

  it('[YM-36] a device that pays without end is stopped', async () => {
    const counter = await openCounter({ settings: { ONE_CODE_LIMIT_PER_DEVICE: '2' } })
    for (const number of ['MZ20261121000011-MY', 'MZ20261121000012-MY'])
      expect((await counter.pay(number)).state).toBe('paid')
    await expect(counter.pay('MZ20261121000013-MY')).rejects.toMatchObject({
      code: 'too-many-requests',
    })
    await counter.clock.advance(61_000)
    expect((await counter.pay('MZ20261121000013-MY')).state).toBe('paid')
  })

  it('[YM-36] an online order and a counter never have one bill at a time', async () => {
    const counter = await openCounter()
    const { app } = counter
    const number = billNo('MY11')
    const opening = { ...ONLINE, billNo: number }
    const payment = await counter.pay(number)
    await expect(openOrder(app, opening)).rejects.toMatchObject({ code: 'bill-being-paid' })
    if (payment.state !== 'paid')
      await expect(unlockBill(app, { billNo: number, desk: DESK.desk })).rejects.toMatchObject({
        code: 'bill-being-paid',
      })
    await workUntil(counter, 30_000)
    // HIS has not written it down yet, and the patient cannot pay again online meanwhile.
    await expect(openOrder(app, opening)).rejects.toMatchObject({ code: 'bill-being-paid' })
    const online = { ...opening, billNo: 'MZ20261121000002-MY' }
    await openOrder(app, online)
    await expect(counter.pay(online.billNo)).rejects.toMatchObject({ code: 'bill-being-paid' })
  })

  it('takes a bill that its own desk has locked, and none that another has', async () => {
    const counter = await openCounter()
    const until = counter.clock.now() + 600_000
    await lockBill(counter.app, { billNo: billNo('MY'), desk: DESK.desk, until })
    expect((await counter.pay(billNo('MY'))).state).toBe('paid')
    const other = 'MZ20261121000002-MY'
    await lockBill(counter.app, { billNo: other, desk: '别的窗口', until })
    await expect(counter.pay(other)).rejects.toMatchObject({ code: 'bill-being-paid' })
  })

  it("[YM-36, YM-49] once money was taken, rightly or not, the bill is nobody's to pay again", async () => {
    for (const suffix of ['MY', 'MY13']) {
      const counter = await openCounter()
      await counter.pay(billNo(suffix))
      await counter.clock.advance(30 * DAY_MS)
      await expect(counter.pay(billNo(suffix))).rejects.toMatchObject({ code: 'bill-already-paid' })
      await expect(
        openOrder(counter.app, { ...ONLINE, billNo: billNo(suffix) }),
      ).rejects.toMatchObject({
        code: 'bill-being-paid',
      })
    }
  })

  it('[YM-36] while a charge is not known the bill stays with its desk, though nobody asks for days', async () => {
    const counter = await openCounter({
      between: async (request, send) =>
        request.url.includes('/v1/charges') ? LOST : send(request),
    })
    await counter.pay(billNo('MY'))
    // The desk locks it anew, for its own short while; then the service is down.
    const until = counter.clock.now() + 60_000
    await lockBill(counter.app, { billNo: billNo('MY'), desk: DESK.desk, until })
    await counter.clock.advance(2 * DAY_MS)
    const online = { ...ONLINE, billNo: billNo('MY') }
    await expect(openOrder(counter.app, online)).rejects.toMatchObject({ code: 'bill-being-paid' })
  })

  it('[YM-36] an online order that came between status and charge is not paid twice', async () => {
    const counter = await openCounter()
    const number = billNo('MY')
    let looks = 0
    const { bill } = counter.his
    counter.app.his.bill = async (asked) => {
      looks += 1
      if (looks === 2) {
        // The desk's lock ran out, and the patient has begun online meanwhile.
        await counter.app.db.q('bill_locks').delete()
        await openOrder(counter.app, { ...ONLINE, billNo: number })
      }
      const found = bill(asked)
      return found ? { kind: 'done', value: found } : { kind: 'absent' }
    }
    const payment = await counter.pay(number)
    expect(payment).toMatchObject({ state: 'declined', reason: { code: 'bill-being-paid' } })
    expect(counter.calls('/v1/charges')).toEqual([])
  })
})
