import { afterEach, expect, test } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { cashOnly, insured, type Rig, selfPayOrder, startRig } from './setup.ts'

const USER = '2088102146225135'
const ALIPAY = { channel: 'alipay', userId: USER } as const

let rig: Rig
afterEach(() => rig.stop())

test('an Alipay cash order gives the trade number, and the mixed order the cashier page [SC-P08] [SC-P10]', async () => {
  rig = await startRig({ alipay: true })
  const cash = await rig.bank.placeSelfPayOrder(selfPayOrder({ ...ALIPAY, surface: 'h5' }))
  if (cash.kind !== 'done') throw new Error(JSON.stringify(cash))
  const { bankOrderNo, prepay } = cash.value
  expect(prepay).toEqual({ prepayId: expect.stringMatching(/^\d{28}$/) })
  const order = cashOnly({ ...ALIPAY, institutionNo: bankOrderNo, prepayId: prepay.prepayId })
  const placed = await rig.bank.placeMixedOrder(order)
  expect(placed).toMatchObject({
    kind: 'done',
    value: { cashierPage: expect.stringMatching(/^https:/) },
  })
  expect(await rig.bank.placeMixedOrder(order)).toEqual(placed)
  const written = JSON.stringify(rig.exchanges)
  for (const secret of [USER, prepay.prepayId, 'render.alipay.com'])
    expect(written).not.toContain(secret)
})

test('an Alipay order without own money has its page too [SC-P10]', async () => {
  rig = await startRig({ alipay: true })
  const order = insured(rig.sandbox, ALIPAY)
  expect(await rig.bank.placeMixedOrder(order)).toMatchObject({
    kind: 'done',
    value: { cashierPage: expect.stringMatching(/^https:/) },
  })
})

test('the two orders of a payment are at one channel [SC-P09]', async () => {
  rig = await startRig({ alipay: true })
  const cash = await rig.bank.placeSelfPayOrder(selfPayOrder({ ...ALIPAY, amountFen: fen(12_345) }))
  if (cash.kind !== 'done') throw new Error(JSON.stringify(cash))
  const { bankOrderNo: institutionNo, prepay } = cash.value
  const order = cashOnly({ userId: USER, institutionNo, prepayId: prepay.prepayId })
  expect((await rig.bank.placeMixedOrder(order)).kind).toBe('refused')
})

test('an Alipay order at a bank that has not opened it is refused before anything is sent', async () => {
  rig = await startRig({})
  for (const answer of [
    await rig.bank.placeSelfPayOrder(selfPayOrder(ALIPAY)),
    await rig.bank.placeMixedOrder(insured(rig.sandbox, ALIPAY)),
  ])
    expect(answer).toMatchObject({ kind: 'refused', code: 'channel-not-supported' })
  expect(rig.exchanges).toEqual([])
})
