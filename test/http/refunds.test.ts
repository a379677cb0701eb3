import { afterEach, describe, expect, it } from 'vitest'
import { attend } from '../../src/flows/attend.ts'
import { holdOrder } from '../../src/flows/held-order.ts'
import { Secret } from '../../src/errors.ts'
import { asPayAuthNo } from '../../src/payment/authorisation.ts'
import type { Order } from '../../src/payment/order.ts'
import { allSelfPay } from '../../src/payment/amounts.ts'
import { fen } from '../../src/payment/money.ts'
import { done } from '../../src/upstreams/upstream.ts'
import { bankStub, type Given, hisStub, serve, type Served, testApp } from '../support/app.ts'
import { asHis, asPatient, OPENING } from '../support/http-client.ts'
import { storedOrder } from '../support/orders.ts'
import { MORNING } from '../support/virtual-clock.ts'

let served: Served | undefined
afterEach(async () => served?.close())

const PAID = {
  state: 'paid',
  scenario: 'mixed',
  billNo: OPENING.billNo,
  patientId: 'P1',
  userId: new Secret('openid-1'),
  selfPay: 'paid',
  insurance: 'settled',
  hisWriteBack: 'done',
  paidAt: MORNING,
} as const satisfies Partial<Order>

const OWN = {
  ...PAID,
  scenario: 'self-pay-only',
  amounts: allSelfPay(fen(10_000)),
  insurance: 'none',
} as const

async function start(order: Partial<Order> = PAID, given: Given = {}) {
  const app = await testApp(given)
  served = await serve(app)
  const { id } = await storedOrder(app.db, order, {
    payAuthNo: asPayAuthNo('AUTH1'),
    patient: new Secret({ name: '张三', idNo: '510101199001011237' }),
    payOrdId: 'ORD1',
    payToken: new Secret('TOKEN1'),
    outTradeNo: 'OUT1',
    bankOrderNo: 'CASH1',
    mixTradeNo: 'MIX1',
  })
  const patient = await asPatient(app, served)
  const stranger = await asPatient(app, served, { patientIds: ['P2'], openid: 'openid-2' })
  const works = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn += 1) {
      await holdOrder(app, { orderId: id, waitMs: 0 }, (held) => attend(app, held))
      await app.clock.advance(5_000)
    }
  }
  return {
    app,
    id,
    path: `/api/orders/${id}/refunds`,
    patient,
    stranger,
    his: asHis(served),
    works,
  }
}

const REASON = { reason: '未就诊' }

describe('[SC-R01] a refund asked for by the patient', () => {
  it('is taken, named and watched to its end', async () => {
    const returned = { status: 'returned', bankRefundNo: 'BR1', refundedAt: null } as const
    const { path, patient, works } = await start(PAID, {
      bank: bankStub({ refund: async () => done({ ...returned, amountFen: null }) }),
    })
    const asked = await patient('POST', path, { body: REASON })
    expect(asked.status).toBe(202)
    expect(asked.body).toMatchObject({
      status: 'checking',
      reason: '未就诊',
      amounts: { totalFen: 10_000, selfPayFen: 3_000 },
      steps: [
        { step: 'check', status: 'running', at: null },
        { step: 'authorisation', status: 'waiting' },
        { step: 'insurance', status: 'waiting' },
        { step: 'self-pay', status: 'waiting' },
        { step: 'notification', status: 'waiting' },
      ],
      promise: null,
    })
    await works()
    const { body } = await patient('GET', `/api/refunds/${String(asked.body['id'])}`)
    expect(body).toMatchObject({ status: 'refunded', promise: { amountFen: 3_000 } })
    expect(JSON.stringify(body['steps'])).not.toMatch(/waiting|running|stopped/)
  })

  it('is foreign to everybody else', async () => {
    const { path, patient, stranger } = await start()
    const { body } = await patient('POST', path, { body: REASON })
    expect((await stranger('POST', path, { body: REASON })).status).toBe(404)
    const heard = await stranger('GET', `/api/refunds/${String(body['id'])}`)
    expect([heard.status, heard.body['code']]).toEqual([404, 'refund-not-found'])
  })

  it('asked for again under its Idempotency-Key is the same refund, also when that is over', async () => {
    const returned = { status: 'returned', bankRefundNo: 'BR1', refundedAt: null } as const
    const { path, patient, works } = await start(OWN, {
      bank: bankStub({ refund: async () => done({ ...returned, amountFen: null }) }),
    })
    const said = { body: { ...REASON, amountFen: 4_000 }, headers: { 'idempotency-key': 'k1' } }
    const first = await patient('POST', path, said)
    await works()
    const again = await patient('POST', path, said)
    expect([again.status, again.body['id']]).toEqual([202, first.body['id']])
    expect(again.body['status']).toBe('refunded')
    const other = await patient('POST', path, { ...said, headers: { 'idempotency-key': 'k2' } })
    expect(other.body['id']).not.toBe(first.body['id'])
  })

  it('asked for again is the same refund; another wish is refused while it runs', async () => {
    const { app, path, patient, his } = await start(OWN)
    const first = await patient('POST', path, { body: REASON })
    expect((await patient('POST', path, { body: REASON })).body['id']).toBe(first.body['id'])
    const part = await patient('POST', path, { body: { ...REASON, amountFen: 1 } })
    expect([part.status, part.body['code']]).toEqual([409, 'refund-in-progress'])
    const body = { billNo: OPENING.billNo, refundNo: 'TF1', reason: '退号', operator: '窗口1' }
    expect((await his('POST', '/his/refunds', { body })).body['code']).toBe('refund-in-progress')
    expect(await app.db.q('refunds')).toHaveLength(1)
  })

  it.each([
    [{}, 400],
    [{ reason: '' }, 400],
    [{ reason: 'x'.repeat(201) }, 400],
    [{ reason: 'a\u0000' }, 400],
    [{ ...REASON, amountFen: 0 }, 400],
    [{ ...REASON, amountFen: -1 }, 400],
    [{ ...REASON, amountFen: 1.5 }, 400],
    [{ ...REASON, amountFen: '1' }, 400],
    [{ ...REASON, state: 'paid' }, 400],
    [{ ...REASON, amountFen: 1 }, 422],
    [{ ...REASON, amountFen: 10_001 }, 409],
  ])('refuses %j with %i, and nothing is written', async (body, status) => {
    const { app, path, patient } = await start()
    expect((await patient('POST', path, { body })).status).toBe(status)
    expect(await app.db.q('refunds')).toEqual([])
  })

  it('[SC-R02] says why not, in words a patient understands', async () => {
    const { path, patient } = await start({ ...PAID, state: 'processing', paidAt: null })
    const { status, body } = await patient('POST', path, { body: REASON })
    expect([status, body['code'], body['detail']]).toEqual([
      409,
      'not-refundable',
      '这笔订单没有可退的款项。',
    ])
  })

  it('waits for the next version', async () => {
    const { app, id, path, patient } = await start()
    const { body } = await patient('POST', path, { body: REASON })
    const url = `/api/refunds/${String(body['id'])}?wait=20&version=${String(body['version'])}`
    const waiting = patient('GET', url)
    await expect.poll(() => app.clock.sleeping()).toBeGreaterThan(0)
    await holdOrder(app, { orderId: id, waitMs: 0 }, (held) => attend(app, held))
    expect((await waiting).body).toMatchObject({ status: 'insurance', version: 2 })
  })
})

