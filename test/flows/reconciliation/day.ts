/** A day of the hospital, and the bank's file about it on a shelf that a real adapter reads. */
import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SettlementBook } from '../../../src/wiring/settlement-files.ts'
import { reconcile, type Reconciled } from '../../../src/flows/reconciliation/reconcile.ts'
import { plainTime } from '../../../src/payment/numbers.ts'
import type { Order } from '../../../src/payment/order.ts'
import type { BookName } from '../../../src/reconciliation/ageing.ts'
import { DamagedFile, type Profile } from '../../../src/reconciliation/files/profile.ts'
import { ICBC_LIKE, INSURANCE_CSV } from '../../../src/reconciliation/files/profiles.ts'
import { checkFile } from '../../../src/reconciliation/files/read.ts'
import { settlementFiles } from '../../../src/upstreams/settlement-files/adapter.ts'
import { folderSource, receiveUpload } from '../../../src/upstreams/settlement-files/folder.ts'
import { gbk } from '../../reconciliation/files/contents.ts'
import type { OpenFresh } from '../../support/database.ts'
import { flowWorld, type Process, type World, type WorldOptions } from '../../support/flow-world.ts'
import { newFolder, settingsFor } from '../../upstreams/settlement-files/settings.ts'
import { authorises, callsBack, happens, opens, PAID, pays, says } from '../patient.ts'
import { billOf, PATIENT } from '../people.ts'

export const DAY = '2026-11-20'
export const AT_NIGHT = Date.parse('2026-11-21T00:10:00+08:00')
export const NEXT_MORNING = Date.parse('2026-11-21T09:30:00+08:00')
/** From when on the file of the day before is late. */
export const LATE_FROM = Date.parse('2026-11-21T11:00:00+08:00')

// ---------------------------------------------------------------- the other side's files

export interface Line {
  readonly bankOrderNo: string
  readonly merchantOrderNo: string
  readonly at: number
  readonly type?: '支付' | '退款'
  readonly status?: '成功' | '失败' | '处理中'
  readonly fen: number
  readonly refundNo?: string
}

/** What the bank should write about an order whose own money it took. */
export const lineOf = (order: Order, changes: Partial<Line> = {}): Line => ({
  bankOrderNo: order.attempt.bankOrderNo ?? '',
  merchantOrderNo: order.attempt.outTradeNo ?? '',
  at: (order.attempt.t0 ?? 0) + 5_000,
  fen: order.amounts.selfPayFen,
  ...changes,
})

export function fileOf(lines: readonly Line[], total?: number): Buffer {
  const rows = lines.map((line) =>
    [
      'M001',
      line.bankOrderNo,
      line.merchantOrderNo,
      plainTime(line.at).replace(/\D/g, ''),
      line.type ?? '支付',
      line.status ?? '成功',
      line.fen,
      line.refundNo ?? '',
      '门诊',
    ].join('|'),
  )
  const net = lines.reduce((sum, { fen, type }) => sum + (type === '退款' ? -fen : fen), 0)
  const heading = '商户号|工行订单号|商户订单号|交易时间|交易类型|交易状态|交易金额|退款流水号|备注'
  return gbk([heading, ...rows, `TOTAL|${lines.length}|${total ?? net}`, ''].join('\n'))
}

/** A shelf of the other side's, and the book that is read from it. */
export function shelf(profile: Profile, names: string) {
  const folder = newFolder()
  const judge = async ({ path, date }: { path: string; date: string }): Promise<string | null> => {
    try {
      await checkFile({ open: () => createReadStream(path), date }, profile)
      return null
    } catch (error) {
      if (error instanceof DamagedFile) return error.message
      throw error
    }
  }
  const settings = { ...settingsFor(folderSource(folder)).settings, names, judge }
  const source = settlementFiles(settings)
  const book: SettlementBook = {
    source,
    profile,
    punctuality: { askEveryMs: 1_800_000, alarmsAt: () => [LATE_FROM] },
    takeUpload: async (file) => {
      const received = await receiveUpload(settings, file)
      if (received.kind === 'received') writeFileSync(join(folder, file.name), file.content)
      return received
    },
  }
  return { book, put: (name: string, bytes: Buffer) => writeFileSync(join(folder, name), bytes) }
}

