import type { App } from '../app.ts'
import { type BackgroundEffect, type IntendedEffect, isBackground } from '../payment/effects.ts'
import { refundNumbersUpTo } from '../payment/numbers.ts'
import type { Db } from '../store/database.ts'
import type * as intents from '../store/intents.ts'
import * as workItems from '../store/work-items.ts'
import { askAPerson } from './background.ts'
import type { HeldOrder } from './held-order.ts'
import type { Action } from './operators/action-rules.ts'

/** Work that should long be done is still tried, and somebody hears of it (SC-X03). */
const OVERDUE_MS = 3_600_000

interface Overdue {
  readonly kind: workItems.WorkItemKind
  readonly sentence: string
  readonly afterMs?: number
  /** Besides asking and noting. */
  readonly actions?: readonly Action[]
  /** The steps of a refund share a number and a kind. */
  readonly step?: string
}

const OVERDUE: Partial<Record<BackgroundEffect, Overdue>> = {
  'check-refund': {
    kind: 'refund-overdue',
    sentence: '退费核对超过一小时未得到医院系统答复，款项未动，系统仍在重试。',
    actions: ['reject-refund'],
  },
  'refund-insurance': {
    kind: 'refund-overdue',
    sentence: '医保部分退费超过一小时仍未确认，系统仍在查询，请联系医保中台核实。',
    step: '4',
  },
  'notify-refund': {
    kind: 'refund-notice-refused',
    sentence: '款项已退回，但退费结果通知七天内未被银行受理，系统仍在重试，请联系银行。',
    afterMs: 7 * 86_400_000,
  },
  'write-back-refund': {
    kind: 'write-back-overdue',
    sentence: '款项已退回患者，但超过一小时仍未能写回医院系统，系统仍在重试，请核对账单状态。',
  },
  'refund-self-pay': {
    kind: 'refund-overdue',
    sentence: '自费部分退款超过一小时仍未得到银行确认，系统仍在重试，请联系银行核实。',
    actions: ['returned-by-hand'],
    step: '5',
  },
  'write-back': {
    kind: 'write-back-overdue',
    sentence: '患者已付款，但超过一小时仍未能写回医院系统，系统仍在重试，请核对账单状态。',
  },
  'revoke-upload': {
    kind: 'revoke-overdue',
    sentence: '医保费用上传超过一小时仍未确认撤销，系统仍在重试，请联系医保中台核实。',
  },
}

export async function tellIfOverdue(
  app: App,
  held: HeldOrder,
  intent: intents.Intent & { effect: BackgroundEffect },
): Promise<void> {
  const overdue = OVERDUE[intent.effect]
  if (!overdue) return
  const { kind, sentence, afterMs = OVERDUE_MS, actions = [] } = overdue
  if (app.clock.now() - intent.createdAt <= afterMs) return
  await askAPerson(app, app.db, {
    kind,
    sentence,
    about: aboutOf(intent.number, overdue),
    order: held.order,
    actions: [...actions, 'ask-bank', 'ask-insurer', 'note'],
  })
}

/** Numbers that follow one another are one piece of work. */
const aboutOf = (number: string, { step }: Overdue): string =>
  [refundNumbersUpTo(number)[0] ?? number, step ?? []].flat().join('/')

/** In the commit that ends the work: whoever was told that it is overdue need not see to it any more. */
export async function overdueNoMore(
  app: App,
  trx: Db,
  work: { readonly orderId: string; readonly effect: IntendedEffect; readonly number: string },
): Promise<void> {
  const overdue = isBackground(work.effect) ? OVERDUE[work.effect] : undefined
  if (!overdue) return
  const about = aboutOf(work.number, overdue)
  const which = { orderId: work.orderId, kinds: [overdue.kind], about }
  await workItems.endOpen(trx, which, { at: app.clock.now(), note: '系统已完成，事项自动结束' })
}
