import type { Secret } from '../errors.ts'
import type { PayAuthNo } from './authorisation.ts'
import type { MixPayType } from './amounts.ts'
import type { QuestionReason } from './schedule.ts'

/**
 * One try to settle an order with the insurance and the bank. Every number an upstream knows
 * lives here and is stored before the call that uses it; null means "not yet made".
 */
export interface Attempt {
  readonly no: number
  // ---- steps 4-5: who pays
  readonly payAuthNo: PayAuthNo | null
  readonly authorisedAt: number | null
  readonly payer: Secret<PersonName> | null
  readonly patient: Secret<PersonName> | null
  readonly family: boolean
  /** `"longitude,latitude"`. */
  readonly location: string | null
  // ---- steps 6-7: the bureau's order
  readonly medOrgOrd: string | null
  readonly chrgBchno: string | null
  readonly payOrdId: string | null
  readonly payToken: Secret | null
  readonly mdtrtId: string | null
  readonly orgBizSer: string | null
  readonly insuranceOrderedAt: number | null
  // ---- step 8: the cash order, per try
  readonly selfPayTry: number
  readonly outTradeNo: string | null
  readonly bankOrderNo: string | null
  readonly prepay: Secret | null
  /** No cash order can be paid any more after this instant. */
  readonly prepayDeadAt: number | null
  // ---- step 9: the mixed order
  readonly mixPayType: MixPayType | null
  readonly serialNo: string | null
  readonly institutionNo: string | null
  readonly mixTradeNo: string | null
  /** Where the channel's cashier is a page; whoever holds it may pay. */
  readonly cashierPage: Secret | null
  /** Its business date is the order's for every later question, also across midnight. */
  readonly mixedOrderedAt: number | null
  // ---- steps 11-12: questions
  /** T0: when the bank's mixed-order success answer was committed (SC-Q01). */
  readonly t0: number | null
  /** The instant (on the grid or the tail) of the last question of the schedule. */
  readonly lastInstant: number | null
  readonly asked: Readonly<Record<QuestionReason, number>>
  readonly lastAskedAt: number | null
  /** When the transaction record for day-end was written (SC-Q07). */
  readonly recordedAt: number | null
}

export interface PersonName {
  readonly name: string
  readonly idNo: string
}

export type AttemptChanges = Partial<Omit<Attempt, 'no'>>

/** What is written down before a question is asked. */
export type QuestionNote = Partial<Pick<Attempt, 'asked' | 'lastAskedAt' | 'lastInstant'>>

export const NOTHING_ASKED: Attempt['asked'] = {
  grid: 0,
  tail: 0,
  callback: 0,
  refresh: 0,
  forged: 0,
  close: 0,
  'day-end': 0,
}

export function newAttempt(no: number): Attempt {
  return {
    no,
    payAuthNo: null,
    authorisedAt: null,
    payer: null,
    patient: null,
    family: false,
    location: null,
    medOrgOrd: null,
    chrgBchno: null,
    payOrdId: null,
    payToken: null,
    mdtrtId: null,
    orgBizSer: null,
    insuranceOrderedAt: null,
    selfPayTry: 0,
    outTradeNo: null,
    bankOrderNo: null,
    prepay: null,
    prepayDeadAt: null,
    mixPayType: null,
    serialNo: null,
    institutionNo: null,
    mixTradeNo: null,
    cashierPage: null,
    mixedOrderedAt: null,
    t0: null,
    lastInstant: null,
    asked: NOTHING_ASKED,
    lastAskedAt: null,
    recordedAt: null,
  }
}

/** The patient as the bureau knows them. @throws Error before step 1 is through */
export function patientOf({ patient }: Attempt): PersonName {
  if (!patient) throw new Error('attempt without patient')
  return patient.reveal()
}
