/** As in `app.ts`: who waits for what inside one process. */
import type { App } from '../../src/app.ts'
import type { Clock } from '../../src/clock.ts'

/** Waits for the bell, but no longer than that. */
export type Rest = (bell: Promise<void>, ms: number) => Promise<void>

/** @param rest the worker's, when not just as long as it asks for */
export function bells(
  clock: Clock,
  rest: Rest = (bell, ms) => Promise.race([bell, clock.sleep(ms)]),
): Pick<App, 'changed' | 'nextChange' | 'wake' | 'woken'> {
  const waiting = new Map<string, (() => void)[]>()
  const ring = (name: string): void => {
    const listeners = waiting.get(name) ?? []
    waiting.delete(name)
    for (const wakeUp of listeners) wakeUp()
  }
  const bell = (name: string): Promise<void> =>
    new Promise<void>((resolve) => {
      waiting.set(name, [...(waiting.get(name) ?? []), resolve])
    })
  return {
    changed: ring,
    nextChange: (name, ms) => Promise.race([bell(name), clock.sleep(ms)]),
    wake: () => ring(''),
    woken: (ms) => rest(bell(''), ms),
  }
}
