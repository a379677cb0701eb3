/** The small model: one bill, what may happen to it from outside, and every order in which it can. */

/** What happens once the cashier stands on the patient's phone; each of them at most once. */
export const HAPPENINGS = ['pays', 'notice', 'question', 'cancels', 'expires'] as const
export type Happening = (typeof HAPPENINGS)[number]

/**
 * How the bill is shared, as a suffix of the sandbox, and how much may happen to it: mixed, insurance
 * alone, own money alone; own money taken and insurance failed (F01), insurance settled only some
 * time later (F28).
 */
const MOST_HAPPENINGS = { M: 5, I: 4, S: 4, MF01: 4, MF28: 4 } as const
export type Share = keyof typeof MOST_HAPPENINGS
const SHARES = ['M', 'I', 'S', 'MF01', 'MF28'] as const satisfies readonly Share[]

/** One order of events, before anything goes wrong in it. */
export interface Course {
  readonly share: Share
  readonly happenings: readonly Happening[]
}

/**
 * What goes wrong in a course: the process dies at the n-th point at which a death can be told from
 * one before it, or what comes next happens while the n-th message is under way.
 */
export type Trouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'death'; readonly at: number }
  | { readonly kind: 'overlap'; readonly after: number; readonly at: number }

export interface Schedule extends Course {
  readonly trouble: Trouble
}

/**
 * Every order of every choice of happenings. The bank tells of a payment after it was made; a
 * notice, an answer to a question, a payment and a cancellation may be missing, the end of an
 * order's life cannot.
 */
export const COURSES: readonly Course[] = SHARES.flatMap((share) =>
  choices(HAPPENINGS)
    .filter((chosen) => chosen.includes('expires') && chosen.length <= MOST_HAPPENINGS[share])
    .filter((chosen) => chosen.includes('pays') || !chosen.includes('notice'))
    .flatMap(orders)
    .filter(isToldAfterwards)
    .map((happenings) => ({ share, happenings })),
)

function isToldAfterwards(order: readonly Happening[]): boolean {
  return !order.includes('notice') || order.indexOf('pays') < order.indexOf('notice')
}

function choices<T>([first, ...rest]: readonly T[]): T[][] {
  if (first === undefined) return [[]]
  const without = choices(rest)
  return [...without.map((chosen) => [first, ...chosen]), ...without]
}

function orders<T>(chosen: readonly T[]): T[][] {
  if (chosen.length === 0) return [[]]
  return chosen.flatMap((first, at) =>
    orders(chosen.toSpliced(at, 1)).map((rest) => [first, ...rest]),
  )
}

export const courseName = ({ share, happenings }: Course): string =>
  `${share}/${happenings.join('-')}`

/** `M/pays-cancels-expires/death-12`: what `--only` takes. */
export const nameOf = (schedule: Schedule): string =>
  `${courseName(schedule)}/${troubleName(schedule.trouble)}`

function troubleName(trouble: Trouble): string {
  switch (trouble.kind) {
    case 'none':
      return 'none'
    case 'death':
      return `death-${trouble.at}`
    case 'overlap':
      return `overlap-${trouble.after}-${trouble.at}`
  }
}

/** @returns null where the words are no schedule. */
export function scheduleOf(name: string): Schedule | null {
  const [share = '', happenings = '', words = ''] = name.split('/')
  const course = COURSES.find((one) => courseName(one) === `${share}/${happenings}`)
  const [kind, first, second] = words.split('-')
  if (course === undefined) return null
  if (kind === 'death') return { ...course, trouble: { kind, at: Number(first) } }
  if (kind === 'overlap')
    return { ...course, trouble: { kind, after: Number(first), at: Number(second) } }
  return { ...course, trouble: { kind: 'none' } }
}
