import { fen, fenToYuan } from '../../src/payment/money.ts'
import type { Uploaded } from '../../src/flows/reconciliation/upload-settlement-file.ts'

/** More than the service reads of a file. */
export const MOST_BYTES = 2 ** 28

const yuan = (amount: number): string =>
  `${amount < 0 ? '-' : ''}${fenToYuan(fen(Math.abs(amount)))}`

const BOOK = { bank: '清算银行', insurance: '医保' } as const

export function uploadedInWords(
  uploaded: Uploaded,
  asked: { book: keyof typeof BOOK; name: string; template: string },
): string {
  const { book, name, template } = asked
  if (uploaded.kind === 'damaged')
    return [
      `未接收：${uploaded.reason}。不计入对账。`,
      `${BOOK[book]}约定的文件名：${template}（{date} 为日期，{month} 为月份）；这份是 ${name}。`,
    ].join('\n')
  const { file, totals } = uploaded
  const { payments, paymentsFen, returns, returnsFen } = totals
  return [
    `已接收：${BOOK[book]} ${file.date} 的对账文件 ${file.name}${file.repeated ? '（内容与此前交来的相同）' : ''}`,
    `  收款 ${payments} 笔 ${yuan(paymentsFen)} 元，退款 ${returns} 笔 ${yuan(returnsFen)} 元，净额 ${yuan(paymentsFen - returnsFen)} 元`,
    `  SHA-256 ${file.sha256}`,
  ].join('\n')
}

/** Where the file stands is nobody's business outside. */
export const presented = (uploaded: Uploaded): unknown =>
  uploaded.kind === 'damaged'
    ? { received: false, reason: uploaded.reason }
    : {
        received: true,
        date: uploaded.file.date,
        name: uploaded.file.name,
        sha256: uploaded.file.sha256,
        repeated: uploaded.file.repeated,
        ...uploaded.totals,
      }
