import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { legsUnpaid, type Order } from '../payment/order.ts'
import { STATES } from '../payment/states.ts'
import * as intents from '../store/intents.ts'
import { askAPerson, letGoLater } from './background.ts'
import { type HeldOrder, takeStep } from './held-order.ts'
import { type Changes, end, perform } from './perform.ts'

/**
 * Shows the desks that this bill is being paid here; pointless once it is paid or the order has let
 * it go. It lasts as long as the bank may still be asked: what is `processing` past its life is not
 * yet free.
 */
export async function holdBill(app: App, held: HeldOrder, intent: intents.Intent): Promise<void> {
  const { id, billNo, expiresAt, state } = held.order
  if (!STATES[state].holdsBill || state === 'paid') {
    await end(app, held, intent, { state: 'dead', answer: 'order is over' })
    return
  }
  await perform<void>(app, held, {
    effect: 'hold-bill',
    number: intent.number,
    send: () => app.his.hold(billNo, id, expiresAt + app.settings.schedule.tailEndMs),
    learn: () => ({}),
    refuse: () => withoutTheBill(app, held.order),
  })
}

/** HIS gives the bill to somebody else: over while nothing stands at the bank, else for a person. */
function withoutTheBill(app: App, order: Order): Changes {
  switch (order.state) {
    case 'created':
    case 'pre-settled':
      return {
        order: { state: 'closed', ...legsUnpaid(order) },
        also: (trx) => letGoLater(app, trx, order),
      }
    // Its upload may be under way: it stops before step 8.
    case 'pre-settling':
      return {}
    case 'ordering':
    case 'awaiting-payment':
    case 'processing':
    case 'paid':
    case 'refunding':
    case 'refunded':
    case 'failed':
    case 'closed':
    case 'needs-review':
      return {
        also: (trx) =>
          askAPerson(app, trx, {
            kind: 'hold-refused',
            order,
            sentence:
              '医院系统不同意占用账单（正在别处支付或已支付），但本订单已在银行下单，照常进行；请与窗口核对，避免重复收费。',
            actions: ['ask-bank', 'ask-insurer', 'note'],
          }),
      }
  }
}

/**
 * Before step 8 (docs/rulings.md 3.6): a hold that nobody has tried yet is tried now; a refused one
 * ends the payment, an unknown one stops nothing.
 * @throws AppError `bill-being-paid`, `bill-already-paid`, `bill-invalid`
 */
export async function confirmHold(app: App, held: HeldOrder): Promise<void> {
  const hold = await intents.find(app.db, 'hold-bill', held.order.id)
  if (hold?.state === 'open' && hold.tries === 0) await holdBill(app, held, hold)
  const refusal = await holdRefusal(app, held.order)
  if (refusal === null) return
  if (held.order.state === 'pre-settled')
    await takeStep(app, held, {
      what: 'hold-refused',
      ...withoutTheBill(app, held.order),
    })
  throw refusal
}

/** What a patient hears of a bill that HIS has given to somebody else; null when it has not. */
export async function holdRefusal(app: App, { id }: Order): Promise<AppError | null> {
  const hold = await intents.find(app.db, 'hold-bill', id)
  if (hold?.state !== 'refused') return null
  const [code] = (hold.answer ?? '').split(' ')
  if (code === 'bill-being-paid') return new AppError('bill-being-paid')
  if (code === 'bill-void') return new AppError('bill-invalid', '账单已作废，请联系收费窗口。')
  return new AppError('bill-already-paid')
}

export async function releaseBill(
  app: App,
  held: HeldOrder,
  intent: intents.Intent,
): Promise<void> {
  const { id, billNo } = held.order
  await perform<void>(app, held, {
    effect: 'release-bill',
    number: intent.number,
    send: () => app.his.release(billNo, id),
    learn: () => ({}),
  })
}
