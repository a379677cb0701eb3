/** A day with everything that a report can show. */
import { breaksOf } from '../../src/reconciliation/breaks.ts'
import { cashProof, type Movement } from '../../src/reconciliation/cash-proof.ts'
import { type BookName } from '../../src/reconciliation/ageing.ts'
import { fen } from '../../src/payment/money.ts'
import { type Report, type ReportedBreak, reportOf } from '../../src/reconciliation/report.ts'
import type { Row } from '../../src/reconciliation/row.ts'
import { DAY, matched, NOON, row } from '../reconciliation/rows.ts'

export const FROM = '2026-10-21'
const HOUR_MS = 3_600_000

const bank: Row[] = [
  row({ bankOrderNo: 'B1', amountFen: 12_345 }),
  row({ bankOrderNo: 'B2' }),
  row({ bankOrderNo: '=cmd|calc!A1<b>&"', amountFen: 900 }),
]
const hospital: Row[] = [row({ bankOrderNo: 'B2' }), row({ bankOrderNo: 'B4', amountFen: 7 })]

export const movement = (changes: Partial<Movement> = {}): Movement => ({
  leg: 'self-pay',
  direction: 'payment',
  amountFen: fen(10_000),
  number: 'M1',
  at: NOON,
  knownAt: NOON,
  ...changes,
})

const EARLIER = { number: 'M0', at: NOON - 48 * HOUR_MS, knownAt: NOON }
const LATE = { number: 'M9', amountFen: fen(5), knownAt: NOON + 48 * HOUR_MS }

export async function sampleReport(startedBy = '王敏'): Promise<Report> {
  const { tally, differences } = await matched(bank, hospital)
  const occasion = { book: 'bank', today: '2026-11-20', nextRead: true } as const
  const breaks: ReportedBreak[] = breaksOf(differences, occasion).map((content) => ({
    key: content.key,
    state: 'open',
    content,
  }))
  const [first] = breaks
  if (!first) throw new Error('no break')
  const old = (date: string, state: string): ReportedBreak => ({
    key: `${date} ${state}`,
    state,
    content: { ...first.content, date },
  })
  const run = (book: BookName, at: number) => ({
    book,
    date: DAY,
    at,
    startedBy,
    inputs: { 'bank.txt': 'ab'.repeat(32) },
    tally,
  })
  const openings = {
    'self-pay': 1_234_567_89,
    insurance: 500,
    'one-code': 0,
    'hrss-pay': 0,
    'one-card': 0,
  }
  return reportOf({
    date: DAY,
    from: FROM,
    proof: cashProof(DAY, openings, [
      movement(),
      movement({ direction: 'refund', number: 'R1', amountFen: fen(2_500) }),
      movement({ leg: 'insurance', amountFen: fen(88_800) }),
      movement(EARLIER),
      movement(LATE),
    ]),
    runs: [run('bank', NOON), run('bank', NOON + HOUR_MS), run('his', NOON)],
    breaks: [
      old('2026-11-02', 'open'),
      old('2026-11-02', 'closed'),
      old('2026-11-12', 'closed'),
      ...breaks,
    ],
    older: [],
    events: breaks.map(({ key, content }) => ({
      key,
      at: NOON,
      what: 'opened',
      by: startedBy,
      sentence: content.sentence,
    })),
  })
}
