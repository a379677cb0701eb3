import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FileBook } from '../../src/app.ts'
import { businessDate } from '../../src/payment/numbers.ts'
import { readFile } from '../../src/reconciliation/files/read.ts'
import type { Row } from '../../src/reconciliation/row.ts'
import * as orders from '../../src/store/orders.ts'
import * as refunds from '../../src/store/refunds.ts'
import { becomes, paysUp, startWholeService, type WholeService } from '../support/whole-service.ts'

const folder = mkdtempSync(join(tmpdir(), 'jianlian-whole-'))
let service: WholeService
beforeAll(async () => {
  service = await startWholeService({}, undefined, {}, folder)
})
afterAll(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

/** As a demonstration does it: the file is written now, and comes by SFTP. */
async function rowsOf(book: FileBook, period: string, date: string): Promise<Row[]> {
  const issued = await fetch(`${service.sandbox.url}/sandbox/settlement-files/issue`, {
    method: 'POST',
    body: JSON.stringify({ book, period }),
  })
  expect(issued.status).toBe(200)
  const files = service.app.settlementFiles.get(book)
  const answer = await files?.source.fetch(date)
  if (files === undefined || answer?.kind !== 'done') throw new Error(answer?.kind)
  const rows: Row[] = []
  for (const { path } of answer.value)
    for await (const batch of readFile({ open: () => createReadStream(path), date }, files.profile))
      rows.push(...batch)
  return rows
}

async function paidUp() {
  const one = await service.patientWith('wechat', 'M')
  await one.patient.open('insurance')
  await one.patient.preSettle()
  await paysUp(one.patient)
  return one
}

it('[SC-C01, SC-C02] what was paid and returned comes back in the files, under our own numbers', async () => {
  const kept = await paidUp()
  const returned = await paidUp()
  await returned.patient.askRefund()
  await becomes(returned.patient, 'refunded')
  const told = await Promise.all(
    [kept, returned].map(async ({ bill }) => {
      const [order] = await orders.ofBill(service.app.db, bill.billNo)
      if (!order?.attempt) throw new Error('no attempt')
      const [refund] = await refunds.ofOrder(service.app.db, order.id)
      return { attempt: order.attempt, amounts: order.amounts, refund }
    }),
  )
  const expected = (numbers: (one: (typeof told)[number]) => object) => {
    const all = told.map((one) => ({ kind: 'payment', refundNo: null, ...numbers(one) }))
    const refundNo = told[1]?.refund?.refundNo
    return [...all, { ...all[1], kind: 'refund', refundNo }]
  }
  const date = businessDate(service.app.clock.now())
  expect(await rowsOf('bank', date, date)).toMatchObject(
    expected(({ attempt, amounts }) => ({
      merchantOrderNo: attempt.outTradeNo,
      bankOrderNo: attempt.bankOrderNo,
      amountFen: amounts.selfPayFen,
    })),
  )
  const month = date.slice(0, 7)
  expect(await rowsOf('insurance', month, `${month}-01`)).toMatchObject(
    expected(({ attempt, amounts }) => ({
      bankOrderNo: attempt.payOrdId,
      amountFen: amounts.fundFen + amounts.accountFen + amounts.otherFen,
    })),
  )
}, 60_000)
