/** Our words as finance staff read them. */
import type { BookName } from '../../src/reconciliation/ageing.ts'
import type { Leg, Movement } from '../../src/reconciliation/cash-proof.ts'
import type { RowClass } from '../../src/reconciliation/classes.ts'

export const BOOK_TEXT: Readonly<Record<BookName, string>> = {
  bank: '银行账单',
  his: 'HIS 台账',
  insurance: '医保月度明细',
}

export const LEG_TEXT: Readonly<Record<Leg, string>> = {
  'self-pay': '自费（移动支付）',
  insurance: '医保（统筹、个账、其他）',
  'one-code': '自费（医保一码付）',
  'hrss-pay': '自费（人社支付平台）',
  'one-card': '自费（一卡通）',
}

export const DIRECTION_TEXT: Readonly<Record<Movement['direction'], string>> = {
  payment: '收款',
  refund: '退款',
}

export const CLASS_TEXT: Readonly<Record<RowClass, string>> = {
  MATCHED: '相符',
  NO_MONEY: '双方均无资金发生',
  OTHER_DAY: '属于其他业务日期',
  BANK_ONLY: '对方有、本方无',
  HOSPITAL_ONLY: '本方有、对方无',
  AMOUNT_DIFF: '金额不符',
  STATUS_DIFF: '状态不符',
  DUPLICATE: '重复',
  REFUND_BANK_ONLY: '退款：对方有、本方无',
  REFUND_HOSPITAL_ONLY: '退款：本方有、对方无',
  REFUND_AMOUNT_DIFF: '退款：金额不符',
  REFUND_STATUS_DIFF: '退款：状态不符',
  REFUND_DUPLICATE: '退款：重复',
}

const HAPPENED_TEXT: Readonly<Record<string, string>> = {
  opened: '发现',
  changed: '变化',
  reopened: '再次出现',
  closed: '已相符，了结',
  proposed: '提出处理',
  acted: '已执行',
  handled: '复核了结',
}

export const happenedText = (what: string): string => HAPPENED_TEXT[what] ?? what
