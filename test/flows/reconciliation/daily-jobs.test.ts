import { expect, it } from 'vitest'
import { runDueJobs } from '../../../src/flows/reconciliation/daily-jobs.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import * as scheduledRuns from '../../../src/store/scheduled-runs.ts'
import { describeDatabases } from '../../support/database.ts'
import { asksForRefund } from '../patient.ts'
import { AT_NIGHT, type Day, day, DAY, LATE_FROM, lineOf, paid } from './day.ts'

const DAY_MS = 86_400_000

/** What every job came to, by date and name. */
const jobs = async (the: Day): Promise<string[]> =>
  (await scheduledRuns.since(the.world.db, DAY)).map(
    ({ date, job, state, tries }) => `${date} ${job} ${state} ${tries}`,
  )

const runs = async (the: Day): Promise<string[]> =>
  (await reconciliation.runsOf(the.world.db, { from: DAY, to: '2026-12-31' }))
    .map(({ book, date, startedBy }) => `${date} ${book} ${startedBy}`)
    .toSorted()

describeDatabases((_, openFresh) => {
  it('[SC-Q08] [SC-C02] day end and books come at their times, once, each recorded', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.at.stop()
    await runDueJobs(the.at.app)
    expect(await jobs(the)).toEqual([])
    await the.world.clock.advanceTo(AT_NIGHT)
    await runDueJobs(the.at.app)
    expect(await jobs(the)).toEqual([`${DAY} day-end done 1`])
    await the.nextMorning()
    the.bankWrites([lineOf(order)])
    await runDueJobs(the.at.app)
    await runDueJobs(the.at.app)
    expect(await jobs(the)).toEqual([
      `${DAY} day-end done 1`,
      `${DAY} reconcile-bank done 1`,
      `${DAY} reconcile-his done 1`,
      `${DAY} reconcile-overdue done 1`,
    ])
    expect(await runs(the)).toEqual([`${DAY} bank worker`, `${DAY} his worker`])
    const [, bank] = await scheduledRuns.since(the.world.db, DAY)
    expect(bank?.result).toMatchObject({
      breaks: 0,
      inputs: { 'B_20261120.txt': expect.any(String) },
    })
  })

  it('[SC-C02] a late file is asked for again and again, told of, and taken when it comes', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    await runDueJobs(the.at.app)
    expect(await jobs(the)).toContain(`${DAY} reconcile-bank waiting 1`)
    await runDueJobs(the.at.app)
    expect(await jobs(the)).toContain(`${DAY} reconcile-bank waiting 1`)
    await the.world.clock.advanceTo(LATE_FROM)
    await runDueJobs(the.at.app)
    expect(await jobs(the)).toContain(`${DAY} reconcile-bank waiting 2`)
    expect(await the.world.workItems()).toMatchObject([{ kind: 'settlement-file-late' }])
    the.bankWrites([lineOf(order)])
    await the.world.clock.advance(1_800_000)
    await runDueJobs(the.at.app)
    expect(await jobs(the)).toContain(`${DAY} reconcile-bank done 3`)
    expect(await the.world.workItems()).toEqual([])
  })

  it('[SC-Q08] what was missed while nothing ran is caught up, day by day', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    the.bankWrites([lineOf(order)])
    the.bankWrites([], '2026-11-21')
    await the.world.clock.advance(DAY_MS)
    await runDueJobs(the.world.start().app)
    expect(await runs(the)).toEqual([
      // Once more with the next day's file: a row after midnight may contradict it.
      `${DAY} bank worker`,
      `${DAY} bank worker`,
      `${DAY} his worker`,
      '2026-11-21 bank worker',
      '2026-11-21 his worker',
    ])
  })

  it('[SC-Q12] the next day’s file closes what midnight left open', async () => {
    const the = await day(openFresh, { from: Date.parse('2026-11-20T23:59:30+08:00') })
    const order = await paid(the, 'B1')
    await the.nextMorning()
    the.bankWrites([])
    await runDueJobs(the.at.app)
    const period = { from: DAY, to: DAY, book: 'bank' } as const
    expect(await reconciliation.breaksOf(the.world.db, period)).toMatchObject([{ state: 'open' }])
    await the.world.clock.advance(DAY_MS)
    const at = Date.parse('2026-11-21T00:00:50+08:00')
    the.bankWrites([lineOf(order, { at })], '2026-11-21')
    await runDueJobs(the.at.app)
    expect(await reconciliation.breaksOf(the.world.db, period)).toMatchObject([{ state: 'closed' }])
  })

  it('[SC-Q08] of several processes one runs a job; when it dies, another takes it over', async () => {
    const the = await day(openFresh)
    await paid(the, 'B1')
    await the.at.stop()
    await the.world.clock.advanceTo(AT_NIGHT)
    const [one, other] = [the.world.start(), the.world.startElsewhere()]
    await Promise.all([runDueJobs(one.app), runDueJobs(other.app)])
    expect(await jobs(the)).toEqual([`${DAY} day-end done 1`])
    const turn = { job: 'reconcile-bank', date: DAY, owner: 'dead', now: AT_NIGHT }
    await scheduledRuns.takeTurn(the.world.db, { ...turn, leaseUntil: AT_NIGHT + 1_800_000 })
    await the.nextMorning()
    the.bankWrites([])
    await runDueJobs(other.app)
    expect(await jobs(the)).toContain(`${DAY} reconcile-bank done 2`)
  })

  it('[SC-C01] what the bureau never brought is a difference once it is due, without anybody asking', async () => {
    const the = await day(openFresh)
    await paid(the, 'B1', 'insurance')
    await the.at.stop()
    await the.world.clock.advanceTo(Date.parse('2026-12-10T09:30:00+08:00'))
    the.bureauWrites(NO_MONTH)
    await runDueJobs(the.at.app)
    const period = { from: DAY, to: DAY, book: 'insurance' } as const
    const content = async () => {
      const [one] = await reconciliation.breaksOf(the.world.db, period)
      return one?.content
    }
    expect(await content()).toMatchObject({ awaited: true, action: 'await-monthly-file' })
    for (const at of ['2026-12-21T09:30:00+08:00', '2026-12-22T09:30:00+08:00']) {
      expect(await content()).toMatchObject({ awaited: true })
      await the.world.clock.advanceTo(Date.parse(at))
      await runDueJobs(the.at.app)
    }
    expect(await content()).toMatchObject({ awaited: false, action: 'hand-to-person' })
  }, 60_000)

  it('[SC-C02] a refund that the bank pays out days later agrees on both days', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    const { number } = await asksForRefund(the, order.id)
    await the.world.clock.advance(60_000)
    await the.nextMorning()
    the.bankWrites([lineOf(order)])
    await runDueJobs(the.at.app)
    const period = { from: DAY, to: '2026-11-25', book: 'bank' } as const
    const states = async () =>
      (await reconciliation.breaksOf(the.world.db, period)).map(
        ({ state, content }) => `${content.date} ${content.class} ${state}`,
      )
    expect(await states()).toEqual([`${DAY} REFUND_HOSPITAL_ONLY open`])
    const at = Date.parse('2026-11-23T10:00:00+08:00')
    const paidOut = { type: '退款', refundNo: number, at } as const
    for (const date of ['2026-11-21', '2026-11-22', '2026-11-23']) {
      the.bankWrites(date === '2026-11-23' ? [lineOf(order, paidOut)] : [], date)
      await the.world.clock.advance(DAY_MS)
      await runDueJobs(the.at.app)
    }
    expect(await states()).toEqual([`${DAY} REFUND_HOSPITAL_ONLY closed`])
  }, 60_000)
})

const NO_MONTH =
  '医保订单号,医药机构订单号,业务类型,结算时间,统筹基金支付,个人账户支付,其他基金支付,退款流水号\n合计,0,0.00\n'
