import type { App } from '../app.ts'

interface Round {
  readonly what: string
  readonly everyMs: number
  readonly work: () => Promise<void>
}

/** @returns what the worker calls at every look: does the work when it is time, never twice at once. */
export function comesRound(app: App, { what, everyMs, work }: Round): () => void {
  let busy = false
  let nextAt = app.clock.now()
  return () => {
    const now = app.clock.now()
    if (busy || now < nextAt) return
    busy = true
    nextAt = now + everyMs
    app.inBackground(what, () => work().finally(() => (busy = false)))
  }
}
