/** The only repetition in this folder, and for questions only: an effect is never sent again here. */
import pRetry from 'p-retry'
import type { Answer } from './upstream.ts'

export interface Patience {
  /** How often at most, the first time included. */
  readonly tries: number
  /** Between two tries. */
  readonly pauseMs?: number
  /** The app's `clock.sleep`: p-retry itself never waits (DECISIONS.md 8). */
  readonly pause: (ms: number) => Promise<void>
}

class NoAnswer extends Error {
  override name = 'NoAnswer'
}

/** Asks until there is an answer; the last `unknown` or `unsent` is the result when there is none. */
export async function askAgain<T>(
  question: () => Promise<Answer<T>>,
  { tries, pause, pauseMs = 200 }: Patience,
): Promise<Answer<T>> {
  let last: Answer<T> = { kind: 'unknown', cause: 'not-asked' }
  const ask = async (): Promise<Answer<T>> => {
    last = await question()
    if (last.kind === 'unknown' || last.kind === 'unsent') throw new NoAnswer(last.cause)
    return last
  }
  try {
    return await pRetry(ask, {
      retries: Math.max(0, tries - 1),
      minTimeout: 0,
      shouldRetry: async ({ error }) => {
        if (!(error instanceof NoAnswer)) return false
        await pause(pauseMs)
        return true
      },
    })
  } catch (error) {
    if (error instanceof NoAnswer) return last
    throw error
  }
}
