/** One line of the matrix: a bill, what is played on it, and what must hold at the end. */
import type { Evidence } from './evidence.ts'
import type { OrderView, Patient } from './patient.ts'
import type { Service, ServiceWish } from './stage.ts'

export type Business = 'registration' | 'consultation' | 'pharmacy'

export type Channel = 'wechat' | 'alipay'

/** Services that many rows share, by what is different about them. */
export type SharedService =
  | 'usual'
  | 'by-institution-number'
  | 'short-tail'
  | 'no-schedule'
  | 'short-life'
  | 'quick-recheck'
  | 'brief-exceptions'
  | 'authorised-refunds'
  | 'refund-all'
  | 'refund-all-with-cash'

/** What a row's play may touch; `must` is an expectation on the way. */
export interface Scene {
  readonly billNo: string
  readonly patient: Patient
  readonly service: Service
  readonly sandboxUrl: string
  readonly must: (holds: boolean, sentence: string) => void
}

export interface Expectation {
  readonly status: string
  /** Own effects at the upstreams, exactly; a call that is not named follows from the status. */
  readonly effects?: Readonly<Record<string, number>>
  /** Calls that must have been seen: `mixed-submit repeat`, `refund lost-request`. */
  readonly seen?: readonly string[]
  /** What the patient was told on the way, in order. */
  readonly codes?: readonly string[]
  readonly workItems?: readonly string[]
  readonly writeBack?: 'none' | 'done' | 'refused'
  /** Where the status alone does not say it: the bank holds the patient's own money. */
  readonly bankHolds?: boolean
  readonly insuranceSettled?: boolean
  readonly gridQuestions?: number
  /** Table 3, call by call, from the steps of `--json`; then the books must agree too. */
  readonly calls?: readonly string[]
  /** More facts of this row: sentences of what does not hold. */
  readonly also?: (evidence: Evidence) => readonly string[]
}

export interface Row {
  readonly id: string
  readonly title: string
  readonly business: Business
  /** WeChat unless it says otherwise. */
  readonly channel?: Channel
  /** Suffix of the bill number: what the pretend upstreams do. */
  readonly suffix: string
  readonly on: SharedService | ServiceWish
  /** Waits for the end of a window or tail: begun first, or the run would wait for it alone. */
  readonly long?: boolean
  readonly play: (scene: Scene) => Promise<void>
  readonly expect: Expectation
}

export interface Result {
  readonly row: Row
  readonly billNo: string
  readonly evidence: Evidence | null
  readonly deaths: number
  readonly problems: readonly string[]
  readonly ms: number
}

/** The one-time code is spent under this name; an expectation calls both `userQuery`. */
export const EXCHANGE: Record<Channel, string> = { wechat: 'userQuery', alipay: 'oauth.token' }

/** The same row with Alipay's authorisation and cashier. */
export function onAlipay(row: Row): Row {
  const { userQuery, ...effects } = row.expect.effects ?? {}
  const exchanged = userQuery === undefined ? effects : { ...effects, [EXCHANGE.alipay]: userQuery }
  return {
    ...row,
    id: `${row.id} · 支付宝`,
    title: `${row.title} · 支付宝`,
    channel: 'alipay',
    expect: { ...row.expect, effects: exchanged },
  }
}

/** Far longer than any scaled wait: only a red row, or a very busy machine, waits this long. */
export const WITHIN_MS = 60_000

export async function payWithInsurance({ patient }: Scene): Promise<void> {
  await patient.open('insurance')
  await patient.preSettle()
  await payHere(patient)
}

export async function payMyself({ patient }: Scene): Promise<void> {
  await patient.open('self-pay')
  await payHere(patient)
}

export async function payHere(patient: Patient): Promise<void> {
  const cashier = await patient.checkOut()
  if (cashier) await patient.payOnPhone(cashier)
}

export async function upToCashier({ patient }: Scene): Promise<void> {
  await patient.open('insurance')
  await patient.preSettle()
}

/** Asks again until it holds; the last answer either way. */
export async function until<T>(
  look: () => Promise<T>,
  holds: (value: T) => boolean,
  withinMs = WITHIN_MS,
): Promise<T> {
  const end = performance.now() + withinMs
  for (;;) {
    const value = await look()
    if (holds(value) || performance.now() > end) return value
    await new Promise((done) => setTimeout(done, 50))
  }
}

export const isOver = ({ hisWriteBack }: OrderView): boolean => hisWriteBack !== 'waiting'
