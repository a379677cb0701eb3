/** The figures of all courses, by class. */
import type { Explored, Violated } from './explore.ts'
import { courseName } from './schedules.ts'

export class Tally {
  violated = 0
  readonly #began = performance.now()
  readonly #shares = new Map<string, number[]>()
  readonly #endings = new Map<string, number>()

  add({ course: { share }, deaths, meetings, endings, violated }: Explored): void {
    const row = this.#shares.get(share) ?? [0, 0, 0, 0]
    const more = [1, deaths, meetings, violated.length]
    this.#shares.set(
      share,
      row.map((figure, at) => figure + (more[at] ?? 0)),
    )
    this.violated += violated.length
    for (const [ending, times] of endings)
      this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + times)
  }

  summary(): string {
    const rows = [...this.#shares]
    const all = rows.reduce(
      (sum, [, row]) => sum.map((figure, at) => figure + (row[at] ?? 0)),
      [0, 0, 0, 0],
    )
    const seconds = (performance.now() - this.#began) / 1_000
    return [
      HEAD,
      ...rows.map(([share, row]) => line(share, row)),
      line('all', all),
      `endings: ${[...this.#endings].map(([name, times]) => `${name} ${times}`).join(' · ')}`,
      `${seconds.toFixed(0)} s`,
    ].join('\n')
  }
}

const COLUMNS = ['orders of events', 'crash points', 'meetings', 'violated', 'schedules'] as const
const HEAD = ['share', ...COLUMNS].map((name) => name.padStart(17)).join('')

function line(share: string, [courses = 0, deaths = 0, meetings = 0, violated = 0]: number[]) {
  const figures = [courses, deaths, meetings, violated, courses + deaths + meetings]
  return [share, ...figures.map(String)].map((text) => text.padStart(17)).join('')
}

/** A line of the list: what was tried of one order of events, and how it ended. */
export function exploredText({ course, deaths, meetings, endings, violated }: Explored): string {
  const ends = [...endings].map(([name, times]) => `${name} ${times}`).join(', ')
  const sign = violated.length === 0 ? '✓' : '✗'
  return `${sign} ${courseName(course).padEnd(40)} ${deaths} deaths, ${meetings} meetings: ${ends}`
}

export function violatedText({ name, violations, story }: Violated): string {
  return [
    violations.length === 0 ? `\n${name}` : `\nVIOLATED in ${name}`,
    ...violations.map(({ rule, billNo, what }) => `  ${rule}: ${billNo ?? ''} ${what}`),
    story,
    `again: npm run exhaustive -- --only ${name}`,
  ].join('\n')
}
