/** What a reconciliation came to, in the words of finance staff, with what to type next. */
import { type Action, ACTION_TEXT } from '../../src/reconciliation/actions.ts'
import type { BookName } from '../../src/reconciliation/ageing.ts'
import type { Reconciled } from '../../src/flows/reconciliation/reconcile.ts'
import { fen, fenToYuan } from '../../src/payment/money.ts'
import type { StoredBreak } from '../../src/store/reconciliation.ts'

export const BOOK_TEXT: Readonly<Record<BookName, string>> = {
  bank: '银行',
  his: 'HIS',
  insurance: '医保',
}

/** Exit codes of whatever reconciles. */
export const AGREED = 0
export const DIFFERENCES = 1
export const COULD_NOT = 2

/** What is still to come by its rules is no difference yet, and what two people explained is none any more. */
export const isDifference = ({ state, content }: StoredBreak): boolean =>
  state === 'open' && !content.awaited

export function exitCodeOf(results: readonly Reconciled[]): number {
  if (results.some(({ kind }) => kind === 'missing')) return COULD_NOT
  const breaks = results.flatMap((one) => (one.kind === 'done' ? one.breaks : []))
  return breaks.some(isDifference) ? DIFFERENCES : AGREED
}

export function resultText(result: Reconciled): string {
  if (result.kind === 'missing')
    return `${BOOK_TEXT[result.book]} ${result.date}：未能对账。${result.said}。`
  const { run, breaks } = result
  const { rows, fen: money } = run.tally.MATCHED
  const open = breaks.filter(isDifference)
  const awaited = breaks.filter(({ state, content }) => state === 'open' && content.awaited).length
  const handled = breaks.filter(({ state }) => state === 'handled').length
  const parts = [
    `相符 ${rows.hospital} 笔 ${yuan(money.hospital)} 元`,
    `差异 ${open.length} 笔`,
    ...(awaited > 0 ? [`未到期 ${awaited} 笔`] : []),
    ...(handled > 0 ? [`已查明 ${handled} 笔`] : []),
  ]
  const head = `${BOOK_TEXT[run.book]} ${run.date}：${parts.join('，')}。`
  return [head, ...breaks.map(breakText)].join('\n')
}

const yuan = (amount: number): string => fenToYuan(fen(amount))

const STATE_TEXT: Readonly<Record<StoredBreak['state'], string>> = {
  open: '',
  handled: '（已查明）',
  closed: '（已消除）',
}

export function breakText({ key, state, content }: StoredBreak): string {
  const next = state === 'open' ? `\n      下一步：${nextText(content.action)}` : ''
  return `  ${key}${STATE_TEXT[state]}\n      ${content.sentence}${next}`
}

const nextText = (action: Action): string => `${ACTION_TEXT[action]}（${action}）`

/** For `--json`. */
export function resultValue(result: Reconciled): unknown {
  if (result.kind === 'missing') return result
  const { run, happened, breaks } = result
  return { kind: 'done', run, happened, breaks: breaks.map(breakValue) }
}

export const breakValue = ({ key, state, openedAt, closedAt, content }: StoredBreak) => ({
  ...content,
  key,
  state,
  openedAt,
  closedAt,
})
