import { expect, it } from 'vitest'
import { payByOneCode } from '../../../src/flows/one-code/payment.ts'
import type { Db } from '../../../src/store/database.ts'
import { describeDatabases, type OpenFresh } from '../../support/database.ts'
import {
  type Counter,
  counterBill,
  counterContext,
  openCounter,
  workUntil,
} from '../../support/one-code-rig.ts'
import { databaseIsBusy, VirtualClock } from '../../support/virtual-clock.ts'

/** One run at a counter, cut after the n-th commit; another process goes on from what is stored. */
async function run(openFresh: OpenFresh, cutAfter: number | null, suffix = 'MY') {
  const clock = new VirtualClock()
  const context = counterContext(clock)
  const commits: string[] = []
  const life = { alive: true }
  const plain = await openFresh()
  clock.alsoWaitsFor(databaseIsBusy(plain))
  const db: Db = {
    ...plain,
    committed: (name) => {
      commits.push(name)
      if (commits.length !== cutAfter) return
      life.alive = false
      throw new Error(`power cut after ${name}`)
    },
  }
  const first = await openCounter({ db: mortal(db, life), clock, context })
  await clock
    .run(payByOneCode(first.app, first.wishOf(counterBill(suffix))))
    .catch((error: unknown) => {
      if (!(error instanceof Error) || !/power cut|dead/.test(error.message)) throw error
    })
  const second = await openCounter({ db: plain, clock, context, seed: 2, outside: first.outside })
  await workUntil(second, 400_000)
  return { first, second, commits, context }
}

/** The dead neither read nor write. */
function mortal(db: Db, life: { alive: boolean }): Db {
  const q = new Proxy(db.q, {
    apply: (target, self, words) => {
      if (!life.alive) throw new Error('the process is dead')
      return Reflect.apply(target, self, words)
    },
    get: (target, name) => {
      if (!life.alive && name !== 'client') throw new Error('the process is dead')
      return Reflect.get(target, name)
    },
  })
  return { ...db, q }
}

async function onlyPayment({ app, payment }: Counter) {
  const rows: { id: string }[] = await app.db.q('one_code_payments').select('id')
  expect(rows.length).toBeLessThanOrEqual(1)
  return rows[0] ? payment(rows[0].id) : null
}

describeDatabases((database, openFresh) => {
  it('[YM-34] a run has these commits: every number is stored before the call that uses it', async () => {
    const { commits } = await run(openFresh, null)
    expect(commits).toEqual([
      'one-code:begun',
      'one-code:usable',
      'one-code:certificate:intended',
      'one-code:certificate:done',
      'one-code:charge:intended',
      'one-code:paid',
    ])
  })

  it.each([['MY'], ['MY09'], ['MY11']])(
    '[YM-34, YM-35, YM-47] a power cut after any commit of %s: charged at most once, and the end is known',
    async (suffix) => {
      const { commits } = await run(openFresh, null, suffix)
      for (let cutAfter = 1; cutAfter <= commits.length; cutAfter += 1) {
        const { second, context, commits: seen } = await run(openFresh, cutAfter, suffix)
        const name = `cut after ${cutAfter}: ${seen[cutAfter - 1]} on ${database}`
        const payment = await onlyPayment(second)
        const moved = context.world.ledger.of(counterBill(suffix))
        expect(['paid', 'declined'], name).toContain(payment?.state)
        expect(moved.length, name).toBe(payment?.state === 'paid' ? 1 : 0)
        expect(second.collected(counterBill(suffix)), name).toBe(
          payment?.state === 'paid' ? payment.selfPayFen : 0,
        )
        const charged = context.world.calls.filter(({ call }) => call === 'charge')
        expect(new Set(charged.map(({ number }) => number)).size, name).toBeLessThanOrEqual(1)
      }
    },
    120_000,
  )
})
