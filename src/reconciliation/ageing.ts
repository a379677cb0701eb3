/** When a row may be alone without anything being wrong: the other book is still to come. */
import type { Difference } from './classes.ts'

/** The clearing bank's file (§6.3.2), HIS' own ledger, the insurance's monthly detail (§6.3.1). */
export const BOOKS = ['bank', 'his', 'insurance'] as const
export type BookName = (typeof BOOKS)[number]

/**
 * Days after the business date by which the other book must have the row: the bank's file comes
 * the day after, HIS answers at once, the insurance tells a month later.
 */
export const DUE_DAYS: Readonly<Record<BookName, number>> = { bank: 1, his: 0, insurance: 31 }

const DAY_MS = 86_400_000
const SHANGHAI_MS = 8 * 3_600_000

/** Whole days from one `yyyy-MM-dd` to another. */
export const daysBetween = (from: string, to: string): number =>
  (Date.parse(to) - Date.parse(from)) / DAY_MS

export interface Age {
  readonly days: number
  /** The other book may still bring it: no break yet. */
  readonly awaited: boolean
}

export interface Asked {
  readonly book: BookName
  readonly today: string
  /** Whether the other side's book of the following day has been read. */
  readonly nextRead: boolean
}

/** How near to midnight the other side may have written a row into the following day's file. */
const DAY_CUT_MS = 30 * 60_000

/**
 * Only what we expect is awaited. What the other side has and we have not will not mend by waiting;
 * nor will two rows that contradict each other.
 */
export function ageOf({ bank, hospital }: Difference, { book, today, nextRead }: Asked): Age {
  const row = hospital ?? bank
  const days = daysBetween(row.businessDate, today)
  if (bank !== null) return { days, awaited: false }
  if (book === 'insurance') return { days, awaited: days <= DUE_DAYS.insurance }
  const cut = book === 'bank' && !nextRead && row.at !== null && isNearDayCut(row.at)
  return { days, awaited: cut || days < DUE_DAYS[book] }
}

function isNearDayCut(at: number): boolean {
  const inDay = (at + SHANGHAI_MS) % DAY_MS
  return inDay >= DAY_MS - DAY_CUT_MS || inDay < DAY_CUT_MS
}
