import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { STATES } from '../payment/states.ts'
import * as workItems from '../store/work-items.ts'
import { askTheBank } from './ask-the-bank.ts'
import { letGoLater } from './background.ts'
import { type HeldOrder, holdOrder, takeStep } from './held-order.ts'
import type { Operator } from './operators.ts'
import { type CashOrderEnd, cashOrderEnd } from './self-pay-order.ts'
import type { Settled } from './settle.ts'

export type { WorkItem, WorkItemKind } from '../store/work-items.ts'

export const ACTIONS = [
  'ask-bank',
  'close-order',
  'revoke-at-bureau',
  'full-refund',
  'note',
] as const
export type Action = (typeof ACTIONS)[number]

export interface ActionRule {
  readonly means: string
  /** Needs a second operator (docs/rulings.md 5). */
  readonly movesMoney: boolean
  /** What a person has to do outside; null when the action is carried out here. */
  readonly byHand: string | null
}

/** Only what can be carried out is carried out; everything else says in words what to do by hand. */
export const ACTION_RULES: Record<Action, ActionRule> = {
  'ask-bank': { means: '立即向银行查询一次', movesMoney: false, byHand: null },
  'close-order': {
    means: '关闭订单，撤销医保上传并释放账单',
    movesMoney: false,
    byHand: null,
  },
  'revoke-at-bureau': {
    means: '请医保中台撤销费用上传',
    movesMoney: false,
    byHand:
      '请联系医保中台，凭订单的费用上传流水号（medOrgOrd）核对并撤销；办结后记录办理结果（note）。',
  },
  'full-refund': {
    means: '全额退款',
    movesMoney: true,
    byHand:
      '系统尚不能自动全额退款。请先在银行和医保中台核对两部分均未退回，再由医保窗口退医保部分、财务在银行商户平台原路退自费部分；办结后记录两笔退款流水号（note）。',
  },
  note: { means: '记录办理结果并结束事项', movesMoney: false, byHand: null },
}

/** Words for what each kind is about; the item's own sentence says why. */
export const KINDS: Record<workItems.WorkItemKind, string> = {
  'upload-lost': '医保上传结果不明',
  'amounts-mismatch': '预结算金额不符',
  'still-unknown': '支付结果始终不明',
  'impossible-legs': '支付结果组合异常',
  'results-disagree': '银行结果前后矛盾',
  'write-back-refused': '医院系统拒绝入账',
  'refund-failing': '自动退款多次被拒',
  'revoke-refused': '医保撤销被拒绝',
  'order-stuck': '混合下单结果不明',
  'refund-overdue': '退款久未确认',
  'write-back-overdue': '入账久未完成',
  'revoke-overdue': '撤销久未确认',
  'notice-unmatched': '通知无对应订单',
  'notice-unusable': '通知无法处理',
}

export interface Decision {
  readonly id: string
  readonly operator: Operator
  readonly action: string
  readonly note: string
}

/** What a decision came to: the item as it is now, and one Chinese sentence for the operator. */
export interface Resolution {
  readonly item: workItems.WorkItem
  readonly said: string
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
  if (note.trim() === '') throw new AppError('invalid-request', '请填写说明（--note）。')
  if (note.length > LONGEST_NOTE)
    throw new AppError('invalid-request', `说明不得超过 ${LONGEST_NOTE} 字。`)
  if (!needsTwo(item, action))
    return DOING[action](app, item, { action, operator: operator.name, note })
  const proposal = { action: `${PROPOSED}${action}`, operator: operator.name, note }
  const changed = await record(app, item, proposal)
  const said = `已提出“${ACTION_RULES[action].means}”，涉及资金，须由另一名操作员确认（confirm）。`
  return { item: changed, said }
}

/** @throws AppError `forbidden` for the very operator who proposed. */
export async function confirmWorkItem(
  app: App,
  request: { id: string; operator: Operator },
): Promise<Resolution> {
  const item = await openItem(app, request.id)
  const proposal = proposalOf(item)
  if (!proposal) throw new AppError('invalid-request', '此事项没有待确认的动作。')
  const { name } = request.operator
  if (proposal.operator === name) throw new AppError('forbidden', '确认人须与提出人不同。')
  const note = `${proposal.operator} 提出：${proposal.note}`
  return DOING[proposal.action](app, item, { action: proposal.action, operator: name, note })
}

const LONGEST_NOTE = 500
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

/** The newest proposal, unless something was decided after it; taking and asking decide nothing. */
export function proposalOf(
  item: workItems.WorkItem,
): { action: Action; operator: string; note: string } | null {
  const last = item.history.findLast(({ action }) => action !== 'take' && action !== 'ask-bank')
  const action = ACTIONS.find((known) => last?.action === `${PROPOSED}${known}`)
  return last && action ? { action, operator: last.operator, note: last.note } : null
}

async function openItem(app: App, id: string): Promise<workItems.WorkItem> {
  const item = await workItems.byId(app.db, id)
  if (!item) throw new AppError('not-found', '没有这个事项。')
  if (item.state === 'resolved') throw new AppError('invalid-request', '此事项已经结束。')
  return item
}

