import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { LeaseLost } from './held-order.ts'

export type InTime<T> =
  { readonly kind: 'answered'; readonly value: T } | { readonly kind: 'later' }

/**
 * A patient waits only so long; the work goes on without them. What fails after that is said once,
 * to the log: a refusal as a fact, anything else as an error.
 */
export async function answerInTime<T>(
  app: App,
  limit: { what: string; withinMs: number },
  work: () => Promise<T>,
): Promise<InTime<T>> {
  const running = work().then(
    (value): InTime<T> => ({ kind: 'answered', value }),
    (error: unknown): InTime<T> => {
      // Somebody else has the order now and finishes it.
      if (error instanceof LeaseLost) return { kind: 'later' }
      throw error
    },
  )
  let late = false
  const timeIsUp = app.clock.sleep(limit.withinMs).then((): InTime<T> => {
    late = true
    return { kind: 'later' }
  })
  const first = await Promise.race([running, timeIsUp])
  if (late) app.inBackground(limit.what, () => finish(app, limit.what, running))
  return first
}

async function finish(app: App, what: string, running: Promise<unknown>): Promise<void> {
  try {
    await running
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    app.log.info({ what, code: error.code }, 'refused while nobody waited')
  }
}
