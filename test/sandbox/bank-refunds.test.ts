import { describe, expect, it } from 'vitest'
import { createBank, type Counter, Refusal } from '../../src/sandbox/bank/book.ts'
import { placeCash } from '../../src/sandbox/bank/cash.ts'
import { payCash } from '../../src/sandbox/bank/payment.ts'
import { askRefund, refundCash } from '../../src/sandbox/bank/refunds.ts'
import { createControl } from '../../src/sandbox/control.ts'
import { standardBankProtocol } from '../../src/sandbox/standard-bank/protocol.ts'
import { NOW, sandboxContext } from '../upstreams/stub.ts'
import { bodyOf, told } from './hospital-client.ts'

const HOUR_MS = 3_600_000

/** One paid cash order of 100 yuan, on a clock that a test moves. */
async function paid(suffix = '') {
  const stub = sandboxContext()
  const at = { now: NOW }
  const world = { ...stub.world, now: () => at.now }
  const bank = createBank({ ...stub, world })
  const counter: Counter = { ...bank, protocol: standardBankProtocol(bank.context) }
  const billNo = `MZ20261120000001${suffix}`
  const { told: cash } = placeCash(counter, {
    outTradeNo: 'C1',
    billNo,
    amountFen: 10_000,
    channel: 'wechat',
    userId: 'o',
    attach: '',
    callbackUrl: null,
    lifeMs: HOUR_MS,
  })
  if (cash === 'lost' || cash instanceof Refusal) throw new Error('not placed')
  await payCash(bank, cash)?.delivered
  const numbers = { outTradeNo: 'C1', orderId: undefined }
  const refund = async (refundNo: string, amountFen: number) => {
    const text = `${refundNo}:${amountFen}`
    const handled = refundCash(counter, { ...numbers, refundNo, amountFen, billNo, text })
    await Promise.resolve()
    return outcome(handled.told)
  }
  const ask = (refundNo: string) => outcome(askRefund(counter, { ...numbers, refundNo }).told)
  return { at, bank, billNo, refund, ask, held: () => world.ledger.balance(billNo, 'bank') }
}

const outcome = (said: ReturnType<typeof refundCash>['told']): string => {
  if (said === 'lost') return said
  return said instanceof Refusal ? said.reason : said.status
}

describe('refunds of a cash order', () => {
  it('go out in parts, together never more than was paid', async () => {
    const { refund, ask, held } = await paid()
    await refund('A', 6_000)
    expect(await refund('B', 4_001)).toBe('not-refundable')
    await refund('C', 4_000)
    expect(await refund('D', 1)).toBe('not-refundable')
    expect([ask('A'), ask('B'), ask('C'), held()]).toEqual(['returned', 'no-refund', 'returned', 0])
  })

  it('R07: fails after it was accepted, and frees what it had set aside', async () => {
    const { refund, ask, held } = await paid('-SR07')
    await refund('A', 10_000)
    expect([ask('A'), held()]).toEqual(['failed', 10_000])
    await refund('A-2', 10_000)
    expect([ask('A'), ask('A-2'), held()]).toEqual(['failed', 'returned', 0])
  })

  it('R08: is returned all day, and failed on the next one, with the money back at the bank', async () => {
    const { at, refund, ask, held } = await paid('-SR08')
    await refund('A', 10_000)
    at.now = Date.parse('2026-11-20T23:59:59+08:00')
    expect([ask('A'), held()]).toEqual(['returned', 0])
    at.now += 1_000
    expect([ask('A'), ask('A'), held()]).toEqual(['failed', 'failed', 10_000])
    await refund('A-2', 10_000)
    at.now += 48 * HOUR_MS
    expect([ask('A-2'), held()]).toEqual(['returned', 0])
  })

  it('are sent back by whoever steers the sandbox, once', async () => {
    const { bank, billNo, refund, ask, held } = await paid()
    await refund('A', 10_000)
    const control = createControl(bank)
    const reverse = () =>
      control.handle({
        method: 'POST',
        path: '/refunds/reverse',
        headers: {},
        body: Buffer.from('{"refundNo":"A"}'),
      })
    expect(bodyOf(await reverse())).toEqual({ refundNo: 'A', status: 'failed' })
    expect([ask('A'), held()]).toEqual(['failed', 10_000])
    expect(told(await reverse()).status).toBe(404)
    const path = `/ledger?bill=${billNo}`
    const asked = await control.handle({ method: 'GET', path, headers: {}, body: Buffer.of() })
    expect(bodyOf(asked)).toMatchObject({
      balances: { patient: -10_000, bank: 10_000 },
      refunds: [{ refundNo: 'A', amountFen: 10_000, status: 'failed' }],
    })
  })
})
