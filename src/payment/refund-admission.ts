import { type Amounts, allSelfPay } from './amounts.ts'
import { fen } from './money.ts'
import type { BusinessType, Order } from './order.ts'

/** What the rules are asked about; nothing outside was asked yet (SC-R02). */
export interface Wish {
  readonly order: Order
  /** Part of the own money only; null for everything that is left. */
  readonly amountFen: number | null
  readonly now: number
  /** How long after payment each business type may be refunded here; 0: not at all. */
  readonly days: Readonly<Record<BusinessType, number>>
  /** An odd thing about this order waits for a person, or a reconciliation that is open. */
  readonly openDifference: boolean
  /** An operator decides apart from period, write-back and difference. */
  readonly byOperator: boolean
}

interface AdmissionRule {
  readonly name: string
  /** Why not, in one Chinese sentence for the patient; null when this rule does not mind. */
  readonly refuses: (wish: Wish) => string | null
}

const DAY_MS = 86_400_000

export const BEING_CHECKED = '这笔订单正在人工核对，核对结束后才能退费。'

/** 准入条件 and 准入范围 of §6.2; what only the hospital knows is asked with `refund-checks`. */
export const ADMISSION_RULES: readonly AdmissionRule[] = [
  {
    name: 'paid',
    refuses: ({ order }) => {
      if (order.state === 'refunded') return '这笔订单已经退款。'
      return order.state === 'paid' ? null : '这笔订单没有可退的款项。'
    },
  },
  {
    name: 'business-type',
    refuses: ({ order, days, byOperator }) =>
      byOperator || days[order.businessType] > 0 ? null : '此类费用不能在线退费，请到窗口办理。',
  },
  {
    name: 'period',
    refuses: ({ order, days, now, byOperator }) =>
      byOperator || now - (order.paidAt ?? now) <= days[order.businessType] * DAY_MS
        ? null
        : '已超过可在线退费的期限，请到窗口办理。',
  },
  {
    name: 'written-back',
    refuses: ({ order, byOperator }) =>
      byOperator || order.hisWriteBack === 'done'
        ? null
        : '这笔付款还没有在医院入账，请稍后再试或到窗口办理。',
  },
  {
    name: 'no-difference',
    refuses: ({ openDifference, byOperator }) =>
      openDifference && !byOperator ? BEING_CHECKED : null,
  },
  {
    name: 'left',
    refuses: ({ order, amountFen }) => {
      const left = order.amounts.totalFen - order.refundedFen
      return left > 0 && (amountFen ?? left) <= left ? null : '可退金额不足。'
    },
  },
]

export function whyNot(wish: Wish): string | null {
  for (const { refuses } of ADMISSION_RULES) {
    const reason = refuses(wish)
    if (reason !== null) return reason
  }
  return null
}

/** The insurance part goes back whole or not at all; own money alone also in parts. */
export function mayBePartial({ order, amountFen }: Pick<Wish, 'order' | 'amountFen'>): boolean {
  return amountFen === null || order.scenario === 'self-pay-only' || isWhole(order, amountFen)
}

const isWhole = ({ amounts }: Order, amountFen: number): boolean => amountFen === amounts.totalFen

/** The parts that go back: the order's own split, or that much of its own money. */
export function amountsToReturn({ order, amountFen }: Pick<Wish, 'order' | 'amountFen'>): Amounts {
  if (order.scenario !== 'self-pay-only') return order.amounts
  return allSelfPay(fen(amountFen ?? order.amounts.totalFen - order.refundedFen))
}
