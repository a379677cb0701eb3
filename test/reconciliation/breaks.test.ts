import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Action, type Knowledge, NOTHING_KNOWN } from '../../src/reconciliation/actions.ts'
import type { BookName } from '../../src/reconciliation/ageing.ts'
import { type Break, breaksOf, type Occasion } from '../../src/reconciliation/breaks.ts'
import type { Row } from '../../src/reconciliation/row.ts'
import { DAY, matched, NOON, row } from './rows.ts'

const order = { bankOrderNo: 'B1', merchantOrderNo: 'M1' }
const refund = { ...order, kind: 'refund', refundNo: 'R1' } as const

async function told(
  bank: readonly Row[],
  hospital: readonly Row[],
  occasion: Partial<Occasion> = {},
): Promise<Break[]> {
  const { differences } = await matched(bank, hospital)
  return breaksOf(differences, { book: 'bank', today: '2026-11-20', nextRead: true, ...occasion })
}

async function onlyOne(...books: Parameters<typeof told>): Promise<Break> {
  const [one, ...others] = await told(...books)
  if (!one || others.length > 0) throw new Error('not one break')
  return one
}

describe('a break says', () => {
  it.each<[string, Row[], Row[], Partial<Break>]>([
    [
      'who holds too much',
      [row({ ...order, amountFen: 1_234 })],
      [],
      {
        term: '长款',
        differenceFen: 1_234,
        sentence:
          '长款（单边账）：银行订单号 B1，银行有收款 12.34 元，本系统没有记录，可能是回调丢失，或不经本系统收款。',
      },
    ],
    [
      'who holds too little',
      [],
      [row(order)],
      {
        term: '短款',
        differenceFen: -100,
        sentence:
          '短款（单边账）：银行订单号 B1，本系统有收款 1.00 元，银行没有记录，可能是对方未入账，或对方记入次日。',
      },
    ],
    [
      'both amounts',
      [row({ ...order, amountFen: 90 })],
      [row(order)],
      {
        term: '短款',
        differenceFen: -10,
        sentence:
          '短款：银行订单号 B1，收款金额不一致，银行 0.90 元，本系统 1.00 元，可能是一方记错金额，或含优惠、部分退款。',
      },
    ],
    [
      'both statuses',
      [row(order)],
      [row({ ...order, status: 'unknown' })],
      {
        term: '长款',
        sentence:
          '长款：银行订单号 B1，收款状态不一致，银行为成功（1.00 元），本系统为结果不明（1.00 元），可能是回调丢失或一方未更新结果。',
      },
    ],
    [
      'that a refund at the desk is missing here',
      [row(refund)],
      [],
      {
        term: '短款',
        sentence:
          '短款（单边账）：退款号 R1，银行有退款 1.00 元，本系统没有记录，可能是窗口或对方系统直接退款。',
      },
    ],
  ])('%s', async (_, bank, hospital, expected) => {
    expect(await onlyOne(bank, hospital)).toMatchObject(expected)
  })

  it('what is repeated, beside what it repeats', async () => {
    const breaks = await told([row(order), row(order), row(order)], [])
    expect(breaks.map(({ key }) => key)).toEqual([
      `bank:${DAY}:Pb:B1`,
      `bank:${DAY}:Pb:B1:bank-again`,
      `bank:${DAY}:Pb:B1:bank-again:2`,
    ])
    expect(breaks[1]?.sentence).toBe(
      '长款：银行订单号 B1，银行重复记收款 1.00 元，可能是患者重复付款，或对账文件重复列示。',
    )
  })

  it('the same key when the matter is seen in another class', async () => {
    const alone = await onlyOne([row(order)], [])
    const paired = await onlyOne([row(order)], [row({ ...order, amountFen: 7 })])
    expect(paired.class).not.toBe(alone.class)
    expect(paired.key).toBe(alone.key)
  })

  it('the same list whatever order the differences came in', async () => {
    const { differences } = await matched(
      [row(order), row(order), row(refund), row(), row()],
      [row(), row({ merchantOrderNo: 'M9' })],
    )
    const occasion = { book: 'bank', today: '2026-11-20', nextRead: true } as const
    const list = breaksOf(differences, occasion)
    expect(new Set(list.map(({ key }) => key)).size).toBe(differences.length)
    const shuffled = fc.shuffledSubarray(differences, { minLength: differences.length })
    fc.assert(
      fc.property(shuffled, (some) => {
        expect(breaksOf(some, occasion)).toEqual(list)
      }),
    )
  })
})

