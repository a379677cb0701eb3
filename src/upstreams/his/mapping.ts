/** Our words <-> the HIS's (README.md 1). */
import { addsUp, insuranceFen } from '../../payment/amounts.ts'
import { type Fen, isFen } from '../../payment/money.ts'
import { offsetTime } from '../../payment/numbers.ts'
import type { Bill, BillLine, Patient, Visit } from '../../payment/order.ts'
import type { Answer, Outcome, RefundCheck, RefundSettlement, Settlement } from '../upstream.ts'
import { done, refused, unknown } from '../upstream.ts'
import {
  type BillMessage,
  billSchema,
  problemSchema,
  refundCheckSchema,
  type RefundMessage,
  type SettlementMessage,
} from './messages.ts'

/** Opens a protected field; null when it is not one, or not for us. */
export type OpenField = (text: string) => string | null

const BILL_INVALID = 'bill-invalid'

/** A believed answer that is not a bill, or does not add up, is refused: HIS has to mend it (SC-P01). */
export function billOf(value: unknown, billNo: string, openField: OpenField): Outcome<Bill> {
  const parsed = billSchema.safeParse(value)
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? ''
    return refused(BILL_INVALID, `账单格式不正确：${where}`)
  }
  const message = parsed.data
  if (message.billNo !== billNo) return unknown('another-bill')
  const patient = patientOf(message.patient, openField)
  if (!patient) return unknown('patient-fields-unreadable')
  const lines = message.lines.map(lineOf)
  const { totalFen } = message
  if (!isFen(totalFen) || lines.reduce((sum, line) => sum + line.amountFen, 0) !== totalFen)
    return refused(BILL_INVALID, '账单明细之和与总额不符')
  const { businessType, status } = message
  const visit = visitOf(message.visit)
  const { fulfilment } = message
  const counter = counterOf(message, totalFen)
  if (counter === null) return refused(BILL_INVALID, '账单各部分之和与总额不符')
  return done({
    billNo,
    businessType,
    status,
    totalFen,
    patient,
    visit,
    lines,
    ...(fulfilment && { fulfilment }),
    ...counter,
  })
}

/** How the desks share the bill; null when it does not add up. */
function counterOf({ counter }: BillMessage, totalFen: Fen): Pick<Bill, 'counter'> | null {
  if (!counter) return {}
  const amounts = {
    totalFen,
    fundFen: fenOf(counter.fundFen),
    accountFen: fenOf(counter.accountFen),
    otherFen: fenOf(counter.otherFen),
    selfPayFen: fenOf(counter.selfPayFen),
  }
  const { insurance } = counter
  const fits = insurance !== 'none' || insuranceFen(amounts) === 0
  return addsUp(amounts) && fits ? { counter: { ...amounts, insurance } } : null
}

function patientOf(message: BillMessage['patient'], openField: OpenField): Patient | null {
  const name = openField(message.name)
  const idNo = openField(message.idNo)
  // HIS may know no phone; an empty text protects itself.
  const phone = message.phone === '' ? '' : openField(message.phone)
  if (!name || !idNo || phone === null) return null
  return { patientId: message.patientId, name, idType: message.idType, idNo, phone }
}

function visitOf(message: BillMessage['visit']): Visit {
  return {
    ...message,
    registeredAt: Date.parse(message.registeredAt),
    diagnoses: message.diagnoses.map((diagnosis) => ({
      ...diagnosis,
      diagnosedAt: Date.parse(diagnosis.diagnosedAt),
    })),
  }
}

function lineOf(message: BillMessage['lines'][number]): BillLine {
  return {
    ...message,
    amountFen: fenOf(message.amountFen),
    orderedAt: Date.parse(message.orderedAt),
  }
}

/** The schema has already said that it is a safe, non-negative integer. */
function fenOf(value: number): Fen {
  if (!isFen(value)) throw new Error(`not fen: ${value}`)
  return value
}

export function settlementMessage(settlement: Settlement): SettlementMessage {
  return {
    settlementNo: settlement.settlementNo,
    orderId: settlement.orderId,
    scenario: settlement.scenario,
    amounts: amountsMessage(settlement),
    mixTradeNo: settlement.mixTradeNo,
    payOrdId: settlement.payOrdId,
    paidAt: offsetTime(settlement.paidAt),
  }
}

/** Member by member: what else an object holds does not leave the house. */
function amountsMessage({ amounts }: Pick<Settlement, 'amounts'>): SettlementMessage['amounts'] {
  const { totalFen, fundFen, accountFen, otherFen, selfPayFen } = amounts
  return { totalFen, fundFen, accountFen, otherFen, selfPayFen }
}

export function refundMessage(refund: RefundSettlement): RefundMessage {
  return {
    refundNo: refund.refundNo,
    settlementNo: refund.settlementNo,
    amounts: amountsMessage(refund),
    refundedAt: offsetTime(refund.refundedAt),
  }
}

/** What HIS said, believed: its status and JSON body (undefined when it is not JSON). */
export interface Said {
  readonly status: number
  readonly value: unknown
}

/** Only these end a write-back: money is held, so all else is tried again (docs/rulings.md 1). */
export const WRITE_BACK_REFUSALS: ReadonlySet<string> = new Set([
  'bill-settled-elsewhere',
  'bill-void',
])

/** A hold is refused when the bill is not, or no longer, to be had. */
export const HOLD_REFUSALS: ReadonlySet<string> = new Set([
  'bill-settled-elsewhere',
  'bill-void',
  'bill-being-paid',
  'bill-already-paid',
])

/** A write: 2xx as listed is done, a listed 409 is refused, everything else is unknown. */
export function writtenOf(said: Said, refusals: ReadonlySet<string>): Outcome<void> {
  if (said.status === 200 || said.status === 204) return done(undefined)
  const problem = problemSchema.safeParse(said.value)
  if (said.status === 409 && problem.success && refusals.has(problem.data.code))
    return refused(problem.data.code, problem.data.detail ?? '')
  return unknown(
    `http-${said.status}${problem.success ? `-${problem.data.code.slice(0, 40)}` : ''}`,
  )
}

/** Only HIS's own yes allows; a bill it does not know can hardly be given back. */
export function refundCheckOf(said: Said): Outcome<RefundCheck> {
  if (said.status === 404) return refused('bill-not-found', 'HIS 没有这张账单')
  if (said.status !== 200) return unknown(`http-${said.status}`)
  const parsed = refundCheckSchema.safeParse(said.value)
  if (!parsed.success) return unknown('unreadable-answer')
  return done({ allowed: parsed.data.allowed, reason: parsed.data.reason ?? '' })
}

/** A question about one thing: 404 is "no such thing". */
export function foundOf<T>(said: Said, read: (value: unknown) => Outcome<T>): Answer<T> {
  if (said.status === 404) return { kind: 'absent' }
  if (said.status !== 200) return unknown(`http-${said.status}`)
  return said.value === undefined ? unknown('unreadable-answer') : read(said.value)
}
