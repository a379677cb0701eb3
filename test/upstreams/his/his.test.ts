import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/errors.ts'
import { fen } from '../../../src/payment/money.ts'
import { createHis } from '../../../src/sandbox/his.ts'
import type { SandboxContext } from '../../../src/sandbox/registry.ts'
import type { HisProtection } from '../../../src/upstreams/his/transport.ts'
import { answering, failing, NOW, sandboxContext, sendTo } from '../stub.ts'
import { BILL, build, real, settlementOf } from './link.ts'

describe('HIS tells a bill', () => {
  it('whose lines are its total, over signatures and sealed fields [SC-P01] [SC-S01] [SC-S03]', async () => {
    const his = real()
    const bill = await his.adapter.bill(BILL)
    if (bill.kind !== 'done') throw new Error(JSON.stringify(bill))
    const { lines, totalFen, patient, visit } = bill.value
    expect(lines.reduce((sum, line) => sum + line.amountFen, 0)).toBe(totalFen)
    expect(patient.idNo).toMatch(/^\d{17}[\dX]$/)
    expect(visit.registeredAt).toBe(NOW - 45 * 60_000)
    expect(typeof lines[0]?.quantity).toBe('string')
    expect(his.written()).not.toContain(patient.idNo)
    expect(his.written()).not.toContain(patient.name)
    expect(his.exchanges.map((exchange) => exchange.phase)).toEqual(['sent', 'answered'])
  })

  it('in clear under the legacy profile', async () => {
    expect((await real('bearer').adapter.bill(BILL)).kind).toBe('done')
  })

  it('or says there is none', async () => {
    expect(await real().adapter.bill('nothing')).toEqual({ kind: 'absent' })
    expect(await real().adapter.bill('..')).toEqual({ kind: 'absent' })
  })

  it.each([0, 100, 5000])('and is not believed with byte %i flipped [SC-S01]', async (at) => {
    expect((await real('sm2-sm4', at).adapter.bill(BILL)).kind).toBe('unknown')
  })

  it('and is refused when its lines are not its total [SC-P01]', async () => {
    const context = sandboxContext({ his: { protection: 'bearer' } })
    const send = sendTo(createHis(context), (reply) => {
      if (reply.kind !== 'answer') return reply
      const body = JSON.parse(reply.body.toString())
      body.totalFen += 1
      return { ...reply, body: Buffer.from(JSON.stringify(body)) }
    })
    const { adapter } = build(send, context, { kind: 'bearer' })
    expect(await adapter.bill(BILL)).toMatchObject({ kind: 'refused', code: 'bill-invalid' })
  })

  it('and a clear name under sm2-sm4 is not taken [SC-S03]', async () => {
    const context = sandboxContext()
    const clear = { ...context, profiles: { ...context.profiles, his: { protection: 'bearer' } } }
    const asked = await sendTo(createHis(clear as SandboxContext))({
      method: 'GET',
      url: `http://sandbox/his/bills/${BILL}`,
      headers: { authorization: `Bearer ${context.parameters.his.token}` },
      body: '',
      timeoutMs: 1,
    })
    if (asked.kind !== 'answer') throw new Error(asked.kind)
    const trusting: HisProtection = {
      kind: 'sm2-sm4',
      us: { appId: 'a', sign: () => Buffer.alloc(64) },
      them: { appId: 'h', verify: () => true },
      fieldKey: new Secret(Buffer.alloc(16)),
    }
    const headers = {
      'x-app-id': 'h',
      'x-timestamp': String(NOW),
      'x-nonce': '0123456789abcdef',
      'x-signature': Buffer.alloc(64).toString('base64'),
    }
    const { adapter } = build(async () => ({ ...asked, headers }), context, trusting)
    expect(await adapter.bill(BILL)).toEqual({
      kind: 'unknown',
      cause: 'patient-fields-unreadable',
    })
  })
})

describe('a hold', () => {
  it('is taken and given up', async () => {
    const { adapter } = real()
    expect(await adapter.hold(BILL, '01JD', NOW + 1000)).toEqual({ kind: 'done' })
    expect(await adapter.release(BILL, '01JD')).toEqual({ kind: 'done' })
  })
})

