import { AppError } from '../../errors.ts'
import type { Operator } from './operators.ts'

/** Two people where money is at stake (docs/rulings.md 5): one proposes, another confirms. */
export interface Proposal<A extends string> {
  readonly action: A
  readonly operator: string
  readonly note: string
}

/** @throws AppError `forbidden` for the very operator who proposed */
export function mustBeSecond<P extends Proposal<string>>(
  proposal: P | null,
  { name }: Operator,
): P {
  if (!proposal) throw new AppError('invalid-request', '此事项没有待确认的动作。')
  if (proposal.operator === name) throw new AppError('forbidden', '确认人须与提出人不同。')
  return proposal
}

const LONGEST_NOTE = 500

/** @throws AppError `invalid-request` without a reason, or with a novel */
export function mustSayWhy(note: string): void {
  if (note.trim() === '') throw new AppError('invalid-request', '请填写说明（--note）。')
  if (note.length > LONGEST_NOTE)
    throw new AppError('invalid-request', `说明不得超过 ${LONGEST_NOTE} 字。`)
}

export const proposed = (means: string): string =>
  `已提出“${means}”，涉及资金，须由另一名操作员确认（confirm）。`
