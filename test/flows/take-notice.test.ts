import { expect, it } from 'vitest'
import { takeNotice } from '../../src/flows/take-notice.ts'
import type { RawNotice } from '../../src/upstreams/bank.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { cancelOrder } from '../../src/flows/leave-order.ts'
import * as inbox from '../../src/store/inbox.ts'
import { UNKNOWN } from './line.ts'
import {
  answers,
  atT0,
  callsBack,
  happens,
  PAID,
  says,
  type Scene,
  tellsSelfPay,
} from './patient.ts'

/** What is stored from now on was verified, and is not any more when it is read. */
const keyIsRemoved = ({ at }: Scene): void => {
  const usual = { ...at.app.bank }
  let believes = true
  Object.assign(at.app.bank, {
    readNotice: (raw: RawNotice) => {
      const notice = usual.readNotice(raw)
      if (believes) {
        believes = false
        return notice
      }
      const hint = { mixTradeNo: null, institutionNo: null }
      return { kind: 'unverified', verified: false, messageId: 'U', hint, reason: 'key' }
    },
  })
}

describeDatabases((_, openFresh) => {
  it('[SC-P11] [SC-S02] a notice that was signed in headers is read again out of the store as it came', async () => {
    const world = await flowWorld(openFresh)
    const at = world.start()
    const { order, id } = await atT0({ world, at })
    const state = says(order, PAID)
    happens({ world, at }, order, PAID)
    const heard: RawNotice[] = []
    const usual = { ...at.app.bank }
    Object.assign(at.app.bank, {
      readNotice: (raw: RawNotice) => {
        heard.push(raw)
        return usual.readNotice(raw)
      },
    })
    const notice = { kind: 'mixed-order', verified: true, messageId: 'M1', state }
    const signature = { 'x-app-id': 'B', 'x-timestamp': '1', 'x-nonce': 'n', 'x-signature': 's' }
    await world.run(
      takeNotice(at.app, {
        kind: 'mixed-order',
        path: '/callbacks',
        headers: { ...signature, cookie: 'c', authorization: 'a', 'x-forwarded-for': '10.0.0.1' },
        body: Buffer.from(JSON.stringify(notice)),
      }),
    )
    await world.clock.settle()
    expect((await world.order(id)).state).toBe('paid')
    expect(heard).toHaveLength(2)
    expect(heard[0]?.headers).toEqual(signature)
    expect(heard[1]).toEqual(heard[0])
  })

  const begin = async () => {
    const world = await flowWorld(openFresh)
    const scene: Scene = { world, at: world.start() }
    return { world, scene, ...(await atT0(scene)) }
  }
  it('[SC-S02] [SC-P11] a stored notice whose key was removed makes us ask the bank, and a person hears of it', async () => {
    const { world, scene, order, id } = await begin()
    keyIsRemoved(scene)
    happens(scene, order, PAID)
    await callsBack(scene, says(order, PAID))
    expect((await world.order(id)).state).toBe('paid')
    expect((await world.order(id)).attempt.asked).toMatchObject({ callback: 1, grid: 0 })
    expect(await world.workItems()).toMatchObject([{ kind: 'notice-unusable' }])
    expect((await world.workItems())[0]?.sentence).toContain('已改为向银行查询一次')
  })

  it('[SC-S02] [SC-P11] after the end too, until the bank has answered', async () => {
    const { world, scene, order, id } = await begin()
    await world.run(cancelOrder(scene.at.app, id))
    keyIsRemoved(scene)
    world.outside.askMixed.always(UNKNOWN)
    await callsBack(scene, says(order, PAID))
    await world.clock.advance(90_000)
    expect((await world.order(id)).state).toBe('closed')
    world.outside.askMixed.always(answers(order, PAID))
    await world.clock.advance(600_000)
    expect((await world.order(id)).state).toBe('paid')
    expect(await inbox.unread(world.db, id, world.clock.now())).toEqual([])
  })

  it('[SC-S02] [SC-H03] a self-pay notice of a closed order makes us look for the cash', async () => {
    const { world, scene, order, id } = await begin()
    await world.run(cancelOrder(scene.at.app, id))
    keyIsRemoved(scene)
    for (const cash of world.outside.cash.values()) cash.status = 'paid'
    await tellsSelfPay(scene, order)
    await world.clock.advance(5_000)
    expect((await world.order(id)).state).toBe('needs-review')
  })
})
