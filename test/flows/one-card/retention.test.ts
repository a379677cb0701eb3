import { expect, it } from 'vitest'
import { forgetOneCard } from '../../../src/flows/one-card/retention.ts'
import { startScan } from '../../../src/flows/one-card/identity.ts'
import { readOneCardPayment } from '../../../src/flows/one-card/payment.ts'
import { recordUse, sendQueued } from '../../../src/flows/one-card/queue.ts'
import { describeDatabases } from '../../support/database.ts'
import { oneCardWorld } from '../../support/one-card.ts'
import { holderOf, phone } from '../../upstreams/one-card/link.ts'
import { scanned, shownCode, work } from './walk.ts'

const DAY_MS = 86_400_000

describeDatabases((_name, openFresh) => {
  it('[HN-09] personal data is gone when nobody needs it; what is open, and the money, stay', async () => {
    const db = await openFresh()
    const world = await oneCardWorld(db)
    const { app, clock } = world
    const { name, idNo } = await holderOf(world)
    const use = { name, socialSecurityNo: idNo, channel: '窗口', kind: '就诊', detail: '内科' }
    await recordUse(app, { ...use, usedAt: clock.now(), recordNo: 'SENT' })
    await clock.run(sendQueued(app, 9))
    await recordUse(app, { ...use, usedAt: clock.now(), recordNo: 'NOT-SENT' })
    await clock.run(startScan(app, { session: 's', businessType: '门诊' }))
    const { orderNo } = await scanned(world, await shownCode(world))
    await phone(world, 'pay', { orderNo, silent: true })
    await work(world, 6_000)
    await clock.advance(2 * DAY_MS)
    await forgetOneCard(app)
    const counts = async () =>
      Promise.all(
        ['one_card_checks', 'one_card_queue'].map(async (table) => (await db.q(table)).length),
      )
    expect(await counts()).toEqual([0, 2])
    await clock.advance(364 * DAY_MS)
    await forgetOneCard(app)
    expect(await counts()).toEqual([0, 1])
    const rest = await readOneCardPayment(app, orderNo)
    expect(rest).toMatchObject({ state: 'paid', personMark: null, amountFen: 12_345 })
  })

  it('[HN-102] the code and the payer are forgotten with the end of the payment', async () => {
    const db = await openFresh()
    const world = await oneCardWorld(db)
    const code = await shownCode(world)
    const { orderNo } = await scanned(world, code)
    expect((await readOneCardPayment(world.app, orderNo)).content).toContain(code)
    await phone(world, 'pay', { orderNo, silent: true })
    await work(world, 6_000)
    const { name, idNo } = await holderOf(world)
    const { content, state } = await readOneCardPayment(world.app, orderNo)
    expect(state).toBe('paid')
    for (const personal of [code, name, idNo]) expect(content).not.toContain(personal)
  })
})
