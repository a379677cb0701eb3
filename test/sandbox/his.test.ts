import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { addBill } from '../../src/sandbox/his-bills.ts'
import { createHis } from '../../src/sandbox/his.ts'
import {
  bodyOf,
  createStage,
  hisRequest,
  isSignedByHis,
  part,
  reveal,
  told,
  type Stage,
} from './hospital-client.ts'

const BILL = 'MZ20261121000001-M'

function open(options: Parameters<typeof createStage>[0] = {}) {
  const stage = createStage(options)
  const his = createHis(stage.context)
  const ask = (method: string, path: string, body?: Record<string, unknown>) =>
    his.handle(hisRequest(stage, { method, path, ...(body ? { body } : {}) }))
  return { stage, his, ask }
}

function settlement(totalFen: number, change: Record<string, unknown> = {}) {
  return {
    settlementNo: 'ST1',
    orderId: 'O1',
    scenario: 'mixed',
    amounts: {
      totalFen,
      fundFen: totalFen - 300,
      accountFen: 100,
      otherFen: 0,
      selfPayFen: 200,
    },
    mixTradeNo: 'MT1',
    payOrdId: 'ORD1',
    paidAt: '2026-11-21T09:01:00+08:00',
    ...change,
  }
}

const bill = (stage: Stage, billNo: string) =>
  addBill(stage.context, { billNo, businessType: 'consultation', totalFen: 12_345 })

const linesSchema = z.object({ lines: z.array(z.object({ amountFen: z.number() })) })

describe('the signed-request form', () => {
  it('answers a signed question with a signed answer that opens with the shared SM4 key', async () => {
    const { stage, his } = open()
    const added = bill(stage, BILL)
    const request = hisRequest(stage, { method: 'GET', path: `/bills/${BILL}` })
    const reply = await his.handle(request)
    expect(told(reply).status).toBe(200)
    expect(isSignedByHis(stage, request, reply)).toBe(true)
    const patient = part(bodyOf(reply), 'patient')
    expect(reveal(stage, patient['name'])).toBe(added.patient.name)
    expect(reveal(stage, patient['idNo'])).toBe(added.patient.idNo)
    expect(reveal(stage, patient['phone'])).toBe(added.patient.phone)
  })

  it('refuses a body with one flipped byte', async () => {
    const { stage, his } = open()
    const path = `/bills/${BILL}/settlements`
    const request = hisRequest(stage, { method: 'POST', path, body: settlement(12_345) })
    const body = Buffer.from(request.body)
    body[20] = (body[20] ?? 0) ^ 1
    expect(told(await his.handle({ ...request, body })).status).toBe(401)
  })

  it('refuses another path, a replayed nonce, an old timestamp and a foreign token', async () => {
    const { stage, his } = open()
    const asked = { method: 'GET', path: `/bills/${BILL}` }
    const request = hisRequest(stage, asked)
    expect(told(await his.handle({ ...request, path: '/bills/MZ20261121000002' })).status).toBe(401)
    expect(told(await his.handle(request)).status).toBe(200)
    expect(told(await his.handle(request)).status).toBe(401)
    const old = hisRequest(stage, { ...asked, timestamp: stage.context.world.now() - 300_001 })
    expect(told(await his.handle(old)).status).toBe(401)
    const fresh = hisRequest(stage, asked)
    const headers = { ...fresh.headers, authorization: 'Bearer x' }
    expect(told(await his.handle({ ...fresh, headers })).status).toBe(401)
  })

  it('under profile bearer needs no signature and speaks clearly', async () => {
    const { stage, his } = open({ profiles: { his: { protection: 'bearer' } } })
    const headers = { authorization: `Bearer ${stage.context.parameters.his.token}` }
    const request = { method: 'GET', path: `/bills/${BILL}`, headers, body: Buffer.alloc(0) }
    const reply = await his.handle(request)
    expect(told(reply).headers).toBeUndefined()
    expect(part(bodyOf(reply), 'patient')['idNo']).toMatch(/^510199\d{11}[\dX]$/)
  })
})

describe('bills', () => {
  it('makes the same bill from the same number on two machines, its lines summing to the total', async () => {
    for (const billNo of ['GH20261121000001', BILL, 'GY20261121000001-IF34']) {
      const seen = []
      for (const { ask } of [open(), open()]) {
        const body = bodyOf(await ask('GET', `/bills/${billNo}`))
        const { lines } = linesSchema.parse(body)
        expect(lines.reduce((sum, line) => sum + line.amountFen, 0)).toBe(body['totalFen'])
        expect(part(body, 'visit')['visitNo']).toBe(`V${billNo}`)
        seen.push({ total: body['totalFen'], patient: part(body, 'patient')['patientId'] })
      }
      expect(seen[0]).toEqual(seen[1])
    }
  })

  it('keeps the wished total even where it is less than there are usual lines', () => {
    const { stage } = open()
    for (const totalFen of [1, 2, 3, 7, 100, 999_999]) {
      const { lines } = addBill(stage.context, { businessType: 'consultation', totalFen })
      expect(lines.reduce((sum, line) => sum + line.amountFen, 0)).toBe(totalFen)
      expect(lines.every((line) => line.amountFen > 0)).toBe(true)
    }
  })

  it('does not know a number that has another shape', async () => {
    const { ask } = open()
    expect(told(await ask('GET', '/bills/XX20261121000001')).status).toBe(404)
    expect(told(await ask('GET', '/bills/MZ1')).status).toBe(404)
  })
})

