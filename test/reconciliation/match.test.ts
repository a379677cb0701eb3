import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fen } from '../../src/payment/money.ts'
import { CLASSES } from '../../src/reconciliation/classes.ts'
import { ROW_KINDS, ROW_STATUSES, type Row } from '../../src/reconciliation/row.ts'
import { DAY, matched, NOON, row } from './rows.ts'

const NEXT_DAY = '2026-11-20'

describe('[SC-C03] a row ends in', () => {
  const b1 = { bankOrderNo: 'B1', merchantOrderNo: 'M1' }
  const refund = { kind: 'refund', refundNo: 'R1', ...b1 } as const

  it.each<[string, Row[], Row[], Record<string, [number, number]>]>([
    ['MATCHED by both numbers', [row(b1)], [row(b1)], { MATCHED: [1, 1] }],
    [
      'MATCHED by the bank number when the merchant numbers differ',
      [row({ bankOrderNo: 'B1', merchantOrderNo: 'M2' })],
      [row(b1)],
      { MATCHED: [1, 1] },
    ],
    [
      'MATCHED by the merchant number when the answer with the bank number was lost',
      [row(b1)],
      [row({ merchantOrderNo: 'M1' })],
      { MATCHED: [1, 1] },
    ],
    ['BANK_ONLY', [row(b1)], [], { BANK_ONLY: [1, 0] }],
    [
      'BANK_ONLY by the row that says that money moved, after one that says that none did',
      [row({ ...b1, status: 'none', at: NOON - 1_000 }), row(b1)],
      [],
      { BANK_ONLY: [1, 0], NO_MONEY: [1, 0] },
    ],
    ['HOSPITAL_ONLY', [], [row(b1)], { HOSPITAL_ONLY: [0, 1] }],
    ['AMOUNT_DIFF', [row({ ...b1, amountFen: 101 })], [row(b1)], { AMOUNT_DIFF: [1, 1] }],
    ['STATUS_DIFF', [row(b1)], [row({ ...b1, status: 'none' })], { STATUS_DIFF: [1, 1] }],
    [
      'STATUS_DIFF when nobody knows',
      [],
      [row({ ...b1, status: 'unknown' })],
      { STATUS_DIFF: [0, 1] },
    ],
    [
      'DUPLICATE at the bank',
      [row(b1), row(b1)],
      [row(b1)],
      { MATCHED: [1, 1], DUPLICATE: [1, 0] },
    ],
    [
      'DUPLICATE at the hospital',
      [row(b1)],
      [row(b1), row(b1)],
      { MATCHED: [1, 1], DUPLICATE: [0, 1] },
    ],
    [
      'DUPLICATE when a merchant number is paid under a second bank number',
      [row({ bankOrderNo: 'B9', merchantOrderNo: 'M1' }), row(b1)],
      [row(b1)],
      { MATCHED: [1, 1], DUPLICATE: [1, 0] },
    ],
    [
      'DUPLICATE though nobody knows the first',
      [row(b1), row(b1)],
      [],
      { BANK_ONLY: [1, 0], DUPLICATE: [1, 0] },
    ],
    [
      'NO_MONEY when both say so',
      [row({ ...b1, status: 'none' })],
      [row({ ...b1, status: 'none' })],
      { NO_MONEY: [1, 1] },
    ],
    [
      'NO_MONEY when a try failed before another was paid',
      [row({ ...b1, status: 'none' }), row(b1)],
      [row(b1)],
      { NO_MONEY: [1, 0], MATCHED: [1, 1] },
    ],
    [
      'MATCHED as a refund, by its own number',
      [row(refund)],
      [row({ ...refund, bankOrderNo: null })],
      { MATCHED: [1, 1] },
    ],
    [
      'REFUND_BANK_ONLY though its payment is matched',
      [row(b1), row(refund)],
      [row(b1)],
      { MATCHED: [1, 1], REFUND_BANK_ONLY: [1, 0] },
    ],
    ['REFUND_HOSPITAL_ONLY', [], [row(refund)], { REFUND_HOSPITAL_ONLY: [0, 1] }],
    [
      'REFUND_AMOUNT_DIFF',
      [row({ ...refund, amountFen: 1 })],
      [row(refund)],
      { REFUND_AMOUNT_DIFF: [1, 1] },
    ],
    [
      'REFUND_STATUS_DIFF',
      [row({ ...refund, status: 'none' })],
      [row(refund)],
      { REFUND_STATUS_DIFF: [1, 1] },
    ],
    [
      'REFUND_DUPLICATE',
      [row(refund), row(refund)],
      [row(refund)],
      { MATCHED: [1, 1], REFUND_DUPLICATE: [1, 0] },
    ],
    [
      'MATCHED as a reversal without a number, by its order',
      [row({ ...refund, kind: 'reversal', refundNo: null })],
      [row(refund)],
      { MATCHED: [1, 1] },
    ],
    [
      'its own class when two refunds of one order have two numbers',
      [row(refund), row({ ...refund, refundNo: 'R2' })],
      [row(refund)],
      { MATCHED: [1, 1], REFUND_BANK_ONLY: [1, 0] },
    ],
    [
      'BANK_ONLY without any number, never a repetition',
      [row(), row()],
      [row()],
      { BANK_ONLY: [2, 0], HOSPITAL_ONLY: [0, 1] },
    ],
    [
      'BANK_ONLY when only a refund bears its number',
      [row({ bankOrderNo: 'R1' })],
      [row(refund)],
      { BANK_ONLY: [1, 0], REFUND_HOSPITAL_ONLY: [0, 1] },
    ],
  ])('%s', async (_, bank, hospital, expected) => {
    expect((await matched(bank, hospital)).counts).toEqual(expected)
  })

  it('MATCHED when the bank repeats it with a wrong amount, which is the DUPLICATE', async () => {
    const wrong = row({ ...b1, amountFen: 7 })
    const { counts, differences } = await matched([wrong, row(b1)], [row(b1)])
    expect(counts).toEqual({ MATCHED: [1, 1], DUPLICATE: [1, 0] })
    expect(differences).toEqual([{ class: 'DUPLICATE', bank: wrong, hospital: null }])
  })
})

