/**
 * Answers that nobody should believe, of the systems beside the payment's own: bytes, almost-JSON,
 * and real answers with one byte changed. Nothing throws, and nothing is done that was not said.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { fen } from '../../src/payment/money.ts'
import { oneCodePay } from '../../src/upstreams/one-code/adapter.ts'
import type { HttpReply, Send } from '../../src/upstreams/http-client.ts'
import { bodyOf } from '../support/hostile.ts'
import { connected, ORDER } from './hrss-pay/platform.ts'
import { holderOf, linkTo, platform } from './one-card/link.ts'
import { ASKED, settingsOf } from './one-code/one-code-settings.ts'
import { flipByte, NOW } from './stub.ts'

const MEANT_TO_LAST = 60_000
const RUNS = 25
const ENVELOPES = `code msg message type data success biz_data sign appid aaz001 aaz002 IsSuccess
  Message ErrorCode Data isSuccess encData signData payStatus refundStatus mchOrderId payOrderId
  orderAmount wayCode status`.split(/\s+/)

/** Whether anybody answered at all, and how. */
const replies: fc.Arbitrary<HttpReply> = fc.record({
  kind: fc.constant('answer' as const),
  status: fc.constantFrom(200, 200, 200, 201, 302, 400, 404, 500, 502),
  headers: fc.constantFrom<Readonly<Record<string, string>>>({}, { 'content-type': 'text/html' }),
  body: bodyOf(ENVELOPES),
})

interface Asked {
  readonly kind: string
}
type Question = (send: Send) => Promise<Asked>

const numbers = { mchOrderId: ORDER.mchOrderId, payOrderId: '10000000000000000361' }
const hrss = (send: Send) => connected({ send }).platform
const refund = { ...numbers, mchRefundId: 'R1', orderFen: fen(100), amountFen: fen(50) }
const oneCode = (send: Send) => oneCodePay(settingsOf({ send }))

const order = {
  orderNo: 'O1',
  amountFen: fen(100),
  title: '门诊缴费',
  expiresAt: NOW + 600_000,
  transactionCode: null,
}
const holder = { name: '张三', socialSecurityNo: '430000199001011237' }

const oneCard =
  (ask: (adapter: ReturnType<typeof linkTo>['adapter']) => Promise<Asked>): Question =>
  (send) => {
    const world = platform()
    return world.clock.run(ask(linkTo(world, { send }).adapter))
  }

const QUESTIONS: Readonly<Record<string, Question>> = {
  '人社 order': (send) => hrss(send).place(ORDER),
  '人社 order query': (send) => hrss(send).order(numbers),
  '人社 close': (send) => hrss(send).close({ ...numbers, reason: 'x' }),
  '人社 refund': (send) => hrss(send).refund(refund),
  '人社 refund query': (send) =>
    hrss(send).refundState({ mchOrderId: 'S1', mchRefundId: 'R1', refundOrderId: '1' }),
  'one-code status': (send) => oneCode(send).status(ASKED),
  'one-code certificate': (send) =>
    oneCode(send).certificate({ ...ASKED, amountFen: fen(100), serialNo: 'SN1' }),
  'one-card pay': oneCard((it) => it.pay({ ...order, holder })),
  'one-card code': oneCard((it) => it.payCode(order)),
  'one-card pay by code': oneCard((it) => it.payByCode({ ...order, code: new Secret('C') })),
  'one-card payment': oneCard((it) => it.payment('O1')),
  'one-card grant': oneCard((it) =>
    it.grant({
      batchNo: 'B1',
      benefitType: '01',
      rows: [{ rowNo: 1, amountFen: fen(1), detail: 'x', idType: '01', idNo: '1', name: '张三' }],
    }),
  ),
  'one-card granted': oneCard((it) => it.granted('B1')),
}

describe.each(Object.entries(QUESTIONS))('[SC-S02] a hostile answer to %s', (_, ask) => {
  it(
    'proves nothing and breaks nothing',
    () =>
      fc.assert(
        fc.asyncProperty(replies, async (reply) => {
          const { kind } = await ask(async () => reply)
          expect(['unknown', 'refused', 'absent', 'pending']).toContain(kind)
        }),
        { numRuns: RUNS },
      ),
    MEANT_TO_LAST,
  )
})

const place = (at: number | null) =>
  connected({}, at === null ? undefined : (reply) => flipByte(reply, at)).platform.place(ORDER)

describe('an answer with one byte changed', () => {
  it('[RS-59] of 人社支付平台 is the same answer or none', async () => {
    const real = await place(null)
    expect(real.kind).toBe('done')
    await fc.assert(
      fc.asyncProperty(fc.nat(2_000), async (at) => {
        const heard = await place(at)
        if (heard.kind === 'done') expect(heard).toEqual(real)
      }),
      { numRuns: RUNS },
    )
  })

  it('[HN-33] of the one-card platform never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(2_000), async (at) => {
        const world = platform()
        const { name, idNo } = await holderOf(world)
        const asked = { name, socialSecurityNo: idNo }
        const send: Send = async (request) => {
          const { headers, method } = request
          const body = Buffer.from(request.body)
          const said = await world.upstream.handle({ method, path: '/gateway', headers, body })
          if (said.kind === 'lost') return { kind: 'unknown', cause: 'lost' }
          const reply = { kind: 'answer', status: 200, headers: {}, body: Buffer.from(said.body) }
          return flipByte({ ...reply, kind: 'answer' }, at)
        }
        const heard = await world.clock.run(linkTo(world, { send }).adapter.person(asked))
        expect(['done', 'refused', 'unknown']).toContain(heard.kind)
      }),
      { numRuns: RUNS },
    )
  })
})