const paid: Knowledge = { order: true, answer: 'done', fulfilment: 'none', refundable: 'online' }

describe('[SC-C04, SC-X05] money that the bank holds too much', () => {
  it.each<[Partial<Knowledge>, Action]>([
    [NOTHING_KNOWN, 'hand-to-person'],
    [{ answer: null }, 'query-again'],
    [{ answer: 'none' }, 'hand-to-person'],
    [{}, 'refund-online'],
    [{ refundable: 'offline' }, 'refund-offline'],
    [{ refundable: null }, 'hand-to-person'],
    [{ fulfilment: null }, 'hand-to-person'],
    [{ fulfilment: 'delivered' }, 'write-back'],
  ])('with %o: %s', async (changes, action) => {
    const known = () => ({ ...paid, ...changes })
    expect((await onlyOne([row(order)], [], { known })).action).toBe(action)
    const unsettled = row({ ...order, status: 'unknown' })
    expect((await onlyOne([row(order)], [unsettled], { known })).action).toBe(action)
  })

  it('is never returned for a row that is listed twice: a person looks', async () => {
    const breaks = await told([row(order), row(order)], [row(order)], { known: () => paid })
    expect(breaks.map(({ action }) => action)).toEqual(['hand-to-person'])
  })

  it('is returned in part only after the bank confirmed that it was taken', async () => {
    const more = [row({ ...order, amountFen: 101 })]
    const action = async (known: Knowledge) =>
      (await onlyOne(more, [row(order)], { known: () => known })).action
    expect(await action({ ...paid, answer: null })).toBe('query-again')
    expect(await action({ ...paid, answer: 'none' })).toBe('hand-to-person')
    expect(await action(paid)).toBe('refund-online')
  })
})

describe('[SC-C05, SC-X06] a service without money', () => {
  it.each<[Partial<Knowledge>, Action]>([
    [{ answer: null }, 'query-again'],
    [{ answer: 'none', fulfilment: 'delivered' }, 'contact-patient'],
    [{ answer: 'none', fulfilment: 'none' }, 'hand-to-person'],
    [{ answer: 'done', fulfilment: 'delivered' }, 'hand-to-person'],
    [{ order: false }, 'hand-to-person'],
  ])('with %o: %s', async (changes, action) => {
    const known = () => ({ ...paid, ...changes })
    expect((await onlyOne([], [row(order)], { known })).action).toBe(action)
  })
})

describe('in the words of each book', () => {
  it.each<[BookName, string, string]>([
    ['his', 'HIS 台账有收款 1.00 元，本系统没有记录', 'HIS 台账重复记退款 1.00 元，可能是重复退款'],
    ['insurance', '医保有结算 1.00 元，本系统没有记录', '医保重复记退费 1.00 元，可能是重复退款'],
  ])('%s', async (book, has, again) => {
    const [one] = await told([row(order)], [], { book })
    expect(one?.sentence).toContain(has)
    const [twice] = await told([row(refund), row(refund)], [row(refund)], { book })
    expect(twice?.sentence).toContain(again)
  })
})

describe('another action', () => {
  it.each<[string, BookName, Row[], Row[], Action]>([
    ['books a refund made elsewhere', 'bank', [row(refund)], [], 'write-back'],
    ['tells HIS what it lacks', 'his', [], [row(order)], 'write-back'],
    ['leaves HIS’ own receipt to a person', 'his', [row(order)], [], 'hand-to-person'],
    [
      'leaves a refund of two amounts to a person',
      'bank',
      [row(refund)],
      [row({ ...refund, amountFen: 1 })],
      'hand-to-person',
    ],
  ])('%s', async (_, book, bank, hospital, action) => {
    const one = await onlyOne(bank, hospital, { book, known: () => paid })
    expect(one.action).toBe(action)
  })
})

const owed = (today: string, bank: Row[] = []) =>
  onlyOne(bank, [row({ ...order, amountFen: 5 })], { book: 'insurance', today })

