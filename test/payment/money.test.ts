import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fen,
  fenToYuan,
  isFen,
  parseFen,
  sumFen,
  yuanToFen,
  ZERO,
} from '../../src/payment/money.ts'

const MAX_YUAN_FEN = 999_999_999_999_999
const anyFen = fc.integer({ min: 0, max: MAX_YUAN_FEN }).map(fen)

const HOSTILE = [
  '',
  ' ',
  '1e3',
  '０.１',
  '１２',
  '-1',
  '-0',
  '+1',
  '00.1',
  '01',
  '1.234',
  '.5',
  '1.',
  '1,000',
  '1 000',
  ' 1',
  '1\n',
  '0x10',
  'NaN',
  'Infinity',
  '1.2.3',
  '１.00元',
  '￥1',
  '٣',
  '9007199254740993.00',
  '99999999999999999999',
]

describe('yuan to fen', () => {
  it.each([
    ['0', 0],
    ['0.00', 0],
    ['0.1', 10],
    ['0.01', 1],
    ['123.4', 12_340],
    ['123.40', 12_340],
    ['123.4000', 12_340],
    ['9999999999999.99', MAX_YUAN_FEN],
  ])('reads %j as %i fen', (text, amount) => expect(yuanToFen(text)).toBe(amount))

  it.each(HOSTILE)('reads no amount from %j', (text) => expect(yuanToFen(text)).toBeNull())

  it('comes back as the same amount for every amount', () => {
    fc.assert(
      fc.property(anyFen, (amount) => {
        const text = fenToYuan(amount)
        expect(text).toMatch(/^(0|[1-9]\d*)\.\d{2}$/)
        expect(yuanToFen(text)).toBe(amount)
      }),
    )
  })

  it('never makes a fraction, a negative amount or a rounded one from any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789.-+eE, '.split('')) }),
        (text) => {
          const amount = yuanToFen(text)
          if (amount !== null) expect(BigInt(amount)).toBe(exactFen(text))
        },
      ),
    )
  })
})

/** The value by digits alone, so that no float of ours can agree with a float of theirs. */
function exactFen(text: string): bigint {
  const [yuan = '', decimals = ''] = text.split('.')
  const kept = decimals.padEnd(2, '0')
  expect(kept.slice(2)).toMatch(/^0*$/)
  return BigInt(yuan + kept.slice(0, 2))
}

describe('digits to fen', () => {
  it.each([...HOSTILE, '1.00', '0.1', String(2 ** 53)])('reads no amount from %j', (text) =>
    expect(parseFen(text)).toBeNull(),
  )

  it('reads up to the largest safe integer and not one more', () => {
    expect(parseFen(String(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
    expect(parseFen('9007199254740992')).toBeNull()
  })

  it('comes back as the same amount for every amount', () => {
    fc.assert(fc.property(anyFen, (amount) => parseFen(String(amount)) === amount))
  })
})

describe('fen', () => {
  it.each([-1, 0.1, Number.NaN, Infinity, 2 ** 53, '1', null, undefined, 1n, {}])(
    'refuses %s',
    (value) => {
      expect(isFen(value)).toBe(false)
      expect(() => fen(value)).toThrow('bill-invalid')
    },
  )

  it('adds exactly, and refuses a sum that no longer is exact', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10 ** 12 }).map(fen)), (parts) => {
        const exact = parts.reduce((total, part) => total + BigInt(part), 0n)
        expect(BigInt(sumFen(parts))).toBe(exact)
      }),
    )
    expect(sumFen([])).toBe(ZERO)
    expect(() => sumFen([fen(Number.MAX_SAFE_INTEGER), fen(1)])).toThrow('bill-invalid')
  })
})
