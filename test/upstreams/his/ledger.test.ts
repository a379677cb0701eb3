import { expect, it } from 'vitest'
import { ledgerOf } from '../../../src/upstreams/his/ledger.ts'
import { NOW } from '../stub.ts'
import { BILL, real, settlementOf } from './link.ts'

const DATE = new Date(NOW + 8 * 3_600_000).toISOString().slice(0, 10)

it('[SC-C03] HIS tells its own receipts and refunds of a day, signed', async () => {
  const his = real()
  const settlement = await settlementOf(his, BILL)
  await his.adapter.writeBack(settlement)
  const { settlementNo, billNo, amounts } = settlement
  const refund = { refundNo: 'RF01', settlementNo, billNo, amounts, refundedAt: NOW + 60_000 }
  await his.adapter.writeBackRefund(refund)
  const told = await his.adapter.ledger(DATE)
  if (told.kind !== 'done') throw new Error(JSON.stringify(told))
  const { totalFen } = amounts
  expect(told.value.rows).toEqual([
    { kind: 'receipt', settlementNo, refundNo: null, totalFen, at: NOW },
    { kind: 'refund', settlementNo, refundNo: 'RF01', totalFen, at: NOW + 60_000 },
  ])
  expect(told.value.sha256).toMatch(/^[0-9a-f]{64}$/)
  const nothing = await his.adapter.ledger('2020-01-01')
  expect(nothing).toMatchObject({ kind: 'done', value: { rows: [] } })
  expect(his.written()).not.toContain('移动支付')
})

const ROW = {
  kind: 'receipt',
  billNo: 'B1',
  settlementNo: 'ST1',
  amounts: { totalFen: 3, fundFen: 1, accountFen: 1, otherFen: 0, selfPayFen: 1 },
  at: '2026-11-20T09:00:00+08:00',
  operator: '窗口一',
}
const bytes = (...rows: unknown[]): Buffer =>
  Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

it.each([
  ['a line that is cut off', bytes(ROW, ROW).subarray(0, -2), '末行不完整'],
  ['a line that is no row', bytes(ROW, { kind: 'receipt' }), '第 2 行'],
  [
    'parts that are not the total',
    bytes({ ...ROW, amounts: { ...ROW.amounts, fundFen: 9 } }),
    '第 1 行',
  ],
  ['a refund without its number', bytes(ROW, { ...ROW, kind: 'refund' }), '第 2 行'],
])('[SC-S07] %s refuses the whole ledger', (_name, body, where) => {
  expect(ledgerOf(200, body)).toMatchObject({ kind: 'refused', code: 'ledger-invalid' })
  expect(JSON.stringify(ledgerOf(200, body))).toContain(where)
})

it('a day that HIS has not closed is absent, not empty', () => {
  expect(ledgerOf(404, Buffer.alloc(0))).toEqual({ kind: 'absent' })
  expect(ledgerOf(500, Buffer.alloc(0))).toMatchObject({ kind: 'unknown' })
})