describe('write-back', () => {
  it('is done once for one number and refuses a second settlement of the bill', async () => {
    const { stage, ask } = open()
    bill(stage, BILL)
    const path = `/bills/${BILL}/settlements`
    expect(told(await ask('GET', `${path}/ST1`)).status).toBe(404)
    expect(told(await ask('POST', path, settlement(12_345))).status).toBe(200)
    expect(told(await ask('POST', path, settlement(12_345))).status).toBe(200)
    expect(stage.context.world.calls.map(({ result }) => result)).toEqual([
      'question',
      'effect',
      'repeat',
    ])
    expect(told(await ask('GET', `${path}/ST1`)).status).toBe(200)
    const second = await ask('POST', path, settlement(12_345, { settlementNo: 'ST2' }))
    expect(told(second).status).toBe(409)
    expect(bodyOf(second)['code']).toBe('bill-settled-elsewhere')
  })

  it('refuses a void bill, a wrong total and parts that do not add up', async () => {
    const { stage, ask } = open()
    bill(stage, BILL).status = 'void'
    const path = `/bills/${BILL}/settlements`
    expect(bodyOf(await ask('POST', path, settlement(12_345)))['code']).toBe('bill-void')
    bill(stage, BILL)
    expect(told(await ask('POST', path, settlement(12_344))).status).toBe(422)
    const amounts = { ...settlement(12_345).amounts, selfPayFen: 201 }
    expect(told(await ask('POST', path, settlement(12_345, { amounts }))).status).toBe(400)
  })

  it('F18: is down for 20 s, then takes it; F19: says settled elsewhere', async () => {
    const { stage, ask } = open()
    const down = 'MZ20261121000001-MF18'
    bill(stage, down)
    const path = `/bills/${down}/settlements`
    expect(told(await ask('POST', path, settlement(12_345))).status).toBe(503)
    expect((await ask('GET', `${path}/ST1`)).kind).toBe('lost')
    stage.pass(20_000)
    expect(told(await ask('GET', `${path}/ST1`)).status).toBe(404)
    expect(told(await ask('POST', path, settlement(12_345))).status).toBe(200)
    const elsewhere = 'MZ20261121000001-MF19'
    bill(stage, elsewhere)
    const reply = await ask('POST', `/bills/${elsewhere}/settlements`, settlement(12_345))
    expect(bodyOf(reply)['code']).toBe('bill-settled-elsewhere')
  })

  it('F20: the effect of a lost answer is found by asking', async () => {
    const { stage, ask } = open()
    const billNo = 'MZ20261121000001-MF20'
    bill(stage, billNo)
    const path = `/bills/${billNo}/settlements`
    expect((await ask('POST', path, settlement(12_345))).kind).toBe('lost')
    expect(told(await ask('GET', `${path}/ST1`)).status).toBe(200)
    expect(told(await ask('POST', path, settlement(12_345))).status).toBe(200)
  })
})

describe('hold, refunds and books', () => {
  it('another order cannot release a hold', async () => {
    const { ask } = open()
    const path = `/bills/${BILL}/hold`
    const until = '2026-11-21T09:30:00+08:00'
    expect(told(await ask('PUT', path, { until, orderId: 'O1' })).status).toBe(200)
    expect(bodyOf(await ask('DELETE', path, { orderId: 'O2' }))).toEqual({ held: true })
    expect(bodyOf(await ask('DELETE', path, { orderId: 'O1' }))).toEqual({ held: false })
    expect(told(await ask('PUT', path, { until: 'tomorrow', orderId: 'O1' })).status).toBe(400)
  })

  it('refunds no more than was settled and shows both rows on the business date', async () => {
    const { stage, ask } = open()
    bill(stage, BILL)
    const paid = settlement(12_345)
    await ask('POST', `/bills/${BILL}/settlements`, paid)
    expect(bodyOf(await ask('POST', `/bills/${BILL}/refund-checks`, { refundNo: 'R1' }))).toEqual({
      allowed: true,
      reason: '',
    })
    const { amounts } = paid
    const refundedAt = '2026-11-21T10:00:00+08:00'
    const refund = { refundNo: 'R1', settlementNo: 'ST1', amounts, refundedAt }
    const path = `/bills/${BILL}/refunds`
    expect(told(await ask('POST', path, refund)).status).toBe(200)
    expect(told(await ask('POST', path, refund)).status).toBe(200)
    expect(told(await ask('POST', path, { ...refund, refundNo: 'R2' })).status).toBe(409)
    const rows = told(await ask('GET', '/ledger/2026-11-21'))
      .body.trim()
      .split('\n')
    expect(rows.map((row) => z.object({ kind: z.string() }).parse(JSON.parse(row)).kind)).toEqual([
      'receipt',
      'refund',
    ])
    expect(told(await ask('GET', '/ledger/2026-11-20')).body).toBe('')
  })
})