describe('[SC-R01] a refund asked for by HIS', () => {
  const ASKED = { billNo: OPENING.billNo, refundNo: 'TF1', reason: '退号', operator: '窗口1' }

  it('is one however often its number is said, and can be read by it', async () => {
    const { app, his } = await start(OWN)
    const body = { ...ASKED, amountFen: 4_000 }
    const first = await his('POST', '/his/refunds', { body })
    expect([first.status, first.body['refundNo']]).toEqual([202, 'TF1'])
    expect((await his('POST', '/his/refunds', { body })).body['id']).toBe(first.body['id'])
    expect((await his('GET', '/his/refunds?refundNo=TF1')).body['id']).toBe(first.body['id'])
    expect((await his('GET', '/his/refunds?refundNo=TF2')).body['code']).toBe('refund-not-found')
    expect(await app.db.q('refunds')).toHaveLength(1)
  })

  it('[SC-R05] a part of own money, and never more than is left', async () => {
    const { his, works } = await start(OWN, {
      bank: bankStub({
        refund: async () =>
          done({ status: 'returned', bankRefundNo: null, refundedAt: null, amountFen: null }),
      }),
    })
    const part = (refundNo: string) =>
      his('POST', '/his/refunds', { body: { ...ASKED, refundNo, amountFen: 6_000 } })
    expect((await part('TF1')).status).toBe(202)
    await works()
    expect((await part('TF2')).body['code']).toBe('not-refundable')
    const { body } = await his('GET', `/his/orders?billNo=${OPENING.billNo}`)
    expect(body['items']).toMatchObject([{ status: 'paid', refundedFen: 6_000 }])
  })

  it('[SC-R02] the hospital’s own no ends it before any money moves', async () => {
    const moved: string[] = []
    const { his, works } = await start(PAID, {
      his: hisStub({ refundCheck: async () => done({ allowed: false, reason: '药品已发出' }) }),
      bank: bankStub({
        refundSelfPay: async ({ refundNo }) => {
          moved.push(refundNo)
          return done(undefined)
        },
      }),
    })
    await his('POST', '/his/refunds', { body: ASKED })
    await works()
    const { body } = await his('GET', '/his/refunds?refundNo=TF1')
    expect(body).toMatchObject({ status: 'rejected', statusText: '药品已发出' })
    expect(moved).toEqual([])
  })

  it('a bill that nobody paid here', async () => {
    const { his } = await start()
    const body = { ...ASKED, billNo: 'NONE' }
    expect((await his('POST', '/his/refunds', { body })).body['code']).toBe('not-refundable')
  })
})
