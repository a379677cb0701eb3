import { describe, expect, it } from 'vitest'
import { createHis } from '../../../src/sandbox/his.ts'
import type { RefundSettlement } from '../../../src/upstreams/upstream.ts'
import { answering, failing, NOW, sandboxContext, sendTo } from '../stub.ts'
import { BILL, build, real, settlementOf } from './link.ts'

/** A bill that is written back, and the refund of all of it. */
async function settledAt(his: ReturnType<typeof real>, billNo: string): Promise<RefundSettlement> {
  const settlement = await settlementOf(his, billNo)
  await his.adapter.writeBack(settlement)
  const { settlementNo, amounts } = settlement
  return { refundNo: 'RF01', settlementNo, billNo, amounts, refundedAt: NOW }
}

describe('a refund check', () => {
  it('allows what is settled and not used, however often it is asked [SC-R02]', async () => {
    const his = real()
    expect(await his.adapter.refundCheck(BILL, 'RF01')).toMatchObject({
      kind: 'done',
      value: { allowed: false },
    })
    await settledAt(his, BILL)
    const allowed = { kind: 'done', value: { allowed: true, reason: '' } }
    expect(await his.adapter.refundCheck(BILL, 'RF01')).toEqual(allowed)
    expect(await his.adapter.refundCheck(BILL, 'RF01')).toEqual(allowed)
  })

  it('that HIS denies gives its reason in words (R10) [SC-R02]', async () => {
    const his = real()
    await settledAt(his, `${BILL}R10`)
    expect(await his.adapter.refundCheck(`${BILL}R10`, 'RF01')).toEqual({
      kind: 'done',
      value: { allowed: false, reason: expect.stringMatching(/\p{Script=Han}/u) },
    })
  })

  it('is refused for a bill that HIS does not know, and allows by nothing but a clear yes [SC-R02]', async () => {
    expect(await real().adapter.refundCheck('nothing', 'RF01')).toMatchObject({ kind: 'refused' })
    const odd = ['{}', '{"allowed":"true"}', '{"allowed":1}', 'true', '', '{"allowed":true', '[]']
    for (const body of odd) {
      const { adapter } = build(answering(200, body), undefined, { kind: 'bearer' })
      expect((await adapter.refundCheck(BILL, 'RF01')).kind).toBe('unknown')
    }
    for (const status of [400, 401, 409, 422, 500, 503]) {
      const { adapter } = build(answering(status, '{"allowed":true}'), undefined, {
        kind: 'bearer',
      })
      expect((await adapter.refundCheck(BILL, 'RF01')).kind).toBe('unknown')
    }
  })
})

describe('a refund’s write-back', () => {
  it('arrives once and may be repeated', async () => {
    const his = real()
    const refund = await settledAt(his, BILL)
    expect(await his.adapter.writeBackRefund(refund)).toEqual({ kind: 'done' })
    expect(await his.adapter.writeBackRefund(refund)).toEqual({ kind: 'done' })
    const other = await his.adapter.writeBackRefund({ ...refund, refundNo: 'RF02' })
    expect(other.kind).toBe('unknown')
  })

  it('goes on while HIS is down, under the same number (R11)', async () => {
    const context = sandboxContext({ his: { protection: 'bearer' } })
    let now = NOW
    const world = { ...context.world, now: () => now, timeScale: 1 }
    const send = sendTo(createHis({ ...context, world }))
    const his = build(send, context, { kind: 'bearer' })
    const refund = await settledAt(his, `${BILL}R11`)
    expect((await his.adapter.writeBackRefund(refund)).kind).toBe('unknown')
    expect((await his.adapter.writeBackRefund(refund)).kind).toBe('unknown')
    now += 20_000
    expect(await his.adapter.writeBackRefund(refund)).toEqual({ kind: 'done' })
    const told = context.world.calls.filter(({ call }) => call === 'refund-write-back')
    expect(told.map(({ result }) => result)).toEqual(['lost-request', 'lost-request', 'effect'])
  })

  it('is never refused, whatever HIS says: the money is gone already', async () => {
    const refund = await settledAt(real(), BILL)
    for (const code of ['bill-void', 'bill-settled-elsewhere', 'refund-exceeds-settlement']) {
      const stub = build(answering(409, JSON.stringify({ code })), undefined, { kind: 'bearer' })
      expect((await stub.adapter.writeBackRefund(refund)).kind).toBe('unknown')
    }
    expect((await build(failing('unsent')).adapter.writeBackRefund(refund)).kind).toBe('unsent')
  })
})
