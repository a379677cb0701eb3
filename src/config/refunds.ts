import type { SomeSettings } from '../config.ts'
import { type Problem, problem } from './words.ts'

/** docs/rulings.md 3.5: unstated, the cash would go back twice or not at all. */
export const cashOfWholeRefundIsStated = (some: SomeSettings): readonly Problem[] =>
  some.REFUND_TYPE === 'ALL' && some.REFUND_ALL_RETURNS_CASH === undefined
    ? [problem('REFUND_ALL_RETURNS_CASH', 'must say yes or no with REFUND_TYPE=ALL')]
    : []
