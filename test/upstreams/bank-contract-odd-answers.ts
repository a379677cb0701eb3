/** What every bank keeps when an answer is odd, unsigned, forged or never comes. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { allSelfPay } from '../../src/payment/amounts.ts'
import { fen } from '../../src/payment/money.ts'
import type { Bank } from '../../src/upstreams/bank.ts'
import type { Running } from './bank-contract.ts'
import { doneWith, insured, placed, questionOf, selfPayOrder } from './bank-orders.ts'
import { failing, flipByte, NOW } from './stub.ts'

/** What a bank may answer, rightly signed, and what is odd about it. */
export type OddAnswer =
  | 'an unlisted code'
  | 'turned away unread'
  | 'another amount'
  | 'another order'
  | 'no prepay'
  | 'half a state'

const REFUND = { outTradeNo: 'C1', bankOrderNo: 'B1', refundNo: 'R1', billNo: 'MZ1' }

const NOTICE = {
  mixTradeNo: 'P1',
  refundNo: 'R1',
  bankRefundNo: 'BR1',
  outTradeNo: 'C1',
  bankOrderNo: 'B1',
  amounts: allSelfPay(fen(1)),
  refundedAt: NOW,
}

const asked = (bank: Bank) =>
  Promise.all([
    bank.selfPayOrder('C1'),
    bank.mixedOrder(questionOf('P1', 'I1')),
    bank.refund(REFUND),
  ])

const tried = ({ rig }: Running, bank: Bank) =>
  Promise.all([
    bank.placeSelfPayOrder(selfPayOrder()),
    bank.placeMixedOrder(insured(rig())),
    bank.closeSelfPayOrder('C1'),
    bank.refundSelfPay({ ...REFUND, amountFen: fen(1) }),
    bank.noticeInsuranceRefund(NOTICE),
  ])

const kindsOf = async (answers: Promise<readonly { kind: string }[]>): Promise<string[]> => [
  ...new Set((await answers).map(({ kind }) => kind)),
]

export function oddAnswers(running: Running): void {
  spoiltAnswers(running)
  oddWords(running)
  forgedAnswers(running)
}

function spoiltAnswers({ rig }: Running): void {
  it.each([
    ['a wrong signature', 'F25'],
    ['garbage', 'F30'],
  ])('does not believe %s three times, and then the truth [SC-S01]', async (_what, suffix) => {
    const { cash } = await placed(rig(), { billNo: `${selfPayOrder().billNo}-S${suffix}` })
    const ask = () => rig().bank.selfPayOrder(cash.outTradeNo)
    for (const _ of [1, 2, 3]) expect((await ask()).kind).toBe('unknown')
    expect(await ask()).toMatchObject({ kind: 'done', value: { status: 'waiting' } })
  })

  it('calls an unlisted status unknown, of cash and of every leg', async () => {
    const { bank } = rig()
    const { cash, bankOrderNo, order } = await placed(rig(), {
      billNo: `${selfPayOrder().billNo}-SF29`,
    })
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    expect(await bank.selfPayOrder(cash.outTradeNo)).toMatchObject({
      kind: 'done',
      value: { status: 'unknown' },
    })
    const mixed = await bank.mixedOrder(questionOf(mixTradeNo, bankOrderNo, cash.outTradeNo))
    expect(mixed).toMatchObject({ kind: 'done', value: { legs: { selfPay: 'unknown' } } })
  })

  it('tells the amounts that the bank tells, not those that were ordered [SC-P11]', async () => {
    const { bank } = rig()
    const order = insured(rig(), { billNo: `${selfPayOrder().billNo}-IF26` })
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    const answer = await bank.mixedOrder(questionOf(mixTradeNo, order.institutionNo))
    const amounts = { totalFen: order.amounts.totalFen + 1, fundFen: order.amounts.fundFen + 1 }
    expect(answer).toMatchObject({ kind: 'done', value: { amounts } })
  })
}

