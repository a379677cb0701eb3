import type { Page } from '../flows/read-orders.ts'
import type { KnownRefund } from '../flows/refunds/read-refunds.ts'
import type { Amounts } from '../payment/amounts.ts'
import { offsetTime } from '../payment/numbers.ts'
import type { Order } from '../payment/order.ts'
import { type Refund, REFUNDS, stepsOf } from '../payment/refunds.ts'
import { STATES } from '../payment/states.ts'
import type { CashierView, JumpView, OrderView, RefundView } from './schemas.ts'

/**
 * What leaves the house, listed member by member: a new member of an order stays inside until
 * somebody writes it here (SC-S08).
 */
export function presentOrder(order: Order): OrderView {
  const { amounts } = order
  const { shows, text } = STATES[order.state]
  return {
    id: order.id,
    version: order.version,
    billNo: order.billNo,
    businessType: order.businessType,
    channel: order.channel,
    surface: order.surface,
    payMode: order.payMode,
    scenario: order.scenario,
    status: shows,
    statusText: text,
    amounts: presentAmounts(amounts),
    refundedFen: order.refundedFen,
    selfPay: { status: order.selfPay },
    insurance: { status: order.insurance },
    hisWriteBack: order.hisWriteBack,
    refundPromise: presentPromise(order.refundPromise),
    createdAt: offsetTime(order.createdAt),
    expiresAt: offsetTime(order.expiresAt),
    paidAt: timeOrNull(order.paidAt),
  }
}

const presentAmounts = (amounts: Amounts): OrderView['amounts'] => ({
  totalFen: amounts.totalFen,
  fundFen: amounts.fundFen,
  accountFen: amounts.accountFen,
  otherFen: amounts.otherFen,
  selfPayFen: amounts.selfPayFen,
})

const timeOrNull = (at: number | null): string | null => (at === null ? null : offsetTime(at))

function presentPromise(promise: Order['refundPromise']): OrderView['refundPromise'] {
  if (promise === null) return null
  return {
    amountFen: promise.amountFen,
    promisedAt: offsetTime(promise.promisedAt),
    sentAt: timeOrNull(promise.sentAt),
    confirmedAt: timeOrNull(promise.confirmedAt),
  }
}

/** `promise` is the order's while the own money is on its way, and the refund's own once it is back. */
export function presentRefund({ refund, order }: KnownRefund): RefundView {
  const { state, refusal, amounts } = refund
  const running = REFUNDS[state].running && amounts.selfPayFen > 0 && state !== 'checking'
  return {
    id: refund.id,
    refundNo: refund.refundNo,
    orderId: refund.orderId,
    version: refund.version,
    status: state,
    statusText: state === 'rejected' && refusal !== null ? refusal : REFUNDS[state].text,
    reason: refund.reason,
    amounts: presentAmounts(amounts),
    steps: presentSteps(refund),
    promise: presentPromise(refund.promise ?? (running ? order.refundPromise : null)),
    byHand: refund.byHand.map(({ part, voucherNo, at }) => ({
      part,
      voucherNo,
      at: offsetTime(at),
    })),
    createdAt: offsetTime(refund.createdAt),
  }
}

function presentSteps({ amounts, done, state }: Refund): RefundView['steps'] {
  const told = done.notification !== undefined || state === 'notifying'
  const steps = stepsOf(amounts, told)
  const current = steps.find((step) => done[step] === undefined)
  const stopped = state === 'rejected' || state === 'needs-review' || state === 'refunded'
  return steps.map((step) => {
    const at = done[step] ?? null
    const now = step === current ? (stopped ? 'stopped' : 'running') : 'waiting'
    return { step, status: at === null ? now : 'done', at: timeOrNull(at) }
  })
}

export function presentPage(page: Page): { items: OrderView[]; nextCursor: string | null } {
  return { items: page.items.map(presentOrder), nextCursor: page.nextCursor }
}

export function presentJump(jump: JumpView): JumpView {
  switch (jump.kind) {
    case 'mini-program':
      return {
        kind: jump.kind,
        appId: jump.appId,
        path: jump.path,
        envVersion: jump.envVersion,
        state: jump.state,
      }
    case 'page':
      return { kind: jump.kind, url: jump.url, state: jump.state }
    case 'authorised':
      return { kind: jump.kind, state: jump.state }
  }
}

/** The five prepay members exist only with a self-pay part; JSON leaves out what is undefined. */
export function presentCashier(cashier: CashierView): CashierView {
  if (cashier.method === 'page') return { method: cashier.method, url: cashier.url }
  return {
    method: cashier.method,
    mixTradeNo: cashier.mixTradeNo,
    timeStamp: cashier.timeStamp,
    nonceStr: cashier.nonceStr,
    package: cashier.package,
    signType: cashier.signType,
    paySign: cashier.paySign,
  }
}
