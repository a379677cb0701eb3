/** What every clearing bank keeps of giving back: own money, whole or in parts, and the notice. */
import { expect, it } from 'vitest'
import { fen } from '../../src/payment/money.ts'
import { reverseRefund } from '../../src/sandbox/bank/refunds.ts'
import type { InsuranceRefundNotice, MixedOrder, SelfPayRefund } from '../../src/upstreams/bank.ts'
import type { Running } from './bank-contract.ts'
import { doneWith, insured, placed, placedMixed, questionOf, selfPayOrder } from './bank-orders.ts'
import { NOW, type Rig } from './bank-rig.ts'

const SOME_TIME: unknown = expect.any(Number)
const SOME_NUMBER: unknown = expect.stringMatching(/^[0-9A-Za-z]{1,30}$/)

export function refunds(running: Running): void {
  wholeRefunds(running)
  partialRefunds(running)
  failingRefunds(running)
  notices(running)
}

/** A paid order of own money, and the refund of all of it. */
async function paidCash(rig: Rig, suffix = '') {
  const change = suffix === '' ? {} : { billNo: `${selfPayOrder().billNo}-S${suffix}` }
  const { cash, bankOrderNo, order } = await placed(rig, change)
  await rig.bank.placeMixedOrder(order)
  await rig.pay(bankOrderNo)
  const { outTradeNo, amountFen, billNo } = cash
  return { outTradeNo, bankOrderNo, refundNo: `AR${outTradeNo}`, amountFen, billNo }
}

const becomes = (rig: Rig, refund: SelfPayRefund, status: string) =>
  expect.poll(() => rig.bank.refund(refund)).toMatchObject({ value: { status } })

const heldByBank = ({ sandbox }: Rig, { billNo }: { billNo: string }): number =>
  sandbox.world.ledger.balance(billNo, 'bank')

function wholeRefunds({ rig }: Running): void {
  it('knows a refund as absent, then accepted, and returned only when the bank says so [SC-R05]', async () => {
    const { bank } = rig()
    const refund = await paidCash(rig())
    const { amountFen, outTradeNo, refundNo } = refund
    expect(await bank.refund(refund)).toEqual({ kind: 'absent' })
    expect(await bank.refundSelfPay(refund)).toEqual({ kind: 'done' })
    expect(await bank.refundSelfPay(refund)).toEqual({ kind: 'done' })
    await becomes(rig(), refund, 'returned')
    expect(doneWith(await bank.refund(refund))).toEqual({
      status: 'returned',
      bankRefundNo: SOME_NUMBER,
      amountFen,
      refundedAt: SOME_TIME,
    })
    expect(heldByBank(rig(), refund)).toBe(0)
    expect(await bank.selfPayOrder(outTradeNo)).toMatchObject({ value: { status: 'refunded' } })
    const again = { ...refund, refundNo: `${refundNo}-2` }
    expect((await bank.refundSelfPay(again)).kind).toBe('unknown')
    expect(heldByBank(rig(), refund)).toBe(0)
  })
}

function partialRefunds({ rig }: Running): void {
  it('returns parts under numbers of their own, and never more than was paid [SC-R05]', async () => {
    const { bank } = rig()
    const whole = await paidCash(rig())
    const part = (no: number, amountFen: number) => ({
      ...whole,
      refundNo: `${whole.refundNo}P${no}`,
      amountFen: fen(amountFen),
    })
    const parts = [part(1, 5_000), part(2, 7_000)]
    for (const one of parts) {
      expect(await bank.refundSelfPay(one)).toEqual({ kind: 'done' })
      await becomes(rig(), one, 'returned')
      expect(await bank.refund(one)).toMatchObject({ value: { amountFen: one.amountFen } })
    }
    expect(heldByBank(rig(), whole)).toBe(345)
    expect(await bank.selfPayOrder(whole.outTradeNo)).toMatchObject({ value: { status: 'paid' } })
    expect((await bank.refundSelfPay(part(3, 346))).kind).toBe('unknown')
    expect(await bank.refund(part(3, 346))).toEqual({ kind: 'absent' })
    const rest = part(4, 345)
    expect(await bank.refundSelfPay(rest)).toEqual({ kind: 'done' })
    await becomes(rig(), rest, 'returned')
    expect(heldByBank(rig(), whole)).toBe(0)
    const numbers = [...parts, rest].map(async (one) => doneWith(await bank.refund(one)))
    const told = new Set((await Promise.all(numbers)).map(({ bankRefundNo }) => bankRefundNo))
    expect(told.size).toBe(3)
  })

  it('two parts of sixty per cent at once return only one of them [SC-R05]', async () => {
    const { bank } = rig()
    const whole = await paidCash(rig())
    const parts = ['A', 'B'].map((letter) => ({
      ...whole,
      refundNo: whole.refundNo + letter,
      amountFen: fen(7_407),
    }))
    const kinds = (await Promise.all(parts.map((part) => bank.refundSelfPay(part)))).map(
      ({ kind }) => kind,
    )
    expect(kinds.toSorted()).toEqual(['done', 'unknown'])
    await expect.poll(() => heldByBank(rig(), whole)).toBe(12_345 - 7_407)
  })

  it('does not take one number for two amounts [SC-R05]', async () => {
    const { bank } = rig()
    const whole = await paidCash(rig())
    const part = { ...whole, amountFen: fen(1_000) }
    expect((await bank.refundSelfPay(part)).kind).toBe('done')
    expect((await bank.refundSelfPay({ ...part, amountFen: fen(2_000) })).kind).toBe('unknown')
    await becomes(rig(), part, 'returned')
    expect(heldByBank(rig(), whole)).toBe(11_345)
  })
}

