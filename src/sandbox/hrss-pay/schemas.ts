/** The clear content of each service, as the document has it; an unknown member is refused. */
import { z } from 'zod'
import { shanghai } from '../shanghai.ts'

const text = (max: number) => z.string().min(1).max(max)
const amount = z.int().positive()
const time = z.string().refine((value) => shanghai.parseSpaced(value) !== null)
const json = (max: number) =>
  text(max).refine((value) => {
    try {
      JSON.parse(value)
      return true
    } catch {
      return false
    }
  })

const ORDER = {
  wayCode: z.literal('SBK'),
  orderAmount: amount,
  mchOrderId: text(32),
  orderType: z.enum(['10001', '10002', '10003', '10099']),
  payType: z.literal('1'),
  notifyUrl: text(256).optional(),
  orderCreateTime: time,
  idTypeOrder: z.enum(['01', '90', '99']),
  idNumberOrder: text(32),
  idNameOrder: text(80).optional(),
  orderTitle: text(255),
  orderDesc: text(255).optional(),
  orderDetail: json(512).optional(),
  bizParams: json(512).optional(),
  extraParams: json(512).optional(),
}

export const ONLINE = z.strictObject({ ...ORDER, returnUrl: text(256).optional() })
export const PRESENTED = z.strictObject({ ...ORDER, qrCode: text(34) })
export const DYNAMIC = z.strictObject({
  ...ORDER,
  idTypeOrder: ORDER.idTypeOrder.optional(),
  idNumberOrder: ORDER.idNumberOrder.optional(),
})
export type OrderRequest = z.output<typeof DYNAMIC> & {
  readonly qrCode?: string | undefined
  readonly returnUrl?: string | undefined
}

/** Without payOrderId it is found as well: the document leaves open whether it may be. */
export const QUESTION = z.strictObject({ mchOrderId: text(32), payOrderId: z.string().max(20) })
export const CLOSE = z.strictObject({
  mchOrderId: text(32),
  payOrderId: text(20),
  closeDesc: text(256).optional(),
})
export const REFUND = z.strictObject({
  mchOrderId: text(32),
  payOrderId: text(20),
  orderAmount: amount,
  mchRefundId: text(32),
  refundAmount: amount,
})
export const REFUND_QUESTION = z.strictObject({ mchOrderId: text(32), refundOrderId: text(20) })

/** The outer form. */
export const FORM = z.strictObject({
  access_key: text(30),
  biz_content: text(65_536),
  format: z.literal('json').optional(),
  request_id: text(30).optional(),
  sign: text(500),
  timestamp: z.string().regex(/^\d{13}$/),
  version: z.literal('1.0'),
})
export const BIZ_CONTENT = z.strictObject({
  aaz001: text(20),
  appid: text(20),
  data: text(65_536),
})
