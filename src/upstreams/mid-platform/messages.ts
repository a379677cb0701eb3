/** The mid-platform's own words (README.md 1); field order as in the document. */
import { z } from 'zod'

/** infno -> path (1.1). `refund_Order` with a capital O belongs to 6203. */
export const PATHS = {
  '6201': '/org/local/api/hos/uldFeeInfo',
  '6202': '/org/local/api/hos/pay_order',
  '6203': '/org/local/api/hos/refund_Order',
  '6301': '/org/local/api/hos/query_order_info',
  '6401': '/org/local/api/hos/revoke_order',
} as const

export type Infno = keyof typeof PATHS

/** Members that never reach the record in clear: secrets, people, what they suffer from, cipher text. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'payAuthNo',
  'payToken',
  'ecToken',
  'revsToken',
  'idNo',
  'userName',
  'psnNo',
  'psn_no',
  'psn_name',
  'certno',
  'uldLatlnt',
  'mainCondDscr',
  'diseinfoList',
  'feedetailList',
  'preSetl',
  // May be JSON text, which no list of names can look into.
  'extData',
  'expContent',
  'cashierUrl',
  'encData',
  'signData',
])

/** 2.1, without the envelope's own members. Some gateways say respCode / respMsg. */
export const answerSchema = z.object({
  code: z.string().nullish(),
  respCode: z.string().nullish(),
  message: z.string().nullish(),
  respMsg: z.string().nullish(),
  success: z.union([z.boolean(), z.string()]).nullish(),
})

/** `extData` is an object at some sites, JSON text at others, and may be anything at all. */
const extData = z.unknown().optional()

/** 1.3 answer */
export const uploadedSchema = z.object({
  payOrdId: z.string().min(1).max(64),
  payToken: z.string().min(1),
  mdtrtId: z.string().nullish(),
  extData,
})

export const visitSchema = z.object({ mdtrtId: z.string().min(1) })

/** Yuan (1.2). A leaf may come as a JSON number: it is read as the text it was written in. */
const amount = z.string().nullish()

/** 1.4 answer */
export const preSettledSchema = z.object({
  payOrdId: z.string(),
  ordStas: z.string().nullish(),
  feeSumamt: amount,
  ownPayAmt: amount,
  psnAcctPay: amount,
  fundPay: amount,
  othFeeAmt: amount,
})

/** 1.6 answer; in the states 0, 1 and 2 it may carry the number and the state only. */
export const orderStateSchema = preSettledSchema.extend({ ordStas: z.string().min(1) })

const word = z.string().max(64).nullish()

/** 1.5 answer; one vendor spells hiFefdSn. */
export const refundedSchema = z.object({
  refdSn: word,
  hiRefdSn: word,
  hiFefdSn: word,
  hiTrnsDate: word,
  hiTrnsTime: word,
  refStatus: z.string(),
})

/** 1.10 answer */
export const authorisedSchema = z.object({ payAuthNo: z.string().min(1).max(40) })

/** 1.7 notice: what is looked at; amounts are the bank's to tell. */
export const settlementNoticeSchema = z.object({
  payOrdId: z.string().min(1).max(64),
  ordStas: z.string().max(8).nullish(),
})

export type AmountFields = Pick<
  z.infer<typeof preSettledSchema>,
  'feeSumamt' | 'ownPayAmt' | 'psnAcctPay' | 'fundPay' | 'othFeeAmt'
>
