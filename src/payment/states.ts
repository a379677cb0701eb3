/**
 * The law of an order: what each state means, what may follow, what the worker does with an order
 * found there, and what patient and hospital see. `states.md` is drawn from this table.
 */

export const ORDER_STATES = [
  'created',
  'pre-settling',
  'pre-settled',
  'ordering',
  'awaiting-payment',
  'processing',
  'paid',
  'refunding',
  'refunded',
  'failed',
  'closed',
  'needs-review',
] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** The statuses of the HTTP contract. */
export type PublicStatus = Exclude<OrderState, 'pre-settling' | 'ordering'>

/** What the worker does with an order it finds here, besides open intents and unread notices. */
export type Recovery =
  'nothing' | 'close-when-expired' | 'resume-pre-settlement' | 'resume-payment' | 'ask-the-bank'

export interface StateRule {
  readonly means: string
  readonly next: readonly OrderState[]
  readonly recovery: Recovery
  readonly shows: PublicStatus
  readonly text: string
  /** The bill belongs to this order: nobody else may open one for it. */
  readonly holdsBill: boolean
}

export const STATES: Record<OrderState, StateRule> = {
  created: {
    means: 'opened for a bill; nothing outside was asked to move',
    next: ['pre-settling', 'closed'],
    recovery: 'close-when-expired',
    shows: 'created',
    text: '请完成医保授权',
    holdsBill: true,
  },
  'pre-settling': {
    means: 'steps 4-7 are running: authorisation, insured person, upload, insurance order',
    next: ['created', 'pre-settled', 'failed', 'closed', 'needs-review'],
    recovery: 'resume-pre-settlement',
    shows: 'created',
    text: '正在进行医保预结算，请稍候',
    holdsBill: true,
  },
  'pre-settled': {
    means: 'the amounts are known and shown; the patient may pay',
    next: ['created', 'ordering', 'closed'],
    recovery: 'close-when-expired',
    shows: 'pre-settled',
    text: '请核对金额并付款',
    holdsBill: true,
  },
  ordering: {
    means: 'steps 8-9 are running or their answer is unknown; no cashier has left the house',
    next: ['awaiting-payment', 'failed', 'closed', 'needs-review'],
    recovery: 'resume-payment',
    shows: 'processing',
    text: '正在下单，请勿重复付款',
    holdsBill: true,
  },
  'awaiting-payment': {
    means: 'the mixed order stands since T0; no question was asked yet',
    next: ['processing', 'paid', 'failed', 'closed', 'refunding', 'needs-review'],
    recovery: 'ask-the-bank',
    shows: 'awaiting-payment',
    text: '请在收银台完成支付',
    holdsBill: true,
  },
  processing: {
    means: 'asked without a result, or a leg was seen paid: nobody knows yet, nobody guesses',
    next: ['paid', 'failed', 'closed', 'refunding', 'needs-review'],
    recovery: 'ask-the-bank',
    shows: 'processing',
    text: '正在确认，请勿重复付款',
    holdsBill: true,
  },
  paid: {
    means: 'a verified callback or query said so; a refund of a part of it leaves it so',
    next: ['refunding', 'needs-review'],
    recovery: 'nothing',
    shows: 'paid',
    text: '支付成功',
    holdsBill: true,
  },
  refunding: {
    means: 'money is owed back and is being returned, by itself or by a refund (table 3)',
    next: ['paid', 'refunded', 'needs-review'],
    recovery: 'nothing',
    shows: 'refunding',
    text: '款项正在退回，请留意到账',
    holdsBill: true,
  },
  refunded: {
    means: 'confirmed: all that was held went back',
    next: ['needs-review'],
    recovery: 'nothing',
    shows: 'refunded',
    text: '款项已退回',
    holdsBill: false,
  },
  failed: {
    means: 'verified: nothing is held anywhere',
    next: ['needs-review'],
    recovery: 'nothing',
    shows: 'failed',
    text: '支付未成功，未扣款',
    holdsBill: false,
  },
  closed: {
    means:
      'cancelled or expired, confirmed at the bank where an order stood there; money that comes later re-opens it',
    next: ['paid', 'refunding', 'needs-review'],
    recovery: 'nothing',
    shows: 'closed',
    text: '订单已关闭',
    holdsBill: false,
  },
  'needs-review': {
    means: 'what happened must not happen: a person decides, the work item says what',
    next: ['paid', 'failed', 'refunding', 'refunded', 'closed'],
    recovery: 'nothing',
    shows: 'needs-review',
    text: '订单需要人工核对，医院将与您联系',
    holdsBill: true,
  },
}

export function mayFollow(from: OrderState, to: OrderState): boolean {
  return STATES[from].next.includes(to)
}

/** Nothing that we do changes the state any more; only news from outside can. */
export function isFinal(state: OrderState): boolean {
  return ENDS.includes(state)
}

const ENDS: readonly OrderState[] = ['paid', 'refunded', 'failed', 'closed']
