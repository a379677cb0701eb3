/** What must always hold, and what a row expects besides; every sentence returned is a reason for red. */
import { count, type Evidence, effectsOf } from './evidence.ts'
import { EXCHANGE, type Expectation, type Row } from './row.ts'
import { booksAgree, exactly } from './table-3.ts'

/** The calls whose effects are counted; 9001 is the operator's, holds are the desks'. */
const COUNTED = [
  'userQuery',
  'oauth.token',
  '6201',
  '6202',
  '6203',
  'self-pay-order',
  'mixed-submit',
  'refund',
  'refund-notice',
  'refund-write-back',
  'settlement',
] as const

export function judge(row: Row, evidence: Evidence): string[] {
  return [
    ...judgeStatus(row.expect, evidence),
    ...judgeMoney(row.expect, evidence),
    ...judgeEffects(row, evidence),
    ...judgeRecords(row.expect, evidence),
    ...judgeRefund(row, evidence),
    ...(row.expect.also?.(evidence) ?? []),
  ]
}

function judgeRefund({ on, expect: { calls } }: Row, evidence: Evidence): string[] {
  if (!calls) return []
  const dies = typeof on !== 'string' && (on.dieAfter !== undefined || on.lose?.andDie === true)
  return [...exactly(calls, evidence, { dies }), ...booksAgree(evidence)]
}

function differs(what: string, expected: unknown, found: unknown): string[] {
  const same = JSON.stringify(expected) === JSON.stringify(found)
  return same ? [] : [`${what} 应为 ${JSON.stringify(expected)}，实为 ${JSON.stringify(found)}`]
}

function judgeStatus(expect: Expectation, { order, codes }: Evidence): string[] {
  const writeBack = expect.writeBack ?? (expect.status === 'paid' ? 'done' : 'none')
  return [
    ...differs('状态', expect.status, order.status),
    ...differs('回写状态', writeBack, order.hisWriteBack),
    ...differs('患者收到的错误', expect.codes ?? [], codes),
  ]
}

/** The bank holds the own money exactly when the order is paid; the insurance likewise (SC-G03). */
function judgeMoney(expect: Expectation, { order, ledger }: Evidence): string[] {
  const { selfPayFen, fundFen, accountFen, otherFen } = order.amounts
  const paid = order.status === 'paid'
  const held = (expect.bankHolds ?? paid) ? selfPayFen - (paid ? order.refundedFen : 0) : 0
  const settled = (expect.insuranceSettled ?? paid) ? fundFen + accountFen + otherFen : 0
  const { balances, cashOrders } = ledger
  const sum = Object.values(balances).reduce((all, fen) => all + fen, 0)
  const alive = cashOrders.filter(({ status }) => status === 'open' || status === 'paid')
  return [
    ...differs('银行持有（分）', held, balances['bank']),
    ...differs('医保结算（分）', settled, balances['insurance-payable']),
    ...differs('账平', 0, sum),
    ...(alive.length > 1 ? ['同时有两笔有效的自费订单'] : []),
  ]
}

function expectedEffects(row: Row, evidence: Evidence): Record<string, number> {
  const { order } = evidence
  const paid = row.expect.status === 'paid'
  const insured = evidence.steps.some(({ no }) => no === '4')
  const ordered = paid || evidence.steps.some(({ no }) => no === '9')
  const usual: Record<string, number> = {
    [EXCHANGE[row.channel ?? 'wechat']]: insured ? 1 : 0,
    '6201': insured ? 1 : 0,
    '6202': insured ? 1 : 0,
    '6203': 0,
    'self-pay-order': ordered && order.amounts.selfPayFen > 0 ? 1 : 0,
    'mixed-submit': ordered ? 1 : 0,
    refund: 0,
    settlement: order.hisWriteBack === 'done' ? 1 : 0,
  }
  return { ...usual, ...row.expect.effects }
}

function judgeEffects(row: Row, evidence: Evidence): string[] {
  const expected = expectedEffects(row, evidence)
  const found = effectsOf(evidence.calls)
  const names = new Set([...COUNTED, ...Object.keys(row.expect.effects ?? {})])
  return [
    ...[...names].flatMap((name) =>
      differs(`${name} 生效次数`, expected[name] ?? 0, found[name] ?? 0),
    ),
    ...twoOpen(evidence),
  ]
}

/** SC-P08: never a second number before the first cash order is closed or known never to have been. */
function twoOpen({ calls }: Evidence): string[] {
  let open = 0
  for (const { call, result } of calls) {
    if (result !== 'effect') continue
    if (call === 'self-pay-order') open += 1
    if (call === 'close') open -= 1
    if (open > 1) return ['前一笔自费订单未关闭就使用了第二个订单号']
  }
  return []
}

function judgeRecords(expect: Expectation, { own, calls }: Evidence): string[] {
  const missing = (expect.seen ?? []).filter((wanted) => {
    const [call = '', result = ''] = wanted.split(' ')
    return !calls.some((row) => row.call === call && row.result === result)
  })
  const { grid } = own.asked
  return [
    ...missing.map((wanted) => `没有出现：${wanted}`),
    ...differs('人工事项', (expect.workItems ?? []).toSorted(), [...own.workItems].toSorted()),
    ...(expect.gridQuestions === undefined
      ? []
      : differs('定时查询次数', expect.gridQuestions, grid)),
    ...(grid > 13 ? [`定时查询 ${grid} 次，多于 13 次`] : []),
    ...(own.openIntents.length > 0 ? [`未了结的动作：${own.openIntents.join('、')}`] : []),
  ]
}

export function hisWrites({ calls }: Evidence): number {
  return count(calls, 'settlement', 'effect')
}
