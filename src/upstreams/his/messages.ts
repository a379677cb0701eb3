/** The HIS contract (README.md 1) in its own words; every object may carry more than this. */
import { z } from 'zod'
import { FULFILMENTS } from '../../payment/order.ts'

/** Members that never reach the record in clear: people and what they suffer from. */
export const SENSITIVE: ReadonlySet<string> = new Set([
  'name',
  'idNo',
  'phone',
  'patientId',
  'diagnoses',
  'lines',
  'operator',
])

const word = z.string().min(1).max(200)
const text = z.string().max(500)
const time = z.iso.datetime({ offset: true })
const fen = z.int().nonnegative()
/** Yuan and counts as decimal texts, up to 6 decimals. */
const decimal = z.string().regex(/^(0|[1-9]\d{0,11})(\.\d{1,6})?$/)

const diagnosis = z.object({
  type: word,
  order: z.int().nonnegative(),
  code: word,
  name: word,
  doctorCode: text,
  doctorName: text,
  diagnosedAt: time,
})

const line = z.object({
  lineNo: word,
  nationalCode: text,
  hospitalCode: word,
  name: word,
  specification: text,
  quantity: decimal,
  unitPrice: decimal,
  amountFen: fen,
  prescriptionNo: text,
  orderedAt: time,
  deptCode: text,
  deptName: text,
  doctorCode: text,
  doctorName: text,
  reimbursable: z.boolean(),
})

/** `GET /bills/{billNo}`; name, idNo and phone are `sm4:` fields under `sm2-sm4`. */
export const billSchema = z.object({
  billNo: word,
  businessType: z.enum(['registration', 'consultation', 'pharmacy']),
  status: z.enum(['unpaid', 'paid', 'void']),
  fulfilment: z.enum(FULFILMENTS).nullish(),
  totalFen: fen,
  patient: z.object({ patientId: word, name: word, idType: word, idNo: word, phone: text }),
  visit: z.object({
    visitNo: word,
    registeredAt: time,
    deptCode: text,
    deptName: text,
    deptCategory: text,
    doctorCode: text,
    doctorName: text,
    medType: word,
    diagnoses: z.array(diagnosis).max(100),
  }),
  lines: z.array(line).min(1).max(2000),
  counter: z
    .object({
      insurance: z.enum(['settled', 'later', 'none']),
      fundFen: fen,
      accountFen: fen,
      otherFen: fen,
      selfPayFen: fen,
    })
    .nullish(),
})
export type BillMessage = z.infer<typeof billSchema>

/** RFC 9457 with our `code`. */
export const problemSchema = z.object({ code: z.string().min(1), detail: z.string().nullish() })

export interface HoldMessage {
  readonly until: string
  readonly orderId: string
}

export interface RefundMessage extends Pick<SettlementMessage, 'settlementNo' | 'amounts'> {
  readonly refundNo: string
  readonly refundedAt: string
}

/** `POST /bills/{billNo}/refund-checks` */
export const refundCheckSchema = z.object({ allowed: z.boolean(), reason: text.nullish() })

/** One line of `GET /ledger/{date}`: HIS's own receipts and refunds, the desks' among them. */
export const ledgerRowSchema = z.object({
  kind: z.enum(['receipt', 'refund']),
  billNo: word,
  settlementNo: word,
  refundNo: word.nullish(),
  amounts: z.object({
    totalFen: fen,
    fundFen: fen,
    accountFen: fen,
    otherFen: fen,
    selfPayFen: fen,
  }),
  at: time,
  operator: text,
})

export interface SettlementMessage {
  readonly settlementNo: string
  readonly orderId: string
  readonly scenario: string
  readonly amounts: {
    readonly totalFen: number
    readonly fundFen: number
    readonly accountFen: number
    readonly otherFen: number
    readonly selfPayFen: number
  }
  readonly mixTradeNo: string
  readonly payOrdId: string | null
  readonly paidAt: string
}
