/** What Data holds, service by service (README.md 6): names of our own, since the document has only words. */
import { z } from 'zod'
import { fen } from '../../payment/money.ts'

const number = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/)
const word = z.string().min(1).max(200)
const amount = z
  .int()
  .positive()
  .transform((value) => fen(value))
const instant = z.int().positive()
const yesNo = z.enum(['1', '0'])

const HOLDER = z.object({ idType: word, idNo: word, name: word, cardNo: word })

/** 6.1 */
export const PERSON = z.object({ result: yesNo })

/** 6.2 */
export const PRESENCE = z.object({
  requestNo: number,
  state: z.string(),
  page: z
    .url({ protocol: /^https$/ })
    .max(1024)
    .optional(),
})

/** 6.3 */
export const CARD = z.object({ result: yesNo, state: word })

/** 6.4 */
export const SHOWN_CODE = z.union([
  HOLDER.extend({ state: z.literal('VALID') }),
  z.object({ state: z.enum(['EXPIRED', 'USED']) }),
])

/** 6.5 */
export const SCAN_CODE = z.object({ requestNo: number, qr: word, expiresAt: instant })
export const SCANNED = z.union([
  HOLDER.extend({ requestNo: number, state: z.literal('AUTHORISED') }),
  z.object({ requestNo: number, state: z.string() }),
])

/** 6.6 */
export const RECORDED = z.object({ recordNo: number })

/** 6.7 */
export const PAYMENT = z.object({
  orderNo: number,
  payNo: number,
  amount,
  state: z.string(),
  paidAt: instant.optional(),
})
export type PaymentMessage = z.infer<typeof PAYMENT>
export const PAY_CODE = z.object({ orderNo: number, qr: word })
export const CODE_HOLDER = HOLDER

/** 6.8 */
export const GRANT_TAKEN = z.object({ batchNo: number })
export const GRANTED = z.object({
  batchNo: number,
  rows: z.array(
    z.object({
      rowNo: z.int().positive(),
      state: z.string(),
      reason: z.string().max(200).optional(),
    }),
  ),
})
export type GrantedMessage = z.infer<typeof GRANTED>

/** Never written down. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'name',
  'idNo',
  'cardNo',
  'phone',
  'socialSecurityNo',
  'code',
  'qr',
  'page',
  'transactionCode',
  'detail',
])
