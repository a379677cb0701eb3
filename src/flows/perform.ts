import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import type { AttemptChanges } from '../payment/attempt.ts'
import { EFFECT_RULES, type IntendedEffect, isBackground } from '../payment/effects.ts'
import type { OrderChanges } from '../payment/order.ts'
import { backOffMs } from '../payment/schedule.ts'
import type { Db } from '../store/database.ts'
import * as intents from '../store/intents.ts'
import type { Answer, Outcome } from '../upstreams/upstream.ts'
import { type HeldOrder, stillOurs, takeStep } from './held-order.ts'
import { overdueNoMore } from './overdue.ts'

/** What an end of a call changes, in the same commit that records the end. */
export interface Changes {
  readonly order?: OrderChanges
  readonly attempt?: AttemptChanges
  readonly also?: (trx: Db) => Promise<void>
}

export interface Refusal {
  readonly code: string
  readonly message: string
  /** It was a repeat that was refused: the first may have had its effect. */
  readonly repeat: boolean
}

/** One call that changes something outside, told so that it can be finished after a crash. */
export interface Call<T> {
  readonly effect: IntendedEffect
  readonly number: string
  /** Numbers and state that are stored with the intent, before the call. */
  readonly intend?: { readonly order?: OrderChanges; readonly attempt?: AttemptChanges }
  /** The exact request, where a repeat must be byte-identical. */
  readonly request?: string
  readonly send: (request: string | null) => Promise<Outcome<T>>
  /** How to find out; without it a lost answer can only be repeated, burnt or waited for. */
  readonly ask?: () => Promise<Answer<T>>
  /** Whether the profile allows a repeat; default true. */
  readonly mayRepeat?: boolean
  readonly learn: (value: T) => Changes
  readonly refuse?: (refusal: Refusal) => Changes
  readonly lose?: () => Changes
}

/**
 * - `refused`: it said no, in words · `unsent`: provably not sent
 * - `unknown`: ask again later, and do nothing else meanwhile
 * - `lost`: it can never be found out and the number is burnt
 * - `useless`: it may stand, but its answer is gone for good: close it first, then a new number
 * - `dead`: this number never had an effect: a new one may be used
 */
export type Performed =
  | { readonly kind: 'done' | 'unsent' | 'unknown' | 'lost' | 'useless' | 'dead' }
  | ({ readonly kind: 'refused' } & Refusal)

/**
 * Whether somebody who waits may go on; false while nobody knows how the call ended.
 * @throws AppError `upstream-unavailable` when it was provably not sent
 */
export function isDone(result: Exclude<Performed, { kind: 'refused' }>): boolean {
  if (result.kind === 'unsent') throw new AppError('upstream-unavailable')
  return result.kind === 'done'
}

/** Refusals that may pass are repeated this often before a person is asked. */
const REPEATED_REFUSALS = 5

/**
 * Intent, call, answer: three commits (invariant 2). When the intent is already there (a crash, a
 * time-out, a repeat), the effects table says how to find out; nothing is guessed.
 */
export async function perform<T>(app: App, held: HeldOrder, call: Call<T>): Promise<Performed> {
  const known = await intents.find(app.db, call.effect, call.number)
  if (known) return known.state === 'open' ? findOut(app, held, call, known) : over(known)
  await takeStep(app, held, {
    what: `${call.effect}:intended`,
    ...call.intend,
    detail: { number: call.number },
    also: (trx) =>
      intents.open(trx, {
        effect: call.effect,
        number: call.number,
        orderId: held.order.id,
        attemptNo: held.order.attempt.no,
        request: call.request ?? null,
        dueAt: null,
        createdAt: app.clock.now(),
      }),
  })
  const outcome = await send(app, held, call, call.request ?? null)
  return learn(app, held, call, { outcome, tries: 0, repeat: false })
}

async function send<T>(
  app: App,
  held: HeldOrder,
  call: Call<T>,
  request: string | null,
): Promise<Outcome<T>> {
  await stillOurs(app, held)
  return call.send(request)
}

/** What a call that has ended before came to. */
function over(known: intents.Intent): Performed {
  switch (known.state) {
    case 'refused': {
      const [code = '', ...words] = (known.answer ?? '').split(' ')
      return { kind: 'refused', code, message: words.join(' '), repeat: true }
    }
    case 'open':
      return { kind: 'unknown' }
    case 'done':
    case 'lost':
    case 'dead':
      return { kind: known.state }
  }
}

