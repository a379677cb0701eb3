import { afterEach, describe, expect, test } from 'vitest'
import { fen } from '../../../src/payment/money.ts'
import { payMixed } from '../../../src/sandbox/bank/payment.ts'
import { DEFAULT_PROFILES, LEGACY_ICBC_PROFILE } from '../../../src/sandbox/parameters.ts'
import type { SelfPayPlaced } from '../../../src/upstreams/bank.ts'
import { cashOnly, insured, type Rig, selfPayOrder, startRig } from './setup.ts'

let rig: Rig
afterEach(async () => {
  await rig.stop()
})

async function placed(change: Parameters<typeof selfPayOrder>[0] = {}): Promise<SelfPayPlaced> {
  const answer = await rig.bank.placeSelfPayOrder(selfPayOrder(change))
  if (answer.kind !== 'done') throw new Error(JSON.stringify(answer))
  return answer.value
}

async function pay(institutionNo: string): Promise<void> {
  const mixed = rig.sandbox.bank.mixedOrders.get(institutionNo)
  if (mixed === undefined) throw new Error('no such mixed order')
  await payMixed(rig.sandbox.bank, mixed)?.delivered
}

describe.each([
  ['SM2 and SM4 [SC-B01]', DEFAULT_PROFILES.icbc],
  ['RSA2, SHA-1 gateway and AES, legacy [SC-B02]', LEGACY_ICBC_PROFILE],
  [
    'SM2, and callbacks in RSA as documented [SC-B02]',
    { ...DEFAULT_PROFILES.icbc, callbackSignAlg: 'SHA1' as const },
  ],
])('over real HTTP with %s', (_name, profile) => {
  test('a cash order gives the bank number and a complete prepay, can be asked and closed [SC-P08]', async () => {
    rig = await startRig({ profile })
    const order = selfPayOrder()
    const { bankOrderNo, prepay } = await placed()
    expect(prepay.package).toBe(`prepay_id=${prepay.prepayId}`)
    expect(Object.values(prepay)).not.toContain('')
    const asked = await rig.bank.selfPayOrder(order.outTradeNo)
    expect(asked).toEqual({
      kind: 'done',
      value: { status: 'waiting', amountFen: order.amountFen, bankOrderNo },
    })
    expect(await rig.bank.closeSelfPayOrder(order.outTradeNo)).toEqual({ kind: 'done' })
    expect(await rig.bank.selfPayOrder(order.outTradeNo)).toMatchObject({
      value: { status: 'closed' },
    })
  })

  test('a cash-only mixed order is placed, paid, told by two believed callbacks and asked [SC-P09] [SC-S01]', async () => {
    rig = await startRig({ profile })
    const { bankOrderNo, prepay } = await placed()
    const order = cashOnly({ institutionNo: bankOrderNo, prepayId: prepay.prepayId })
    const answer = await rig.bank.placeMixedOrder(order)
    expect(answer).toMatchObject({ kind: 'done' })
    const again = await rig.bank.placeMixedOrder(order)
    expect(again).toEqual(answer)
    await pay(bankOrderNo)
    expect(rig.sandbox.bank.acks.map((ack) => ack.problem)).toEqual(['', ''])
    const notices = rig.callbacks.map((raw) => rig.bank.readNotice(raw))
    const mixed = notices.find((notice) => notice.kind === 'mixed-order')
    expect(mixed).toMatchObject({
      verified: true,
      state: {
        institutionNo: bankOrderNo,
        legs: { overall: 'success', selfPay: 'success', insurance: 'none' },
        amounts: { totalFen: 12_345, selfPayFen: 12_345 },
      },
    })
    expect(notices.find((notice) => notice.kind === 'self-pay')).toMatchObject({
      outTradeNo: selfPayOrder().outTradeNo,
      paid: true,
    })
    if (answer.kind !== 'done' || mixed?.kind !== 'mixed-order') throw new Error('not done')
    const asked = await rig.bank.mixedOrder({
      mixTradeNo: answer.value.mixTradeNo,
      institutionNo: bankOrderNo,
      businessDate: '2026-11-21',
    })
    expect(asked).toEqual({ kind: 'done', value: mixed.state })
  })

  test('an insurance-only order carries the data of the bureau and no prepay [SC-P09] [SC-P10]', async () => {
    rig = await startRig({ profile })
    const order = insured(rig.sandbox)
    expect(await rig.bank.placeMixedOrder(order)).toMatchObject({ kind: 'done' })
    await pay(order.institutionNo)
    expect(rig.callbacks).toHaveLength(1)
    const [raw] = rig.callbacks
    expect(raw && rig.bank.readNotice(raw)).toMatchObject({
      verified: true,
      state: {
        legs: { overall: 'success', selfPay: 'none', insurance: 'success' },
        amounts: { totalFen: 10_000, fundFen: 6_000, accountFen: 3_500, otherFen: 500 },
      },
    })
    expect(rig.sandbox.world.ledger.balance(order.billNo, 'bank')).toBe(0)
  })

  test('a cash part and an insurance part travel in one mixed order, also for a relative', async () => {
    rig = await startRig({ profile })
    const { bankOrderNo, prepay } = await placed({ amountFen: fen(1_000) })
    const order = insured(rig.sandbox, {
      mixPayType: 'CASH_AND_INSURANCE',
      institutionNo: bankOrderNo,
      prepayId: prepay.prepayId,
      relative: { name: '张小三', idNo: '440300000101123' },
      amounts: {
        totalFen: fen(11_000),
        fundFen: fen(6_000),
        accountFen: fen(3_500),
        otherFen: fen(500),
        selfPayFen: fen(1_000),
      },
    })
    expect(await rig.bank.placeMixedOrder(order)).toMatchObject({ kind: 'done' })
  })

  test('a refund is absent, then accepted, and returned only when the bank says so [SC-R05]', async () => {
    rig = await startRig({ profile })
    const { bankOrderNo, prepay } = await placed()
    const { outTradeNo, billNo, amountFen } = selfPayOrder()
    await rig.bank.placeMixedOrder(
      cashOnly({ institutionNo: bankOrderNo, prepayId: prepay.prepayId }),
    )
    await pay(bankOrderNo)
    const refundNo = 'AR01JD00000000000000000000001'
    expect(await rig.bank.refund({ outTradeNo, refundNo })).toEqual({ kind: 'absent' })
    const refund = { outTradeNo, bankOrderNo, refundNo, amountFen, billNo }
    expect(await rig.bank.refundSelfPay(refund)).toEqual({ kind: 'done' })
    expect(await rig.bank.refundSelfPay(refund)).toEqual({ kind: 'done' })
    await expect
      .poll(() => rig.bank.refund({ outTradeNo, refundNo }))
      .toMatchObject({ value: { status: 'returned', amountFen, refundedAt: expect.any(Number) } })
    expect(rig.sandbox.world.ledger.balance(billNo, 'bank')).toBe(0)
    expect(await rig.bank.selfPayOrder(outTradeNo)).toMatchObject({ value: { status: 'refunded' } })
  })
})

