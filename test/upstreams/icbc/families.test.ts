/** What only one of ICBC's houses does with a mixed order (src/upstreams/icbc/README.md 3). */
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_PROFILES } from '../../../src/sandbox/parameters.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { doneWith, insured, placedMixed, questionOf, RELATIVE } from '../bank-orders.ts'
import { type BankLink, type Rig, startRig } from '../bank-rig.ts'
import { connected } from './setup.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop()
})

describe('the Hebei branch', () => {
  const profile = { ...DEFAULT_PROFILES.icbc, family: 'hebei' } as const
  const BEFORE = Date.parse('2026-11-21T23:59:50+08:00')
  const AFTER = Date.parse('2026-11-22T00:00:20+08:00')

  async function atNight() {
    const clock = { now: BEFORE }
    const connect = (link: BankLink) => connected(link, profile)
    const rig = await startRig(connect, { icbc: profile }, () => clock.now)
    rigs.push(rig)
    const order = insured(rig)
    const question = {
      mixTradeNo: null,
      institutionNo: order.institutionNo,
      outTradeNo: null,
      businessDate: '2026-11-21',
    }
    return { rig, clock, order, question }
  }

  it('SC-P12 an order of yesterday is found after midnight, by either number and at once', async () => {
    const { rig, clock, order, question } = await atNight()
    const { mixTradeNo } = doneWith(await rig.bank.placeMixedOrder(order))
    clock.now = AFTER
    rig.forget()
    for (const number of [mixTradeNo, null]) {
      const answer = await rig.bank.mixedOrder({ ...question, mixTradeNo: number })
      expect(answer).toMatchObject({ kind: 'done', value: { mixTradeNo } })
    }
    expect(rig.sent).toHaveLength(2)
  })

  it('SC-P12 an order that the bank had only after midnight is found under its own day', async () => {
    const { rig, clock, order, question } = await atNight()
    clock.now = AFTER
    const { mixTradeNo } = doneWith(await rig.bank.placeMixedOrder(order))
    const answer = await rig.bank.mixedOrder({ ...question, mixTradeNo })
    expect(answer).toMatchObject({ kind: 'done', value: { mixTradeNo } })
  })

  it('SC-P12 under another date nothing is found, and that is absent, never failed', async () => {
    const { rig, order, question } = await atNight()
    const { mixTradeNo } = doneWith(await rig.bank.placeMixedOrder(order))
    const answer = await rig.bank.mixedOrder({
      ...question,
      mixTradeNo,
      businessDate: '2026-11-23',
    })
    expect(answer).toEqual({ kind: 'absent' })
  })

  it('SC-P09 takes the order at the path that the hospital was told', async () => {
    const { rig, order } = await atNight()
    const paths: string[] = []
    const send: Send = async ({ url }) => {
      paths.push(new URL(url).pathname)
      return { kind: 'unknown', cause: 'nobody answers' }
    }
    const submitPath = '/api/hbfh/mimp/elsewhere/V1'
    const bank = connected({ ...rig.link, send }, profile, { submitPath })
    await bank.placeMixedOrder(order)
    expect(paths).toEqual([`/icbc${submitPath}`])
  })
})

const contentsOf = ({ sent }: Rig) =>
  sent.map(({ url, body }) => {
    const form = new URLSearchParams(String(body))
    const content: Record<string, unknown> = JSON.parse(form.get('biz_content') ?? '')
    return { api: url.split('/').at(-2), encrypted: form.has('encrypt_type'), content }
  })

describe('both orders in one aggregated call', () => {
  const profile = { ...DEFAULT_PROFILES.icbc, family: 'aggregated' } as const

  async function begin() {
    const rig = await startRig((link) => connected(link, profile), { icbc: profile })
    rigs.push(rig)
    return rig
  }

  it('SC-P08 step 8 says everything of both orders in texts, and step 9 only asks by our number', async () => {
    const rig = await begin()
    const { cash, order } = await placedMixed(rig, { relative: RELATIVE })
    await rig.bank.placeMixedOrder(order)
    const { outTradeNo } = cash
    const [first, second] = contentsOf(rig)
    expect(first).toMatchObject({
      api: 'ybconsumepurchase',
      encrypted: false,
      content: {
        out_trade_no: outTradeNo,
        device_info: cash.deviceId,
        mix_pay_type: 'CASH_AND_INSURANCE',
        order_type: 'DIAG_PAY',
        payer_name: '张三',
        payer_id_digest: '09eb26e839ff3a2e3980352ae45ef09e',
        payer_card_type: 'ID_CARD',
        pay_for_relatives: 'true',
        relative_name: RELATIVE.name,
        serial_no: order.medicalSerialNo,
        med_ins_gov_fee: '6000',
        total_fee: '11000',
        wechat_pay_cash_fee: '1000',
      },
    })
    const values = Object.values(first?.content ?? {})
    expect(values.filter((value) => typeof value !== 'string')).toEqual([])
    expect(second).toMatchObject({ api: 'yborderqry', encrypted: false })
    expect(Object.keys(second?.content ?? {})).toEqual(['merId', 'outTradeNo', 'merPrtclNo'])
    expect(second?.content['outTradeNo']).toBe(outTradeNo)
  })

  it('SC-P08 closing the cash order closes the mixed one, and then the authorisation serves a second try', async () => {
    const { bank, ...rig } = await begin()
    const { cash, order } = await placedMixed({ bank, ...rig })
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    await bank.closeSelfPayOrder(cash.outTradeNo)
    const question = questionOf(mixTradeNo, order.institutionNo, cash.outTradeNo)
    expect(await bank.mixedOrder(question)).toMatchObject({
      kind: 'done',
      value: { institutionNo: order.institutionNo, legs: { overall: 'fail', selfPay: 'fail' } },
    })
    const again = { ...cash, outTradeNo: `${cash.outTradeNo}2` }
    expect((await bank.placeSelfPayOrder(again)).kind).toBe('done')
  })

  it('SC-P08 what the mixed half is refused for leaves no cash order behind', async () => {
    const rig = await begin()
    const { cash, order } = await placedMixed(rig)
    await rig.bank.closeSelfPayOrder(cash.outTradeNo)
    const mixed = { ...order, payer: { ...order.payer, name: '李四' } }
    const other = { ...cash, outTradeNo: `${cash.outTradeNo}2`, mixed }
    expect((await rig.bank.placeSelfPayOrder(other)).kind).toBe('refused')
    expect(await rig.bank.selfPayOrder(other.outTradeNo)).toEqual({ kind: 'absent' })
  })

  it('SC-P09 insurance alone, repeated after a lost answer, is found with its page by asking', async () => {
    const rig = await begin()
    const order = insured(rig, { channel: 'alipay', billNo: 'MZ20261121900001-IF10' })
    expect((await rig.bank.placeMixedOrder(order)).kind).toBe('unknown')
    expect(await rig.bank.placeMixedOrder(order)).toMatchObject({
      kind: 'done',
      value: { cashierPage: expect.stringMatching(/^https:/) },
    })
    const apis = contentsOf(rig).map(({ api }) => api)
    expect(apis).toEqual(['ybconsumepurchase', 'ybconsumepurchase', 'yborderqry'])
  })

  it('SC-P09 a mixed order that nobody finds beside its cash order is unknown, never refused', async () => {
    const rig = await begin()
    const { cash, order } = await placedMixed(rig)
    rig.sandbox.bank.mixedOrders.clear()
    expect(await rig.bank.placeMixedOrder(order)).toMatchObject({ kind: 'unknown' })
    expect((await rig.bank.selfPayOrder(cash.outTradeNo)).kind).toBe('done')
  })
})
