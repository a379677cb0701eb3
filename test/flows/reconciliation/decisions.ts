/** A break, and the two people who do something about it. */
import { expect } from 'vitest'
import { cancelOrder } from '../../../src/flows/leave-order.ts'
import type { Operator } from '../../../src/flows/operators/operators.ts'
import { confirmBreak, resolveBreak } from '../../../src/flows/reconciliation/resolve-break.ts'
import type { Order } from '../../../src/payment/order.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import { happens, legs, PAID } from '../patient.ts'
import { billOf } from '../people.ts'
import { type Day, DAY, lineOf, toTheCashier } from './day.ts'

export const wang: Operator = { name: '王敏', recognised: true }
export const li: Operator = { name: '李强', recognised: true }
export const period = { from: DAY, to: DAY }

export const theBreak = async (the: Day): Promise<reconciliation.StoredBreak> => {
  const all = await reconciliation.breaksOf(the.world.db, period)
  const one = all.find(({ state }) => state === 'open') ?? all[0]
  if (!one) throw new Error('no break')
  return one
}

export const does = async (the: Day, action: string, operator = wang) => {
  const { key } = await theBreak(the)
  return resolveBreak(the.at.app, { key, operator, action, note: '对账' })
}

export const confirms = async (the: Day, operator: Operator) => {
  const { key } = await theBreak(the)
  return confirmBreak(the.at.app, { key, operator })
}

/** What HIS says of the service. */
export const serves = (the: Day, { billNo }: Order, fulfilment: 'none' | 'delivered'): void =>
  void the.world.outside.bills.set(billNo, billOf(billNo, { fulfilment }))

/** Closed by the patient, confirmed at the bank, and paid there all the same; the bank's file says so. */
export async function paidAfterClose(the: Day): Promise<Order> {
  const order = await toTheCashier(the, 'B1')
  const scene = { world: the.world, at: the.at }
  happens(scene, order, legs('fail', 'fail', 'none'))
  await the.world.run(cancelOrder(the.at.app, order.id))
  await the.world.clock.advance(1_000)
  expect((await the.world.order(order.id)).state).toBe('closed')
  happens(scene, order, { ...PAID, insurance: 'none' })
  await the.nextMorning()
  the.bankWrites([lineOf(order)])
  return order
}