describe('what the bank does not know', () => {
  test('a cash order and a mixed order nobody placed are absent, not refused', async () => {
    rig = await startRig({})
    expect(await rig.bank.selfPayOrder('NOSUCHORDER')).toEqual({ kind: 'absent' })
    const question = { mixTradeNo: 'P1', institutionNo: 'X1', businessDate: '2026-11-21' }
    expect(await rig.bank.mixedOrder(question)).toEqual({ kind: 'absent' })
  })

  test('an institution number is asked only where the profile says that the bank can', async () => {
    rig = await startRig({ queryByOutTradeNo: true })
    const order = insured(rig.sandbox)
    await rig.bank.placeMixedOrder(order)
    const question = { mixTradeNo: null, institutionNo: order.institutionNo, businessDate: 'x' }
    expect(await rig.bank.mixedOrder(question)).toMatchObject({
      kind: 'done',
      value: { legs: { overall: 'created', selfPay: 'none', insurance: 'pending' } },
    })
    await rig.stop()
    rig = await startRig({})
    expect(await rig.bank.mixedOrder(question)).toMatchObject({ kind: 'unknown' })
    expect(rig.sandbox.world.calls).toEqual([])
  })

  test('the same institution number with other content already exists', async () => {
    rig = await startRig({})
    const order = insured(rig.sandbox)
    await rig.bank.placeMixedOrder(order)
    const changed = { ...order, payer: { ...order.payer, name: '李四' } }
    expect(await rig.bank.placeMixedOrder(changed)).toMatchObject({ code: 'already-exists' })
  })

  test('a cash order under a used number is not refused: it exists and must be closed', async () => {
    rig = await startRig({})
    await placed()
    expect(await rig.bank.placeSelfPayOrder(selfPayOrder())).toMatchObject({ kind: 'unknown' })
  })
})

