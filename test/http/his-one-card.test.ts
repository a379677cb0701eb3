/** The desks' calls about the one-card: what is refused before anything happens, and what is shown. */
import { afterEach, describe, expect, it } from 'vitest'
import { migrate, openDatabase } from '../../src/store/database.ts'
import { serve, type Served, testApp } from '../support/app.ts'
import { asHis, UNLIMITED } from '../support/http-client.ts'
import { oneCardWorld } from '../support/one-card.ts'
import { testSealer } from '../support/sealer.ts'
import { holderOf, phone } from '../upstreams/one-card/link.ts'

let served: Served | undefined
afterEach(async () => served?.close())

/** Fields count as sealed when they begin with `sm4:`. */
async function desk() {
  const db = openDatabase('sqlite::memory:', { sealer: testSealer })
  await migrate(db)
  const hisCalls = {
    check: async () => ({ trusted: true, nonce: 'n' }) as const,
    sign: () => ({}),
    openField: (text: string) => (text.startsWith('sm4:') ? text.slice(4) : null),
  }
  const world = await oneCardWorld(db, { app: { hisCalls, settings: UNLIMITED } })
  served = await serve(world.app)
  return { world, ask: asHis(served) }
}

describe('a desk', () => {
  it('[HN-01] finds nothing where the hospital has not joined', async () => {
    served = await serve(await testApp())
    const body = { name: 'x', socialSecurityNo: 'y' }
    expect((await asHis(served)('POST', '/his/one-card/names', { body })).status).toBe(404)
    expect((await asHis(served)('POST', '/one-card/rights', { body })).status).toBe(404)
  })

  it('[HN-12] must seal what names a person', async () => {
    const { ask } = await desk()
    const body = { name: '张三', socialSecurityNo: 'sm4:430102199001011237' }
    expect(await ask('POST', '/his/one-card/names', { body })).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    })
  })

  it('[HN-11] is shown whose card it is behind a mask, and whether it is whom it expects', async () => {
    const { world, ask } = await desk()
    const { name, idNo, cardNo } = await holderOf(world)
    const code = (await phone(world, 'show'))['code']
    const body = { code, expectedIdNo: `sm4:${idNo}` }
    const told = await ask('POST', '/his/one-card/shown-codes', { body })
    expect(told.body).toMatchObject({ state: 'valid', holder: { isExpected: true } })
    for (const secret of [name, idNo, cardNo]) expect(told.text).not.toContain(secret)
  })

  it.each([
    ['payments', { kind: 'online', billNo: 'MZ1' }],
    ['payments', { kind: 'scanned', billNo: 'MZ1' }],
    ['payments', { kind: 'cash', billNo: 'MZ1' }],
    ['payments', { kind: 'shown', billNo: 'MZ1', card: {} }],
    ['checks', { kind: 'presence', session: 'window-3', businessType: '门诊' }],
    ['grants', { batchNo: 'B1', benefitType: 'x', rows: [] }],
    ['uses', { name: 'sm4:x', socialSecurityNo: 'sm4:y' }],
  ])('is told what is missing: %s %o', async (what, body) => {
    const { world, ask } = await desk()
    expect((await ask('POST', `/his/one-card/${what}`, { body })).status).toBe(400)
    expect(world.sent).toEqual([])
  })

  it('is published in the contract with every call', async () => {
    const { ask } = await desk()
    const { body } = await ask('GET', '/openapi.json')
    for (const path of [
      '/his/one-card/payments',
      '/one-card/rights',
      '/callbacks/one-card/payment',
    ])
      expect(body).toHaveProperty(['paths', path, 'post'])
  })
})
