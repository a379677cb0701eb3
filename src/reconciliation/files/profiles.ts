/**
 * The files we know. A bank's own layout is agreed with it and written here as one more record;
 * no code is touched (docs/settlement-files.md).
 */
import type { RowStatus } from '../row.ts'
import type { Control, Profile, Shape, Take } from './profile.ts'

const COMMA: Shape = {
  kind: 'delimited',
  delimiter: ',',
  quote: '"',
  prefix: null,
  heading: true,
}

const record = (first: string, count: number, sum: number): Control => ({
  where: { kind: 'record', first },
  counts: 'net',
  count,
  sum,
  required: true,
})

/** Assumed: ICBC's layout for aggregated payments is not public (docs/settlement-files.md 1). */
const ICBC_ORDER: Take = {
  bankOrderNo: '工行订单号',
  merchantOrderNo: '商户订单号',
  refundNo: null,
  amount: ['交易金额'],
}
const ICBC_REFUND: Take = { ...ICBC_ORDER, refundNo: '退款流水号' }

export const ICBC_LIKE: Profile = {
  name: 'icbc-like',
  assumed: true,
  container: { kind: 'none' },
  charset: 'gb18030',
  shape: { kind: 'delimited', delimiter: '|', quote: null, prefix: null, heading: true },
  comment: null,
  controls: [record('TOTAL', 1, 2)],
  kind: {
    by: 'value',
    column: '交易类型',
    kinds: { 支付: 'payment', 退款: 'refund', 撤销: 'reversal' },
  },
  take: { payment: ICBC_ORDER, refund: ICBC_REFUND, reversal: ICBC_REFUND },
  noNumber: [],
  status: { column: '交易状态', statuses: { 成功: 'done', 失败: 'none' } },
  unit: 'fen',
  time: { columns: ['交易时间'], format: 'yyyyMMddHHmmss' },
}

const WECHAT_ORDER: Take = {
  bankOrderNo: '微信订单号',
  merchantOrderNo: '商户订单号',
  refundNo: null,
  amount: ['订单金额'],
}
const WECHAT_REFUND: Take = {
  ...WECHAT_ORDER,
  refundNo: '商户退款单号',
  amount: ['申请退款金额'],
}

/** A refund that is under way counts as refunded: the bill is never corrected later. */
const WECHAT_STATUSES: Readonly<Record<string, RowStatus>> = {
  SUCCESS: 'done',
  PROCESSING: 'done',
  FAIL: 'none',
  CHANGE: 'unknown',
}

/** 交易账单, type ALL. */
export const WECHAT_BILL: Profile = {
  name: 'wechat-bill',
  assumed: false,
  container: { kind: 'none' },
  charset: 'utf-8',
  shape: { kind: 'delimited', delimiter: ',', quote: null, prefix: '`', heading: true },
  comment: null,
  controls: [
    {
      where: { kind: 'section', first: '总交易单数' },
      counts: 'all',
      count: '总交易单数',
      sum: null,
      required: true,
    },
    {
      where: { kind: 'section', first: '总交易单数' },
      counts: 'payments',
      count: null,
      sum: '订单总金额',
      required: true,
    },
    {
      where: { kind: 'section', first: '总交易单数' },
      counts: 'returns',
      count: null,
      sum: '申请退款总金额',
      required: true,
    },
  ],
  kind: {
    by: 'value',
    column: '交易状态',
    kinds: { SUCCESS: 'payment', REFUND: 'refund', REVOKED: 'reversal' },
  },
  take: { payment: WECHAT_ORDER, refund: WECHAT_REFUND, reversal: WECHAT_REFUND },
  noNumber: ['0'],
  status: { column: '退款状态', statuses: WECHAT_STATUSES },
  unit: 'yuan',
  time: { columns: ['交易时间'], format: 'yyyy-MM-dd HH:mm:ss' },
}

const ALIPAY_ORDER: Take = {
  bankOrderNo: '支付宝交易号',
  merchantOrderNo: '商户订单号',
  refundNo: null,
  amount: ['订单金额（元）'],
}
const ALIPAY_REFUND: Take = { ...ALIPAY_ORDER, refundNo: '退款批次号/请求号' }

