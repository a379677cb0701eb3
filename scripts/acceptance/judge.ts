/** Whether a paid bill is what its cell promised, by everybody who knows of it. */
import type { EntryState } from '../../src/flows/entry.ts'
import type { Inspection } from '../../src/flows/operators/inspect-order.ts'
import { type Amounts, insuranceFen } from '../../src/payment/amounts.ts'
import { judgeLegs } from '../../src/payment/legs.ts'
import { STATES } from '../../src/payment/states.ts'
import { BUSINESSES, type Cell, SCENARIOS } from './plan.ts'

/**
 * @param closedSince when the entry was closed; null while it never was anything else.
 * @returns one Chinese sentence for every reason why the cell is red; none when it is green.
 */
export function judge(cell: Cell, inspection: Inspection, closedSince: number | null): string[] {
  return [
    ...judgePayer(inspection, closedSince),
    ...judgeOrder(cell, inspection),
    ...judgeHis(inspection),
    ...judgeBank(inspection),
    ...judgeInsurer(inspection),
  ]
}

const unless = (holds: boolean, sentence: string): string[] => (holds ? [] : [sentence])

/** Real patients, and orders from before the rehearsal, prove nothing of it (SC-O14). */
function judgePayer({ order, byTester }: Inspection, closedSince: number | null): string[] {
  return [
    ...unless(byTester, '付款人不在测试人员名单中'),
    ...unless(closedSince === null || order.createdAt > closedSince, '订单早于入口关闭之时'),
  ]
}

/** @returns one Chinese sentence when the entry did not stay closed from beginning to end. */
export function judgeEntry(before: EntryState, after: EntryState): string[] {
  const stayed = after.entry.mode === 'closed' && after.since?.at === before.since?.at
  return unless(stayed, '验收期间入口有过变更，须重新关闭后再验收')
}

function judgeOrder(cell: Cell, { order, effects, needsAPerson }: Inspection): string[] {
  const { scenario, businessType, state } = order
  const open = effects.filter((effect) => effect.state === 'open')
  return [
    ...unless(state === 'paid', `订单状态为“${STATES[state].text}”`),
    ...unless(
      scenario === cell.scenario,
      `场景为 ${scenario === null ? '未知' : SCENARIOS[scenario]}`,
    ),
    ...unless(businessType === cell.business, `业务为 ${BUSINESSES[businessType]}`),
    ...unless(!needsAPerson, '有待人工处理的事项'),
    ...open.map(({ effect, number }) => `未了结的动作：${effect} ${number}`),
  ]
}

function judgeHis({ order, bill, writtenBack }: Inspection): string[] {
  const total = bill.kind === 'done' ? bill.value.totalFen : null
  return [
    ...unless(
      total === order.amounts.totalFen,
      total === null ? '医院系统查不到账单' : `医院系统账单为 ${total} 分`,
    ),
    ...unless(
      order.hisWriteBack === 'done' && writtenBack?.kind === 'done',
      '医院系统没有确认入账',
    ),
  ]
}

function judgeBank({ order, bank }: Inspection): string[] {
  if (bank?.kind !== 'done') return ['银行没有给出混合订单的答复']
  const { legs, amounts } = bank.value
  const { verdict } = judgeLegs(legs)
  return [
    ...unless(verdict === 'paid', `银行的结果不是支付成功（${verdict}）`),
    ...differing('银行', amounts, order.amounts),
  ]
}

function judgeInsurer({ order, insurer }: Inspection): string[] {
  const isInsured = insuranceFen(order.amounts) > 0
  if (!isInsured && insurer === null) return []
  if (insurer?.kind !== 'done') return ['医保中台没有给出订单的答复']
  const { phase, ordStas, amounts } = insurer.value
  return [
    ...unless(phase === 'settled' || !isInsured, `医保中台显示 ordStas ${ordStas}，不是已结算`),
    ...(amounts === null ? [] : differing('医保中台', amounts, order.amounts)),
  ]
}

function differing(who: string, told: Partial<Amounts>, ours: Amounts): string[] {
  const parts: readonly [keyof Amounts, string][] = [
    ['totalFen', '总额'],
    ['fundFen', '统筹基金'],
    ['accountFen', '个人账户'],
    ['otherFen', '医保其他'],
    ['selfPayFen', '自费'],
  ]
  return parts.flatMap(([part, name]) => {
    const value = told[part]
    return value === undefined || value === ours[part]
      ? []
      : [`${who}的${name}为 ${value} 分，订单为 ${ours[part]} 分`]
  })
}
