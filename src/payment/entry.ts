export const ENTRY_MODES = ['closed', 'gradual', 'open'] as const
export type EntryMode = (typeof ENTRY_MODES)[number]

/**
 * To whom new orders are open (SC-O14, SC-O15). Testers pass in every mode, so `closed` is the
 * white list alone. `departments` is who `percent` is taken of; an empty list is the whole hospital.
 */
export type Entry =
  | { readonly mode: 'closed' | 'open' }
  | {
      readonly mode: 'gradual'
      readonly percent: number
      readonly departments: readonly string[]
    }

/** @param asking `userHash` in hex, `department` as HIS tells it with the bill (`visit.deptCode`) */
export function isOpenFor(
  entry: Entry,
  asking: { readonly userHash: string; readonly department: string },
): boolean {
  switch (entry.mode) {
    case 'closed':
      return false
    case 'open':
      return true
    case 'gradual': {
      const { percent, departments } = entry
      const invited = departments.length === 0 || departments.includes(asking.department)
      return invited && placeOf(asking.userHash) < percent
    }
  }
}

/** From 0 to just below 100, a user's for ever: a higher percentage only adds users. */
const placeOf = (userHash: string): number =>
  (Number.parseInt(userHash.slice(0, 8), 16) / 2 ** 32) * 100

/** What is open, as one number for a graph. */
export function openPercent(entry: Entry): number {
  if (entry.mode === 'gradual') return entry.percent
  return entry.mode === 'open' ? 100 : 0
}
