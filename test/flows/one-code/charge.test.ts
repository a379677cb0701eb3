import { describe, expect, it } from 'vitest'
import { payByOneCode, takeChargeNotice } from '../../../src/flows/one-code/payment.ts'
import { fen } from '../../../src/payment/money.ts'
import * as workItems from '../../../src/store/work-items.ts'
import {
  counterBill as billNo,
  LOST,
  openCounter,
  paidAtCounter as paid,
  workUntil,
} from '../../support/one-code-rig.ts'

describe('certificates', () => {
  it('[YM-34, YM-35] a lost one is never charged; the next is another serial number, and one charge', async () => {
    const counter = await openCounter()
    const first = await counter.pay(billNo('MY07'))
    expect(first).toMatchObject({ state: 'declined', reason: { code: 'certificate-unknown' } })
    const second = await counter.pay(billNo('MY07'))
    expect(second.state).toBe('paid')
    expect(second.serialNo).not.toBe(first.serialNo)
    expect(counter.collected(billNo('MY07'))).toBe(second.selfPayFen)
    const known = await counter.app.db.q('one_code_payments').orderBy('state').pluck('known_at')
    expect(known).toEqual([null, expect.any(Number)])
    expect(counter.context.registry.payCerts.size).toBe(2)
    expect(counter.calls('/v1/charges')).toHaveLength(1)
  })

  it('[YM-35] one that ended before the charge is replaced under a new number, and never sent', async () => {
    let looks = 0
    const counter = await openCounter()
    const bill = counter.his.bill
    // HIS is slow when the bill is read again before the charge: longer than the certificate lives.
    counter.app.his.bill = async (number) => {
      looks += 1
      if (looks === 2) await counter.clock.sleep(61_000)
      const found = bill(number)
      return found ? { kind: 'done', value: found } : { kind: 'absent' }
    }
    const payment = await counter.clock.run(payByOneCode(counter.app, counter.wishOf(billNo('MY'))))
    await counter.clock.advance(90_000)
    const after = await counter.payment(payment.id)
    expect(after).toMatchObject({ state: 'paid', certificateTry: 2 })
    const used = [...counter.context.registry.payCerts.values()].filter((one) => one.outTradeNo)
    expect(used.map(({ serialNo }) => serialNo)).toEqual([after.serialNo])
    expect(counter.calls('/v1/charges')).toHaveLength(1)
  })

  it('[YM-33, YM-36] one fen of drift at HIS, and nothing is charged', async () => {
    const counter = await openCounter()
    const { bill } = counter.his
    let looks = 0
    counter.his.bill = (number) => {
      const found = bill(number)
      looks += 1
      if (!found?.counter || looks === 1) return found
      const { selfPayFen, fundFen } = found.counter
      const drifted = { selfPayFen: fen(selfPayFen + 1), fundFen: fen(fundFen - 1) }
      return { ...found, counter: { ...found.counter, ...drifted } }
    }
    const payment = await counter.pay(billNo('MY'))
    expect(payment).toMatchObject({ state: 'declined', reason: { code: 'amount-drift' } })
    expect(counter.calls('/v1/charges')).toEqual([])
  })

  it.each([
    ['paid elsewhere', 'bill-already-paid', { status: 'paid' }],
    ['void', 'bill-already-paid', { status: 'void' }],
  ] as const)('[YM-36] a bill that is %s by now is not charged', async (_, code, change) => {
    const counter = await openCounter()
    const { bill } = counter.his
    let looks = 0
    counter.his.bill = (number) => {
      const found = bill(number)
      looks += 1
      return found && looks > 1 ? { ...found, ...change } : found
    }
    const payment = await counter.pay(billNo('MY'))
    expect(payment).toMatchObject({ state: 'declined', reason: { code } })
    expect(counter.calls('/v1/charges')).toEqual([])
  })
})