describe('of two rows of theirs for one of ours', () => {
  it('the one under the bank’s own number is the original, even if the other came first', async () => {
    const b1 = { bankOrderNo: 'B1', merchantOrderNo: 'M1' }
    const other = row({ ...b1, bankOrderNo: 'X', at: NOON - 1_000 })
    const { differences } = await matched([other, row(b1)], [row(b1)])
    expect(differences).toMatchObject([{ class: 'DUPLICATE', bank: { bankOrderNo: 'X' } }])
  })
})

describe('[SC-Q12] midnight', () => {
  it('leaves a repetition after it to the day of the order that it repeats', async () => {
    const b1 = { bankOrderNo: 'B1', merchantOrderNo: 'M1' }
    const theirs = [row(b1), row({ ...b1, businessDate: NEXT_DAY })]
    expect((await matched(theirs, [row(b1)])).counts).toEqual({
      MATCHED: [1, 1],
      DUPLICATE: [1, 0],
    })
    expect((await matched(theirs, [row(b1)], NEXT_DAY)).counts).toEqual({ OTHER_DAY: [2, 1] })
  })

  const late = { bankOrderNo: 'B1', at: Date.parse('2026-11-19T23:59:59+08:00') }
  const ours = row(late)
  const theirs = row({ ...late, businessDate: NEXT_DAY, at: late.at + 2_000 })

  it('parts no pair: it counts to the order’s day, and on the day of the file to no class of its own', async () => {
    expect((await matched([theirs], [ours])).counts).toEqual({ MATCHED: [1, 1] })
    expect((await matched([theirs], [ours], NEXT_DAY)).counts).toEqual({ OTHER_DAY: [1, 1] })
  })

  it('leaves what stands alone to its own day', async () => {
    expect((await matched([theirs], [])).counts).toEqual({ OTHER_DAY: [1, 0] })
    expect((await matched([theirs], [], NEXT_DAY)).counts).toEqual({ BANK_ONLY: [1, 0] })
  })
})

