import { expect, it } from 'vitest'
import { businessDate } from '../../../src/payment/numbers.ts'
import { cashProof, LEGS } from '../../../src/reconciliation/cash-proof.ts'
import * as cashMovements from '../../../src/store/cash-movements.ts'
import { describeDatabases } from '../../support/database.ts'
import { DAY_MS, FAILED, OWN_MONEY, paid, SELDOM } from './refund-scene.ts'

const NOTHING = Object.fromEntries(LEGS.map((leg) => [leg, 0])) as Record<
  (typeof LEGS)[number],
  number
>

describeDatabases((_, openFresh) => {
  it('[SC-C03] a return that the bank takes back stays a refund of its day, and the money is held again', async () => {
    const { world, asks, later } = await paid(openFresh, { ...SELDOM, ...OWN_MONEY })
    const { db, clock, outside } = world
    await asks()
    await later(9 * 3_600_000)
    const day = businessDate(clock.now())
    const own = async () => cashProof(day, NOTHING, await cashMovements.of(db, day)).legs[0]
    const before = await own()
    expect(before).toMatchObject({ refunds: 1, closingFen: 0 })
    outside.askRefund.next(FAILED)
    const [refund] = await later(2 * DAY_MS)
    expect(refund?.state).toBe('needs-review')
    expect(await own()).toEqual(before)
    const held = await cashMovements.heldBefore(db, businessDate(clock.now() + DAY_MS))
    expect(held['self-pay']).toBe(refund?.amounts.totalFen)
  })
})
