import { describe, expect, it } from 'vitest'
import { judge, judgeEntry } from '../../scripts/acceptance/judge.ts'
import { missingFrom, readPlan } from '../../scripts/acceptance/plan.ts'
import type { Inspection } from '../../src/flows/operators/inspect-order.ts'
import { fen } from '../../src/payment/money.ts'
import { done, unknown } from '../../src/upstreams/upstream.ts'
import { testBill } from '../support/app.ts'
import { anOrder } from '../support/orders.ts'

const NINE = `业务,场景,账单号
挂号,纯医保,MZ1
挂号,纯自费,MZ2
挂号,混合,MZ3
诊间,纯医保,MZ4
诊间,纯自费,MZ5
诊间,混合,MZ6
购药,纯医保,MZ7
购药,纯自费,MZ8
购药,混合,MZ9
`

describe('the plan of an acceptance', () => {
  it('[SC-O11] covers every scenario at every business type, or says what is missing', () => {
    const { cells, problems } = readPlan(NINE)
    expect([cells.length, problems, missingFrom(cells)]).toEqual([9, [], []])
    expect(missingFrom(cells.slice(1))).toEqual(['纯医保 × 挂号'])
  })

  it('names the line that cannot be read, and repeats nothing of it', () => {
    const { problems } = readPlan('挂号,纯医保\n住院,混合,MZ1\n挂号,半价,MZ2\n诊间,混合,MZ 3\n')
    expect(problems).toEqual([
      '第 1 行：须为三列：业务,场景,账单号',
      '第 2 行：业务须为 挂号、诊间、购药',
      '第 3 行：场景须为 纯医保、纯自费、混合',
      '第 4 行：账单号须为 1-64 位字母、数字、点、横线或下划线',
    ])
    expect(readPlan('挂号,混合,MZ1\n诊间,混合,MZ1').problems).toEqual(['第 2 行：账单号重复'])
    expect(readPlan('\uFEFF业务,场景,账单号\n').problems).toEqual(['文件中没有账单'])
  })
})

const order = anOrder({
  businessType: 'registration',
  state: 'paid',
  scenario: 'mixed',
  selfPay: 'paid',
  insurance: 'settled',
  hisWriteBack: 'done',
})
const { amounts } = order

const HELD = { insuranceReturned: false, cashReturned: false } as const

const GREEN: Inspection = {
  order,
  effects: [],
  needsAPerson: false,
  byTester: true,
  bill: done(testBill({ billNo: order.billNo, totalFen: amounts.totalFen })),
  bank: done({
    mixTradeNo: 'MIX1',
    institutionNo: 'INS1',
    legs: { overall: 'success', selfPay: 'success', insurance: 'success' },
    amounts,
    paidAt: 0,
    failReason: null,
  }),
  insurer: done({ ordStas: '6', phase: 'settled', amounts, ...HELD }),
  writtenBack: done(undefined),
}

const CELL = { business: 'registration', scenario: 'mixed', billNo: order.billNo } as const

describe('[SC-O14] a paid bill of an acceptance', () => {
  it('is green when everybody says the same', () => {
    expect(judge(CELL, GREEN, null)).toEqual([])
  })

  it.each<[string, Partial<Inspection>]>([
    ['订单状态为“正在确认，请勿重复付款”', { order: { ...order, state: 'processing' } }],
    ['场景为 纯医保', { order: { ...order, scenario: 'insurance-only' } }],
    ['有待人工处理的事项', { needsAPerson: true }],
    ['付款人不在测试人员名单中', { byTester: false }],
    ['医院系统账单为 999 分', { bill: done(testBill({ totalFen: fen(999) })) }],
    ['医院系统查不到账单', { bill: { kind: 'absent' } }],
    ['医院系统没有确认入账', { writtenBack: { kind: 'absent' } }],
    ['银行没有给出混合订单的答复', { bank: unknown('test') }],
    ['医保中台没有给出订单的答复', { insurer: unknown('test') }],
    [
      '医保中台显示 ordStas 2，不是已结算',
      { insurer: done({ ordStas: '2', phase: 'settling', amounts: null, ...HELD }) },
    ],
    [
      '医保中台的统筹基金为 599 分，订单为 5500 分',
      {
        insurer: done({
          ordStas: '6',
          phase: 'settled',
          amounts: { ...amounts, fundFen: fen(599) },
          ...HELD,
        }),
      },
    ],
  ])('is red: %s', (sentence, changes) => {
    expect(judge(CELL, { ...GREEN, ...changes }, null)).toEqual([sentence])
  })

  it('is red when the bank says another result or another amount', () => {
    if (GREEN.bank?.kind !== 'done') throw new Error('no answer')
    const { value } = GREEN.bank
    const failed = { ...value.legs, overall: 'fail', insurance: 'fail' } as const
    expect(judge(CELL, { ...GREEN, bank: done({ ...value, legs: failed }) }, null)).toEqual([
      '银行的结果不是支付成功（refund-self-pay）',
    ])
    const less = { ...amounts, selfPayFen: fen(100) }
    expect(judge(CELL, { ...GREEN, bank: done({ ...value, amounts: less }) }, null)).toEqual([
      '银行的自费为 100 分，订单为 3000 分',
    ])
  })

  it('is red when it was begun before the entry was closed', () => {
    expect(judge(CELL, GREEN, order.createdAt - 1)).toEqual([])
    expect(judge(CELL, GREEN, order.createdAt)).toEqual(['订单早于入口关闭之时'])
  })

  it('counts only while the entry stayed closed from beginning to end', () => {
    const since = { at: 5, operator: '王敏' }
    const closed = { entry: { mode: 'closed' }, since, testers: [], history: [] } as const
    const says = ['验收期间入口有过变更，须重新关闭后再验收']
    expect(judgeEntry(closed, closed)).toEqual([])
    expect(judgeEntry(closed, { ...closed, entry: { mode: 'open' } })).toEqual(says)
    expect(judgeEntry(closed, { ...closed, since: { ...since, at: 6 } })).toEqual(says)
    expect(judgeEntry({ ...closed, since: null }, closed)).toEqual(says)
  })
})