/** 业务明细, in a zip with its summary (汇总) beside it. */
export const ALIPAY_BILL: Profile = {
  name: 'alipay-bill',
  assumed: false,
  container: { kind: 'zip', ending: '.csv', but: ').csv' },
  charset: 'gb18030',
  shape: COMMA,
  comment: '#',
  controls: [
    {
      where: { kind: 'comment', pattern: /^#-+业务明细列表结束-+/ },
      counts: 'all',
      count: null,
      sum: null,
      required: true,
    },
    {
      where: { kind: 'comment', pattern: /^#交易合计：(\d+)笔/ },
      counts: 'payments',
      count: 0,
      sum: null,
      required: true,
    },
    {
      where: { kind: 'comment', pattern: /^#退款合计：(\d+)笔/ },
      counts: 'returns',
      count: 0,
      sum: null,
      required: false,
    },
  ],
  kind: {
    by: 'value',
    column: '业务类型',
    kinds: { 交易: 'payment', 退款: 'refund' },
  },
  take: { payment: ALIPAY_ORDER, refund: ALIPAY_REFUND, reversal: ALIPAY_REFUND },
  noNumber: [],
  status: null,
  unit: 'yuan',
  time: { columns: ['完成时间'], format: 'yyyy-MM-dd HH:mm:ss' },
}

/** Positions of the fields of ZM that are read (docs/settlement-files.md 4). */
const ZM_AT = {
  time: 4,
  amount: 6,
  queryId: 9,
  orderId: 11,
  kind: 19,
  originalQueryId: 26,
  originalOrderId: 40,
} as const

/** A refund is a transaction of its own: its number is its order number. */
const ZM_RETURN: Take = {
  bankOrderNo: ZM_AT.originalQueryId,
  merchantOrderNo: ZM_AT.originalOrderId,
  refundNo: ZM_AT.orderId,
  amount: [ZM_AT.amount],
}

/** UnionPay's 商户对账文件. */
export const UNIONPAY_ZM: Profile = {
  name: 'unionpay-zm',
  assumed: false,
  container: { kind: 'none' },
  charset: 'gb18030',
  shape: {
    kind: 'fixed',
    widths: [
      3, 11, 11, 6, 10, 19, 12, 4, 2, 21, 2, 32, 2, 6, 10, 13, 13, 4, 15, 2, 2, 6, 2, 4, 32, 1, 21,
      15, 1, 15, 32, 13, 13, 8, 32, 13, 13, 12, 2, 1, 32, 98,
    ],
    gap: 1,
  },
  comment: null,
  controls: [],
  kind: {
    by: 'value',
    column: ZM_AT.kind,
    kinds: { '01': 'payment', '04': 'refund', '31': 'reversal' },
  },
  take: {
    payment: {
      bankOrderNo: ZM_AT.queryId,
      merchantOrderNo: ZM_AT.orderId,
      refundNo: null,
      amount: [ZM_AT.amount],
    },
    refund: ZM_RETURN,
    reversal: ZM_RETURN,
  },
  noNumber: [],
  status: null,
  unit: 'fen',
  time: { columns: [ZM_AT.time], format: 'MMddHHmmss' },
}

const ZME_ROW: Take = { bankOrderNo: null, merchantOrderNo: null, refundNo: null, amount: [6] }

/**
 * UnionPay's 差错 file: adjustments that name no order, so that each stands alone and goes to a
 * person. That field 15 is signed and says the direction is assumed.
 */
export const UNIONPAY_ZME: Profile = {
  ...UNIONPAY_ZM,
  name: 'unionpay-zme',
  assumed: true,
  shape: {
    kind: 'fixed',
    widths: [3, 11, 11, 6, 10, 19, 12, 4, 2, 2, 6, 10, 4, 12, 13, 13, 15, 15, 1, 12, 2, 135],
    gap: 1,
  },
  kind: { by: 'sign', column: 15 },
  take: { payment: ZME_ROW, refund: ZME_ROW, reversal: ZME_ROW },
}

const INSURANCE_ORDER: Take = {
  bankOrderNo: '医保订单号',
  merchantOrderNo: '医药机构订单号',
  refundNo: null,
  amount: ['统筹基金支付', '个人账户支付', '其他基金支付'],
}
const INSURANCE_REFUND: Take = { ...INSURANCE_ORDER, refundNo: '退款流水号' }

/** Assumed: the bureau supplies the month's detail (§6.3.1) and publishes no layout. */
export const INSURANCE_CSV: Profile = {
  name: 'insurance-csv',
  assumed: true,
  container: { kind: 'none' },
  charset: 'gb18030',
  shape: COMMA,
  comment: null,
  controls: [record('合计', 1, 2)],
  kind: {
    by: 'value',
    column: '业务类型',
    kinds: { 结算: 'payment', 退费: 'refund', 冲正: 'reversal' },
  },
  take: { payment: INSURANCE_ORDER, refund: INSURANCE_REFUND, reversal: INSURANCE_REFUND },
  noNumber: [],
  status: null,
  unit: 'yuan',
  time: { columns: ['结算时间'], format: 'yyyy-MM-dd HH:mm:ss' },
}

export const INSURANCE_XLSX: Profile = {
  ...INSURANCE_CSV,
  name: 'insurance-xlsx',
  shape: { kind: 'sheet' },
}

const ALL: readonly Profile[] = [
  ICBC_LIKE,
  WECHAT_BILL,
  ALIPAY_BILL,
  UNIONPAY_ZM,
  UNIONPAY_ZME,
  INSURANCE_CSV,
  INSURANCE_XLSX,
]

export const PROFILES: ReadonlyMap<string, Profile> = new Map(
  ALL.map((profile) => [profile.name, profile]),
)
