/** Our words and theirs (README.md 6). What is in no table is `unknown`, never done and never over. */
import type {
  CardHolder,
  CheckState,
  GrantResult,
  OneCardOrder,
  PaymentState,
} from '../one-card.ts'
import type { Content } from '../content.ts'
import type { GrantedMessage, PaymentMessage } from './messages.ts'

const CHECK = new Map<string, CheckState>([
  ['PENDING', 'waiting'],
  ['PASSED', 'passed'],
  ['FAILED', 'failed'],
  ['EXPIRED', 'expired'],
])

export const checkState = (state: string): CheckState => CHECK.get(state) ?? 'unknown'

const SCAN = new Map<string, Exclude<CheckState, 'passed'>>([
  ['WAITING', 'waiting'],
  ['REFUSED', 'failed'],
  ['EXPIRED', 'expired'],
])

export const scanState = (state: string): Exclude<CheckState, 'passed'> =>
  SCAN.get(state) ?? 'unknown'

const PAYMENT = new Map<string, PaymentState['status']>([
  ['PAYING', 'paying'],
  ['PAID', 'paid'],
  ['FAILED', 'failed'],
  ['CLOSED', 'closed'],
])

export const paymentState = (message: PaymentMessage): PaymentState => ({
  status: PAYMENT.get(message.state) ?? 'unknown',
  payNo: message.payNo,
  amountFen: message.amount,
  paidAt: message.paidAt ?? null,
})

const GRANT = new Map<string, GrantResult['rows'][number]['state']>([
  ['DONE', 'granted'],
  ['FAILED', 'failed'],
])

export const grantResult = ({ rows }: GrantedMessage): GrantResult => ({
  rows: rows.map(({ rowNo, state, reason }) => ({
    rowNo,
    state: GRANT.get(state) ?? 'pending',
    reason: reason ?? null,
  })),
})

export const cardHolder = ({ idType, idNo, name, cardNo }: CardHolder): CardHolder => ({
  idType,
  idNo,
  name,
  cardNo,
})

export const orderContent = (order: OneCardOrder): Content => ({
  orderNo: order.orderNo,
  amount: order.amountFen,
  title: order.title,
  expiresAt: order.expiresAt,
  ...(order.transactionCode !== null && { transactionCode: order.transactionCode.reveal() }),
})
