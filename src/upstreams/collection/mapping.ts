/** Our words <-> the collection's. What is on no list here is `unknown`: never refused, never done. */
import { isFen } from '../../payment/money.ts'
import type { Charge, ChargeWish } from '../one-code.ts'
import type { ChargeMessage } from './messages.ts'

/** After these nothing was taken and nothing will be (README.md 4). */
export const REFUSED: ReadonlySet<string> = new Set([
  'PARAMETER_INVALID',
  'MERCHANT_INVALID',
  'CHANNEL_NOT_OPENED',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_USED',
  'AMOUNT_MISMATCH',
  'CHARGE_REFUSED',
])

/** Turned away unread: nothing happened. */
export const TURNED_AWAY = 'TOO_MANY_REQUESTS'
export const USED = 'CERTIFICATE_USED'
export const NOT_FOUND = 'CHARGE_NOT_FOUND'

export const chargeMessage = (wish: ChargeWish, sealedCertificate: string) => ({
  outTradeNo: wish.outTradeNo,
  channel: wish.channel,
  amountFen: wish.amountFen,
  certificate: sealedCertificate,
  billNo: wish.billNo,
  operatorId: wish.operatorId,
  deviceId: wish.deviceId,
})

const STATUSES = new Map<string, Charge['status']>([
  ['PAYING', 'paying'],
  ['PAID', 'paid'],
  ['FAILED', 'failed'],
  ['CLOSED', 'failed'],
])

export const chargeOf = (message: ChargeMessage): Charge => ({
  status: STATUSES.get(message.status) ?? 'unknown',
  amountFen: isFen(message.amountFen) ? message.amountFen : null,
  chargeNo: message.chargeNo ?? null,
  paidAt: message.paidAt === undefined ? null : Date.parse(message.paidAt),
  reason: (message.reason ?? '').slice(0, 200),
})
