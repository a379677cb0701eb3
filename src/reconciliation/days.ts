/** Business dates (`yyyy-MM-dd`) and months (`yyyy-MM`) in Asia/Shanghai, which has no daylight saving. */

const DAY_MS = 86_400_000

/** UTC milliseconds at which the day begins there. */
export const startOf = (date: string): number => Date.parse(`${date}T00:00:00+08:00`)

const moved = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)

export const dayAfter = (date: string): string => moved(date, 1)
export const dayBefore = (date: string): string => moved(date, -1)
export const daysBefore = (date: string, days: number): string => moved(date, 0 - days)
export const daysAfter = (date: string, days: number): string => moved(date, days)

export const monthOf = (date: string): string => date.slice(0, 7)
export const firstOf = (month: string): string => `${month}-01`

/** Both included. */
export function daysFrom(from: string, to: string): string[] {
  const days: string[] = []
  for (let day = from; day <= to; day = dayAfter(day)) days.push(day)
  return days
}

export function daysOf(month: string): string[] {
  const first = firstOf(month)
  return daysFrom(first, moved(first, 30)).filter((day) => monthOf(day) === month)
}

/** `2026-02-30` is no day: Date would silently make it March. */
export function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`)
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(at.getTime()) && moved(text, 0) === text
}

export const isMonth = (text: string): boolean => isDay(`${text}-01`)
