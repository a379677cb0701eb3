import { z } from 'zod'
import { atLeastOne, text } from './kinds.ts'

/** `hh:mm` in Asia/Shanghai. */
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must read hh:mm')

/** The last query window of a day may begin at 23:59:59 and lasts 80 s (SC-Q12). */
const afterTheLastWindow = time.refine(
  (given) => given >= '00:05',
  'must be 00:05 or later: the last query window of the day before must be over',
)

export const RECONCILIATION_VARIABLES = {
  DAY_END_AT: afterTheLastWindow.default('00:10'),
  DAY_END_OWNER: text.max(64).default('财务值班'),
  RECONCILE_AT: time.default('09:30'),
  RECONCILE_BACK_DAYS: atLeastOne.max(60).default(7),
} as const