describe('answers that cannot be believed', () => {
  test.each(['F25', 'F30'])(
    '%s: three unknown answers, then the truth [SC-S01]',
    async (suffix) => {
      rig = await startRig({})
      const billNo = `MZ20261121000001-S${suffix}`
      await placed({ billNo })
      const ask = () => rig.bank.selfPayOrder(selfPayOrder().outTradeNo)
      for (const _ of [1, 2, 3]) expect(await ask()).toMatchObject({ kind: 'unknown' })
      expect(await ask()).toMatchObject({ kind: 'done', value: { status: 'waiting' } })
    },
  )

  test('F29: an unlisted status is a state that says "unknown"', async () => {
    rig = await startRig({})
    await placed({ billNo: 'MZ20261121000001-SF29' })
    expect(await rig.bank.selfPayOrder(selfPayOrder().outTradeNo)).toMatchObject({
      kind: 'done',
      value: { status: 'unknown' },
    })
  })

  test('F09: a lost answer is unknown, and the order is found by asking', async () => {
    rig = await startRig({})
    const order = selfPayOrder({ billNo: 'MZ20261121000001-SF09' })
    expect(await rig.bank.placeSelfPayOrder(order)).toMatchObject({ kind: 'unknown' })
    expect(await rig.bank.selfPayOrder(order.outTradeNo)).toMatchObject({ kind: 'done' })
  })

  test('F22: a refund that failed for good is unknown first and failed when asked', async () => {
    rig = await startRig({})
    const billNo = 'MZ20261121000001-SF22'
    const { bankOrderNo, prepay } = await placed({ billNo })
    await rig.bank.placeMixedOrder(
      cashOnly({ billNo, institutionNo: bankOrderNo, prepayId: prepay.prepayId }),
    )
    await pay(bankOrderNo)
    const { outTradeNo, amountFen } = selfPayOrder()
    const refund = { outTradeNo, bankOrderNo, refundNo: 'AR1', amountFen, billNo }
    expect(await rig.bank.refundSelfPay(refund)).toMatchObject({ kind: 'unknown' })
    expect(await rig.bank.refund({ outTradeNo, refundNo: 'AR1' })).toMatchObject({
      value: { status: 'failed' },
    })
  })
})

test('what is recorded names the numbers and no person, secret or prepay [SC-S08]', async () => {
  rig = await startRig({})
  const order = insured(rig.sandbox)
  const { prepay } = await placed()
  await rig.bank.placeMixedOrder(order)
  await pay(order.institutionNo)
  const written = rig.exchanges.map((exchange) => exchange.body).join('\n')
  expect(rig.exchanges.map((exchange) => exchange.phase)).toEqual([
    'sent',
    'answered',
    'sent',
    'answered',
  ])
  expect(written).toContain(order.institutionNo)
  for (const canary of [
    '张三',
    '09eb26e839ff3a2e3980352ae45ef09e',
    order.insurance?.payAuthNo.reveal() ?? '',
    order.userId,
    prepay.prepayId,
    prepay.paySign,
  ])
    expect(written).not.toContain(canary)
})