describe('a charge', () => {
  it.each([['MY09'], ['MY10'], ['MY11'], ['MY14']])(
    '[YM-45, YM-46, YM-47] %s: found out by asking, and taken once',
    async (suffix) => {
      const { counter, payment } = await paid(suffix)
      if (payment.state !== 'paid') await workUntil(counter, 60_000)
      const after = await counter.payment(payment.id)
      expect(after.state).toBe('paid')
      expect(counter.collected(billNo(suffix))).toBe(after.selfPayFen)
      const charges = counter.context.world.ledger.of(billNo(suffix))
      expect(charges).toHaveLength(1)
    },
  )

  it('[YM-35] that never arrived and cannot any more ends without a charge', async () => {
    const { counter, payment } = await paid('MY26')
    await workUntil(counter, 20_000)
    expect(await counter.payment(payment.id)).toMatchObject({ state: 'charging' })
    await workUntil(counter, 200_000)
    const after = await counter.payment(payment.id)
    expect(after).toMatchObject({ state: 'declined', reason: { code: 'charge-never-arrived' } })
    expect(counter.collected(billNo('MY26'))).toBe(0)
  })

  it('[YM-45] that provably never left is declined at once; the ordinary path is open', async () => {
    const { payment } = await paid('MY', {
      between: async (request, send) =>
        request.url.endsWith('/v1/charges')
          ? { kind: 'unsent', cause: 'ECONNREFUSED' }
          : send(request),
    })
    expect(payment).toMatchObject({ state: 'declined', reason: { code: 'charge-not-sent' } })
  })

  it('[YM-49] of another amount is nobody\'s "paid": a person hears of it', async () => {
    const { counter, payment } = await paid('MY13')
    expect(payment.state).toBe('needs-review')
    expect(await workItems.list(counter.app.db, 'open')).toMatchObject([
      { kind: 'one-code-amount', subject: payment.id },
    ])
  })

  it('[YM-47] whose end nobody tells gets a work item, and is asked about all the same', async () => {
    const { counter, payment } = await paid('MY', {
      between: async (request, send) =>
        request.url.includes('/v1/charges') ? LOST : send(request),
    })
    await workUntil(counter, 700_000)
    expect(await counter.payment(payment.id)).toMatchObject({ state: 'charging' })
    expect(await workItems.list(counter.app.db, 'open')).toMatchObject([
      { kind: 'one-code-unknown', subject: payment.id },
    ])
  })

  it('[YM-37] the certificate of an open charge is forgotten when it has ended', async () => {
    const { counter, payment } = await paid('MY', {
      between: async (request, send) =>
        request.url.includes('/v1/charges') ? LOST : send(request),
    })
    expect((await counter.payment(payment.id)).certificate?.value).not.toBeNull()
    await workUntil(counter, 180_000)
    expect((await counter.payment(payment.id)).certificate?.value).toBeNull()
  })

  it('[YM-46] a charge that arrives after its end: a person hears, and returns the money', async () => {
    const held: (() => Promise<unknown>)[] = []
    const counter = await openCounter({
      between: async (request, send) => {
        if (held.length > 0 || !request.url.endsWith('/v1/charges')) return send(request)
        held.push(() => send(request))
        return { kind: 'unsent', cause: 'ECONNREFUSED' }
      },
    })
    const payment = await counter.pay(billNo('MY'))
    expect(payment.state).toBe('declined')
    for (const arrives of held) await counter.clock.run(arrives())
    await workUntil(counter, 60_000)
    expect(counter.collected(billNo('MY'))).toBe(payment.selfPayFen)
    const [item] = await workItems.list(counter.app.db, 'open')
    expect(item?.sentence).toContain('渠道现称已扣款')
  })

  it('[YM-46] a notice only makes us ask; a forged one does nothing', async () => {
    const { counter, payment } = await paid('MY11')
    await counter.clock.advance(9_000)
    const forged = {
      headers: { 'x-nonce': 'n' },
      body: Buffer.from(`{"outTradeNo":"${payment.outTradeNo}","status":"PAID"}`),
    }
    const refusal = await takeChargeNotice(counter.app, forged)
    expect(refusal.body).toBe('{"code":"NOT_STORED"}')
    expect((await counter.payment(payment.id)).state).toBe(payment.state)
    const { payment: forgedToo, collected } = await paid('MY24')
    expect([forgedToo.state, collected]).toEqual(['paid', forgedToo.selfPayFen])
  })
})