describe('a write-back', () => {
  it('arrives once, may be repeated, and is found by asking', async () => {
    const his = real()
    const settlement = await settlementOf(his, BILL)
    expect(await his.adapter.settlement(BILL, 'ST01')).toEqual({ kind: 'absent' })
    expect(await his.adapter.writeBack(settlement)).toEqual({ kind: 'done' })
    expect(await his.adapter.writeBack(settlement)).toEqual({ kind: 'done' })
    expect(await his.adapter.settlement(BILL, 'ST01')).toEqual({ kind: 'done' })
  })

  it('is refused only when another desk took the money', async () => {
    const his = real()
    const settlement = await settlementOf(his, 'MZ20261120000123-MF19')
    expect(await his.adapter.writeBack(settlement)).toMatchObject({
      kind: 'refused',
      code: 'bill-settled-elsewhere',
    })
  })

  it('goes on for any other word of HIS, because money is held', async () => {
    const his = real()
    const settlement = await settlementOf(his, BILL)
    const wrong = {
      ...settlement,
      amounts: { ...settlement.amounts, totalFen: fen(1), fundFen: fen(1) },
    }
    expect(await his.adapter.writeBack(wrong)).toMatchObject({ kind: 'unknown' })
    for (const status of [400, 401, 404, 409, 422, 500, 503]) {
      const stub = build(answering(status, '{"code":"number-reused"}'), undefined, {
        kind: 'bearer',
      })
      expect((await stub.adapter.writeBack(settlement)).kind).toBe('unknown')
    }
  })

  it('that never left is not a write-back in doubt', async () => {
    const settlement = await settlementOf(real(), BILL)
    expect((await build(failing('unsent')).adapter.writeBack(settlement)).kind).toBe('unsent')
    expect((await build(failing('unknown')).adapter.writeBack(settlement)).kind).toBe('unknown')
  })
})

describe('hostile answers', () => {
  it('never throw and never become done without a signature [SC-S01]', async () => {
    const settlement = await settlementOf(real(), BILL)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: 599 }), fc.json(), async (status, body) => {
        const { adapter } = build(answering(status, body))
        expect((await adapter.bill(BILL)).kind).toBe('unknown')
        expect((await adapter.writeBack(settlement)).kind).toBe('unknown')
        expect((await adapter.settlement(BILL, 'ST01')).kind).toBe('unknown')
        expect((await adapter.refundCheck(BILL, 'RF01')).kind).toBe('unknown')
      }),
    )
  })
})

describe('a bill at a counter', () => {
  const BILL = 'MZ20261120000123-MY'
  const asked = async (change: (bill: Record<string, unknown>) => object) => {
    const context = sandboxContext({ his: { protection: 'bearer' } })
    const send = sendTo(createHis(context), (reply) => {
      if (reply.kind !== 'answer') return reply
      const bill: Record<string, unknown> = JSON.parse(reply.body.toString())
      return { ...reply, body: Buffer.from(JSON.stringify({ ...bill, ...change(bill) })) }
    })
    return build(send, context, { kind: 'bearer' }).adapter.bill(BILL)
  }
  const share = { insurance: 'settled', fundFen: 0, accountFen: 0, otherFen: 0 }

  it('[YM-33, YM-41] tells its share, which adds up to the total or is refused', async () => {
    const told = await asked(() => ({}))
    expect(told).toMatchObject({ kind: 'done', value: { counter: { insurance: 'settled' } } })
    const whole = (bill: Record<string, unknown>) => ({ ...share, selfPayFen: bill['totalFen'] })
    expect((await asked((bill) => ({ counter: whole(bill) }))).kind).toBe('done')
    const wrongs = [
      { ...share, selfPayFen: 1 },
      { ...share, selfPayFen: -1 },
      { ...share, selfPayFen: 1.5 },
      { ...share, insurance: 'perhaps', selfPayFen: 1 },
      { fundFen: 1 },
    ]
    for (const counter of wrongs)
      expect(await asked(() => ({ counter }))).toMatchObject({
        kind: 'refused',
        code: 'bill-invalid',
      })
    const insured = (bill: Record<string, unknown>) => ({
      ...share,
      insurance: 'none',
      fundFen: 1,
      selfPayFen: Number(bill['totalFen']) - 1,
    })
    expect((await asked((bill) => ({ counter: insured(bill) }))).kind).toBe('refused')
  })

  it('without a share is a bill like any other', async () => {
    const told = await asked(() => ({ counter: undefined }))
    expect(told.kind === 'done' && told.value.counter).toBeUndefined()
  })
})
