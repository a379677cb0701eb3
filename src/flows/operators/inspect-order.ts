import type { App } from '../../app.ts'
import { patientOf } from '../../payment/attempt.ts'
import { EFFECT_RULES, type IntendedEffect } from '../../payment/effects.ts'
import { businessDate } from '../../payment/numbers.ts'
import type { Bill, Order } from '../../payment/order.ts'
import { isTester } from '../../store/entry.ts'
import * as intents from '../../store/intents.ts'
import * as orders from '../../store/orders.ts'
import * as workItems from '../../store/work-items.ts'
import type { MixedState } from '../../upstreams/bank.ts'
import type { Answer, InsuranceOrderState } from '../../upstreams/upstream.ts'

/** What was called under which number, by the step of the standard's table 2. */
export interface EffectCarriedOut {
  readonly step: string
  readonly effect: IntendedEffect
  readonly number: string
  readonly state: intents.IntentState
}

/** An order and what everybody who should know of it says now; null where there is nothing to ask. */
export interface Inspection {
  readonly order: Order
  readonly effects: readonly EffectCarriedOut[]
  readonly needsAPerson: boolean
  /** Whether who opened it is a tester now (SC-O14). */
  readonly byTester: boolean
  readonly bill: Answer<Bill>
  readonly bank: Answer<MixedState> | null
  readonly insurer: Answer<InsuranceOrderState> | null
  readonly writtenBack: Answer<void> | null
}

/** The newest order of a bill; null before there is one. */
export async function newestOrder(app: App, billNo: string): Promise<Order | null> {
  return (await orders.ofBill(app.db, billNo))[0] ?? null
}

/** Asks HIS, bank and mid-platform, and changes nothing: no answer is a result here. */
export async function inspectOrder(app: App, order: Order): Promise<Inspection> {
  const carriedOut = await intents.ofOrder(app.db, order.id)
  const writeBack = carriedOut.find(({ effect }) => effect === 'write-back')
  const [bill, bank, insurer, writtenBack] = await Promise.all([
    app.his.bill(order.billNo),
    askBank(app, order),
    askInsurer(app, order),
    writeBack ? app.his.settlement(order.billNo, writeBack.number) : null,
  ])
  const needsAPerson = await workItems.anyOpen(app.db, order.id)
  const byTester = await isTester(app.db, order.userId.reveal())
  const effects = carriedOut.map(({ effect, number, state }) => {
    return { step: EFFECT_RULES[effect].step, effect, number, state }
  })
  return { order, effects, needsAPerson, byTester, bill, bank, insurer, writtenBack }
}

function askBank(app: App, { attempt }: Order): Promise<Answer<MixedState>> | null {
  const { mixTradeNo, institutionNo, outTradeNo, mixedOrderedAt: at } = attempt
  if (mixTradeNo === null || institutionNo === null || at === null) return null
  const numbers = { mixTradeNo, institutionNo, outTradeNo }
  return app.bank.mixedOrder({ ...numbers, businessDate: businessDate(at) })
}

function askInsurer(app: App, { attempt }: Order): Promise<Answer<InsuranceOrderState>> | null {
  const { payOrdId, payToken } = attempt
  if (payOrdId === null || payToken === null) return null
  return app.insurer.query({ payOrdId, payToken, ...patientOf(attempt) })
}
