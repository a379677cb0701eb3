/** How the first questions about a bill are spoilt, by its suffix. */
import type { Bank } from './book.ts'
import { misbehaviour } from './book.ts'

/** Beyond a grid query's own 4 s time-out (docs/rulings.md 2.6). */
const SLOW_MS = 6_000
const SPOILT_QUESTIONS = 3

export type Spoilt = 'late' | 'bad-signature' | 'unlisted' | 'garbage'

const KINDS: Readonly<Record<string, Spoilt>> = {
  F24: 'late',
  F25: 'bad-signature',
  F29: 'unlisted',
  F30: 'garbage',
}

/** @returns null when the answer is to be as it should. */
export function spoilt(bank: Bank, billNo: string): Spoilt | null {
  const kind = KINDS[misbehaviour(billNo) ?? '']
  if (kind === undefined) return null
  return bank.context.world.count(`bank:question:${billNo}`) < SPOILT_QUESTIONS ? kind : null
}

export const delayOf = ({ context: { world } }: Bank, kind: Spoilt | null): number =>
  kind === 'late' ? SLOW_MS * world.timeScale : 0

export const GARBAGE = {
  kind: 'answer',
  status: 502,
  contentType: 'text/html',
  body: '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>',
} as const
