/**
 * The legs of an order as the bank reports them, and the one total function from what is reported
 * to what we do about it (§7, §8 a; docs/mixed-order.md 2; docs/rulings.md 2).
 */

export const OVERALL = ['created', 'success', 'refund', 'fail', 'unknown'] as const
export const LEG = ['pending', 'success', 'fail', 'refund', 'none', 'unknown'] as const

export type Overall = (typeof OVERALL)[number]
export type Leg = (typeof LEG)[number]

export interface LegReport {
  readonly overall: Overall
  readonly selfPay: Leg
  readonly insurance: Leg
}

/**
 * - `paid`: fulfil · `failed`: verified, nothing held
 * - `refund-self-pay`: own money held and the insurance failed: give it back (SC-X01)
 * - `close-self-pay`: overall failed while the cash order still lives: close it, ask again
 * - `ask-again`: not a result · `review`: must not happen: a person decides, nothing moves
 */
export const VERDICTS = [
  'paid',
  'failed',
  'refund-self-pay',
  'close-self-pay',
  'ask-again',
  'review',
] as const
export type Verdict = (typeof VERDICTS)[number]

export type Decisive = Exclude<Verdict, 'ask-again' | 'close-self-pay'>

export interface Judgement {
  readonly verdict: Verdict
  /** The combination is in no table: someone should hear of it. */
  readonly alarm: boolean
}

const judge = (verdict: Verdict, alarm = false): Judgement => ({ verdict, alarm })

/** A result is what stops the questions (SC-Q06). */
export function isResult(verdict: Verdict): boolean {
  return verdict !== 'ask-again' && verdict !== 'close-self-pay'
}

export function judgeLegs({ overall, selfPay, insurance }: LegReport): Judgement {
  if (selfPay === 'none' && insurance === 'none') return judge('review', true)
  if (selfPay === 'fail' && insurance === 'success') return judge('review', true)
  if (overall === 'unknown' || selfPay === 'unknown' || insurance === 'unknown')
    return judge('ask-again', true)
  // The channel may have returned the cash by itself; the refund asks the cash order first and finds out.
  if (overall === 'fail' && selfPay === 'refund' && insurance === 'fail')
    return judge('refund-self-pay')
  if (overall === 'refund' || selfPay === 'refund' || insurance === 'refund')
    return judge('review', true)
  if (overall === 'created')
    return judge('ask-again', selfPay === 'pending' && insurance === 'success')
  return overall === 'success' ? judgeSuccess(selfPay, insurance) : judgeFailure(selfPay, insurance)
}

function judgeSuccess(selfPay: Leg, insurance: Leg): Judgement {
  const settled = (leg: Leg): boolean => leg === 'success' || leg === 'none'
  return settled(selfPay) && settled(insurance) ? judge('paid') : judge('ask-again', true)
}

/** The overall order failed: what is held decides. */
function judgeFailure(selfPay: Leg, insurance: Leg): Judgement {
  if (insurance === 'success') return judge('ask-again', true)
  if (selfPay === 'success')
    return insurance === 'fail' ? judge('refund-self-pay') : judge('ask-again', true)
  if (selfPay === 'fail') return judge('failed')
  if (selfPay === 'pending') return judge('close-self-pay')
  return insurance === 'fail' ? judge('failed') : judge('ask-again', true)
}
