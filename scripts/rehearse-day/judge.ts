/** Whether each injected error was found, once, in its class, and nothing else; and what became of it. */
import { z } from 'zod'
import type { BookName } from '../../src/reconciliation/ageing.ts'
import type { Injected } from '../../src/sandbox/settlement-files/errors.ts'

const ROW = z.object({ merchantOrderNo: z.string().nullable(), refundNo: z.string().nullable() })
const BREAK = z.object({
  key: z.string(),
  book: z.string(),
  class: z.string(),
  state: z.enum(['open', 'handled', 'closed']),
  sentence: z.string(),
  action: z.string(),
  bank: ROW.nullable(),
  hospital: ROW.nullable(),
})
const BREAKS = z.array(BREAK)
export type FoundBreak = z.infer<typeof BREAK>

export const breaksIn = (printed: string): FoundBreak[] => BREAKS.parse(JSON.parse(printed))

export interface Wrong extends Injected {
  readonly book: BookName
}

export interface Verdict {
  readonly wrong: Wrong
  readonly found: FoundBreak | null
  /** The same difference once the safe actions were taken. */
  readonly after: FoundBreak | null
  /** Chinese, empty when all is as it should be. */
  readonly problem: string
}

/** Safe actions end these; about the others a person decides. */
const CLOSED: Readonly<Record<BookName, readonly Injected['error'][]>> = {
  bank: ['REFUND_BANK_ONLY'],
  his: ['HOSPITAL_ONLY', 'REFUND_HOSPITAL_ONLY'],
  insurance: [],
}

const EXPLAINED = /^(长款|短款|不平)(（单边账）)?：.+可能是.+。$/

/** @param before as `breaks` listed them; @param after once the safe actions were taken. */
export function judge(
  wrongs: readonly Wrong[],
  before: readonly FoundBreak[],
  after: readonly FoundBreak[],
): { verdicts: readonly Verdict[]; strays: readonly FoundBreak[] } {
  const later = new Map(after.map((one) => [one.key, one]))
  const verdicts = wrongs.map((wrong): Verdict => {
    const own = before.filter((one) => isAbout(wrong, one))
    const [found = null] = own
    const now = later.get(found?.key ?? '') ?? null
    return { wrong, found, after: now, problem: problemOf(wrong, own, now) }
  })
  const known = new Set(before.map(({ key }) => key))
  const strays = [
    ...before.filter((one) => !wrongs.some((wrong) => isAbout(wrong, one))),
    ...after.filter(({ key }) => !known.has(key)),
  ]
  return { verdicts, strays }
}

function problemOf(
  { book, error }: Wrong,
  own: readonly FoundBreak[],
  after: FoundBreak | null,
): string {
  const [found] = own
  if (found === undefined) return '没有发现'
  if (own.length > 1) return `发现 ${own.length} 次`
  if (found.class !== error) return `归为 ${found.class}`
  if (!EXPLAINED.test(found.sentence)) return '没有说明'
  const expected = CLOSED[book].includes(error) ? 'closed' : 'open'
  const state = after?.state ?? '没有列出'
  return state === expected ? '' : `办理后 ${state}，应为 ${expected}`
}

function isAbout({ book, merchantNo, refundNo }: Wrong, one: FoundBreak): boolean {
  const row = one.hospital ?? one.bank
  if (one.book !== book || row === null) return false
  return refundNo === ''
    ? row.refundNo === null && row.merchantOrderNo === merchantNo
    : row.refundNo === refundNo
}
