/** What parent and children tell each other. */
import { z } from 'zod'

export const RUN = z.object({ bank: z.string(), hospital: z.string() })

export const OUTCOME = z.object({
  seconds: z.number(),
  peakMiB: z.number(),
  /** By class, how many rows of either book. */
  rows: z.record(z.string(), z.object({ bank: z.number(), hospital: z.number() })),
  wrong: z.number(),
})
export type Outcome = z.infer<typeof OUTCOME>
