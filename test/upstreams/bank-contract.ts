/** What every clearing bank keeps, whatever its protocol: run by each bank's own tests. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fen } from '../../src/payment/money.ts'
import type { SandboxProfiles } from '../../src/sandbox/parameters.ts'
import type { Bank } from '../../src/upstreams/bank.ts'
import type { Send } from '../../src/upstreams/http-client.ts'
import { callbacks } from './bank-contract-callbacks.ts'
import { lostAnswers, type OddAnswer, oddAnswers } from './bank-contract-odd-answers.ts'
import { refunds } from './bank-contract-refunds.ts'
import { secrets } from './bank-contract-secrets.ts'
import {
  doneWith,
  insured,
  placed,
  placedMixed,
  questionOf,
  RELATIVE,
  selfPayOrder,
} from './bank-orders.ts'
import { type BankLink, type Rig, startRig } from './bank-rig.ts'

export interface BankUnderTest {
  /** How the pretend bank is to speak, where it has a choice. */
  readonly profiles?: Partial<SandboxProfiles>
  readonly connect: (link: BankLink) => Bank
  /** Callbacks come for failures too, not for success alone. */
  readonly tellsOfFailures: boolean
  /** Step 8 places the mixed order as well, in one call that says people's names within TLS alone. */
  readonly isOneCall?: true
  /** Answers every call so, rightly signed. */
  readonly answering: (link: BankLink, odd: OddAnswer) => Send
}

export interface Running {
  readonly rig: () => Rig
  readonly under: BankUnderTest
}

export function keepsTheContract(name: string, under: BankUnderTest): void {
  describe(`${name} as the clearing bank [SC-G05]`, () => {
    let rig: Rig
    beforeAll(async () => {
      rig = await startRig(under.connect, under.profiles)
    })
    beforeEach(() => rig.forget())
    afterAll(() => rig.stop())
    const running: Running = { rig: () => rig, under }
    selfPayOrders(running)
    mixedOrders(running)
    refunds(running)
    alipay(running)
    questions(running)
    lostAnswers(running)
    oddAnswers(running)
    callbacks(running)
    secrets(running)
  })
}

function selfPayOrders({ rig }: Running): void {
  it('gives the bank number and a complete prepay for a cash order, and it can be asked and closed [SC-P08]', async () => {
    const { bank } = rig()
    const { cash, bankOrderNo, prepay } = await placed(rig())
    expect(prepay.package).toBe(`prepay_id=${prepay.prepayId}`)
    expect(Object.keys(prepay).toSorted()).toEqual(
      ['nonceStr', 'package', 'paySign', 'prepayId', 'signType', 'timeStamp'].toSorted(),
    )
    const { amountFen } = cash
    expect(await bank.selfPayOrder(cash.outTradeNo)).toEqual({
      kind: 'done',
      value: { status: 'waiting', amountFen, bankOrderNo },
    })
    expect(await bank.closeSelfPayOrder(cash.outTradeNo)).toEqual({ kind: 'done' })
    expect(await bank.selfPayOrder(cash.outTradeNo)).toMatchObject({ value: { status: 'closed' } })
    expect(await bank.closeSelfPayOrder(cash.outTradeNo)).toEqual({ kind: 'done' })
  })

  it('does not close a cash order that is paid, and says so [SC-P08]', async () => {
    const { bank, pay } = rig()
    const { cash, order } = await placed(rig())
    await bank.placeMixedOrder(order)
    await pay(order.institutionNo)
    expect((await bank.closeSelfPayOrder(cash.outTradeNo)).kind).toBe('refused')
    expect(await bank.selfPayOrder(cash.outTradeNo)).toMatchObject({ value: { status: 'paid' } })
  })

  it('does not call a used number refused: there is an order, and it must be closed [SC-P08]', async () => {
    const { cash } = await placed(rig())
    expect((await rig().bank.placeSelfPayOrder(cash)).kind).toBe('unknown')
  })
}

