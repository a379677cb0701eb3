/** A small storm with real processes; and that the comparison afterwards finds what was planted. */
import { Agent } from 'node:http'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { PATIENT_SECRET } from '../../scripts/bench/rig.ts'
import { sideBySide } from '../../scripts/chaos/books.ts'
import { wrongWith } from '../../scripts/chaos/checks.ts'
import { type Errand, type Heard, visit } from '../../scripts/chaos/patients.ts'
import { runChaos } from '../../scripts/chaos/run.ts'
import { settled } from '../../scripts/chaos/settled.ts'
import { type Books, readBooks } from '../../scripts/simulate/books.ts'
import { chanceOf } from '../../scripts/simulate/chance.ts'
import { startWholeService, type WholeService } from '../../scripts/parts/whole-service.ts'
import { findCash } from '../../src/sandbox/bank/book.ts'
import { addBill, billOf } from '../../src/sandbox/his-bills.ts'
import { UNLIMITED } from '../support/http-client.ts'

const server = inject('mysqlUrl')

describe.skipIf(server === null)('a small storm', { timeout: 300_000 }, () => {
  it('[SC-X01] [SC-X02] a process is killed, and bank, HIS and our book agree fen by fen', async () => {
    const outcome = await runChaos(
      { url: new URL('/', server ?? '').href },
      {
        seed: 1,
        payments: 12,
        refunds: 4,
        processes: 2,
        longestMs: 240_000,
        killEveryMs: [100, 200],
        mostKills: 1,
        restartEveryMs: [1, 1],
        say: () => {},
      },
    )
    expect(outcome).toMatchObject({ payments: 12, isSettled: true, violations: [] })
    expect(outcome.processesKilled).toBe(1)
    expect(outcome.refundsAccepted).toBe(4)
  })
})

describe('the comparison of the books', () => {
  const BILL = 'MZ20261121000001-M'
  const heard: Heard = { paid: new Set(), askedFen: new Map(), accepted: new Set(), unanswered: 0 }
  let whole: WholeService
  let books: Books

  beforeAll(async () => {
    whole = await startWholeService({ patientSecret: PATIENT_SECRET, environment: UNLIMITED })
    const { patientId } = addBill(whole.sandbox.context, {
      billNo: BILL,
      businessType: 'consultation',
    })
    const agent = new Agent({ keepAlive: true })
    const errand: Errand = { billNo: BILL, patientId, payMode: 'insurance', wantsRefund: false }
    const town = { services: [whole.serviceUrl], his: [whole.his], sandboxUrl: whole.sandbox.url }
    await visit({ ...town, agent, chance: chanceOf(1), isOver: () => false, heard }, errand)
    agent.destroy()
    await settled(whole.app.db.q, Date.now() + 60_000)
    books = await readBooks(whole.app.db.q)
  })
  afterAll(() => whole.stop())

  const found = (changed: Partial<Books> = {}, told = heard): string[] =>
    wrongWith(sideBySide(whole.sandbox.bank, { ...books, ...changed }), told).map(
      ({ rule }) => rule,
    )
  const order = () => books.orders.map(({ id }) => id).join()

  it('finds nothing in a day without a fault', () => {
    expect(books.orders.map(({ state }) => state)).toEqual(['paid'])
    expect([...heard.paid]).toEqual([order()])
    expect(found()).toEqual([])
  })

  it('finds an event that is missing, and an order that went nowhere', () => {
    expect(found({ events: books.events.slice(1) })).toEqual(['no event is missing'])
    const stuck = books.orders.map((one) => ({ ...one, state: 'processing' }))
    expect(found({ orders: stuck })).toContain('every order ends or has an owner')
  })

  it('finds a fen too much, and what was shown to a patient and forgotten', () => {
    const off = books.orders.map((one) => ({ ...one, self_pay_fen: one.self_pay_fen + 1 }))
    expect(found({ orders: off })).toEqual(['own money agrees'])
    expect(found({ events: [] })).toContain('what was shown as paid is paid')
  })

  it('finds a refund that our book does not know, and one asked once and accepted twice', () => {
    const refunds = ['RF1', 'RF2'].map((refund_no) => ({
      order_id: order(),
      refund_no,
      number: refund_no,
      state: 'refunded',
      total_fen: 1,
      self_pay_fen: 1,
    }))
    expect(found({ refunds })).toContain('own money agrees')
    expect(found({ refunds })).toContain('asked once, returned once')
    const told = { ...heard, accepted: new Set([BILL]) }
    expect(found({}, told)).toEqual(['an accepted refund is not forgotten'])
  })

  it('finds a second effect at HIS and at the bank', () => {
    const { bank, context } = whole.sandbox
    const bill = billOf(context, BILL)
    const [settlement] = bill?.settlements.values() ?? []
    const cash = findCash(bank, ({ billNo }) => billNo === BILL)
    if (!bill || !settlement || !cash) throw new Error('nothing was paid')
    bill.settlements.set('ST2', { ...settlement, settlementNo: 'ST2' })
    expect(found()).toEqual(
      expect.arrayContaining(['one write-back an order', 'HIS knows only paid orders']),
    )
    bill.settlements.delete('ST2')
    bank.cashOrders.set('OUT2', { ...cash, outTradeNo: 'OUT2' })
    expect(found()).toEqual(['one cash order'])
    whole.sandbox.world.ledger.move({
      at: 0,
      billNo: BILL,
      from: 'patient',
      to: 'bank',
      why: 'cash',
      number: 'OUT2',
      amountFen: cash.amountFen,
    })
    expect(found()).toEqual(['one cash order', 'nobody pays twice', 'own money agrees'])
  })
})
