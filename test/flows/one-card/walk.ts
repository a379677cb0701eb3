/** What a desk, the worker and the holder do with one-card payments. */
import { attendOneCardPayments } from '../../../src/flows/one-card/attend-payment.ts'
import { startOneCardPayment } from '../../../src/flows/one-card/payment.ts'
import type { Db } from '../../../src/store/database.ts'
import * as workItems from '../../../src/store/work-items.ts'
import type { OneCardWorld } from '../../support/one-card.ts'
import { holderOf, phone } from '../../upstreams/one-card/link.ts'

export const BILL = 'MZ20261120000123'
/** A dead process' lease has ended by then. */
export const LATER_MS = 120_001

export async function online(world: OneCardWorld, billNo = BILL) {
  const { name, idNo } = await holderOf(world)
  const holder = { name, socialSecurityNo: idNo }
  const wish = { kind: 'online', billNo, holder, code: null, card: null } as const
  return world.clock.run(startOneCardPayment(world.app, wish))
}

export const shown = (world: OneCardWorld, billNo = BILL) =>
  world.clock.run(
    startOneCardPayment(world.app, {
      kind: 'shown',
      billNo,
      holder: null,
      code: null,
      card: null,
    }),
  )

export async function scanned(world: OneCardWorld, code: string, billNo = BILL) {
  const wish = { kind: 'scanned', billNo, holder: null, code, card: null } as const
  return world.clock.run(startOneCardPayment(world.app, wish))
}

/** What the worker would do until then. */
export async function work(world: OneCardWorld, ms: number): Promise<void> {
  await world.clock.advance(ms)
  await world.clock.run(attendOneCardPayments(world.app, 20))
  await world.clock.run(attendOneCardPayments(world.app, 20))
}

export const held = (world: OneCardWorld): number =>
  world.context.world.ledger.movements.reduce((sum, { amountFen }) => sum + amountFen, 0)

export const callsOf = (world: OneCardWorld, service: string) =>
  world.context.world.calls.filter(({ call }) => call === service).length

export const items = (db: Db) => workItems.list(db, 'open')

/** The holder shows a pay code. */
export const shownCode = async (world: OneCardWorld): Promise<string> =>
  String((await phone(world, 'show'))['code'])
