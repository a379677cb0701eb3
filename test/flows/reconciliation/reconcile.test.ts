import { expect, it } from 'vitest'
import { reconcile, reconcileWith } from '../../../src/flows/reconciliation/reconcile.ts'
import { fen } from '../../../src/payment/money.ts'
import { ulid } from '../../../src/payment/numbers.ts'
import type { Order } from '../../../src/payment/order.ts'
import { ICBC_LIKE } from '../../../src/reconciliation/files/profiles.ts'
import { readFile } from '../../../src/reconciliation/files/read.ts'
import { piecesOf } from '../../../src/reconciliation/files/unpack.ts'
import * as reconciliation from '../../../src/store/reconciliation.ts'
import type { LedgerRow } from '../../../src/upstreams/ledger.ts'
import { describeDatabases } from '../../support/database.ts'
import { seededRandom } from '../../support/random.ts'
import { asksForRefund } from '../patient.ts'
import {
  classes,
  type Day,
  day,
  DAY,
  fileOf,
  LATE_FROM,
  lineOf,
  paid,
  ran,
  toTheCashier,
} from './day.ts'

/** Paid by 人社支付平台, a part of it returned; and by 一卡通. */
async function besideTheOrders({ world: { db } }: Day) {
  const at = Date.parse(`${DAY}T12:00:00+08:00`)
  const random = seededRandom(41)
  const [hrss, oneCard] = [ulid(at, random), ulid(at, random)]
  const both = { state: 'paid', created_at: at, expires_at: at, paid_at: at }
  await db.q('hrss_payments').insert({
    ...both,
    id: hrss,
    version: 1,
    bill_no: 'B8',
    person_mark: 'm',
    way: 'online',
    order_type: '10001',
    mch_order_id: 'MCH1',
    sealed: '',
    amount_fen: 400,
    reserved_fen: 0,
    refunded_fen: 150,
    write_back: 'done',
  })
  await db.q('hrss_refunds').insert({
    payment_id: hrss,
    refund_no: 'H1',
    number: 'RN1',
    amount_fen: 150,
    reason: '退号',
    state: 'returned',
    write_back: 'done',
    tries: 1,
    failures: 0,
    created_at: at,
    returned_at: at,
  })
  await db.q('one_card_payments').insert({
    ...both,
    order_no: oneCard,
    kind: 'code',
    bill_no: 'B9',
    amount_fen: 9,
    content_sealed: '',
    his_write_back: 'done',
    tries: 1,
  })
  return { hrss, oneCard, at }
}

const period = { from: '2026-11-01', to: '2026-11-30' }
const number = (order: Order): string => order.attempt.outTradeNo ?? ''

