/** An order whose upload 6401 was to revoke, and which the bank then calls paid (DECISIONS.md 35). */
import type { App } from '../app.ts'
import { insuranceFen } from '../payment/amounts.ts'
import { patientOf } from '../payment/attempt.ts'
import type { Order } from '../payment/order.ts'
import type { Db } from '../store/database.ts'
import * as intents from '../store/intents.ts'
import { type Outcome, unknown } from '../upstreams/upstream.ts'
import { askAPerson } from './background.ts'
import type { HeldOrder } from './held-order.ts'
import { end } from './perform.ts'

/** In the commit that makes it paid: no 6401 follows any more, and one that was confirmed is told. */
export async function stopRevoking(app: App, trx: Db, order: Order): Promise<void> {
  const revocation = await revocationOf(trx, order)
  if (revocation?.state === 'open') await intents.suspend(trx, order.id)
  if (revocation?.state !== 'done') return
  await askAPerson(app, trx, {
    kind: 'paid-after-revoke',
    order,
    sentence:
      '医保中台已确认撤销费用上传（6401），其后银行却答复支付成功；医保中台（6301）确认已结算之前，系统不写回医院系统，请核对医保部分。',
    actions: ['ask-bank', 'ask-insurer', 'full-refund', 'note'],
  })
}

/** Once 6401 may have worked, HIS hears of the payment only when 6301 calls it settled. */
export async function notYetSettled(app: App, held: HeldOrder): Promise<Outcome<never> | null> {
  const { order } = held
  const { payOrdId, payToken } = order.attempt
  const revocation = await revocationOf(app.db, order)
  if (payOrdId === null || payToken === null || revocation === null) return null
  const answer = await app.insurer.query({ payOrdId, payToken, ...patientOf(order.attempt) })
  if (answer.kind !== 'done' || answer.value.phase !== 'settled') {
    const said = answer.kind === 'done' ? `ordStas ${answer.value.ordStas}` : answer.kind
    return unknown(`the upload was to be revoked, and 6301 says ${said}`)
  }
  // Suspended since the order was paid, with nobody to take it up again: this is its end.
  if (revocation.state === 'open')
    await end(app, held, revocation, { state: 'refused', answer: 'settled' })
  return null
}

/** Where the insurance was to pay nothing, revoking it takes nothing away. */
async function revocationOf(db: Db, { attempt, amounts }: Order): Promise<intents.Intent | null> {
  const { payOrdId } = attempt
  if (payOrdId === null || insuranceFen(amounts) === 0) return null
  return intents.find(db, 'revoke-upload', payOrdId)
}