function failingRefunds({ rig }: Running): void {
  it('does not believe at once that a refund failed for good, and finds out by asking [SC-X03]', async () => {
    const { bank } = rig()
    const refund = await paidCash(rig(), 'F22')
    expect((await bank.refundSelfPay(refund)).kind).toBe('unknown')
    expect(await bank.refund(refund)).toMatchObject({ value: { status: 'failed' } })
  })

  it('fails for good after it was accepted (R07); the same money goes back under another number [SC-R05]', async () => {
    const { bank } = rig()
    const refund = await paidCash(rig(), 'R07')
    expect(await bank.refundSelfPay(refund)).toEqual({ kind: 'done' })
    await becomes(rig(), refund, 'failed')
    const second = { ...refund, refundNo: `${refund.refundNo}-2` }
    expect(await bank.refundSelfPay(second)).toEqual({ kind: 'done' })
    await becomes(rig(), second, 'returned')
    expect(await bank.refund(refund)).toMatchObject({ value: { status: 'failed' } })
    expect(heldByBank(rig(), refund)).toBe(0)
  })

  it('stays unknown for a while, which is neither returned nor failed (R06) [SC-R05]', async () => {
    const { bank } = rig()
    const refund = await paidCash(rig(), 'R06')
    expect(await bank.refundSelfPay(refund)).toEqual({ kind: 'done' })
    for (let asked = 0; asked < 6; asked += 1)
      expect(await bank.refund(refund)).toMatchObject({
        value: { status: 'unknown', refundedAt: null, bankRefundNo: SOME_NUMBER },
      })
    await becomes(rig(), refund, 'returned')
  })

  it('that came back from the channel is failed, and the money is at the bank again [SC-R05]', async () => {
    const { bank, sandbox } = rig()
    const refund = await paidCash(rig())
    await bank.refundSelfPay(refund)
    await becomes(rig(), refund, 'returned')
    expect(reverseRefund(sandbox.bank, refund.refundNo)).not.toBeNull()
    expect(await bank.refund(refund)).toMatchObject({
      value: { status: 'failed', refundedAt: null },
    })
    expect(heldByBank(rig(), refund)).toBe(refund.amountFen)
    expect(await bank.selfPayOrder(refund.outTradeNo)).toMatchObject({ value: { status: 'paid' } })
    const second = { ...refund, refundNo: `${refund.refundNo}-2` }
    expect(await bank.refundSelfPay(second)).toEqual({ kind: 'done' })
    await becomes(rig(), second, 'returned')
    expect(heldByBank(rig(), refund)).toBe(0)
  })
}

/** Pays it, and lets the bureau give its part back: what 6203 does. */
async function paidInsured(rig: Rig, order: MixedOrder) {
  const { bank, sandbox, pay } = rig
  const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
  await pay(order.institutionNo)
  const upload = sandbox.context.registry.uploads.get(order.insurance?.payOrdId ?? '')
  if (upload === undefined) throw new Error('not uploaded')
  const notice: InsuranceRefundNotice = {
    mixTradeNo,
    refundNo: `RF${order.institutionNo}`,
    bankRefundNo: null,
    outTradeNo: order.outTradeNo,
    bankOrderNo: order.outTradeNo === null ? null : order.institutionNo,
    amounts: order.amounts,
    refundedAt: NOW,
  }
  const question = questionOf(mixTradeNo, order.institutionNo, order.outTradeNo)
  return { notice, question, upload }
}

function notices(running: Running): void {
  noticesOfInsurance(running)
  noticesOfBoth(running)
}