describeDatabases((_, openFresh) => {
  it('[SC-C02] [SC-C03] a day against the bank: every error found, classified, explained; again, the same', async () => {
    const the = await day(openFresh)
    const [good, missing, wrong, twice, open, returned] = [
      await paid(the, 'B1'),
      await paid(the, 'B2'),
      await paid(the, 'B3'),
      await paid(the, 'B4'),
      await toTheCashier(the, 'B5'),
      await paid(the, 'B6'),
    ]
    const refund = await asksForRefund(the, returned.id)
    await the.world.clock.advance(120_000)
    await the.nextMorning()
    the.bankWrites([
      lineOf(good),
      lineOf(wrong, { fen: 9_000 }),
      lineOf(twice),
      lineOf(twice, { at: (twice.attempt.t0 ?? 0) + 60_000 }),
      lineOf(open),
      lineOf(returned),
      lineOf(returned, { type: '退款', refundNo: refund.number }),
      lineOf(good, { type: '退款', refundNo: 'DESK1', fen: 500 }),
      { bankOrderNo: 'X1', merchantOrderNo: 'ELSEWHERE', at: good.attempt.t0 ?? 0, fen: 1_200 },
    ])
    const result = await the.reconcile()
    expect(classes(result)).toEqual({
      [number(missing)]: 'HOSPITAL_ONLY',
      [number(wrong)]: 'AMOUNT_DIFF',
      [number(twice)]: 'DUPLICATE',
      [number(open)]: 'STATUS_DIFF',
      DESK1: 'REFUND_BANK_ONLY',
      ELSEWHERE: 'BANK_ONLY',
    })
    const { tally, inputs, startedBy } = ran(result).run
    expect(tally.MATCHED.rows).toEqual({ bank: 4, hospital: 4 })
    expect(startedBy).toBe('王敏')
    expect(inputs).toMatchObject({
      'B_20261120.txt': expect.stringMatching(/^[0-9a-f]{64}$/),
      'own-book': expect.stringMatching(/^sm3:[0-9a-f]{64}$/),
    })
    for (const { content } of ran(result).breaks) expect(content.sentence).toMatch(/长款|短款|不平/)
    const again = await the.reconcile()
    expect(ran(again).breaks).toEqual(ran(result).breaks)
    expect(ran(again).happened).toEqual({ opened: 0, changed: 0, reopened: 0, closed: 0 })
    expect(ran(again).run.inputs).toEqual(inputs)
    expect(await reconciliation.runsOf(the.world.db, period)).toHaveLength(2)
    the.bankWrites([lineOf(good), lineOf(missing), lineOf(wrong), lineOf(twice), lineOf(returned)])
    expect(ran(await the.reconcile()).happened).toMatchObject({ closed: 5, opened: 1 })
  }, 60_000)

  it('[SC-C03] HIS has its own book: what it lacks is found, and its desks are left out', async () => {
    const the = await day(openFresh)
    const [good, lost] = [await paid(the, 'B1'), await paid(the, 'B2')]
    the.world.outside.settled.delete(`ST${lost.id}`)
    await the.nextMorning()
    const usual = the.world.outside.ledger.usual
    the.world.outside.ledger.always(async (date) => {
      const told = await usual(date)
      if (told.kind !== 'done') return told
      const desk = { kind: 'receipt', settlementNo: 'MZ001', refundNo: null } as const
      const rows = [...told.value.rows, { ...desk, totalFen: good.amounts.totalFen, at: 0 }]
      return { kind: 'done', value: { ...told.value, rows } }
    })
    const result = ran(await the.reconcile('his'))
    expect(classes(result)).toEqual({ [`ST${lost.id}`]: 'HOSPITAL_ONLY' })
    expect(result.breaks[0]?.content.action).toBe('write-back')
    expect(result.run.tally.MATCHED.rows).toEqual({ bank: 1, hospital: 1 })
  })

  it('[SC-C01] [SC-C03] what HIS was told of money beside the orders is in both books', async () => {
    const the = await day(openFresh)
    await paid(the, 'B1')
    await the.nextMorning()
    const { hrss, oneCard, at } = await besideTheOrders(the)
    const usual = the.world.outside.ledger.usual
    const receipt = { kind: 'receipt', refundNo: null, at } as const
    const payment = { ...receipt, settlementNo: `ST${hrss}`, totalFen: fen(400) }
    const others: LedgerRow[] = [
      { ...receipt, settlementNo: `ST${oneCard}`, totalFen: fen(9) },
      { ...payment, kind: 'refund', refundNo: 'H1', totalFen: fen(150) },
    ]
    let heard = [payment, ...others]
    the.world.outside.ledger.always(async (date) => {
      const told = await usual(date)
      if (told.kind !== 'done' || date !== DAY) return told
      return { kind: 'done', value: { ...told.value, rows: [...told.value.rows, ...heard] } }
    })
    const result = ran(await the.reconcile('his'))
    expect([classes(result), result.run.tally.MATCHED.rows.hospital]).toEqual([{}, 4])
    heard = others
    const lacking = ran(await the.reconcile('his'))
    expect(classes(lacking)).toEqual({ [`ST${hrss}`]: 'HOSPITAL_ONLY' })
    expect(lacking.breaks[0]?.content.action).toBe('hand-to-person')
  })

  it('[SC-C02] without the file nothing is counted, and when it is late somebody owns it', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    expect(await the.reconcile()).toMatchObject({ kind: 'missing', why: 'absent' })
    expect(await the.world.workItems()).toEqual([])
    await the.world.clock.advanceTo(LATE_FROM)
    expect(await the.reconcile()).toMatchObject({ kind: 'missing', why: 'absent' })
    await the.reconcile()
    expect(await the.world.workItems()).toMatchObject([{ kind: 'settlement-file-late' }])
    expect(await reconciliation.runsOf(the.world.db, period)).toEqual([])
    the.bankWrites([lineOf(order)])
    expect(ran(await the.reconcile()).breaks).toEqual([])
    expect(await the.world.workItems()).toEqual([])
  })

  it.each([
    ['truncated', (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
    [
      'with wrong totals',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace(/\d\n$/, '9\n'), 'latin1'),
    ],
  ])('[SC-S07] [SC-C03] a file that is %s counts for nothing at all', async (_name, spoil) => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    const whole = fileOf([lineOf(order)])
    the.bankPuts(spoil(whole))
    expect(await the.reconcile()).toMatchObject({ kind: 'missing', why: 'damaged' })
    expect(await reconciliation.runsOf(the.world.db, period)).toEqual([])
    expect(await reconciliation.breaksOf(the.world.db, period)).toEqual([])
    expect(await the.world.workItems()).toMatchObject([{ kind: 'settlement-file-damaged' }])
    the.bankPuts(whole)
    expect(ran(await the.reconcile()).breaks).toEqual([])
    expect(await the.world.workItems()).toEqual([])
  })

  it('[SC-C03] the same file twice is one file, whatever it is called', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    the.bankWrites([lineOf(order)])
    the.bankPuts(fileOf([lineOf(order)]), 'B_20261120_again.txt')
    const { breaks, run } = ran(await the.reconcile())
    expect(breaks).toEqual([])
    expect(run.tally.MATCHED.rows).toEqual({ bank: 1, hospital: 1 })
    expect(Object.keys(run.inputs)).toHaveLength(2)
  })

  it('[SC-Q12] [SC-C03] money that came after midnight belongs to the day of its order', async () => {
    const the = await day(openFresh, { from: Date.parse('2026-11-20T23:59:30+08:00') })
    const order = await paid(the, 'B1')
    const afterMidnight = Date.parse('2026-11-21T00:00:50+08:00')
    await the.nextMorning()
    the.bankWrites([])
    const early = ran(await the.reconcile())
    expect(early.breaks).toMatchObject([{ content: { class: 'HOSPITAL_ONLY', awaited: true } }])
    await the.world.clock.advance(86_400_000)
    the.bankWrites([lineOf(order, { at: afterMidnight })], '2026-11-21')
    const own = ran(await the.reconcile())
    expect(own.happened).toMatchObject({ closed: 1 })
    expect(own.run.tally.MATCHED.rows).toEqual({ bank: 1, hospital: 1 })
    const next = ran(await the.reconcile('bank', '2026-11-21'))
    expect(next.breaks).toEqual([])
    expect(next.run.tally.OTHER_DAY.rows).toEqual({ bank: 1, hospital: 1 })
  })

  it('[SC-Q12] a day that is not over is not reconciled', async () => {
    const the = await day(openFresh)
    const wish = { book: 'bank', date: DAY, startedBy: '王敏' } as const
    await expect(reconcile(the.at.app, wish)).rejects.toMatchObject({ code: 'invalid-request' })
  })

  it('[SC-C03] two processes at once leave one history', async () => {
    const the = await day(openFresh)
    await paid(the, 'B1')
    await the.nextMorning()
    the.bankWrites([])
    const other = the.world.startElsewhere()
    const wish = { book: 'bank', date: DAY, startedBy: 'worker' } as const
    await Promise.all([reconcile(the.at.app, wish), reconcile(other.app, wish)])
    const [one, ...others] = await reconciliation.breaksOf(the.world.db, period)
    expect(others).toEqual([])
    expect(await reconciliation.historyOf(the.world.db, one?.key ?? '')).toHaveLength(1)
    expect(await reconciliation.runsOf(the.world.db, period)).toHaveLength(2)
  })

  it('[SC-C03] a process that dies after the match leaves no half of a run', async () => {
    const the = await day(openFresh)
    await paid(the, 'B1')
    await the.nextMorning()
    the.bankWrites([])
    const dying = the.world.start({
      committed: () => {
        throw new Error('power cut')
      },
    })
    const wish = { book: 'bank', date: DAY, startedBy: 'worker' } as const
    await expect(reconcile(dying.app, wish)).rejects.toThrow('power cut')
    expect(await reconciliation.runsOf(the.world.db, period)).toHaveLength(1)
    expect(ran(await the.reconcile()).happened).toMatchObject({ opened: 0, changed: 0 })
  })

  it('[SC-S07] [SC-C03] a file that is spoilt after it was believed leaves no trace of its rows', async () => {
    const the = await day(openFresh)
    const order = await paid(the, 'B1')
    await the.nextMorning()
    const spoilt = fileOf([lineOf(order), lineOf(order, { bankOrderNo: 'X' })], 1)
    const rows = () => readFile({ open: () => piecesOf(spoilt), date: DAY }, ICBC_LIKE)
    const theirs = { kind: 'here', rows, inputs: {}, nextRead: true } as const
    const wish = { book: 'bank', date: DAY, startedBy: '王敏' } as const
    const result = await reconcileWith(the.at.app, wish, theirs)
    expect(result).toMatchObject({ kind: 'missing', why: 'damaged' })
    expect(await reconciliation.runsOf(the.world.db, period)).toEqual([])
    expect(await reconciliation.breaksOf(the.world.db, period)).toEqual([])
  })
})
