/** What only one of ICBC's houses does with a mixed order (src/upstreams/icbc/README.md 3). */
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_PROFILES } from '../../../src/sandbox/parameters.ts'
import type { Send } from '../../../src/upstreams/http-client.ts'
import { doneWith, insured } from '../bank-orders.ts'
import { type Rig, startRig } from '../bank-rig.ts'
import { connected } from './setup.ts'

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.stop()
})

describe('the Hebei branch', () => {
  const profile = { ...DEFAULT_PROFILES.icbc, family: 'hebei' } as const
  const BEFORE = Date.parse('2026-11-21T23:59:50+08:00')
  const AFTER = Date.parse('2026-11-22T00:00:20+08:00')

  async function atNight() {
    const clock = { now: BEFORE }
    const connect = (link: Parameters<typeof connected>[0]) => connected(link, profile)
    const rig = await startRig(connect, { icbc: profile }, () => clock.now)
    rigs.push(rig)
    const order = insured(rig)
    const question = {
      mixTradeNo: null,
      institutionNo: order.institutionNo,
      businessDate: '2026-11-21',
    }
    return { rig, clock, order, question }
  }

  it('SC-P12 an order of yesterday is found after midnight, by either number and at once', async () => {
    const { rig, clock, order, question } = await atNight()
    const { mixTradeNo } = doneWith(await rig.bank.placeMixedOrder(order))
    clock.now = AFTER
    rig.forget()
    for (const number of [mixTradeNo, null]) {
      const answer = await rig.bank.mixedOrder({ ...question, mixTradeNo: number })
      expect(answer).toMatchObject({ kind: 'done', value: { mixTradeNo } })
    }
    expect(rig.sent).toHaveLength(2)
  })

  it('SC-P12 an order that the bank had only after midnight is found under its own day', async () => {
    const { rig, clock, order, question } = await atNight()
    clock.now = AFTER
    const { mixTradeNo } = doneWith(await rig.bank.placeMixedOrder(order))
    const answer = await rig.bank.mixedOrder({ ...question, mixTradeNo })
    expect(answer).toMatchObject({ kind: 'done', value: { mixTradeNo } })
  })

  it('SC-P12 under another date nothing is found, and that is absent, never failed', async () => {
    const { rig, order, question } = await atNight()
    const { mixTradeNo } = doneWith(await rig.bank.placeMixedOrder(order))
    const answer = await rig.bank.mixedOrder({
      ...question,
      mixTradeNo,
      businessDate: '2026-11-23',
    })
    expect(answer).toEqual({ kind: 'absent' })
  })

  it('SC-P09 takes the order at the path that the hospital was told', async () => {
    const { rig, order } = await atNight()
    const paths: string[] = []
    const send: Send = async ({ url }) => {
      paths.push(new URL(url).pathname)
      return { kind: 'unknown', cause: 'nobody answers' }
    }
    const submitPath = '/api/hbfh/mimp/elsewhere/V1'
    const bank = connected({ ...rig.link, send }, profile, { submitPath })
    await bank.placeMixedOrder(order)
    expect(paths).toEqual([`/icbc${submitPath}`])
  })
})