// ---------------------------------------------------------------- the hospital's day

export interface Day {
  readonly world: World
  readonly at: Process
  /** Puts the bank's file of a date on its shelf. */
  readonly bankWrites: (lines: readonly Line[], date?: string, total?: number) => void
  readonly bankPuts: (bytes: Buffer, name?: string) => void
  readonly bureauWrites: (text: string, month?: string) => void
  readonly nextMorning: () => Promise<void>
  /** Another process works for so long. */
  readonly works: (ms: number) => Promise<void>
  readonly reconcile: (book?: BookName, date?: string) => Promise<Reconciled>
}

const nameOf = (date: string): string => `B_${date.replaceAll('-', '')}.txt`

export async function day(
  openFresh: OpenFresh,
  { from, ...options }: WorldOptions & { readonly from?: number } = {},
): Promise<Day> {
  const bank = shelf(ICBC_LIKE, 'B_{date}*.txt')
  const bureau = shelf(INSURANCE_CSV, 'I_{month}.csv')
  const settlementFiles = new Map([
    ['bank', bank.book],
    ['insurance', bureau.book],
  ] as const)
  const world = await flowWorld(openFresh, { ...options, settlementFiles })
  const at = world.start()
  // Before the worker looks four times a second.
  if (from !== undefined) await world.clock.advanceTo(from)
  at.work()
  await world.clock.settle()
  return {
    world,
    at,
    bankWrites: (lines, date = DAY, total) => bank.put(nameOf(date), fileOf(lines, total)),
    bankPuts: (bytes, name = nameOf(DAY)) => bank.put(name, bytes),
    bureauWrites: (text, month = '202611') => bureau.put(`I_${month}.csv`, gbk(text)),
    nextMorning: async () => {
      await at.stop()
      await world.clock.advanceTo(NEXT_MORNING)
    },
    works: async (ms) => {
      const other = world.start()
      other.work()
      await world.clock.advance(ms)
      await other.stop()
    },
    reconcile: (book = 'bank', date = DAY) => reconcile(at.app, { book, date, startedBy: '王敏' }),
  }
}

let codes = 0

/** A patient with this bill, up to the cashier; nothing has been paid. */
export async function toTheCashier(
  { world, at }: Day,
  billNo: string,
  payMode: 'insurance' | 'self-pay' = 'self-pay',
): Promise<Order> {
  const scene = { world, at }
  world.outside.bills.set(billNo, billOf(billNo))
  const { id } = await opens(scene, { billNo, payMode, patientIds: [PATIENT.patientId] })
  codes += 1
  if (payMode === 'insurance') await authorises(scene, id, `CODE${codes}`)
  await pays(scene, id)
  return world.order(id)
}

/** ... who has paid, and HIS knows. */
export async function paid(
  the: Day,
  billNo: string,
  payMode?: 'insurance' | 'self-pay',
): Promise<Order> {
  const order = await toTheCashier(the, billNo, payMode)
  await settles(the, order)
  return the.world.order(order.id)
}

export async function settles({ world, at }: Day, order: Order): Promise<void> {
  const scene = { world, at }
  const told = order.payMode === 'self-pay' ? { ...PAID, insurance: 'none' as const } : PAID
  happens(scene, order, told)
  await callsBack(scene, says(order, told), `N-${order.id}`)
  await world.clock.advance(1_000)
}

// ---------------------------------------------------------------- what came of it

export function ran(result: Reconciled): Extract<Reconciled, { kind: 'done' }> {
  if (result.kind !== 'done') throw new Error(result.said)
  return result
}

/** Class by the number that the break goes by. */
export const classes = (result: Reconciled): Record<string, string> =>
  Object.fromEntries(
    ran(result).breaks.map(({ content }) => {
      const row = content.hospital ?? content.bank
      return [row?.refundNo ?? row?.merchantOrderNo ?? '', content.class]
    }),
  )
