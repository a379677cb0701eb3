/** Rows that stand in another day's file than their order's: none of them is seen by nobody. */
import { expect, it } from 'vitest'
import { runDueJobs } from '../../../src/flows/reconciliation/daily-jobs.ts'
import { confirmBreak, resolveBreak } from '../../../src/flows/reconciliation/resolve-break.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import { describeDatabases } from '../../support/database.ts'
import { asksForRefund } from '../patient.ts'
import { type Day, day, DAY, type Line, lineOf, paid } from './day.ts'
import { paidAfterClose } from './decisions.ts'

const DAY_MS = 86_400_000

const breaksOf = (the: Day) =>
  reconciliation.breaksOf(the.world.db, { from: DAY, to: '2026-11-30', book: 'bank' })
const inShort = async (the: Day) =>
  (await breaksOf(the)).map(({ state, content }) => `${content.date} ${content.class} ${state}`)

/** The files as they come, a morning each, and what the worker does with them. */
async function mornings(the: Day, files: Readonly<Record<string, Line[]>>): Promise<void> {
  for (const [date, lines] of Object.entries(files)) {
    the.bankWrites(lines, date)
    if (date !== DAY) await the.world.clock.advance(DAY_MS)
    await runDueJobs(the.at.app)
  }
}

const at = (text: string): number => Date.parse(`${text}+08:00`)
const nobodys = (time: string): Line => ({
  bankOrderNo: 'X1',
  merchantOrderNo: 'ELSEWHERE',
  at: at(`${DAY}T${time}`),
  fen: 1_200,
})

describeDatabases((_, openFresh) => {
  const refundedOn = async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    const { number } = await asksForRefund(the, order.id)
    await the.world.clock.advance(60_000)
    await the.nextMorning()
    return { the, order, back: { type: '退款', refundNo: number } as const }
  }

  it('[SC-C01] a refund that the bank lists a second time three days later is a repetition', async () => {
    const { the, order, back } = await refundedOn()
    await mornings(the, {
      [DAY]: [lineOf(order), lineOf(order, back)],
      '2026-11-21': [],
      '2026-11-22': [],
      '2026-11-23': [lineOf(order, { ...back, at: at('2026-11-23T10:00:00') })],
    })
    expect(await inShort(the)).toEqual(['2026-11-23 REFUND_DUPLICATE open'])
  })

  it('[SC-C03] a refund that two people ended and the bank pays out later is told to a person', async () => {
    const { the, order, back } = await refundedOn()
    await mornings(the, { [DAY]: [lineOf(order)] })
    const key = (await breaksOf(the))[0]?.key ?? ''
    const wang = { name: '王敏', recognised: true } as const
    const li = { name: '李强', recognised: true } as const
    await resolveBreak(the.at.app, {
      key,
      operator: wang,
      action: 'record-outcome',
      note: '线下退',
    })
    if ((await breaksOf(the))[0]?.state === 'open')
      await confirmBreak(the.at.app, { key, operator: li })
    await mornings(the, {
      '2026-11-21': [],
      '2026-11-22': [],
      '2026-11-23': [lineOf(order, { ...back, at: at('2026-11-23T10:00:00') })],
    })
    const told = (await the.world.workItems()).filter(({ kind }) => kind === 'reconciliation-break')
    expect(told.map(({ sentence }) => sentence).join()).toContain('请核对是否重复收退')
  })

  it('[SC-C01] a payment that is listed again in the next file is a repetition of its day', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    await mornings(the, {
      [DAY]: [lineOf(order)],
      '2026-11-21': [lineOf(order, { at: at('2026-11-21T10:00:00') })],
    })
    expect(await inShort(the)).toEqual([`${DAY} DUPLICATE open`])
  })

  it('[SC-Q12] a payment after the close that the next file tells of is a difference of its day', async () => {
    const the = await day(openFresh)
    const order = await paidAfterClose(the)
    await mornings(the, {
      [DAY]: [],
      '2026-11-21': [lineOf(order, { at: at('2026-11-21T00:10:00') })],
    })
    expect(await inShort(the)).toEqual([`${DAY} STATUS_DIFF open`])
  })

  it.each([
    ['just before midnight, in the next file', '23:59:50', ['2026-11-21'], `${DAY} BANK_ONLY open`],
    [
      'three days before its file',
      '12:00:50',
      ['2026-11-21', '2026-11-22', '2026-11-23'],
      '2026-11-23 BANK_ONLY open',
    ],
  ] as const)('[SC-C01] a row of nobody dated %s', async (_name, time, dates, found) => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    const last = dates.at(-1)
    const files = dates.map((date) => [date, date === last ? [nobodys(time)] : []] as const)
    await mornings(the, { [DAY]: [lineOf(order)], ...Object.fromEntries(files) })
    expect(await inShort(the)).toEqual([found])
  })
})