interface Entry {
  readonly action: string
  readonly operator: string
  readonly note: string
  readonly owner?: string
  readonly ends?: boolean
}

/** One line of history; refused when somebody else wrote one since the item was read. */
async function record(
  app: App,
  item: workItems.WorkItem,
  entry: Entry,
): Promise<workItems.WorkItem> {
  const { action, operator, note } = entry
  const to = {
    state: entry.ends ? 'resolved' : 'open',
    owner: entry.owner ?? item.owner ?? operator,
    note: { at: app.clock.now(), operator, action, note },
  } as const
  if (!(await workItems.change(app.db, item, to)))
    throw new AppError('request-in-progress', '此事项刚被他人更新，请重新查看。')
  return { ...item, state: to.state, owner: to.owner, history: [...item.history, to.note] }
}

type Doing = (
  app: App,
  item: workItems.WorkItem,
  entry: Entry & { action: Action },
) => Promise<Resolution>

const DOING: Record<Action, Doing> = {
  'ask-bank': askBank,
  'close-order': closeOrder,
  'revoke-at-bureau': recordDecision,
  'full-refund': recordDecision,
  note: async (app, item, entry) => ({
    item: await record(app, item, { ...entry, ends: true }),
    said: '已记录，事项结束。',
  }),
}

/** The item stays open until its outcome is noted: a decision is not yet a movement of money. */
async function recordDecision(
  app: App,
  item: workItems.WorkItem,
  entry: Entry & { action: Action },
): Promise<Resolution> {
  const { byHand } = ACTION_RULES[entry.action]
  return { item: await record(app, item, entry), said: `已记录决定。${byHand ?? ''}` }
}

// ---------------------------------------------------------------- what is carried out here

const WAIT_MS = 9_000

const busy = (): AppError => new AppError('request-in-progress', '订单正在被处理，请稍后再试。')

function orderIdOf(item: workItems.WorkItem): string {
  if (item.orderId === null) throw new AppError('invalid-request', '此事项不涉及订单。')
  return item.orderId
}

/** Ends the item only when it was about not knowing and the order now has its end. */
async function askBank(app: App, item: workItems.WorkItem, entry: Entry): Promise<Resolution> {
  const hold = { orderId: orderIdOf(item), waitMs: WAIT_MS }
  const heard = await holdOrder(app, hold, async (held) => {
    const cash = await cashInWords(app, held)
    if (held.order.attempt.mixTradeNo === null)
      return { settled: null, said: `订单没有银行混合订单号${cash}`, state: held.order.state }
    const { settled } = await askTheBank(app, held, { why: 'refresh' })
    return { settled, said: `${SETTLED_IN_WORDS[settled]}${cash}`, state: held.order.state }
  })
  if (!heard) throw busy()
  const { text, recovery } = STATES[heard.state]
  const known = heard.settled === 'result'
  const said = `${heard.said}；订单：${text}。`
  const ends = known && item.kind === 'still-unknown' && recovery === 'nothing'
  const note = `${entry.note}（${said}）`
  return { item: await record(app, item, { ...entry, note, ends }), said }
}

const SETTLED_IN_WORDS: Record<Settled, string> = {
  result: '银行已给出结果',
  'not-a-result': '银行没有给出可采信的结果',
  'close-self-pay': '银行没有给出可采信的结果',
  disagrees: '银行没有给出可采信的结果，与已确认的结果不一致',
}

const CASH_IN_WORDS: Record<CashOrderEnd, string> = {
  closed: '已关闭或不存在',
  paid: '已支付',
  returned: '已退回',
  open: '未关闭或结果不明',
}

async function cashInWords(app: App, { order }: HeldOrder): Promise<string> {
  const { outTradeNo } = order.attempt
  if (outTradeNo === null) return ''
  return `；自费订单：${CASH_IN_WORDS[await cashOrderEnd(app, outTradeNo)]}`
}

/** Only while nothing was ordered at the bank: then no money can be anywhere (SC-G03). */
async function closeOrder(app: App, item: workItems.WorkItem, entry: Entry): Promise<Resolution> {
  let changed = item
  const closed = await holdOrder(
    app,
    { orderId: orderIdOf(item), waitMs: WAIT_MS },
    async (held) => {
      const { state, attempt } = held.order
      const ordered = attempt.outTradeNo ?? attempt.institutionNo ?? attempt.mixTradeNo
      if (state !== 'needs-review' || ordered !== null)
        throw new AppError('invalid-request', '银行侧已有下单或订单不在人工核对中，不能直接关闭。')
      await takeStep(app, held, {
        what: 'closed-by-operator',
        detail: { workItem: item.id, operator: entry.operator },
        order: { state: 'closed' },
        also: async (trx) => {
          await letGoLater(app, trx, held.order)
          changed = await record({ ...app, db: trx }, item, { ...entry, ends: true })
        },
      })
      return true
    },
  )
  if (!closed) throw busy()
  return { item: changed, said: '订单已关闭；撤销医保上传和释放账单由系统随后完成。' }
}
