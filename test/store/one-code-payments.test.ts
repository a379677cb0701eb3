import { expect, it } from 'vitest'
import { Secret } from '../../src/errors.ts'
import { fen } from '../../src/payment/money.ts'
import type { OneCodePayment } from '../../src/payment/one-code.ts'
import * as payments from '../../src/store/one-code-payments.ts'
import { describeDatabases, dump } from '../support/database.ts'

const AT = Date.parse('2026-11-20T09:00:00+08:00')
const LEASE = { owner: 'me', until: AT + 20_000 }

function payment(no: number, changes: Partial<OneCodePayment> = {}): OneCodePayment {
  return {
    id: `01JD00000000000000000000${String(no).padStart(2, '0')}`,
    version: 1,
    billNo: `MZ${no}`,
    desk: '门诊1号窗',
    operatorId: 'C1',
    deviceId: 'D1',
    tokenMark: 'mark',
    scan: new Secret({ token: 'canary-token', operatorName: '收费员甲', deviceIp: '10.9.8.7' }),
    state: 'certified',
    insurance: 'later',
    selfPayFen: fen(123),
    usableAt: AT,
    channelName: '微信支付',
    channel: 'wechat',
    accountName: new Secret('张某的零钱'),
    certificateTry: 1,
    serialNo: `S${no}`,
    certificate: {
      value: new Secret('canary-certificate'),
      serialNo: `S${no}`,
      amountFen: fen(123),
      orgCode: 'H1',
      until: AT + 60_000,
    },
    outTradeNo: null,
    chargeNo: null,
    isChargeSeen: false,
    asked: 0,
    reason: null,
    createdAt: AT,
    paidAt: null,
    ...changes,
  }
}

const clear = (of: OneCodePayment | null) =>
  of && {
    ...of,
    scan: of.scan?.reveal(),
    accountName: of.accountName?.reveal(),
    certificate: of.certificate && { ...of.certificate, value: of.certificate.value?.reveal() },
  }

describeDatabases((_, openFresh) => {
  it('[YM-37] comes back as it went in, and rests sealed', async () => {
    const db = await openFresh()
    await payments.insert(db, payment(1), LEASE)
    expect(clear(await payments.byId(db, payment(1).id))).toEqual(clear(payment(1)))
    const stolen = await dump(db)
    for (const secret of ['canary-token', 'canary-certificate', '收费员甲', '10.9.8.7', '张某'])
      expect(stolen).not.toContain(secret)
  })

  it('[YM-34, YM-36] a bill has one that is not over, and every number one payment for ever', async () => {
    const db = await openFresh()
    expect(await payments.insert(db, payment(1), LEASE)).toBe(true)
    expect(await payments.insert(db, payment(2, { billNo: 'MZ1' }), LEASE)).toBe(false)
    expect(await payments.insert(db, payment(3, { serialNo: 'S1' }), LEASE)).toBe(false)
    const over = {
      payment: payment(1),
      lease: LEASE,
      changes: { state: 'declined' },
      now: AT,
    } as const
    expect(await payments.update(db, over)).toBe(true)
    expect(await payments.insert(db, payment(2, { billNo: 'MZ1' }), LEASE)).toBe(true)
    expect((await payments.openOfBill(db, 'MZ1'))?.id).toBe(payment(2).id)
  })

  it('changes only for who holds it, and once a version', async () => {
    const db = await openFresh()
    await payments.insert(db, payment(1), LEASE)
    const step = { payment: payment(1), lease: LEASE, changes: { asked: 1 }, now: AT }
    expect(await payments.update(db, { ...step, lease: { ...LEASE, owner: 'other' } })).toBe(false)
    expect(await payments.update(db, step)).toBe(true)
    expect(await payments.update(db, step)).toBe(false)
    expect(await payments.byId(db, payment(1).id)).toMatchObject({ version: 2, asked: 1 })
  })

  it('is found by the worker when its holder is gone, and by a notice at once', async () => {
    const db = await openFresh()
    const { id } = payment(1)
    await payments.insert(db, payment(1), LEASE)
    expect(await payments.due(db, AT, 9)).toEqual([])
    expect(await payments.due(db, LEASE.until, 9)).toEqual([id])
    expect(await payments.take(db, id, { owner: 'you', until: AT + 90_000, now: AT })).toBe(false)
    const taken = { owner: 'you', until: AT + 90_000, now: LEASE.until }
    expect(await payments.take(db, id, taken)).toBe(true)
    await payments.release(db, id, { owner: 'me', dueAt: null })
    await payments.release(db, id, { owner: 'you', dueAt: AT + 500_000 })
    await payments.wantNow(db, id, AT + 1)
    expect(await payments.due(db, AT + 1, 9)).toEqual([id])
    await payments.take(db, id, { owner: 'you', until: AT + 90_000, now: AT + 1 })
    await payments.release(db, id, { owner: 'you', dueAt: null })
    await payments.wantNow(db, id, AT + 2)
    expect(await payments.due(db, AT + 1_000_000, 9)).toEqual([])
  })

  it('[YM-36] counts what a device began and charged, and knows a token again', async () => {
    const db = await openFresh()
    await payments.insert(db, payment(1), LEASE)
    await payments.insert(db, payment(2, { deviceId: 'D2' }), LEASE)
    expect(await payments.begunAt(db, 'D1', AT - 1)).toBe(1)
    expect(await payments.chargedAt(db, 'D1', AT - 1)).toBe(0)
    const changes = { state: 'charging', outTradeNo: 'N1' } as const
    await payments.update(db, { payment: payment(1), lease: LEASE, changes, now: AT })
    expect(await payments.chargedAt(db, 'D1', AT - 1)).toBe(1)
    expect(await payments.idByOutTradeNo(db, 'N1')).toBe(payment(1).id)
    expect(await payments.usesOfToken(db, 'mark')).toHaveLength(2)
    expect(payments.tokenMark(db, 'a')).toBe(payments.tokenMark(db, 'a'))
    expect(payments.tokenMark(db, 'a')).not.toBe(payments.tokenMark(db, 'b'))
  })
})
