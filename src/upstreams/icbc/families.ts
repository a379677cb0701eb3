/** The shapes in which ICBC's houses take a mixed order (README.md 3): what differs, and nothing else. */
import { businessDate } from '../../payment/numbers.ts'
import type {
  BankProfile,
  InsuranceRefundNotice,
  MixedOrder,
  MixedQuestion,
  SelfPayOrder,
} from '../bank.ts'
import type { Content } from '../content.ts'
import { API } from './messages.ts'
import * as notices from './refund-notices.ts'
import * as requests from './requests.ts'

export type FamilyName = 'head-office' | 'aggregated' | 'hebei'

/** The switches for what public sources leave open; README.md says what each is about. */
export interface IcbcProfile extends Omit<BankProfile, 'noticeMediaType' | 'noticesOwnMoney'> {
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
  readonly inClear?: boolean
}

export interface FamilySettings extends requests.Merchant {
  readonly profile: IcbcProfile
  readonly now: () => number
}

/** Our number of step 8 where there was one, and the institution number. */
export type OurNumbers = Pick<MixedQuestion, 'outTradeNo' | 'institutionNo'>

export interface Family {
  /** Whether a mixed order can be asked for by our number. */
  readonly queryByOutTradeNo: (profile: IcbcProfile) => boolean
  /** Whether step 8 has placed the mixed order already: then step 9 asks for it. */
  readonly isOneCall: boolean
  readonly cashOrder: (settings: FamilySettings, order: SelfPayOrder) => Request
  readonly mixedOrder: (settings: FamilySettings, order: MixedOrder) => Request
  /** To be asked one after the other, as long as the bank says that there is no such order. */
  readonly questions: (settings: FamilySettings, question: MixedQuestion) => readonly Request[]
  /** Whether a refund of own money alone is told too. */
  readonly noticesOwnMoney: boolean
  /** Step 6 of table 3. */
  readonly refundNotice: (settings: FamilySettings, notice: InsuranceRefundNotice) => Request
  /** What an answer about an order repeats, if it does. */
  readonly echo: (numbers: OurNumbers) => Readonly<Record<string, string>>
}

const includesPassthrough = ({ profile }: FamilySettings): boolean =>
  profile.includePassthrough ?? true

const TWO_CALLS: Pick<Family, 'isOneCall' | 'noticesOwnMoney' | 'cashOrder' | 'echo'> = {
  isOneCall: false,
  noticesOwnMoney: false,
  cashOrder: (settings, order) => ({
    api: API.consumepurchase,
    name: 'consumepurchase',
    content: requests.consumepurchase(settings, order, settings.now()),
  }),
  echo: ({ institutionNo }) => ({ out_trade_no: institutionNo }),
}

const submitorder = (settings: FamilySettings, order: MixedOrder, api: string): Request => ({
  api: settings.profile.submitPath ?? api,
  name: 'submitorder',
  content: requests.submitorder(settings, order, includesPassthrough(settings)),
})

/** 3.1 */
const headOffice: Family = {
  ...TWO_CALLS,
  queryByOutTradeNo: (profile) => profile.queryByOutTradeNo,
  mixedOrder: (settings, order) => submitorder(settings, order, API.submitorder),
  questions: (settings, question) => [
    { api: API.queryorder, name: 'queryorder', content: requests.queryorder(settings, question) },
  ],
  refundNotice: (settings, notice) => ({
    api: API.refundsnotify,
    name: 'refundsnotify',
    content: notices.refundsnotify(settings, notice),
  }),
}

/** 3.2 */
const aggregated: Family = {
  queryByOutTradeNo: () => true,
  isOneCall: true,
  noticesOwnMoney: false,
  cashOrder: (settings, order) =>
    ybconsumepurchase(
      settings,
      requests.ybconsumepurchase(settings, order, {
        now: settings.now(),
        includePassthrough: includesPassthrough(settings),
      }),
    ),
  mixedOrder: (settings, order) =>
    ybconsumepurchase(
      settings,
      requests.ybInsuranceOnly(settings, order, includesPassthrough(settings)),
    ),
  questions: (settings, question) => [
    {
      api: API.yborderqry,
      name: 'yborderqry',
      content: requests.yborderqry(settings, question),
      inClear: true,
    },
  ],
  refundNotice: (settings, notice) => ({
    api: API.ybmerrefund,
    name: 'ybmerrefund',
    content: notices.ybmerrefund(settings, notice),
    inClear: true,
  }),
  echo: ({ outTradeNo, institutionNo }) =>
    outTradeNo === null
      ? { out_trade_no: institutionNo }
      : { out_trade_no: outTradeNo, order_id: institutionNo },
}

const ybconsumepurchase = ({ profile }: FamilySettings, content: Content): Request => ({
  api: profile.submitPath ?? API.ybconsumepurchase,
  name: 'ybconsumepurchase',
  content,
  inClear: true,
})

/** 3.3 */
const hebei: Family = {
  ...TWO_CALLS,
  noticesOwnMoney: true,
  queryByOutTradeNo: () => true,
  mixedOrder: (settings, order) => submitorder(settings, order, API.hebeiSubmit),
  questions: (settings, question) =>
    possibleDates(question, settings.now()).map((date) => ({
      api: API.orderstatusquery,
      name: 'orderstatusquery',
      content: requests.orderstatusquery(settings, question, date),
    })),
  refundNotice: (settings, notice) => ({
    api: API.mixrefundnotify,
    name: 'mixrefundnotify',
    content: notices.mixrefundnotify(settings, notice),
  }),
}

const DAY_MS = 86_400_000

/** Sent again after midnight, the order has the date of the day after: another date finds nothing. */
function possibleDates({ businessDate: date }: MixedQuestion, now: number): readonly string[] {
  if (businessDate(now) <= date) return [date]
  return [date, businessDate(Date.parse(`${date}T00:00:00+08:00`) + DAY_MS)]
}

export const FAMILIES: Record<FamilyName, Family> = {
  'head-office': headOffice,
  aggregated,
  hebei,
}