async function findOut<T>(
  app: App,
  held: HeldOrder,
  call: Call<T>,
  known: intents.Intent,
): Promise<Performed> {
  const resend = async (): Promise<Performed> => {
    const outcome = await send(app, held, call, known.request)
    return learn(app, held, call, { outcome, tries: known.tries, repeat: true })
  }
  switch (EFFECT_RULES[call.effect].lost) {
    case 'burn':
      return end(app, held, call, { state: 'lost', answer: 'answer lost', ...call.lose?.() })
    case 'resend':
      return resend()
    case 'resend-once':
      return resendOnce(app, held, call, known)
    case 'close-then-renumber':
      return { kind: 'useless' }
    case 'ask': {
      const answer = call.ask ? await call.ask() : ({ kind: 'absent' } as const)
      if (answer.kind === 'absent') return resend()
      return learn(app, held, call, { outcome: answer, tries: known.tries, repeat: true })
    }
  }
}

/**
 * At most two may ever arrive. Each is counted before it leaves, so that a crash in the repeat
 * allows no third; one that provably never left is taken back.
 */
async function resendOnce<T>(
  app: App,
  held: HeldOrder,
  call: Call<T>,
  known: intents.Intent,
): Promise<Performed> {
  const neverLeft = known.answer?.startsWith('unsent') ?? false
  const arrived = neverLeft ? known.tries : Math.max(known.tries, 1)
  if (arrived >= 2 || (arrived === 1 && call.mayRepeat === false))
    return end(app, held, call, { state: 'lost', answer: 'answer lost', ...call.lose?.() })
  const counted = { dueAt: null, answer: 'no answer known', tries: arrived + 1 }
  await stillOurs(app, held)
  await intents.postpone(app.db, known, { ...counted, owner: held.owner })
  const outcome = await send(app, held, call, known.request)
  return learn(app, held, call, { outcome, tries: arrived, repeat: arrived > 0 })
}

async function learn<T>(
  app: App,
  held: HeldOrder,
  call: Call<T>,
  heard: { outcome: Outcome<T>; tries: number; repeat: boolean },
): Promise<Performed> {
  const { outcome, tries, repeat } = heard
  switch (outcome.kind) {
    case 'done':
      return end(app, held, call, { state: 'done', answer: null, ...call.learn(outcome.value) })
    case 'refused': {
      const answer = `${outcome.code} ${outcome.message}`
      const mayPass = EFFECT_RULES[call.effect].refused === 'repeat-then-work-item'
      if (mayPass && tries < REPEATED_REFUSALS) {
        await postpone(app, held, call, { tries, answer })
        return { kind: 'unknown' }
      }
      const refusal = { code: outcome.code, message: outcome.message, repeat }
      await end(app, held, call, { state: 'refused', answer, ...call.refuse?.(refusal) })
      return { kind: 'refused', ...refusal }
    }
    case 'pending':
      await postpone(app, held, call, { tries, answer: 'pending' })
      return { kind: 'unknown' }
    case 'unsent':
    case 'unknown':
      await postpone(app, held, call, { tries, answer: `${outcome.kind}: ${outcome.cause}` })
      return { kind: outcome.kind }
  }
}

/** Not over. Background work is due again by itself; the rest is asked by the flow that owns it. */
async function postpone<T>(
  app: App,
  held: HeldOrder,
  call: Call<T>,
  heard: { tries: number; answer: string },
): Promise<void> {
  const dueAt = isBackground(call.effect)
    ? app.clock.now() + backOffMs(heard.tries, app.settings.RETRY_FIRST_MS)
    : null
  const uncounted = heard.answer.startsWith('unsent') && !isBackground(call.effect)
  const tries = uncounted ? heard.tries : heard.tries + 1
  await intents.postpone(app.db, call, { dueAt, answer: heard.answer, tries, owner: held.owner })
  const { effect, number } = call
  app.log.warn({ orderId: held.order.id, effect, number, answer: heard.answer }, 'no answer yet')
}

/** The number has come to its end: one commit for the end and all that follows from it. */
export async function end(
  app: App,
  held: HeldOrder,
  call: { effect: IntendedEffect; number: string },
  to: { state: 'done' | 'refused' | 'lost' | 'dead'; answer: string | null } & Changes,
): Promise<Performed> {
  await takeStep(app, held, {
    what: `${call.effect}:${to.state}`,
    ...(to.order && { order: to.order }),
    ...(to.attempt && { attempt: to.attempt }),
    detail: { number: call.number, ...(to.answer !== null && { answer: to.answer }) },
    also: async (trx) => {
      await intents.close(trx, call, { state: to.state, answer: to.answer, now: app.clock.now() })
      const goesOn = to.state === 'refused' && EFFECT_RULES[call.effect].refused === 'renumber'
      if (!goesOn) await overdueNoMore(app, trx, { orderId: held.order.id, ...call })
      await to.also?.(trx)
    },
  })
  return to.state === 'refused' ? { kind: 'unknown' } : { kind: to.state }
}