const asText = (list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).toSorted()

/** Few numbers, so that everything collides with everything. */
const number = fc.option(fc.constantFrom('1', '2', '3'), { nil: null })
const rows = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...ROW_KINDS),
      status: fc.constantFrom(...ROW_STATUSES),
      bankOrderNo: number,
      merchantOrderNo: number,
      refundNo: number,
      amountFen: fc.integer({ min: 0, max: 2 }).map(fen),
      businessDate: fc.constantFrom(DAY, DAY, NEXT_DAY),
      at: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
    }),
    { maxLength: 14 },
  )
  .map((list): Row[] =>
    // As in a file: a payment has no refund number.
    list.map((one, place) => ({
      ...one,
      place,
      refundNo: one.kind === 'payment' ? null : one.refundNo,
    })),
  )

describe('[SC-C03] for any two books', () => {
  it('every row is in exactly one class, with its amount', async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, async (bank, hospital) => {
        const { tally, differences } = await matched(bank, hospital)
        for (const [side, book] of [
          ['bank', bank],
          ['hospital', hospital],
        ] as const) {
          const counted = CLASSES.map((name) => tally[name])
          expect(counted.reduce((sum, one) => sum + one.rows[side], 0)).toBe(book.length)
          const total = book.reduce((sum, one) => sum + one.amountFen, 0)
          expect(counted.reduce((sum, one) => sum + one.fen[side], 0)).toBe(total)
          const told = differences.flatMap((one) => (one[side] ? [one[side].place] : []))
          expect(new Set(told).size).toBe(told.length)
          for (const one of differences) if (one[side]) expect(book).toContainEqual(one[side])
        }
      }),
      { numRuns: 500 },
    )
  })

  it('the order of rows does not matter', async () => {
    const shuffled = rows.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
    await fc.assert(
      fc.asyncProperty(shuffled, shuffled, async ([bank, bank2], [hospital, hospital2]) => {
        const one = await matched(bank, hospital)
        const other = await matched(bank2, hospital2)
        expect(other.tally).toEqual(one.tally)
        expect(asText(other.differences)).toEqual(asText(one.differences))
      }),
      { numRuns: 1_000 },
    )
  })

  it('a book agrees with itself, but for what it repeats or does not know', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (book) => {
        const named = book.filter(({ bankOrderNo }) => bankOrderNo !== null)
        const { counts } = await matched(named, named)
        expect(counts).not.toHaveProperty('AMOUNT_DIFF')
        expect(counts).not.toHaveProperty('REFUND_AMOUNT_DIFF')
      }),
    )
  })
})

const at = (index: number): Row =>
  row({
    bankOrderNo: `B${index}`,
    merchantOrderNo: `M${index}`,
    amountFen: index,
    place: index,
  })

describe('a large day', () => {
  it('is matched in whatever order the bank lists it', async () => {
    const size = 20_000
    const hospital = Array.from({ length: size }, (_, index) => at(index))
    const bank = Array.from({ length: size }, (_, index) => at((index * 7_919) % size))
    const { counts, tally } = await matched(bank, hospital)
    expect(counts).toEqual({ MATCHED: [size, size] })
    expect(tally.MATCHED.fen).toEqual({ bank: 199_990_000, hospital: 199_990_000 })
  })

  it('is refused when a number is none: its bytes could be those of another', async () => {
    await expect(matched([], [row({ bankOrderNo: '单号' })])).rejects.toThrow('ASCII')
    await expect(matched([], [row({ bankOrderNo: '1'.repeat(256) })])).rejects.toThrow('long')
  })
})
