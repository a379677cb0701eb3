/** What finance staff and auditors read of a day: the proof, the runs, the breaks and what became of them. */
import { type BookName, BOOKS } from './ageing.ts'
import type { Break } from './breaks.ts'
import type { DayProof } from './cash-proof.ts'
import type { Tally } from './classes.ts'
import { daysFrom } from './days.ts'

export const CHART_DAYS = 30

export interface ReportedRun {
  readonly book: BookName
  readonly date: string
  readonly at: number
  readonly startedBy: string
  readonly inputs: Readonly<Record<string, string>>
  readonly tally: Tally
}

export interface ReportedBreak {
  readonly key: string
  readonly state: string
  readonly content: Omit<Break, 'ageDays'>
}

/** One line of a break's history. */
export interface ReportedEvent {
  readonly key: string
  readonly at: number
  readonly what: string
  /** Who started the run that saw it, or acted. */
  readonly by: string
  readonly sentence: string
}

/** The differences that a day's books had, still open or not. */
export interface DayDifferences {
  readonly date: string
  readonly open: number
  readonly closed: number
  /** Of those still open, whichever way: over- and under-collections do not offset each other. */
  readonly openFen: number
}

export interface Report {
  readonly date: string
  readonly proof: DayProof
  /** By book, and the first first; a run that found the same in the same files is not told twice. */
  readonly runs: readonly ReportedRun[]
  /** Books that were not compared on this day. */
  readonly missing: readonly BookName[]
  readonly open: readonly ReportedBreak[]
  /** Still open, of the days before. */
  readonly earlier: readonly ReportedBreak[]
  readonly events: readonly ReportedEvent[]
  readonly days: readonly DayDifferences[]
}

export interface Found {
  readonly date: string
  /** The first of the days that the report looks back on. */
  readonly from: string
  readonly proof: DayProof
  readonly runs: readonly ReportedRun[]
  /** Of all these days. */
  readonly breaks: readonly ReportedBreak[]
  /** Of days before them, still open: what nobody explained never leaves the report. */
  readonly older: readonly ReportedBreak[]
  readonly events: readonly ReportedEvent[]
}

/** The same whoever runs the same day again over the same books, whenever. */
export function reportOf({ date, from, proof, runs, breaks, older, events }: Found): Report {
  const told = BOOKS.flatMap((book) =>
    withoutRepeats(runs.filter((run) => run.book === book && run.date === date)),
  )
  const open = breaks.filter(isOpen)
  return {
    date,
    proof,
    runs: told,
    missing: BOOKS.filter((book) => !told.some((run) => run.book === book)),
    open: open.filter(({ content }) => content.date === date),
    earlier: [...older, ...open.filter(({ content }) => content.date !== date)],
    events,
    days: daysFrom(from, date).map((day) =>
      differencesOf(
        day,
        breaks.filter(({ content }) => content.date === day),
      ),
    ),
  }
}

export const isOpen = ({ state }: ReportedBreak): boolean => state === 'open'

function withoutRepeats(runs: readonly ReportedRun[]): ReportedRun[] {
  const inOrder = runs.toSorted((one, other) => one.at - other.at)
  return inOrder.filter((run, at) => {
    const before = inOrder[at - 1]
    return !before || outcomeOf(before) !== outcomeOf(run)
  })
}

const outcomeOf = ({ inputs, tally }: ReportedRun): string => JSON.stringify([inputs, tally])

function differencesOf(date: string, breaks: readonly ReportedBreak[]): DayDifferences {
  const open = breaks.filter(isOpen)
  return {
    date,
    open: open.length,
    closed: breaks.length - open.length,
    openFen: open.reduce((sum, { content }) => sum + Math.abs(content.differenceFen), 0),
  }
}
