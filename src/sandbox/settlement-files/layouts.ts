/** How the files look (docs/settlement-files.md 1 and 5): written here once more, not with the hospital's profiles. */
import writeSheet from 'write-excel-file/node'
import { fenToYuan } from '../answers.ts'
import { shanghai } from '../shanghai.ts'
import { gbk } from './gbk.ts'
import { type StatementRow, sumOf } from './rows.ts'

const netFen = (rows: readonly StatementRow[]): number =>
  rows.reduce((net, row) => net + (row.kind === 'payment' ? 1 : -1) * sumOf(row), 0)

const BANK_HEADING = [
  '交易类型',
  '交易状态',
  '工行订单号',
  '商户订单号',
  '退款流水号',
  '交易金额',
  '交易时间',
]
const BANK_KIND = { payment: '支付', refund: '退款', reversal: '撤销' } as const

/** @param claimedFen what the last line adds to the sum: 0 in an honest file. */
export function bankFile(rows: readonly StatementRow[], claimedFen = 0): Buffer {
  const lines = rows.map((row) =>
    [
      BANK_KIND[row.kind],
      row.succeeded ? '成功' : '失败',
      row.orderNo,
      row.merchantNo,
      row.refundNo,
      sumOf(row),
      shanghai.compact(row.at),
    ].join('|'),
  )
  const total = `TOTAL|${rows.length}|${netFen(rows) + claimedFen}`
  return gbk(`${[BANK_HEADING.join('|'), ...lines, total].join('\n')}\n`)
}

const INSURANCE_HEADING = [
  '医保订单号',
  '医药机构订单号',
  '业务类型',
  '退款流水号',
  '统筹基金支付',
  '个人账户支付',
  '其他基金支付',
  '结算时间',
]
const INSURANCE_KIND = { payment: '结算', refund: '退费', reversal: '冲正' } as const

function insuranceTable(rows: readonly StatementRow[], claimedFen: number): string[][] {
  const net = netFen(rows) + claimedFen
  return [
    INSURANCE_HEADING,
    ...rows.map((row) => [
      row.orderNo,
      row.merchantNo,
      INSURANCE_KIND[row.kind],
      row.refundNo,
      ...row.partsFen.map(fenToYuan),
      shanghai.spaced(row.at),
    ]),
    ['合计', String(rows.length), `${net < 0 ? '-' : ''}${fenToYuan(Math.abs(net))}`],
  ]
}

export const insuranceCsv = (rows: readonly StatementRow[], claimedFen = 0): Buffer =>
  gbk(`${insuranceTable(rows, claimedFen).join('\r\n')}\r\n`)

/** Every cell is text: long numbers stay whole. */
export async function insuranceSheet(
  rows: readonly StatementRow[],
  claimedFen = 0,
): Promise<Buffer> {
  const cells = insuranceTable(rows, claimedFen).map((row) =>
    row.map((value) => ({ value, type: String })),
  )
  return writeSheet(cells).toBuffer()
}
