/**
 * Every call that changes something outside: its number, how to find out when the answer is lost,
 * and what to do with each answer (docs/rulings.md 1). Recovery follows this table; flows have no
 * special cases of their own. A second number is allowed only when the first is known to be dead.
 */

/** Written down as an intent before the call. */
export const INTENDED_EFFECTS = [
  'authorise',
  'upload',
  'order-insurance',
  'order-self-pay',
  'order-mixed',
  'revoke-upload',
  'check-refund',
  'refund-insurance',
  'refund-self-pay',
  'recheck-refund',
  'notify-refund',
  'write-back-refund',
  'write-back',
  'hold-bill',
  'release-bill',
] as const
export type IntendedEffect = (typeof INTENDED_EFFECTS)[number]

/**
 * The sign-in has the row of its business day instead of an intent; closing a cash order has no
 * number of its own and is asked about before and after, each time.
 */
export const EFFECTS = [...INTENDED_EFFECTS, 'sign-in', 'close-self-pay'] as const
export type Effect = (typeof EFFECTS)[number]

/**
 * What follows a lost answer, a time-out or a crash between call and answer:
 * - `burn`: it cannot be asked and must never be repeated · `ask`: a question tells
 * - `resend`: the same number again is safe · `resend-once`: one byte-identical repeat
 * - `close-then-renumber`: even when found it is useless: close it, ask, then a new number
 */
export type WhenLost = 'burn' | 'ask' | 'resend' | 'resend-once' | 'close-then-renumber'

/** What an explicit "no such thing" allows. */
export type WhenAbsent = 'resend' | 'renumber' | 'impossible'

/** What to do when the question stays unanswered too. */
export type WhenUnknown = 'authorise-again' | 'give-up' | 'ask-again' | 'repeat'

export type WhenRefused =
  | 'in-words'
  | 'close-cash-and-revoke'
  | 'stop-before-step-8'
  | 'repeat-then-work-item'
  | 'work-item'
  | 'renumber'

export interface EffectRule {
  /** Step in table 2 of the standard, or the section that asks for it. */
  readonly step: string
  readonly means: string
  readonly number: string
  readonly question: string
  readonly lost: WhenLost
  readonly absent: WhenAbsent
  readonly unknown: WhenUnknown
  readonly refused: WhenRefused
}

export const EFFECT_RULES: Record<Effect, EffectRule> = {
  authorise: {
    step: '4',
    means: 'exchange the one-time authCode for payAuthNo',
    number: 'SM3 of the authCode',
    question: 'none: the code is burnt',
    lost: 'burn',
    absent: 'impossible',
    unknown: 'authorise-again',
    refused: 'in-words',
  },
  'sign-in': {
    step: '5',
    means: '9001 sign-in of the operator for the business day',
    number: 'operator and business day',
    question: 'none needed: the newest sign-in wins',
    lost: 'resend',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'in-words',
  },
  upload: {
    step: '6',
    means: '6201 fee detail upload',
    number: 'medOrgOrd',
    question: 'none: 6301 needs the payToken that was lost',
    lost: 'resend-once',
    absent: 'impossible',
    unknown: 'give-up',
    refused: 'in-words',
  },
  'order-insurance': {
    step: '7',
    means: '6202 insurance order and pre-settlement',
    number: 'orgBizSer',
    question: '6301',
    lost: 'ask',
    absent: 'resend',
    unknown: 'ask-again',
    refused: 'in-words',
  },
  'order-self-pay': {
    step: '8',
    means: 'cash order at the bank',
    number: 'out_trade_no',
    question: 'orderqry, which has no prepay data',
    lost: 'close-then-renumber',
    absent: 'renumber',
    unknown: 'ask-again',
    refused: 'in-words',
  },
  'order-mixed': {
    step: '9',
    means: 'mixed order at the bank',
    number: 'institution number with our serial number',
    question:
      'by institution number where the bank can; else the same two numbers again; the callback carries it too',
    lost: 'ask',
    absent: 'resend',
    unknown: 'ask-again',
    refused: 'close-cash-and-revoke',
  },
  'close-self-pay': {
    step: '8',
    means: 'close the cash order (orderqry deal_flag 1)',
    number: 'out_trade_no',
    question: 'orderqry',
    lost: 'ask',
    absent: 'resend',
    unknown: 'ask-again',
    refused: 'repeat-then-work-item',
  },
  'revoke-upload': {
    step: '7',
    means: '6401 revoke the upload',
    number: 'payOrdId',
    question: '6301',
    lost: 'ask',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'repeat-then-work-item',
  },
  'check-refund': {
    step: 'refund 2',
    means: 'ask HIS whether the bill may be refunded',
    number: 'refund number of the hospital',
    question: 'none needed: it is a question itself',
    lost: 'resend',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'in-words',
  },
  'refund-insurance': {
    step: 'refund 3-4',
    means: '6203 return the insurance part',
    number: 'refund number (appRefdSn)',
    question: '6301',
    lost: 'ask',
    absent: 'resend',
    unknown: 'ask-again',
    refused: 'work-item',
  },
  'refund-self-pay': {
    step: 'refund 5, §8 a',
    means: 'return the own money (merrefund)',
    number: 'refund number',
    question: 'the cash order first (the channel may have returned it), then refundqry',
    lost: 'ask',
    absent: 'resend',
    unknown: 'ask-again',
    refused: 'renumber',
  },
  'recheck-refund': {
    step: 'refund 5',
    means:
      'ask for seven days whether the money that went back stayed there, and what a refund was ended for stayed here',
    number: 'refund number',
    question: 'none needed: it is a question itself (refundqry; 6301)',
    lost: 'resend',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'work-item',
  },
  'notify-refund': {
    step: 'refund 6',
    means: 'tell the channel, through the bank, that the insurance part went back',
    number: 'refund number, the same as at the bank',
    question: 'none needed: the latest notice wins',
    lost: 'resend',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'work-item',
  },
  'write-back-refund': {
    step: 'refund 6',
    means: 'tell HIS that the bill was refunded',
    number: 'refund number of the hospital',
    question: 'none needed: the same number again is safe',
    lost: 'resend',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'work-item',
  },
  'write-back': {
    step: '11',
    means: 'tell HIS that the bill is paid',
    number: 'settlement number',
    question: 'GET settlement',
    lost: 'ask',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'work-item',
  },
  'hold-bill': {
    step: '2',
    means: 'show the desks that this bill is being paid here',
    number: 'order id',
    question: 'none needed: the same hold again is safe',
    lost: 'resend',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'stop-before-step-8',
  },
  'release-bill': {
    step: '13',
    means: 'give the bill back to the desks',
    number: 'order id',
    question: 'none needed: the same release again is safe',
    lost: 'resend',
    absent: 'resend',
    unknown: 'repeat',
    refused: 'in-words',
  },
}

/** Effects that nobody waits for: the worker carries them out and repeats them for days. */
export const BACKGROUND_EFFECTS = [
  'revoke-upload',
  'check-refund',
  'refund-insurance',
  'refund-self-pay',
  'recheck-refund',
  'notify-refund',
  'write-back-refund',
  'write-back',
  'hold-bill',
  'release-bill',
] as const satisfies readonly IntendedEffect[]
export type BackgroundEffect = (typeof BACKGROUND_EFFECTS)[number]

export function isBackground(effect: IntendedEffect): effect is BackgroundEffect {
  return BACKGROUND_EFFECTS.some((background) => background === effect)
}
