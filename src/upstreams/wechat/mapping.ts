/** Our words <-> the channel's (README.md 1, 2, 4). */
import { asPayAuthNo } from '../../payment/authorisation.ts'
import type {
  AuthorisationJump,
  Cashier,
  ChannelAuthorisation,
  Outcome,
  Prepay,
} from '../upstream.ts'
import { done, refused, unknown, unlisted } from '../upstream.ts'
import { codeSchema, placeSchema, userQuerySchema } from './messages.ts'

/** What Tencent, the bureau and the national platform (反馈单) gave out for this hospital. */
export interface Hospital {
  readonly cityCode: string
  readonly channel: string
  /** Base64: its `+ / =` are what the encoding switch is about. */
  readonly orgChnlCrtfCodg: string
  readonly orgCodg: string
  /** Different for test and production. */
  readonly orgAppId: string
}

export type Encoding = 'raw' | 'encoded'

export interface MiniProgramPage {
  /** The national authorisation mini-program, the same for all hospitals. */
  readonly appId: string
  /** Test parameters work only with `trial` (3). */
  readonly envVersion: 'release' | 'trial'
  readonly encodeOrgChnlCrtfCodg: Encoding
}

export interface H5Page {
  /** `https://card.wecity.qq.com/oauth/code`, test `https://mitest.wecity.qq.com/oauth/code`. */
  readonly pageUrl: string
  readonly appId: string
  /** Where the patient comes back to, with our `state` added. */
  readonly redirectUrl: string
  readonly encodeOrgChnlCrtfCodg: Encoding
}

/** Online verification of the kind mobile payment (线上核验业务类型编码). */
const BIZ_TYPE = '04107'
const PATH = 'auth/pages/bindcard/auth/index'

/** 1; the front end keeps `state`, the page has no field for it. */
export function miniProgramJump(
  hospital: Hospital,
  page: MiniProgramPage,
  state: string,
): AuthorisationJump {
  const query = joined([
    ['openType', 'getAuthCode'],
    ['bizType', BIZ_TYPE],
    ['cityCode', encodeURIComponent(hospital.cityCode)],
    ['channel', encodeURIComponent(hospital.channel)],
    ['orgChnlCrtfCodg', written(hospital.orgChnlCrtfCodg, page.encodeOrgChnlCrtfCodg)],
    ['orgCodg', encodeURIComponent(hospital.orgCodg)],
    ['orgAppId', encodeURIComponent(hospital.orgAppId)],
  ])
  const { appId, envVersion } = page
  return { kind: 'mini-program', appId, path: `${PATH}?${query}`, envVersion, state }
}

/** 1, H5 variant: `state` travels inside redirectUrl. */
export function pageJump(hospital: Hospital, page: H5Page, state: string): AuthorisationJump {
  const back = new URL(page.redirectUrl)
  back.searchParams.set('state', state)
  const query = joined([
    ['authType', '2'],
    ['isDepart', '2'],
    ['appid', encodeURIComponent(page.appId)],
    ['cityCode', encodeURIComponent(hospital.cityCode)],
    ['channel', encodeURIComponent(hospital.channel)],
    ['orgChnlCrtfCodg', written(hospital.orgChnlCrtfCodg, page.encodeOrgChnlCrtfCodg)],
    ['orgCodg', encodeURIComponent(hospital.orgCodg)],
    ['bizType', BIZ_TYPE],
    ['orgAppId', encodeURIComponent(hospital.orgAppId)],
    ['redirectUrl', encodeURIComponent(back.href)],
  ])
  return { kind: 'page', url: `${page.pageUrl}?${query}`, state }
}

const joined = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${name}=${value}`).join('&')

const written = (value: string, encoding: Encoding): string =>
  encoding === 'raw' ? value : encodeURIComponent(value)

/** Other codes than 0 are not public: each of them is a refusal, in the channel's own words. */
export function authorisationOf(answer: unknown): Outcome<ChannelAuthorisation> {
  const head = codeSchema.safeParse(answer)
  if (!head.success) return unknown('no-code')
  const code = String(head.data.code)
  if (code !== '0') return refused(code, head.data.message ?? '')
  const parsed = userQuerySchema.safeParse(answer)
  if (!parsed.success) return unlisted('answer-incomplete')
  const { pay_auth_no: own, family_pay_auth_no: family, ...person } = parsed.data
  const payAuthNo = own || family
  if (!payAuthNo || (own && family)) return unlisted('not-exactly-one-pay-auth-no')
  return done({
    payAuthNo: asPayAuthNo(payAuthNo),
    payer: { name: person.user_name, idNo: person.user_card_no },
    family: !own,
    location: locationOf(person.user_longitude_latitude),
  })
}

/** `"longitude,latitude"`; null for nothing, nonsense, and 0,0, which means "not known". */
export function locationOf(place: unknown): string | null {
  const parsed = placeSchema.safeParse(typeof place === 'string' ? parsedJson(place) : place)
  if (!parsed.success) return null
  const [lng, lat] = [String(parsed.data.longitude), String(parsed.data.latitude)]
  const [x, y] = [Number(lng), Number(lat)]
  const sane = Math.abs(x) <= 180 && Math.abs(y) <= 90 && !(x === 0 && y === 0)
  const plain = ![lng, lat].some((text) => text.includes('e'))
  return sane && plain ? `${lng},${lat}` : null
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * 4: the five prepay members go to the cashier exactly as the bank handed them over, and only
 * with a cash part. (paySign is made with the bank's key; nothing here could be made anew.)
 */
export function cashierOf(mixTradeNo: string, prepay: Prepay | null): Cashier {
  const method = 'requestMedicalInsurancePay'
  if (!prepay) return { method, mixTradeNo }
  const { prepayId: _, ...callUp } = prepay
  return { method, mixTradeNo, ...callUp }
}
