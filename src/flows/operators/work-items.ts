import type { App } from '../../app.ts'
import { AppError } from '../../errors.ts'
import * as workItems from '../../store/work-items.ts'
import { type Action, ACTION_RULES, ACTIONS } from './action-rules.ts'
import { mustBeSecond, mustSayWhy, type Proposal, proposed } from './four-eyes.ts'
import type { ByHand } from '../refunds/return-by-hand.ts'
import { BY_HAND_NEEDED, DOING, record, type Resolution } from './work-item-actions.ts'
import type { Operator } from './operators.ts'

export type { WorkItem, WorkItemKind } from '../../store/work-items.ts'

/** Words for what each kind is about; the item's own sentence says why. */
export const KINDS: Record<workItems.WorkItemKind, string> = {
  'upload-lost': '医保上传结果不明',
  'amounts-mismatch': '预结算金额不符',
  'still-unknown': '支付结果始终不明',
  'impossible-legs': '支付结果组合异常',
  'results-disagree': '银行结果前后矛盾',
  'paid-after-revoke': '撤销医保后又支付成功',
  'write-back-refused': '医院系统拒绝入账',
  'refund-failing': '自动退款多次被拒',
  'revoke-refused': '医保撤销被拒绝',
  'order-stuck': '混合下单结果不明',
  'hold-refused': '账单被别处占用',
  'refund-overdue': '退款久未确认',
  'refund-refused': '退费被拒绝',
  'refund-reversed': '已退款项又被退回',
  'refund-maybe-twice': '退款可能重复',
  'refund-after-reject': '终止后医保又退费',
  'refund-notice-refused': '退费通知被拒绝',
  'refund-write-back-refused': '医院系统拒绝退费入账',
  'write-back-overdue': '入账久未完成',
  'revoke-overdue': '撤销久未确认',
  'notice-unmatched': '通知无对应订单',
  'notice-unusable': '通知无法处理',
  'certificate-ending': '证书即将到期',
  'one-code-unknown': '一码付扣款结果不明',
  'one-code-amount': '一码付扣款金额有误',
  'one-card-refused': '一卡通平台未受理',
  'settlement-file-late': '对账文件逾期',
  'settlement-file-damaged': '对账文件损坏',
  'reconciliation-break': '对账差异待处理',
  'served-unpaid': '已服务未付款',
}

export interface Decision {
  readonly id: string
  readonly operator: Operator
  readonly action: string
  readonly note: string
  /** With `returned-by-hand` alone: which parts, and the voucher. */
  readonly byHand?: ByHand
}

export function openWorkItems(app: App): Promise<workItems.WorkItem[]> {
  return workItems.list(app.db, 'open')
}

/** Makes the operator the owner, also of an item somebody else had: the history keeps both. */
export async function takeWorkItem(
  app: App,
  request: { id: string; operator: Operator },
): Promise<Resolution> {
  const item = await openItem(app, request.id)
  const { name } = request.operator
  const taken = { action: 'take', owner: name, note: item.owner ? `接手自 ${item.owner}` : '' }
  const changed = await record(app, item, { ...taken, operator: name })
  return { item: changed, said: `${name} 已接手。` }
}

/**
 * Carries an action out, or proposes it where money is at stake: then a second operator's
 * `confirmWorkItem` decides. Ending such an item without the money's moving is such a decision too.
 */
export async function resolveWorkItem(app: App, decision: Decision): Promise<Resolution> {
  const { operator, note } = decision
  const item = await openItem(app, decision.id)
  const action = ACTIONS.find((known) => known === decision.action)
  if (action === undefined || !item.actions.includes(action))
    throw new AppError('invalid-request', `此事项可做的动作：${inWords(item.actions)}。`)
  mustSayWhy(note)
  const byHand = action === 'returned-by-hand' ? checked(decision.byHand) : undefined
  const entry = { operator: operator.name, note, ...(byHand && { byHand }) }
  if (!needsTwo(item, action)) return DOING[action](app, item, { ...entry, action })
  const proposal = { ...entry, action: `${PROPOSED}${action}` }
  const changed = await record(app, item, proposal)
  return { item: changed, said: proposed(ACTION_RULES[action].means) }
}

/** @throws AppError `forbidden` for the very operator who proposed. */
export async function confirmWorkItem(
  app: App,
  request: { id: string; operator: Operator },
): Promise<Resolution> {
  const item = await openItem(app, request.id)
  const proposal = mustBeSecond(proposalOf(item), request.operator)
  const { name } = request.operator
  const note = `${proposal.operator} 提出：${proposal.note}`
  const { action, byHand } = proposal
  return DOING[action](app, item, { action, operator: name, note, ...(byHand && { byHand }) })
}

/** Numbers of banks, insurance windows and accounts; nothing that could name a person. */
const VOUCHER = /^[0-9A-Za-z][0-9A-Za-z./-]{3,63}$/

function checked(byHand: ByHand | undefined): ByHand {
  if (!byHand || byHand.parts.length === 0) throw new AppError('invalid-request', BY_HAND_NEEDED)
  if (!VOUCHER.test(byHand.voucherNo))
    throw new AppError('invalid-request', '凭证号只能含字母、数字和 . / -，4 到 64 位。')
  return byHand
}

const PROPOSED = 'propose:'

const inWords = (actions: readonly string[]): string =>
  ACTIONS.filter((known) => actions.includes(known))
    .map((known) => `${ACTION_RULES[known].means}（${known}）`)
    .join('、')

export function needsTwo(item: workItems.WorkItem, action: Action): boolean {
  const moneyIsAtStake = ACTIONS.some(
    (offered) => ACTION_RULES[offered].movesMoney && item.actions.includes(offered),
  )
  return ACTION_RULES[action].movesMoney || (action === 'note' && moneyIsAtStake)
}

const DECIDES_NOTHING: ReadonlySet<string> = new Set(['take', 'ask-bank', 'ask-insurer'])

/** The newest proposal, unless something was decided after it; taking and asking decide nothing. */
export function proposalOf(
  item: workItems.WorkItem,
): (Proposal<Action> & { readonly byHand?: ByHand }) | null {
  const last = item.history.findLast(({ action }) => !DECIDES_NOTHING.has(action))
  const action = ACTIONS.find((known) => last?.action === `${PROPOSED}${known}`)
  if (!last || !action) return null
  const { operator, note, byHand } = last
  return { action, operator, note, ...(byHand && { byHand }) }
}

async function openItem(app: App, id: string): Promise<workItems.WorkItem> {
  const item = await workItems.byId(app.db, id)
  if (!item) throw new AppError('not-found', '没有这个事项。')
  if (item.state === 'resolved') throw new AppError('invalid-request', '此事项已经结束。')
  return item
}