function oddWords(running: Running): void {
  const { rig, under } = running
  const saying = (odd: Parameters<typeof under.answering>[1]): Bank =>
    rig().otherwise({ send: under.answering(rig().link, odd) })

  it('does not act upon a code that is on no list: a question stays open, a refund too', async () => {
    const bank = saying('an unlisted code')
    expect(await kindsOf(asked(bank))).toEqual(['unknown'])
    expect((await bank.refundSelfPay({ ...REFUND, amountFen: fen(1) })).kind).toBe('unknown')
  })

  it.each(['an unlisted code', 'turned away unread', 'another order'] as const)(
    'is there when it signs %s, which is no silence [SC-A04]',
    async (odd) => {
      const bank = saying(odd)
      const answers = [
        ...(await asked(bank)),
        await bank.refundSelfPay({ ...REFUND, amountFen: fen(1) }),
      ]
      for (const answer of answers) expect(answer).toMatchObject({ heard: true })
    },
  )

  it('turned away unread, an effect was not sent and a question stays open', async () => {
    const bank = saying('turned away unread')
    expect(await kindsOf(tried(running, bank))).toEqual(['unsent'])
    expect(await kindsOf(asked(bank))).toEqual(['unknown'])
  })

  it('does not take an answer about another order for ours, however well signed', async () => {
    const bank = saying('another order')
    expect(await kindsOf(asked(bank))).toEqual(['unknown'])
    expect((await bank.noticeInsuranceRefund(NOTICE)).kind).toBe('unknown')
  })

  it.each(['another amount', 'no prepay'] as const)(
    'does not know what a cash order with %s is: it must be closed [SC-P08]',
    async (odd) => {
      expect((await saying(odd).placeSelfPayOrder(selfPayOrder())).kind).toBe('unknown')
    },
  )

  it('does not take half a state', async () => {
    const answer = await saying('half a state').mixedOrder(questionOf('P1', 'I1'))
    expect(answer.kind).toBe('unknown')
  })
}

function forgedAnswers(running: Running): void {
  const { rig } = running

  it('does not believe an answer of which one bit was changed [SC-S01] [SC-S02]', async () => {
    const { cash } = await placed(rig())
    const genuine = await rig().bank.selfPayOrder(cash.outTradeNo)
    const { send } = rig().link
    const damaged = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        rig()
          .otherwise({ send: async (request) => flipByte(await send(request), at * 11) })
          .selfPayOrder(cash.outTradeNo),
      ),
    )
    // Base64 has spare bits: a change there is none.
    const others = damaged.filter((answer) => JSON.stringify(answer) !== JSON.stringify(genuine))
    expect(others.length).toBeGreaterThan(35)
    expect(new Set(others.map(({ kind }) => kind))).toEqual(new Set(['unknown']))
    expect(others.filter((answer) => 'heard' in answer)).toEqual([])
  })

  it('passes on that nothing was sent, and that nobody knows', async () => {
    for (const kind of ['unsent', 'unknown'] as const) {
      const bank = rig().otherwise({ send: failing(kind) })
      expect(await kindsOf(tried(running, bank))).toEqual([kind])
      expect(await kindsOf(asked(bank))).toEqual([kind])
    }
  })

  it('never throws for an unsigned answer, which is never done, refused or absent', async () => {
    const bodies = fc.oneof(fc.json(), fc.string())
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(200, 302, 404, 502), async (text, status) => {
        const body = Buffer.from(text)
        const bank = rig().otherwise({
          send: async () => ({ kind: 'answer', status, headers: {}, body }),
        })
        expect(await kindsOf(tried(running, bank))).toEqual(['unknown'])
        expect(await kindsOf(asked(bank))).toEqual(['unknown'])
      }),
      { numRuns: 20 },
    )
  })

  it('a record that cannot be written does not stop a payment', async () => {
    const bank = rig().otherwise({
      recordExchange: () => {
        throw new Error('disk full')
      },
    })
    expect((await bank.placeSelfPayOrder(selfPayOrder())).kind).toBe('done')
  })
}

export function lostAnswers({ rig }: Running): void {
  it('does not know after a lost answer, and finds the cash order by asking [SC-P08]', async () => {
    const { bank } = rig()
    const order = selfPayOrder({ billNo: `${selfPayOrder().billNo}-SF09` })
    expect((await bank.placeSelfPayOrder(order)).kind).toBe('unknown')
    expect(await bank.selfPayOrder(order.outTradeNo)).toMatchObject({ kind: 'done' })
  })

  it('does not know after a lost mixed order, and the same two numbers give the same one [SC-P09]', async () => {
    const { bank, sandbox } = rig()
    const order = insured(rig(), { billNo: `${selfPayOrder().billNo}-IF10` })
    expect((await bank.placeMixedOrder(order)).kind).toBe('unknown')
    const { mixTradeNo } = doneWith(await bank.placeMixedOrder(order))
    expect(sandbox.bank.mixedOrders.get(order.institutionNo)?.mixTradeNo).toBe(mixTradeNo)
  })

  it('does not know after a lost refund, and finds it by asking [SC-X03]', async () => {
    const { bank, pay } = rig()
    const billNo = `${selfPayOrder().billNo}-SF21`
    const { cash, bankOrderNo, order } = await placed(rig(), { billNo })
    await bank.placeMixedOrder(order)
    await pay(bankOrderNo)
    const { outTradeNo, amountFen } = cash
    const refund = { outTradeNo, bankOrderNo, refundNo: `AR${outTradeNo}`, amountFen, billNo }
    expect((await bank.refundSelfPay(refund)).kind).toBe('unknown')
    expect((await bank.refund(refund)).kind).toBe('done')
  })
}
