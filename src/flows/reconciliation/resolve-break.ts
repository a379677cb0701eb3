import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import { type Action, ACTION_TEXT, ACTIONS, NEEDS_TWO } from '../../reconciliation/actions.ts'
import * as reconciliation from '../../store/reconciliation.ts'
import { mustBeSecond, mustSayWhy, type Proposal, proposed } from '../operators/four-eyes.ts'
import type { Operator } from '../operators/operators.ts'
import { DOING } from './break-actions.ts'

export interface Decision {
  readonly key: string
  readonly operator: Operator
  readonly action: string
  readonly note: string
}

/** The break as it is now, and one Chinese sentence. */
export interface Resolved {
  readonly stored: reconciliation.StoredBreak
  readonly said: string
}

/** Asking is always safe, and so is handing over; of the rest only what the rules name. */
const ALWAYS: readonly Action[] = ['query-again', 'hand-to-person', 'record-outcome']

export const offeredFor = ({ content }: reconciliation.StoredBreak): readonly Action[] => [
  content.action,
  ...ALWAYS.filter((action) => action !== content.action),
]

/**
 * Carries an action out, or proposes it where money is at stake: then a second operator's
 * `confirmBreak` decides (docs/rulings.md 5).
 */
export async function resolveBreak(app: App, decision: Decision): Promise<Resolved> {
  const { operator, note } = decision
  const before = await openBreak(app, decision.key)
  const action = ACTIONS.find((known) => known === decision.action)
  if (action === undefined || !offeredFor(before).includes(action))
    throw new AppError('invalid-request', `此差异可做的动作：${inWords(offeredFor(before))}。`)
  mustSayWhy(note)
  if (!NEEDS_TWO.has(action)) return act(app, before, { action, operator: operator.name, note })
  const step = { what: 'proposed', action, operator: operator.name, note } as const
  return { stored: await added(app, before, step), said: proposed(ACTION_TEXT[action]) }
}

/** @throws AppError `forbidden` for the very operator who proposed. */
export async function confirmBreak(
  app: App,
  request: { readonly key: string; readonly operator: Operator },
): Promise<Resolved> {
  const before = await openBreak(app, request.key)
  const proposal = mustBeSecond(await proposalOf(app, request.key), request.operator)
  const { action } = proposal
  if (!offeredFor(before).includes(action))
    throw new AppError(
      'invalid-request',
      `提出之后情况已变，“${ACTION_TEXT[action]}”不再适用；现在可做：${inWords(offeredFor(before))}。`,
    )
  const note = `${proposal.operator} 提出：${proposal.note}`
  return act(app, before, { action, operator: request.operator.name, note })
}

/** Asking decides nothing; whatever else happened after a proposal has overtaken it. */
async function proposalOf(app: App, key: string): Promise<Proposal<Action> | null> {
  const history = await reconciliation.historyOf(app.db, key)
  const last = history.findLast(({ action }) => action !== 'query-again')
  const action = ACTIONS.find((known) => known === last?.action)
  if (last?.what !== 'proposed' || !action) return null
  return { action, operator: last.operator ?? '', note: last.note ?? '' }
}

async function openBreak(app: App, key: string): Promise<reconciliation.StoredBreak> {
  const found = await reconciliation.byKey(app.db, key)
  if (!found) throw new AppError('not-found', '没有这个差异。')
  if (found.state !== 'open') throw new AppError('invalid-request', '此差异已经结束。')
  return found
}

const inWords = (actions: readonly Action[]): string =>
  actions.map((action) => `${ACTION_TEXT[action]}（${action}）`).join('、')

/** Every action may be repeated: the line of history comes after what it tells of. */
async function act(
  app: App,
  before: reconciliation.StoredBreak,
  by: Proposal<Action>,
): Promise<Resolved> {
  const { said, ...acted } = await DOING[by.action](app, before, by)
  const note = `${by.note}（${said}）`
  return { stored: await added(app, before, { ...by, ...acted, note }), said }
}

async function added(
  app: App,
  before: reconciliation.StoredBreak,
  step: Omit<reconciliation.BreakStep, 'at'>,
): Promise<reconciliation.StoredBreak> {
  if (!(await reconciliation.addStep(app.db, before, { ...step, at: app.clock.now() })))
    throw new AppError('request-in-progress', '此差异刚被他人更新，请重新查看。')
  return (await reconciliation.byKey(app.db, before.key)) ?? before
}

const SAFE: readonly Action[] = ['query-again', 'write-back']

export interface Swept {
  readonly done: readonly Resolved[]
  /** By key: why not, in one Chinese sentence. */
  readonly refused: readonly { readonly key: string; readonly said: string }[]
}

/** Everything that is safe to do about the breaks of some days, one after the other. */
export async function resolveSafely(
  app: App,
  wish: {
    readonly period: reconciliation.Period
    readonly operator: Operator
    readonly progress?: (done: number, all: number) => void
  },
): Promise<Swept> {
  const stored = await reconciliation.breaksOf(app.db, wish.period)
  const waiting = stored.filter(
    ({ state, content }) => state === 'open' && !content.awaited && SAFE.includes(content.action),
  )
  const done: Resolved[] = []
  const refused: { key: string; said: string }[] = []
  for (const [index, { key, content }] of waiting.entries()) {
    wish.progress?.(index, waiting.length)
    const decision = { key, operator: wish.operator, action: content.action, note: '批量办理' }
    try {
      done.push(await resolveBreak(app, decision))
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      refused.push({ key, said: error.sentence })
    }
  }
  return { done, refused }
}
