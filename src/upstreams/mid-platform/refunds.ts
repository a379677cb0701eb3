/** 6203 and the authorisation before it: our words <-> the mid-platform's (README.md 1.5, 1.9, 1.10). */
import { asPayAuthNo, type PayAuthNo } from '../../payment/authorisation.ts'
import { insuranceFen } from '../../payment/amounts.ts'
import { fenToYuan, ZERO } from '../../payment/money.ts'
import { compactTime } from '../../payment/numbers.ts'
import {
  done,
  type InsuranceOrderState,
  type InsuranceRefund,
  type InsuranceRefunded,
  type Outcome,
  refused,
  type RefundAuthorisationRequest,
  unlisted,
} from '../upstream.ts'
import { type Hospital, payloadText, RESIDENT_IDENTITY_CARD } from './mapping.ts'
import { authorisedSchema, refundedSchema } from './messages.ts'

export interface RefundProfile {
  /** `HI` gives the insurance part back; `ALL`, which is all that public callers send, the cash too. */
  readonly refundType: 'HI' | 'ALL'
  /** Which of the two members carries the authorisation: exactly one may be there. */
  readonly refundCredential: 'payAuthNo' | 'ecToken'
}

/** 1.5: the exact split, which satisfies every reading of the rules. */
export function refundPayload(refund: InsuranceRefund, profile: RefundProfile): string {
  const { amounts } = refund
  const isWhole = profile.refundType === 'ALL'
  return payloadText({
    payOrdId: refund.payOrdId,
    appRefdSn: refund.refundNo,
    appRefdTime: compactTime(refund.refundedAt),
    totlRefdAmt: fenToYuan(isWhole ? amounts.totalFen : insuranceFen(amounts)),
    psnAcctRefdAmt: fenToYuan(amounts.accountFen),
    fundRefdAmt: fenToYuan(amounts.fundFen),
    cashRefdAmt: fenToYuan(isWhole ? amounts.selfPayFen : ZERO),
    [profile.refundCredential]: refund.payAuthNo.reveal(),
    refdType: profile.refundType,
  })
}

/**
 * Codes are not public, so a refusal in the envelope alone says nothing of the money: 6301 tells.
 * Only refStatus FAIL, sealed and believed, refuses.
 */
export function refundedOf(outcome: Outcome<unknown>): Outcome<InsuranceRefunded> {
  if (outcome.kind === 'refused') return unlisted(`6203-code-${outcome.code.slice(0, 40)}`)
  if (outcome.kind !== 'done') return outcome
  const parsed = refundedSchema.safeParse(outcome.value)
  if (!parsed.success) return unlisted('6203-answer-incomplete')
  const { refStatus, hiRefdSn, hiFefdSn, refdSn, hiTrnsDate, hiTrnsTime } = parsed.data
  if (refStatus === 'FAIL') return refused('refund-refused', '医保退费失败')
  if (refStatus !== 'SUCC' && refStatus !== 'EXP')
    return unlisted(`6203-refStatus-${refStatus.slice(0, 8)}`)
  return done({
    status: refStatus === 'SUCC' ? 'returned' : 'exceptional',
    refundSerialNo: hiRefdSn || hiFefdSn || refdSn || null,
    refundedAt: instantOf(hiTrnsDate ?? '', hiTrnsTime ?? ''),
  })
}

/** `yyyyMMdd` and `HHmmss`, in whichever punctuation; anything else is no instant. */
function instantOf(date: string, time: string): number | null {
  const digits = (date + time).replace(/[-: ]/g, '')
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits)
  if (!parts) return null
  const [, year, month, day, hour, minute, second] = parts
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`)
  return Number.isNaN(at) ? null : at
}

/** 1.10: assumed. */
export function authorisationPayload(
  request: RefundAuthorisationRequest,
  { orgCodg }: Pick<Hospital, 'orgCodg'>,
): string {
  return payloadText({
    payOrdId: request.payOrdId,
    appRefdSn: request.refundNo,
    orgCodg,
    payAuthNo: request.original.reveal(),
    idNo: request.idNo,
    userName: request.name,
    idType: RESIDENT_IDENTITY_CARD,
  })
}

export function authorisedOf(outcome: Outcome<unknown>): Outcome<PayAuthNo> {
  if (outcome.kind !== 'done') return outcome
  const parsed = authorisedSchema.safeParse(outcome.value)
  return parsed.success
    ? done(asPayAuthNo(parsed.data.payAuthNo))
    : unlisted('refund-authorisation-incomplete')
}

type Returned = Pick<InsuranceOrderState, 'insuranceReturned' | 'cashReturned'>

const held: Returned = { insuranceReturned: false, cashReturned: false }
const silent: Returned = { insuranceReturned: null, cashReturned: null }

/** 1.9. After 7, 12 and 13 nothing of the insurance is taken; of the cash they say nothing. */
const RETURNED: Readonly<Record<string, Returned>> = {
  '4': held,
  '5': held,
  '6': held,
  '7': { insuranceReturned: true, cashReturned: null },
  '8': { insuranceReturned: true, cashReturned: false },
  '9': { insuranceReturned: false, cashReturned: true },
  '10': { insuranceReturned: false, cashReturned: false },
  '11': { insuranceReturned: true, cashReturned: false },
  '12': { insuranceReturned: true, cashReturned: null },
  '13': { insuranceReturned: true, cashReturned: null },
}

export const returnedOf = (ordStas: string): Returned =>
  Object.hasOwn(RETURNED, ordStas) ? (RETURNED[ordStas] ?? silent) : silent
