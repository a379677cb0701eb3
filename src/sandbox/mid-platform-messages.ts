/** Requests of the mid-platform, leaves as strings (upstreams/mid-platform/README.md 1). */
import { z } from 'zod'
import { timeOf, yuanToFen } from './answers.ts'

const words = (most: number) => z.string().min(1).max(most)
const optional = (most: number) => z.string().max(most).optional()
const amount = z.string().refine((text) => yuanToFen(text) !== null, '金额格式不正确')
const decimal = (places: number) =>
  z.string().regex(new RegExp(`^\\d{1,12}(\\.\\d{1,${places}})?$`))
const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  .refine((text) => !Number.isNaN(timeOf(text)))
const payAuthNo = z.string().regex(/^AUTH[0-9A-Za-z]{1,36}$/)
const acctUsedFlag = z.enum(['', '0', '1']).optional()

const diagnosis = z.object({
  diagType: words(3),
  diagSrtNo: z.string().regex(/^\d{1,2}$/),
  diagCode: words(20),
  diagName: words(100),
  diagDept: optional(50),
  diseDorNo: optional(30),
  diseDorName: optional(50),
  diagTime: moment,
  valiFlag: z.literal('1').optional(),
})

const feeDetail = z.object({
  feedetlSn: words(30),
  chrgBchno: words(30),
  psnNo: words(30).optional(),
  feeOcurTime: moment,
  medListCodg: words(50),
  medinsListCodg: words(150),
  detItemFeeSumamt: amount,
  // 2204: cnt 16,4 and pric 16,6.
  cnt: decimal(4),
  pric: decimal(6),
})

/** 1.3; the columns marked Y and Y* and the conditional two. */
export const uploadSchema = z.object({
  orgCodg: z.string().length(12),
  orgId: z.string().optional(),
  psnNo: words(30),
  insutype: words(6),
  // WeChat's serial_no is the same value and has 20.
  medOrgOrd: z.string().regex(/^[0-9A-Za-z]{1,20}$/),
  begntime: moment,
  idNo: words(50),
  userName: words(50),
  idType: z.literal('01'),
  ecToken: z.string().min(1).optional(),
  payAuthNo: payAuthNo.optional(),
  insuCode: z.string().regex(/^\d{6}$/),
  insuplcAdmdvs: z.string().regex(/^\d{6}$/),
  iptOtpNo: words(30),
  atddrNo: optional(30),
  drName: optional(50),
  deptCode: words(30),
  deptName: words(50),
  caty: words(10),
  medType: z.enum(['11', '12', '14', '21', '110104']),
  feeType: z.enum(['01', '02']),
  medfeeSumamt: amount,
  acctUsedFlag,
  psnSetlway: z.literal('01'),
  chrgBchno: words(30),
  pubHospRfomFlag: z.enum(['0', '1']),
  fulamtOwnpayAmt: amount.optional(),
  preselfpayAmt: amount.optional(),
  inscpScpAmt: amount.optional(),
  uldLatlnt: z
    .string()
    .regex(/^-?\d{1,3}(\.\d{1,15})?,-?\d{1,2}(\.\d{1,15})?$/)
    .max(40),
  mdtrtCertType: z.enum(['01', '02', '03']),
  diseinfoList: z.array(diagnosis).min(1).optional(),
  feedetailList: z.array(feeDetail).min(1),
})
export type UploadMessage = z.infer<typeof uploadSchema>

/** 1.4 */
export const orderSchema = z.object({
  payAuthNo,
  payOrdId: words(64),
  payToken: words(64),
  orgCodg: z.string().length(12),
  orgBizSer: words(64),
  chrgBchno: words(30),
  feeType: words(2),
  mdtrtId: words(30),
  acctUsedFlag,
  deposit: amount.or(z.literal('')).optional(),
})
export type OrderMessage = z.infer<typeof orderSchema>

/** 1.6, 1.8 */
export const questionSchema = z.object({
  payOrdId: words(64),
  orgCodg: z.string().length(12),
  payToken: words(64),
  idNo: words(50),
  userName: words(50),
  idType: z.literal('01'),
})

/** 1.10 */
export const refundAuthorisationSchema = z.object({
  payOrdId: words(64),
  appRefdSn: words(64),
  orgCodg: z.string().length(12),
  payAuthNo,
  idNo: words(50),
  userName: words(50),
  idType: z.literal('01'),
})

/** 1.5 */
export const refundSchema = z
  .object({
    payOrdId: words(64),
    appRefdSn: words(64),
    appRefdTime: z
      .string()
      .regex(/^\d{14}$/)
      .refine((text) => !Number.isNaN(timeOf(text))),
    totlRefdAmt: amount,
    psnAcctRefdAmt: amount.optional(),
    fundRefdAmt: amount.optional(),
    cashRefdAmt: amount,
    ecToken: z.string().min(1).optional(),
    payAuthNo: payAuthNo.optional(),
    refdType: z.enum(['ALL', 'CASH', 'HI']),
  })
  .refine((asked) => (asked.ecToken === undefined) !== (asked.payAuthNo === undefined), {
    message: 'ecToken 与 payAuthNo 须且仅须一个',
  })
