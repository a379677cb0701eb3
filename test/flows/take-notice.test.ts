import { expect, it } from 'vitest'
import { takeNotice } from '../../src/flows/take-notice.ts'
import type { RawNotice } from '../../src/upstreams/bank.ts'
import { describeDatabases } from '../support/database.ts'
import { flowWorld } from '../support/flow-world.ts'
import { atT0, happens, PAID, says } from './patient.ts'

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
})