function noticesOfInsurance({ rig }: Running): void {
  it('tells that an insurance-only order went back, as often as one likes [SC-R06]', async () => {
    const { bank, sandbox } = rig()
    const { notice, question, upload } = await paidInsured(rig(), insured(rig()))
    expect((await bank.noticeInsuranceRefund(notice)).kind).toBe('refused')
    upload.settlement = 'refunded'
    expect(await bank.mixedOrder(question)).toMatchObject({
      value: { legs: { overall: 'success', insurance: 'success' } },
    })
    expect(await bank.noticeInsuranceRefund(notice)).toEqual({ kind: 'done' })
    expect(await bank.noticeInsuranceRefund(notice)).toEqual({ kind: 'done' })
    expect(await bank.mixedOrder(question)).toMatchObject({
      value: { legs: { overall: 'refund', selfPay: 'none', insurance: 'refund' } },
    })
    const told = sandbox.world.calls.filter(
      ({ call, billNo }) => call === 'refund-notice' && billNo === upload.billNo,
    )
    expect(told.map(({ result }) => result)).toEqual(['refused', 'effect', 'repeat'])
  })

  it.each([
    ['another split', { fundFen: fen(5_999), accountFen: fen(3_501) }],
    ['a part only', { fundFen: fen(0) }],
  ])('refuses a notice of %s [SC-R06]', async (_what, change) => {
    const { bank } = rig()
    const { notice, question, upload } = await paidInsured(rig(), insured(rig()))
    upload.settlement = 'refunded'
    const amounts = { ...notice.amounts, ...change }
    expect((await bank.noticeInsuranceRefund({ ...notice, amounts })).kind).toBe('refused')
    expect(await bank.mixedOrder(question)).toMatchObject({
      value: { legs: { insurance: 'success' } },
    })
  })

  it('refuses a notice about an order that is not there [SC-R06]', async () => {
    const { notice } = await paidInsured(rig(), insured(rig()))
    const other = { ...notice, mixTradeNo: 'P0' }
    expect((await rig().bank.noticeInsuranceRefund(other)).kind).toBe('refused')
  })

  it('goes through at the sixth time where the bank refuses it five times (R09) [SC-R06]', async () => {
    const { bank } = rig()
    const billNo = `${selfPayOrder().billNo}-IR09`
    const { notice, question, upload } = await paidInsured(rig(), insured(rig(), { billNo }))
    upload.settlement = 'refunded'
    for (let told = 0; told < 5; told += 1)
      expect((await bank.noticeInsuranceRefund(notice)).kind).toBe('refused')
    expect(await bank.noticeInsuranceRefund(notice)).toEqual({ kind: 'done' })
    expect(await bank.mixedOrder(question)).toMatchObject({
      value: { legs: { overall: 'refund' } },
    })
  })
}

function noticesOfBoth({ rig }: Running): void {
  it('comes after the own money and bears its number; then the whole is given back [SC-R06]', async () => {
    const { bank } = rig()
    const { order } = await placedMixed(rig())
    const { notice, question, upload } = await paidInsured(rig(), order)
    upload.settlement = 'refunded'
    expect((await bank.noticeInsuranceRefund(notice)).kind).toBe('refused')
    const { refundNo, outTradeNo, bankOrderNo } = notice
    if (outTradeNo === null || bankOrderNo === null) throw new Error('no cash order')
    const amountFen = order.amounts.selfPayFen
    const refund = { outTradeNo, bankOrderNo, refundNo, amountFen, billNo: order.billNo }
    expect(await bank.refundSelfPay(refund)).toEqual({ kind: 'done' })
    await becomes(rig(), refund, 'returned')
    expect(await bank.mixedOrder(question)).toMatchObject({
      value: { legs: { overall: 'success', selfPay: 'refund', insurance: 'success' } },
    })
    const other = { ...notice, refundNo: `${refundNo}-9` }
    expect((await bank.noticeInsuranceRefund(other)).kind).toBe('refused')
    const { bankRefundNo } = doneWith(await bank.refund(refund))
    expect(await bank.noticeInsuranceRefund({ ...notice, bankRefundNo })).toEqual({ kind: 'done' })
    expect(await bank.mixedOrder(question)).toMatchObject({
      value: { legs: { overall: 'refund', selfPay: 'refund', insurance: 'refund' } },
    })
  })

  it('claims nothing of the own money while the bank has not told its refund’s number [SC-R06]', async () => {
    const { bank } = rig()
    const { order } = await placedMixed(rig())
    const { notice, upload } = await paidInsured(rig(), order)
    upload.settlement = 'refunded'
    const { refundNo, outTradeNo, bankOrderNo } = notice
    if (outTradeNo === null || bankOrderNo === null) throw new Error('no cash order')
    const amountFen = order.amounts.selfPayFen
    await bank.refundSelfPay({ outTradeNo, bankOrderNo, refundNo, amountFen, billNo: order.billNo })
    expect(await bank.noticeInsuranceRefund(notice)).toEqual({ kind: 'done' })
  })
  it('finds the own money returned by the channel after an ALL that does so (R12) [SC-R05]', async () => {
    const { bank, sandbox } = rig()
    const billNo = `${selfPayOrder().billNo}-MR12`
    const { order } = await placedMixed(rig(), { billNo })
    const { notice, question, upload } = await paidInsured(rig(), order)
    upload.settlement = 'refunded'
    upload.returnedWhole = true
    expect(await bank.selfPayOrder(order.outTradeNo)).toMatchObject({
      value: { status: 'refunded' },
    })
    expect(sandbox.world.ledger.balance(billNo, 'bank')).toBe(0)
    expect(await bank.noticeInsuranceRefund(notice)).toEqual({ kind: 'done' })
    expect(await bank.mixedOrder(question)).toMatchObject({
      value: { legs: { overall: 'refund', selfPay: 'refund', insurance: 'refund' } },
    })
  })
}
