/** Our words <-> Alipay's. What is on no list here is `unknown`: never refused, never done. */
import { asPayAuthNo } from '../../payment/authorisation.ts'
import type {
  AuthorisationJump,
  AuthorisationRequest,
  Cashier,
  ChannelAuthorisation,
  Outcome,
  Placed,
} from '../upstream.ts'
import { done, refused, unlisted } from '../upstream.ts'
import * as messages from './messages.ts'

/** What Alipay and the national platform (反馈单) gave out for this hospital. */
export interface Hospital {
  readonly appId: string
  readonly orgCode: string
  readonly orgChnlCrtfCode: string
  readonly orgAppId: string
  /** The mini-program's page to which Alipay's authorisation page comes back. */
  readonly returnPage: string
  /** The same for H5, https. */
  readonly returnUrl: string
}

/** 10000 is yes; these say that the request was turned away before anything happened. */
const REFUSED: ReadonlySet<string> = new Set(['20001', '40001', '40002', '40003', '40006'])

export function verdictOf(content: unknown): Outcome<unknown> {
  const head = messages.HEAD.safeParse(content)
  if (!head.success) return unlisted('answer-unreadable')
  const { code = '10000', msg = '', sub_code: subCode, sub_msg: subMessage } = head.data
  if (code === '10000') return done(content)
  if (!REFUSED.has(code)) return unlisted(`code ${code} ${subCode ?? ''}`.trim())
  return refused(subCode ?? code, subMessage ?? msg)
}

export function questionOf(
  hospital: Hospital,
  request: AuthorisationRequest,
): messages.AuthorisationQuestion {
  return {
    alipay_user_id: request.userId,
    req_biz_no: request.reference,
    call_url: callUrlOf(hospital, request),
    ol_biz_type_code: '04107',
    org_code: hospital.orgCode,
    org_chnl_crtf_code: hospital.orgChnlCrtfCode,
    org_app_id: hospital.orgAppId,
  }
}

/** The mini-program keeps `state` itself; on H5 it travels in the address. */
function callUrlOf(hospital: Hospital, { surface, state }: AuthorisationRequest): string {
  const { appId, returnPage, returnUrl } = hospital
  if (surface === 'mini-program')
    return `alipays://platformapi/startapp?appId=${appId}&page=${encodeURIComponent(returnPage)}`
  const back = new URL(returnUrl)
  back.searchParams.set('state', state)
  return back.href
}

/** @returns null for the answer to another question. */
export function stateOf(content: unknown, reference: string): messages.AuthorisationState | null {
  const parsed = messages.AUTHORISATION.safeParse(content)
  if (!parsed.success) return null
  const { data } = parsed.data
  return data.req_biz_no === '' || data.req_biz_no === reference ? data : null
}

export const isAuthorised = (state: messages.AuthorisationState): boolean => state.auth_stas === '1'

export function jumpOf(
  told: messages.AuthorisationState,
  state: string,
): Outcome<AuthorisationJump> {
  if (isAuthorised(told)) return done({ kind: 'authorised', state })
  const url = pageOf(told.auth_url)
  return url === null ? unlisted('answer-without-page') : done({ kind: 'page', url, state })
}

/** A page that the patient's client opens: nothing but https, or Alipay's own scheme. */
function pageOf(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.username !== '' || url.password !== '') return null
  return ['https:', 'alipays:'].includes(url.protocol) ? text : null
}

const FAMILY = new Map([
  ['0', false],
  ['1', true],
])

/**
 * The signed-in user pays; whose insurance it is says `rels_pay_flag`. Alipay tells no place.
 * Not confirmed is a refusal only when the answer offers the page to confirm on.
 */
export function authorisationOf(
  told: messages.AuthorisationState,
  payer: ChannelAuthorisation['payer'],
): Outcome<ChannelAuthorisation> {
  const family = FAMILY.get(told.rels_pay_flag)
  if (told.pay_auth_no === '' || family === undefined) return unlisted('answer-incomplete')
  return done({ payAuthNo: asPayAuthNo(told.pay_auth_no), payer, family, location: null })
}

export function notAuthorised(told: messages.AuthorisationState): Outcome<never> {
  return pageOf(told.auth_url) === null
    ? unlisted('answer-without-page')
    : refused('not-authorised', '尚未在支付宝完成医保授权')
}

/** The bank's answer to step 9 names the page; without it nothing can be opened. */
export function cashierOf({ page }: Placed): Cashier | null {
  return page === null ? null : { method: 'page', url: page }
}