describe('[SC-C01] what the insurance owes a row of', () => {
  it('is awaited for 31 days and a break from then on', async () => {
    expect(await owed('2026-11-20')).toMatchObject({ action: 'await-monthly-file', ageDays: 1 })
    expect(await owed('2026-12-20')).toMatchObject({ awaited: true, ageDays: 31 })
    expect(await owed('2026-12-21')).toMatchObject({ awaited: false, action: 'hand-to-person' })
  })

  it('is never awaited once its row came and says something else', async () => {
    expect(await owed('2026-11-20', [row(order)])).toMatchObject({
      awaited: false,
      action: 'hand-to-person',
    })
  })
})

const lone = (at: number, nextRead: boolean) =>
  onlyOne([], [row({ ...order, at })], { nextRead, known: () => paid })

describe('[SC-C02] what the bank owes a row of', () => {
  it('is a break at T+1, but near midnight only once the next file is read', async () => {
    const late = Date.parse(`${DAY}T23:45:00+08:00`)
    expect(await lone(NOON, false)).toMatchObject({ awaited: false })
    expect(await lone(late, true)).toMatchObject({ awaited: false })
    expect(await lone(late, false)).toMatchObject({ awaited: true, action: 'query-again' })
    expect((await lone(late, false)).sentence).toContain('暂不算差错')
    const early = Date.parse(`${DAY}T00:15:00+08:00`)
    expect(await lone(early, false)).toMatchObject({ awaited: true })
  })
})

const unreturned: Knowledge = { ...paid, answer: 'none' }
const actions = async (bank: Row[], hospital: Row[]) =>
  (await told(bank, hospital, { known: () => unreturned })).map(({ action }) => action)

const pair = async (bank: Row[], hospital: Row[]) => {
  const breaks = await told(bank, hospital)
  expect(breaks.map(({ offsets }) => offsets).toReversed()).toEqual(breaks.map(({ key }) => key))
  expect(breaks.reduce((sum, one) => sum + one.differenceFen, 0)).toBe(0)
  return breaks[0]?.sentence
}

describe('errors that hide each other are told of each other', () => {
  it('paid and given back, and we know of neither', async () => {
    expect(await pair([row(order), row(refund)], [])).toContain('两者相抵')
  })

  it('one payment under two numbers', async () => {
    expect(await pair([row(order)], [row({ bankOrderNo: 'B2' })])).toContain('不同单号')
  })

  it('too much here and too little there', async () => {
    const other = { bankOrderNo: 'B2' }
    const bank = [row({ ...order, amountFen: 90 }), row({ ...other, amountFen: 110 })]
    expect(await pair(bank, [row(order), row(other)])).toContain('合计被掩盖')
  })

  it('a payment and its refund, both of another amount, and neither is missing', async () => {
    const bank = [row({ ...order, amountFen: 110 }), row({ ...refund, amountFen: 110 })]
    expect(await pair(bank, [row(order), row(refund)])).toContain('合计被掩盖')
  })

  it('[SC-C04] and nothing is booked or returned of one alone: it may be the same money', async () => {
    const same = [row({ ...refund, refundNo: 'DESK1' })]
    expect(await actions(same, [])).toEqual(['write-back'])
    expect(await actions([], [row(refund)])).toEqual(['refund-online'])
    expect(await actions(same, [row(refund)])).toEqual(['hand-to-person', 'hand-to-person'])
    const other = row({ ...refund, bankOrderNo: 'B2', merchantOrderNo: 'M2' })
    expect(await actions(same, [other])).toEqual(['write-back', 'refund-online'])
    const unnamed = row({ ...refund, bankOrderNo: null, merchantOrderNo: null })
    expect(await actions(same, [unnamed])).toEqual(['hand-to-person', 'hand-to-person'])
  })

  it('but a payment never hides a payment of the same side, nor one of another amount', async () => {
    const bank = [row(order), row({ bankOrderNo: 'B2' })]
    const breaks = await told(bank, [row({ bankOrderNo: 'B3', amountFen: 99 })])
    expect(breaks.map(({ offsets }) => offsets)).toEqual([null, null, null])
  })
})
