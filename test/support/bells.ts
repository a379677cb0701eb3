/** As in `app.ts`: who waits for what inside one process. */
import type { App } from '../../src/app.ts'
import type { Clock } from '../../src/clock.ts'

/** @param lookEveryMs the tests' own raster of the worker's looks; else as long as it asks for */
export function bells(
  clock: Clock,
  lookEveryMs?: number,
): Pick<App, 'changed' | 'nextChange' | 'wake' | 'woken'> {
  const waiting = new Map<string, (() => void)[]>()
  const ring = (name: string): void => {
    const listeners = waiting.get(name) ?? []
    waiting.delete(name)
    for (const wakeUp of listeners) wakeUp()
  }
  const heard = async (name: string, ms: number): Promise<void> => {
    const bell = new Promise<void>((resolve) => {
      waiting.set(name, [...(waiting.get(name) ?? []), resolve])
    })
    await Promise.race([bell, clock.sleep(ms)])
  }
  return {
    changed: ring,
    nextChange: heard,
    wake: () => ring(''),
    woken: (ms) => heard('', lookEveryMs ?? ms),
  }
}
