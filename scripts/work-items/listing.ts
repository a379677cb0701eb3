/** The open work items as finance and the service desk read them: in words, with what to type. */
import { ACTION_RULES, ACTIONS } from '../../src/flows/operators/action-rules.ts'
import { KINDS, needsTwo, proposalOf, type WorkItem } from '../../src/flows/operators/work-items.ts'
import { plainTime } from '../../src/payment/numbers.ts'
import type { RefundPart } from '../../src/payment/refunds.ts'
import { aligned } from '../parts/aligned.ts'

/** One item for `--json`. */
export function presented(item: WorkItem) {
  const { id, kind, orderId, sentence, actions, owner, state, history, createdAt } = item
  const proposal = proposalOf(item)
  return {
    id,
    kind,
    orderId,
    sentence,
    actions,
    owner,
    state,
    proposed: proposal && {
      action: proposal.action,
      operator: proposal.operator,
      byHand: proposal.byHand ?? null,
    },
    since: createdAt,
    history,
  }
}

const COLUMNS = ['编号', '事项', '订单', '自何时', '负责人'] as const

export function listed(items: readonly WorkItem[]): string {
  if (items.length === 0) return '没有待人工处理的事项。'
  const rows = items.map((item) => [
    item.id,
    KINDS[item.kind],
    item.orderId ?? '',
    plainTime(item.createdAt),
    item.owner ?? '（无）',
  ])
  const [head = '', ...lines] = aligned([COLUMNS, ...rows])
  const listing = items.flatMap((item, at) => ['', lines[at] ?? '', ...detailsOf(item)])
  return [head, ...listing, '', `共 ${items.length} 项。`].join('\n')
}

function detailsOf(item: WorkItem): string[] {
  return [item.sentence, ...proposed(item), '可以做：', ...choices(item)].map(
    (text) => `    ${text}`,
  )
}

function proposed(item: WorkItem): string[] {
  const proposal = proposalOf(item)
  if (!proposal) return []
  const { means } = ACTION_RULES[proposal.action]
  const { byHand } = proposal
  const returned = byHand ? `（${partsInWords(byHand.parts)}，凭证号 ${byHand.voucherNo}）` : ''
  return [
    `${proposal.operator} 已提出“${means}”${returned}：${proposal.note}。须由另一名操作员确认：`,
    `    npm run work-items -- confirm ${item.id} --operator 姓名`,
  ]
}

function choices(item: WorkItem): string[] {
  return ACTIONS.filter((action) => item.actions.includes(action)).flatMap((action) => [
    `  ${ACTION_RULES[action].means}${needsTwo(item, action) ? '（涉及资金，须另一名操作员确认）' : ''}`,
    `    npm run work-items -- resolve ${item.id} --operator 姓名 --action ${action}${BY_HAND[action] ?? ''} --note "说明"`,
  ])
}

const BY_HAND: Record<string, string> = {
  'returned-by-hand': ' --part insurance|self-pay|all --voucher 凭证号',
}

const partsInWords = (parts: readonly RefundPart[]): string =>
  parts.map((part) => (part === 'insurance' ? '医保部分' : '自费部分')).join('和')