function mixedOrders({ rig, under }: Running): void {
  it('places an order of own money once, however often it is sent [SC-P09]', async () => {
    const { bank, sandbox } = rig()
    const { order } = await placed(rig())
    const answer = await bank.placeMixedOrder(order)
    expect(answer).toMatchObject({ kind: 'done', value: { cashierPage: null } })
    expect(await bank.placeMixedOrder(order)).toEqual(answer)
    const submits = sandbox.world.calls.filter(
      ({ call, number }) => call === 'mixed-submit' && number === order.institutionNo,
    )
    const repeats = under.isOneCall ? [] : ['repeat']
    expect(submits.map(({ result }) => result)).toEqual(['effect', ...repeats])
  })

  it('carries the data of the bureau and no prepay for insurance alone [SC-P09] [SC-P10]', async () => {
    const { bank, pay, sandbox } = rig()
    const order = insured(rig())
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    await pay(order.institutionNo)
    expect(await bank.mixedOrder(questionOf(mixTradeNo, order.institutionNo))).toMatchObject({
      kind: 'done',
      value: {
        legs: { overall: 'success', selfPay: 'none', insurance: 'success' },
        amounts: { totalFen: 10_000, fundFen: 6_000, accountFen: 3_500, otherFen: 500 },
      },
    })
    expect(sandbox.world.ledger.balance(order.billNo, 'bank')).toBe(0)
  })

  it.each([
    ['the patient', null],
    ['a relative', RELATIVE],
  ])('takes own money and insurance together for %s [SC-P09]', async (_who, relative) => {
    const { bank, pay, sandbox } = rig()
    const { order } = await placedMixed(rig(), { relative })
    await bank.placeMixedOrder(order)
    await pay(order.institutionNo)
    expect(sandbox.world.ledger.balance(order.billNo, 'bank')).toBe(1_000)
    expect(sandbox.world.ledger.balance(order.billNo, 'insurance-payable')).toBe(10_000)
  })

  it('places nothing else under a number that is in use: it exists already [SC-P09]', async () => {
    const { bank } = rig()
    const order = insured(rig())
    const first = await bank.placeMixedOrder(order)
    const changed = { ...order, payer: { ...order.payer, name: '李四' } }
    const answer = await bank.placeMixedOrder(changed)
    if (under.isOneCall) expect(answer).toEqual(first)
    else expect(answer).toMatchObject({ kind: 'refused', code: 'already-exists' })
  })

  it('refuses what does not add up, in words [SC-G03]', async () => {
    const order = insured(rig())
    const amounts = { ...order.amounts, totalFen: fen(10_001) }
    const answer = await rig().bank.placeMixedOrder({ ...order, amounts })
    expect(answer).toMatchObject({ kind: 'refused', message: expect.stringMatching(/\S/) })
  })
}

function alipay({ rig, under }: Running): void {
  it('gives Alipay’s trade number for cash, and the cashier page for the mixed order [SC-P08] [SC-P10]', async () => {
    const { bank } = rig()
    const { order, prepay } = await placed(rig(), { channel: 'alipay', surface: 'h5' })
    expect(prepay).toEqual({ prepayId: expect.stringMatching(/^\d{28}$/) })
    const answer = await bank.placeMixedOrder(order)
    const page = { cashierPage: expect.stringMatching(/^https:/) }
    expect(answer).toMatchObject({ kind: 'done', value: page })
    expect(await bank.placeMixedOrder(order)).toEqual(answer)
    const insurance = await bank.placeMixedOrder(insured(rig(), { channel: 'alipay' }))
    expect(insurance).toMatchObject({ kind: 'done', value: page })
  })

  it('has no two orders of a payment at two channels [SC-P09]', async () => {
    const { order } = await placed(rig(), { channel: 'alipay' })
    const answer = await rig().bank.placeMixedOrder({ ...order, channel: 'wechat' })
    const { mixedOrders: booked } = rig().sandbox.bank
    if (under.isOneCall) expect(booked.get(order.institutionNo)?.wish.channel).toBe('alipay')
    else expect(answer.kind).toBe('refused')
  })

  it('refuses a channel that is not opened before anything is sent', async () => {
    const { otherwise, sent } = rig()
    const bank = otherwise({ alipayAppId: null })
    for (const answer of [
      await bank.placeSelfPayOrder(selfPayOrder({ channel: 'alipay' })),
      await bank.placeMixedOrder(insured(rig(), { channel: 'alipay' })),
    ])
      expect(answer).toMatchObject({ kind: 'refused', code: 'channel-not-supported' })
    expect(sent).toEqual([])
  })
}

function questions({ rig }: Running): void {
  it('says absent, not refused, of what nobody placed [SC-P12]', async () => {
    const { bank } = rig()
    expect(await bank.selfPayOrder('NOSUCHORDER')).toEqual({ kind: 'absent' })
    expect(await bank.mixedOrder(questionOf('P1', 'X1'))).toEqual({ kind: 'absent' })
  })

  it('asks by institution number where its profile says so, and else says that it cannot', async () => {
    const { bank, sent } = rig()
    const order = insured(rig())
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    rig().forget()
    const answer = await bank.mixedOrder(questionOf(null, order.institutionNo))
    if (bank.profile.queryByOutTradeNo)
      expect(answer).toMatchObject({
        kind: 'done',
        value: { mixTradeNo, legs: { overall: 'created', selfPay: 'none', insurance: 'pending' } },
      })
    else expect([answer.kind, sent.length]).toEqual(['unknown', 0])
  })
}
