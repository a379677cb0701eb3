/** The shapes in which ICBC's houses take a mixed order (README.md 3): what differs, and nothing else. */
import { businessDate } from '../../payment/numbers.ts'
import type { BankProfile, MixedOrder, MixedQuestion } from '../bank.ts'
import type { Content } from '../content.ts'
import { API } from './messages.ts'
import * as requests from './requests.ts'

export type FamilyName = 'head-office' | 'hebei'

/** The switches for what public sources leave open; README.md says what each is about. */
export interface IcbcProfile extends Omit<BankProfile, 'noticeMediaType'> {
  readonly family: FamilyName
  /** `/api/…`, where this house takes the order when not at its family's own path. */
  readonly submitPath?: string
  readonly includePassthrough?: boolean
  readonly includeReturnCode?: boolean
}

/** One call of the gateway, before it is sent. */
export interface Request {
  /** `/api/…/V1` */
  readonly api: string
  /** How the record names it. */
  readonly name: string
  readonly content: Content
}

export interface FamilySettings extends requests.Merchant {
  readonly profile: IcbcProfile
}

export interface Family {
  /** Whether a mixed order can be asked for by our number. */
  readonly queryByOutTradeNo: (profile: IcbcProfile) => boolean
  readonly mixedOrder: (settings: FamilySettings, order: MixedOrder) => Request
  /** To be asked one after the other, as long as the bank says that there is no such order. */
  readonly questions: (
    settings: FamilySettings,
    question: MixedQuestion,
    now: number,
  ) => readonly Request[]
}

const submitorder = (settings: FamilySettings, order: MixedOrder, api: string): Request => ({
  api: settings.profile.submitPath ?? api,
  name: 'submitorder',
  content: requests.submitorder(settings, order, settings.profile.includePassthrough ?? true),
})

/** 3.1 */
const headOffice: Family = {
  queryByOutTradeNo: (profile) => profile.queryByOutTradeNo,
  mixedOrder: (settings, order) => submitorder(settings, order, API.submitorder),
  questions: (settings, question) => [
    { api: API.queryorder, name: 'queryorder', content: requests.queryorder(settings, question) },
  ],
}

/** 3.3 */
const hebei: Family = {
  queryByOutTradeNo: () => true,
  mixedOrder: (settings, order) => submitorder(settings, order, API.hebeiSubmit),
  questions: (settings, question, now) =>
    possibleDates(question, now).map((date) => ({
      api: API.orderstatusquery,
      name: 'orderstatusquery',
      content: requests.orderstatusquery(settings, question, date),
    })),
}

const DAY_MS = 86_400_000

/** Sent again after midnight, the order has the date of the day after: another date finds nothing. */
function possibleDates({ businessDate: date }: MixedQuestion, now: number): readonly string[] {
  if (businessDate(now) <= date) return [date]
  return [date, businessDate(Date.parse(`${date}T00:00:00+08:00`) + DAY_MS)]
}

export const FAMILIES: Record<FamilyName, Family> = {
  'head-office': headOffice,
  hebei,
}
