/** Provincial mobile payment mid-platform (省医保移动支付中台): 6201, 6202, 6203, 6301, 6401. */
import { Secret } from '../../errors.ts'
import type {
  Answer,
  InsuranceOrderState,
  InsuranceQuestion,
  Insurer,
  Outcome,
  PreSettled,
  RefundAuthorisation,
  Uploaded,
} from '../upstream.ts'
import { done, unlisted } from '../upstream.ts'
import {
  amountsOf,
  extObject,
  hasUnreadableAmount,
  type Hospital,
  orderPayload,
  phaseOf,
  questionPayload,
  uploadPayload,
} from './mapping.ts'
import {
  type Infno,
  orderStateSchema,
  PATHS,
  preSettledSchema,
  uploadedSchema,
  visitSchema,
} from './messages.ts'
import { acknowledgement, readNotice } from './notice.ts'
import {
  authorisationPayload,
  authorisedOf,
  refundedOf,
  refundPayload,
  type RefundProfile,
  returnedOf,
} from './refunds.ts'
import { sealedSend, type TransportProfile, type TransportSettings } from './transport.ts'

export interface MidPlatformProfile
  extends TransportProfile, RefundProfile, Pick<Hospital, 'begntimeFormat'> {
  /** Codes of 6301 that say "no such order"; none is public, so none is believed by default. */
  readonly absentCodes: readonly string[]
}

export const MID_PLATFORM_PROFILE: MidPlatformProfile = {
  version: '2.0.1',
  timestampFormat: 'yyyyMMddHHmmss',
  sort: 'ordinal',
  leaves: 'string',
  responseVerification: 'strict',
  begntimeFormat: 'yyyy-MM-dd HH:mm:ss',
  absentCodes: [],
  refundType: 'HI',
  refundCredential: 'payAuthNo',
}

export interface MidPlatformSettings extends Omit<TransportSettings, 'profile'> {
  readonly profile: MidPlatformProfile
  readonly hospital: Omit<Hospital, 'begntimeFormat'>
}

export function midPlatform(settings: MidPlatformSettings): Insurer {
  const { profile } = settings
  const call = sealedSend(settings)
  const hospital = { ...settings.hospital, begntimeFormat: profile.begntimeFormat }
  return {
    composeUpload: (upload) => uploadPayload(upload, hospital),
    upload: async (payload) => {
      const number = medOrgOrdOf(payload)
      return uploaded(await call({ ...known('6201'), payload, number }))
    },
    order: async (request) => {
      const payload = orderPayload(request, hospital)
      const outcome = await call({ ...known('6202'), payload, number: request.orgBizSer })
      return preSettled(outcome, request.payOrdId)
    },
    query: async (question) => {
      const payload = questionPayload(question, hospital)
      const outcome = await call({ ...known('6301'), payload, number: question.payOrdId })
      return orderState(outcome, { question, absentCodes: profile.absentCodes })
    },
    revoke: async (question) => {
      const payload = questionPayload(question, hospital)
      const outcome = await call({ ...known('6401'), payload, number: question.payOrdId })
      return outcome.kind === 'done' ? done(undefined) : outcome
    },
    refund: async (refund) => {
      const payload = refundPayload(refund, profile)
      return refundedOf(await call({ ...known('6203'), payload, number: refund.refundNo }))
    },
    readNotice: (body) => readNotice(body, settings),
    acknowledge: acknowledgement,
  }
}

/** 1.10, assumed; its own object, since the role is another: step 3 of a refund. */
export function refundAuthorisation(
  settings: MidPlatformSettings,
  path: string,
): RefundAuthorisation {
  const call = sealedSend(settings)
  return {
    authorise: async (request) => {
      const payload = authorisationPayload(request, settings.hospital)
      const number = request.refundNo
      return authorisedOf(await call({ name: 'refund-authorisation', path, payload, number }))
    },
  }
}

const known = (infno: Infno) => ({ name: infno, path: PATHS[infno] })

function medOrgOrdOf(payload: string): string {
  const { medOrgOrd }: { medOrgOrd?: unknown } = JSON.parse(payload)
  return typeof medOrgOrd === 'string' ? medOrgOrd : ''
}

function uploaded(outcome: Outcome<unknown>): Outcome<Uploaded> {
  if (outcome.kind !== 'done') return outcome
  const parsed = uploadedSchema.safeParse(outcome.value)
  if (!parsed.success) return unlisted('6201-answer-incomplete')
  const { payOrdId, payToken, mdtrtId, extData } = parsed.data
  const inExtData = visitSchema.safeParse(extObject(extData))
  return done({
    payOrdId,
    payToken: new Secret(payToken),
    mdtrtId: mdtrtId || (inExtData.data?.mdtrtId ?? null),
  })
}

/** Pre-settlement done; a state that says anything else is settled by asking, not by believing. */
const PRE_SETTLED = '1'

/**
 * An answer that cannot be read is `unknown`, never `refused`: the platform may hold the order, and
 * 6301 or 6401 must find out before anything else is tried.
 */
function preSettled(outcome: Outcome<unknown>, payOrdId: string): Outcome<PreSettled> {
  if (outcome.kind !== 'done') return outcome
  const parsed = preSettledSchema.safeParse(outcome.value)
  if (!parsed.success) return unlisted('6202-answer-incomplete')
  if (parsed.data.payOrdId !== payOrdId) return unlisted('6202-answers-another-order')
  const { ordStas } = parsed.data
  if (ordStas && ordStas !== PRE_SETTLED) return unlisted(`6202-ordStas-${ordStas.slice(0, 8)}`)
  const amounts = amountsOf(parsed.data)
  return amounts ? done({ payOrdId, amounts }) : unlisted('6202-amounts-unreadable')
}

function orderState(
  outcome: Outcome<unknown>,
  asked: { question: InsuranceQuestion; absentCodes: readonly string[] },
): Answer<InsuranceOrderState> {
  if (outcome.kind === 'refused') {
    if (asked.absentCodes.includes(outcome.code)) return { kind: 'absent' }
    // Codes are not public: "no such order" cannot be told from "not now", so it proves nothing.
    return unlisted(`6301-code-${outcome.code.slice(0, 40)}`)
  }
  if (outcome.kind !== 'done') return outcome
  const parsed = orderStateSchema.safeParse(outcome.value)
  if (!parsed.success) return unlisted('6301-answer-incomplete')
  if (parsed.data.payOrdId !== asked.question.payOrdId)
    return unlisted('6301-answers-another-order')
  const { ordStas } = parsed.data
  if (hasUnreadableAmount(parsed.data)) return unlisted('6301-amounts-unreadable')
  const amounts = amountsOf(parsed.data)
  return done({ ordStas, phase: phaseOf(ordStas), amounts, ...returnedOf(ordStas) })
}
