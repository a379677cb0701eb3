import type { App } from '../app.ts'
import { Secret } from '../errors.ts'
import { outTradeNo } from '../payment/numbers.ts'
import { legsUnpaid, type Order } from '../payment/order.ts'
import type { SelfPayPlaced, SelfPayState } from '../upstreams/bank.ts'
import type { Answer, Prepay } from '../upstreams/upstream.ts'
import { letGoLater } from './background.ts'
import { type HeldOrder, stillOurs } from './held-order.ts'
import { mixedContent } from './mixed-content.ts'
import { type Call, end, perform, type Performed } from './perform.ts'

/**
 * Step 8, only with a self-pay part (SC-P08). A lost answer takes the prepay data with it: the
 * order is closed and asked before a second number is used, so two are never open.
 * @returns `dead` when this number is at its end and the next one may be used
 */
export async function placeSelfPayOrder(app: App, held: HeldOrder): Promise<Performed> {
  if (held.order.attempt.prepay !== null) return { kind: 'done' }
  const call = selfPayCall(app, held.order)
  const result = await perform(app, held, call)
  if (result.kind !== 'unknown' && result.kind !== 'useless') return result
  await stillOurs(app, held)
  const cash = { outTradeNo: call.number, bankOrderNo: null }
  if ((await closeSelfPayOrder(app, cash)) !== 'closed') return { kind: 'unknown' }
  return end(app, held, call, {
    state: 'dead',
    answer: 'closed: its prepay data was lost',
    attempt: { outTradeNo: null },
  })
}

function selfPayCall(app: App, order: Order): Call<SelfPayPlaced> {
  const { attempt } = order
  const selfPayTry = attempt.outTradeNo === null ? attempt.selfPayTry + 1 : attempt.selfPayTry
  const mixed = mixedContent(app, order)
  const number = attempt.outTradeNo ?? outTradeNo(order.id, attempt.no, selfPayTry)
  return {
    effect: 'order-self-pay',
    number,
    intend: {
      order: { state: 'ordering' },
      attempt: {
        outTradeNo: number,
        selfPayTry,
        prepayDeadAt: order.expiresAt,
        mixPayType: mixed.mixPayType,
        medOrgOrd: mixed.medicalSerialNo,
      },
    },
    send: () =>
      app.bank.placeSelfPayOrder({
        outTradeNo: number,
        amountFen: order.amounts.selfPayFen,
        billNo: order.billNo,
        channel: order.channel,
        surface: order.surface,
        userId: order.userId.reveal(),
        clientIp: order.clientIp,
        deviceId: order.deviceId,
        orderedAt: app.clock.now(),
        expiresAt: order.expiresAt,
        mixed,
      }),
    learn: ({ bankOrderNo, prepay }) => ({
      attempt: { bankOrderNo, prepay: new Secret(JSON.stringify(prepay)) },
    }),
    refuse: () => ({
      order: { state: 'failed', ...legsUnpaid(order) },
      also: (trx) => letGoLater(app, trx, order),
    }),
  }
}

export function prepayOf(order: Order): Prepay | null {
  const prepay: Prepay | undefined =
    order.attempt.prepay === null ? undefined : JSON.parse(order.attempt.prepay.reveal())
  return prepay ?? null
}

/** `open` also means "nobody knows": keep asking. */
export type CashOrderEnd = 'closed' | 'paid' | 'returned' | 'open'

/** A cash order as we know it; the bank's own number once it has answered step 8. */
export interface CashOrder {
  readonly outTradeNo: string
  readonly bankOrderNo: string | null
}

export function cashOrderOf({ attempt }: Order): CashOrder | null {
  const { outTradeNo, bankOrderNo } = attempt
  return outTradeNo === null ? null : { outTradeNo, bankOrderNo }
}

/** Ask, close, ask: nobody closes without asking before and after (docs/rulings.md 3.1). */
export async function closeSelfPayOrder(app: App, cash: CashOrder): Promise<CashOrderEnd> {
  const before = await app.bank.selfPayOrder(cash.outTradeNo)
  const end = endOf(cash, before)
  // One that is not there may still be on its way: closing it too costs nothing.
  if (end !== 'open' && before.kind !== 'absent') return end
  await app.bank.closeSelfPayOrder(cash.outTradeNo)
  return cashOrderEnd(app, cash)
}

export async function cashOrderEnd(app: App, cash: CashOrder): Promise<CashOrderEnd> {
  return endOf(cash, await app.bank.selfPayOrder(cash.outTradeNo))
}

function endOf({ bankOrderNo }: CashOrder, answer: Answer<SelfPayState>): CashOrderEnd {
  // A bank that has confirmed the order and now knows nothing of it has not looked everywhere.
  if (answer.kind === 'absent') return bankOrderNo === null ? 'closed' : 'open'
  if (answer.kind !== 'done') return 'open'
  switch (answer.value.status) {
    case 'closed':
    case 'paid':
      return answer.value.status
    case 'refunded':
      return 'returned'
    case 'waiting':
    case 'paying':
    case 'unknown':
      return 'open'
  }
}
