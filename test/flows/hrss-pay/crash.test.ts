import { describe, expect, it } from 'vitest'
import { closeHrssPayment } from '../../../src/flows/hrss-pay/close.ts'
import { refundHrssPayment } from '../../../src/flows/hrss-pay/refund.ts'
import { fen } from '../../../src/payment/money.ts'
import { describeDatabases, type OpenFresh } from '../../support/database.ts'
import { type Desk, openDesk } from './desk.ts'

class PowerCut extends Error {
  override name = 'PowerCut'
}

interface Life {
  /** Commits until the power is cut; null: it stays on. */
  left: number | null
  readonly commits: string[]
}

const PROFILE = { resendOrder: true, queryWithoutPayOrderId: false }

async function deskWithSwitch(openFresh: OpenFresh): Promise<{ desk: Desk; life: Life }> {
  const life: Life = { left: null, commits: [] }
  const committed = (name: string): void => {
    life.commits.push(name)
    if (life.left === null) return
    life.left -= 1
    if (life.left < 0) throw new PowerCut(name)
  }
  const db = await openFresh({ committed })
  return { desk: await openDesk(db, { platform: { profile: PROFILE } }), life }
}

/** One story; whoever dies in it comes back as the worker of the next process. */
async function tell(desk: Desk, life: Life, cutAfter: number | null): Promise<void> {
  life.left = cutAfter
  for (const chapter of [pays, refunds, closesAnother])
    try {
      await chapter(desk)
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error
      life.left = null
      await desk.restart()
      // What the dead process held is free when its lease ends.
      await desk.tend(60_000)
      await chapter(desk)
    }
  life.left = null
  await desk.tend(120_000)
}

async function pays(desk: Desk): Promise<void> {
  const open = await desk.open('MZ1').catch((error: unknown) => {
    // Paid by the first life: nobody pays twice.
    if (error instanceof Error && error.message.startsWith('bill-already-paid')) return null
    throw error
  })
  if (open === null) return
  await desk.payOnPhone(open.payment.mchOrderId)
  await desk.tend()
}

const idOf = async (desk: Desk, billNo: string): Promise<string> => {
  const row = await desk.app.db
    .q('hrss_payments')
    .where({ bill_no: billNo })
    .first<{ id: string }>('id')
  return row.id
}

async function refunds(desk: Desk): Promise<void> {
  const id = await idOf(desk, 'MZ1')
  const wish = { refundNo: 'T1', amountFen: fen(12_345), reason: '退号' }
  await refundHrssPayment(desk.app, id, wish)
  await desk.tend()
}

async function closesAnother(desk: Desk): Promise<void> {
  const known = await desk.app.db.q('hrss_payments').where({ bill_no: 'MZ2' }).first()
  if (known === undefined) await desk.open('MZ2')
  await closeHrssPayment(desk.app, await idOf(desk, 'MZ2'))
}

/** A commit is one in both databases: the slower one is cut after every third. */
const EVERY = { SQLite: 1, MySQL: 3 } as const

describeDatabases((name, openFresh) => {
  describe('a power cut', () => {
    it('[RS-06] [RS-51] [RS-56] [RS-58] [RS-73] after any commit ends as it would have without: money once, closed once', async () => {
      const whole = await deskWithSwitch(openFresh)
      await tell(whole.desk, whole.life, null)
      const commits = whole.life.commits.length
      expect(commits).toBeGreaterThan(12)
      for (let cut = 0; cut < commits; cut += EVERY[name]) {
        const { desk, life } = await deskWithSwitch(openFresh)
        await tell(desk, life, cut)
        const at = `cut after commit ${cut}, ${life.commits[cut] ?? ''}`
        const rows: { bill_no: string; state: string }[] = await desk.app.db
          .q('hrss_payments')
          .select('bill_no', 'state')
          .orderBy('bill_no')
        expect([at, ...rows.map(({ bill_no, state }) => `${bill_no} ${state}`)]).toEqual([
          at,
          'MZ1 refunded',
          'MZ2 closed',
        ])
        const moved = desk.sandbox.teller.book.ledger.movements.map(({ why }) => why)
        expect([at, ...moved]).toEqual([at, 'social-security-card', 'social-security-card-refund'])
        expect(desk.sandbox.teller.book.orders.size).toBe(2)
        expect(await desk.app.db.q('bill_locks').select()).toEqual([])
      }
    }, 120_000)
  })
})
