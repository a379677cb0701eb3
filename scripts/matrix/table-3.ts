/** What every refund row must show: the calls of table 3, and books that agree with the order. */
import type { Evidence, Step } from './evidence.ts'

/** Between them the upstreams are asked how things stand; table 3 does not list that. */
const CALLS: ReadonlySet<string> = new Set([
  'POST refunds',
  'refund-check',
  'refund-authorisation',
  '6203',
  'refund',
  'refund-notice',
  'refund-write-back',
])

const REPEATED = '（重复，未再生效）'
const NEVER_ARRIVED = '（未到达）'

/** HIS and the channel are told side by side: in whichever order, and last. */
const isTold = (call: string): boolean => call.startsWith('退6')
const toldLast = (calls: readonly string[]): string[] => {
  return [...calls.filter((call) => !isTold(call)), ...calls.filter(isTold).toSorted()]
}

/** The steps of `--json` that change something, or ask HIS for its consent, in table 3 and §8 a. */
export function callsOfTable3(steps: readonly Step[]): string[] {
  const calls = steps.filter(({ call }) => CALLS.has(call.replace(/（.*$/, '')))
  return toldLast(calls.map(({ no, call }) => `${no} ${call}`))
}

/**
 * Exactly these calls and no others; an upstream that is down for a while may have lost one
 * of them several times, and a process that died says again what nobody knows it has said.
 */
export function exactly(
  expected: readonly string[],
  { steps }: Evidence,
  { dies }: { dies: boolean },
): string[] {
  const calls = callsOfTable3(steps).filter(
    (call, at, all) => !(call.endsWith(NEVER_ARRIVED) && call === all[at - 1]),
  )
  const found = dies ? [...new Set(calls.filter((call) => !call.endsWith(REPEATED)))] : calls
  const same = JSON.stringify(found) === JSON.stringify(toldLast(expected))
  return same ? [] : [`退费的调用应为 ${inWords(expected)}，实为 ${inWords(found)}`]
}

const inWords = (calls: readonly string[]): string => (calls.length === 0 ? '无' : calls.join('、'))

const HELD: ReadonlySet<string> = new Set(['paid', 'settled', 'refunding', 'refunded'])

const off = (what: string, said: number, found: number | undefined): string[] =>
  said === found ? [] : [`${what}：订单说 ${said} 分，账本说 ${found} 分`]

/** What was taken minus what came back, in the sandbox's ledger as in the order (SC-G03). */
export function booksAgree({ order, ledger }: Evidence): string[] {
  const { amounts, refundedFen, selfPay, insurance } = order
  const insured = amounts.fundFen + amounts.accountFen + amounts.otherFen
  const insuranceBack = insurance.status === 'refunded' ? insured : 0
  const own = HELD.has(selfPay.status) ? amounts.selfPayFen - (refundedFen - insuranceBack) : 0
  const theirs = HELD.has(insurance.status) ? insured - insuranceBack : 0
  const { balances } = ledger
  return [
    ...off('患者已付减已退', own, -(balances['patient'] ?? 0)),
    ...off('银行持有', own, balances['bank']),
    ...off('医保已付减已退', theirs, balances['insurance-payable']),
  ]
}
