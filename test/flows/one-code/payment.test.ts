import { describe, expect, it } from 'vitest'
import { oneCodeOffer, payByOneCode } from '../../../src/flows/one-code/payment.ts'
import {
  counterBill as billNo,
  DESK,
  LOST,
  openCounter,
  paidAtCounter as paid,
} from '../../support/one-code-rig.ts'

const NO_CHARGE = { outTradeNo: null, chargeNo: null, paidAt: null }

describe('a payment at the counter', () => {
  it.each([
    ['MY', 'settled'],
    ['LY', 'later'],
    ['SY', 'none'],
  ])(
    '[YM-41, YM-44, YM-45] %s: insurance %s, own money taken once and exactly',
    async (suffix, insurance) => {
      const { counter, payment, collected } = await paid(suffix)
      expect(payment).toMatchObject({ state: 'paid', insurance, channel: 'wechat' })
      expect(collected).toBe(payment.selfPayFen)
      expect(counter.calls('/signedQuery')).toHaveLength(1)
      expect(counter.calls('/genPayCert')).toHaveLength(1)
      expect(counter.calls('/v1/charges')).toHaveLength(1)
    },
  )

  it('[YM-37] keeps neither token nor certificate once it is over, and logs neither', async () => {
    const { counter, payment } = await paid('MY')
    expect([payment.scan, payment.certificate]).toEqual([null, null])
    const [issued] = counter.context.registry.payCerts.values()
    const rows = JSON.stringify(await counter.app.db.q('one_code_payments').select())
    const everything = [rows, ...counter.app.logged, JSON.stringify(counter.exchanges)].join()
    for (const secret of [issued?.payCert ?? '', 'EC0000000', '收费员甲', '的零钱'])
      expect(everything).not.toContain(secret)
  })

  it('[YM-50] the offer names the account before anything is charged, and stores nothing', async () => {
    const counter = await openCounter()
    const shown = { token: counter.scan(billNo('MY')), ...DESK }
    const offer = await counter.clock.run(oneCodeOffer(counter.app, shown))
    expect(offer).toMatchObject({ usable: true, channelName: '微信支付', reason: null })
    expect(offer.accountName).toMatch(/的零钱$/)
    expect(await counter.app.db.q('one_code_payments').select()).toEqual([])
  })

  it('[YM-42, YM-32] a certificate is asked for only after the status was "usable"', async () => {
    for (const suffix of [
      'MY01',
      'MY02',
      'MY03',
      'MY04',
      'MY05',
      'MY15',
      'MY16',
      'MY17',
      'MY18',
      'MY20',
    ]) {
      const { counter, payment, collected } = await paid(suffix)
      expect(payment, suffix).toMatchObject({ state: 'declined', ...NO_CHARGE })
      expect([counter.calls('/genPayCert').length, collected], suffix).toEqual([0, 0])
    }
  })

  it.each([
    ['MY01', 'not-signed'],
    ['MY02', 'not-usable'],
    ['MY03', 'status-unlisted'],
    ['MY05', 'channel-unknown'],
    ['MY06', 'channel-changed'],
    ['MY12', 'charge-refused'],
    ['MY15', 'no-answer'],
    ['MY20', 'success-false'],
  ])(
    '[YM-40, YM-43, YM-24, YM-23, YM-47] %s ends as %s, without a charge, in words',
    async (suffix, code) => {
      const { payment, collected } = await paid(suffix)
      expect(payment).toMatchObject({ state: 'declined', reason: { code } })
      expect(payment.reason?.text).not.toContain('<script')
      expect(collected).toBe(0)
    },
  )

  it.each([['MY19'], ['MY21'], ['MY22'], ['MY23'], ['MY25']])(
    '[YM-07, YM-61, YM-66, YM-91] %s: odd but right, and paid once',
    async (suffix) => {
      const { payment, collected } = await paid(suffix)
      expect(payment.state).toBe('paid')
      expect(collected).toBe(payment.selfPayFen)
    },
  )

  it.each([
    ['Sm1', 2],
    ['Sm6', 3],
    ['S500033', 2],
    ['S500084', 3],
    ['S500320', 2],
    ['S500243', 1],
    ['Sm2', 1],
    ['S500999', 1],
  ])(
    '[YM-10, YM-61, YM-66, YM-73, YM-79] code %s at signedQuery: asked %i times',
    async (code, times) => {
      const { counter, payment } = await paid(`MY${code}`)
      expect(counter.calls('/signedQuery')).toHaveLength(times)
      expect(payment).toMatchObject({ state: 'declined' })
      expect(payment.reason?.code).toBe(`return-code-${code.slice(1).replace('m', '-')}`)
    },
  )

  it.each([
    ['Cm1', 1],
    ['Cm3', 1],
    ['C500033', 1],
    ['Cm6', 3],
    ['C500084', 3],
    ['C500319', 1],
  ])(
    '[YM-10, YM-63, YM-66, YM-90] code %s at genPayCert: asked %i times, under one serial number',
    async (code, times) => {
      const { counter, payment } = await paid(`MY${code}`)
      expect(counter.calls('/genPayCert')).toHaveLength(times)
      expect(payment).toMatchObject({ state: 'declined', certificateTry: 1, ...NO_CHARGE })
    },
  )

  it('[YM-66] turned away, it waits a second and more before the next time', async () => {
    const at: number[] = []
    const { counter } = await paid('MY22', {
      between: async (request, send) => {
        if (request.url.endsWith('/signedQuery'))
          at.push(JSON.parse(String(request.body)).timestamp)
        return send(request)
      },
    })
    const [first = 0, second = 0, third = 0] = at.map(Number)
    expect(second - first).toBeGreaterThanOrEqual(1_000)
    expect(third - second).toBeGreaterThanOrEqual(2_000)
    expect(counter.calls('/signedQuery')).toHaveLength(3)
  })

  it('[YM-62, YM-93] what the hospital has to mend, and what nobody lists, is an alarm', async () => {
    for (const code of ['Sm2', 'S500999']) {
      const { counter } = await paid(`MY${code}`)
      expect(counter.app.logged.join(), code).toContain('one-code alarm')
      const name = code === 'Sm2' ? 'one-code-configuration' : 'one-code-unlisted'
      expect([...counter.app.alarms], code).toEqual([[name, 1]])
    }
  })
})

describe('what is not begun', () => {
  it('[YM-33] a bill without a share, with nothing to take, void or unknown', async () => {
    const counter = await openCounter()
    const refusals = {
      'MZ20261121000001-M': 'not-pre-settled',
      'MZ20261121000001-IY': 'bill-invalid',
      nothing: 'bill-not-found',
    }
    for (const [number, code] of Object.entries(refusals)) {
      const wish = { ...DESK, billNo: number, token: 'EC1' }
      await expect(payByOneCode(counter.app, wish)).rejects.toMatchObject({ code })
    }
    expect(counter.sent).toEqual([])
  })

  it('[YM-47] with a centre that does not answer: said at once, and the ordinary path is open', async () => {
    const counter = await openCounter({ between: async () => LOST })
    for (let times = 0; times < 3; times += 1) await counter.pay(`MZ2026112100000${times}-MY`)
    await expect(counter.pay('MZ20261121000009-MY')).rejects.toMatchObject({
      code: 'upstream-unavailable',
    })
  })

  it('[YM-02] a hospital without 一码付 says so', async () => {
    const counter = await openCounter()
    const closed = { ...counter.app, oneCode: null }
    const wish = counter.wishOf(billNo('MY'))
    await expect(payByOneCode(closed, wish)).rejects.toMatchObject({ code: 'entry-closed' })
  })
})
