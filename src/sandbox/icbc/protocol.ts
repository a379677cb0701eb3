/** ICBC's way to speak with the hospital, as far as the orders placed by it must remember. */
import type { Bank, BankProtocol, Counter, Handled, Reason } from '../bank/book.ts'
import { record, Refusal as BankRefusal } from '../bank/book.ts'
import type { SandboxContext } from '../registry.ts'
import type { Refusal } from './envelope.ts'
import { refuse } from './envelope.ts'
import { notify } from './notify.ts'
import { createSigning, type GatewaySigning } from './signing.ts'

export interface IcbcProtocol extends BankProtocol {
  readonly signing: GatewaySigning
}

export interface IcbcCounter extends Counter {
  readonly protocol: IcbcProtocol
}

export function icbcProtocol(context: SandboxContext): IcbcProtocol {
  const signing = createSigning(context)
  const { icbc, alipay } = context.parameters
  return {
    name: 'icbc',
    merchantNo: icbc.merId,
    appIds: { wechat: icbc.subAppid, alipay: alipay?.appId },
    tellsOfFailures: false,
    signing,
    notify: (notice) => notify(context, signing, notice),
  }
}

export const icbcCounter = (bank: Bank): IcbcCounter => ({
  ...bank,
  protocol: icbcProtocol(bank.context),
})

/** What an API did, before it is put into an envelope. */
export interface Answered {
  readonly billNo: string
  readonly fields: Record<string, unknown> | Refusal | 'lost'
}

/** upstreams/icbc/README.md 2.5, 2.6 and docs/mixed-order.md 5. */
const CODES: Record<Reason, string> = {
  'cash-order-exists': '00005031',
  'no-cash-order': '20000049',
  'cash-order-paid': '268554200',
  'cash-order-being-paid': '268560650',
  'mixed-order-exists': '268512536',
  'no-mixed-order': '268529515',
  total: '268529477',
  'own-money': '268529476',
  'nothing-insured': '268529481',
  'cash-order-differs': '268510610',
  user: '268510604',
  identity: '268545961',
  name: '268545962',
  relative: '268545964',
  'authorisation-unknown': '268545967',
  'authorisation-used': '268547120',
  bureau: '268510610',
  'nothing-to-refund': '00070030',
  'not-refundable': '00070037',
  'refund-number-used': '00070043',
  'refund-failed': '92207001',
  'no-refund': '20000051',
}

export function answered<T>(
  { billNo, told }: Handled<T>,
  describe: (value: T) => Record<string, unknown>,
): Answered {
  if (told === 'lost') return { billNo, fields: 'lost' }
  const fields =
    told instanceof BankRefusal ? refuse(CODES[told.reason], told.message) : describe(told)
  return { billNo, fields }
}

/** Refused by what ICBC alone asks for. */
export function refused(
  counter: Counter,
  call: { billNo: string; call: string; number: string },
  fields: Refusal,
): Answered {
  record(counter, { ...call, result: 'refused' })
  return { billNo: call.billNo, fields }
}
