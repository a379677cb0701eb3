/**
 * The circuit breaker of an upstream: it spares new orders an upstream that does not answer, and
 * stops no call. `watch` counts how every call ends; who would begin something new asks first.
 */
import type { ChannelName } from '../payment/order.ts'
import type { Answer } from './upstream.ts'

/** The bank's stands before every new order, a counter's before its own, the others before insurance. */
export type Watched =
  | ChannelName
  | 'insurance-baseline'
  | 'mid-platform'
  | 'bank'
  | 'one-code'
  | 'collection'
  | 'hrss-pay'
export type Breakers = Readonly<Record<Watched, Breaker>>

export interface BreakerRules {
  /** So many calls in a row without an answer open it. */
  readonly failures: number
  /** How long it then rests before one new order may try. */
  readonly restMs: number
}

/** `restsUntil` is null as long as it is closed. */
export interface Standing {
  readonly unanswered: number
  readonly restsUntil: number | null
}

export const CLOSED: Standing = { unanswered: 0, restsUntil: null }

/** Any answer closes it, a refusal or an unlisted one too: somebody is there. Further silence prolongs nothing. */
export function afterCall(
  { unanswered, restsUntil }: Standing,
  call: { readonly answered: boolean; readonly at: number },
  { failures, restMs }: BreakerRules,
): Standing {
  if (call.answered) return CLOSED
  const count = unanswered + 1
  const opens = restsUntil === null && count >= failures
  return { unanswered: count, restsUntil: opens ? call.at + restMs : restsUntil }
}

export const isResting = ({ restsUntil }: Standing, now: number): boolean =>
  restsUntil !== null && now < restsUntil

/** Whoever tries after a rest is the only one for the length of another. */
export const afterProbe = (standing: Standing, now: number, { restMs }: BreakerRules): Standing =>
  standing.restsUntil === null ? standing : { ...standing, restsUntil: now + restMs }

export interface Breaker {
  readonly standing: () => Standing
  readonly isResting: () => boolean
  /** Something new begins, by somebody who found it not resting; after a rest that is the probe. */
  readonly probe: () => void
  /** Counts how a call ends. */
  readonly watch: <A extends Answer<unknown>>(call: Promise<A>) => Promise<A>
}

interface Surroundings {
  readonly rules: BreakerRules
  readonly now: () => number
  readonly changed: (upstream: Watched, to: 'open' | 'closed') => void
}

/** State of this process alone: each learns by itself. */
export function createBreakers(around: Surroundings): Breakers {
  const breaker = (name: Watched) => createBreaker(name, around)
  return {
    wechat: breaker('wechat'),
    alipay: breaker('alipay'),
    'insurance-baseline': breaker('insurance-baseline'),
    'mid-platform': breaker('mid-platform'),
    bank: breaker('bank'),
    'one-code': breaker('one-code'),
    collection: breaker('collection'),
    'hrss-pay': breaker('hrss-pay'),
  }
}

function createBreaker(name: Watched, { rules, now, changed }: Surroundings): Breaker {
  let standing = CLOSED
  const learn = (answered: boolean): void => {
    const wasOpen = standing.restsUntil !== null
    standing = afterCall(standing, { answered, at: now() }, rules)
    const isOpen = standing.restsUntil !== null
    if (isOpen !== wasOpen) changed(name, isOpen ? 'open' : 'closed')
  }
  return {
    standing: () => standing,
    isResting: () => isResting(standing, now()),
    probe: () => {
      standing = afterProbe(standing, now(), rules)
    },
    watch: async (call) => {
      const answer = await call
      const isUnclear = answer.kind === 'unknown' || answer.kind === 'unsent'
      learn(!isUnclear || answer.heard === true)
      return answer
    },
  }
}
