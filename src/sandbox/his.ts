/** The pretend hospital information system (HIS): bills, holds, write-back, refunds, its own books. */
import { z } from 'zod'
import { json, LOST, note, parseObject } from './answers.ts'
import { billOf, changeBill, counterOf, type HisAmounts, type HisBill } from './his-bills.ts'
import { createHisLink, problem, type HisLink } from './his-link.ts'
import type { SandboxContext } from './registry.ts'
import { scenarioOf } from './scenario.ts'
import type { CallRecord, SandboxReply, SandboxRequest, SandboxUpstream } from './world.ts'

const PREFIX = '/his'
const DOWN_MS = 20_000

const time = z.iso.datetime({ offset: true })
const number = z.string().min(1).max(64)
const amounts = z
  .object({
    totalFen: z.int().nonnegative(),
    fundFen: z.int().nonnegative(),
    accountFen: z.int().nonnegative(),
    otherFen: z.int().nonnegative(),
    selfPayFen: z.int().nonnegative(),
  })
  .refine((parts) => {
    return parts.totalFen === parts.fundFen + parts.accountFen + parts.otherFen + parts.selfPayFen
  }, 'amounts do not add up')
const PARTS = ['totalFen', 'fundFen', 'accountFen', 'otherFen', 'selfPayFen'] as const
const holdSchema = z.object({ until: time, orderId: number })
const settlementSchema = z.object({
  settlementNo: number,
  orderId: number,
  scenario: z.enum(['insurance-only', 'self-pay-only', 'mixed']),
  amounts,
  mixTradeNo: number,
  payOrdId: number.nullish(),
  paidAt: time,
})
const refundCheckSchema = z.object({ refundNo: number })
const refundSchema = z.object({
  refundNo: number,
  settlementNo: number,
  amounts,
  refundedAt: time,
})

/** One believed request about one bill. */
interface Call {
  readonly context: SandboxContext
  readonly link: HisLink
  readonly bill: HisBill
  readonly body: Record<string, unknown>
  readonly tell: (call: string, number: string, result: CallRecord['result']) => void
}
type Action = (call: Call, number: string) => SandboxReply

export function createHis(context: SandboxContext): SandboxUpstream {
  const link = createHisLink(context, PREFIX)
  return {
    prefix: PREFIX,
    handle: async (request) => {
      const fault = link.distrust(request)
      const reply = fault
        ? problem(401, 'unauthenticated', fault)
        : answer({ context, link }, request)
      return link.sign(request, reply)
    },
  }
}

const ROUTES: readonly [method: string, path: RegExp, action: Action][] = [
  ['GET', /^\/bills\/([^/]+)$/, readBill],
  ['PUT', /^\/bills\/([^/]+)\/hold$/, hold],
  ['DELETE', /^\/bills\/([^/]+)\/hold$/, release],
  ['POST', /^\/bills\/([^/]+)\/settlements$/, settle],
  ['GET', /^\/bills\/([^/]+)\/settlements\/([^/]+)$/, askSettlement],
  ['POST', /^\/bills\/([^/]+)\/refund-checks$/, checkRefund],
  ['POST', /^\/bills\/([^/]+)\/refunds$/, refund],
]

function answer(
  desk: { context: SandboxContext; link: HisLink },
  request: SandboxRequest,
): SandboxReply {
  const path = request.path.split('?')[0] ?? ''
  const date = /^\/ledger\/(\d{4}-\d\d-\d\d)$/.exec(path)?.[1]
  if (date && request.method === 'GET') return books(desk.context, date)
  for (const [method, pattern, action] of ROUTES) {
    const match = method === request.method ? pattern.exec(path) : null
    if (!match) continue
    const billNo = decodeURIComponent(match[1] ?? '')
    const bill = billOf(desk.context, billNo)
    if (!bill) return problem(404, 'bill-not-found', '没有这张账单')
    const text = request.body.toString('utf8')
    const body = text === '' ? {} : parseObject(text)
    if (!body) return problem(400, 'invalid-request', '请求内容不是 JSON 对象')
    const tell: Call['tell'] = (call, number, result) =>
      note(desk.context.world, { billNo, upstream: 'his', call, number, result })
    return action({ ...desk, bill, body, tell }, decodeURIComponent(match[2] ?? ''))
  }
  return problem(404, 'not-found', '没有这个接口')
}

const invalid = (error: z.ZodError): SandboxReply =>
  problem(400, 'invalid-request', z.prettifyError(error))

function readBill({ context, link, bill, tell }: Call): SandboxReply {
  tell('bill', bill.billNo, 'question')
  const preSettled = [...context.registry.uploads.values()].some(
    (upload) => upload.billNo === bill.billNo && upload.amounts !== null,
  )
  const { misbehaviour } = scenarioOf(bill.billNo)
  if (misbehaviour === 'F17' && preSettled && !bill.changed) changeBill(bill)
  const { billNo, businessType, status, fulfilment, totalFen, visit, lines } = bill
  const patient = {
    patientId: bill.patientId,
    name: link.conceal(bill.patient.name),
    idType: bill.patient.idType,
    idNo: link.conceal(bill.patient.idNo),
    phone: link.conceal(bill.patient.phone),
  }
  const told = { billNo, businessType, status, fulfilment, totalFen, patient, visit, lines }
  return json(200, { ...told, ...counterOf(bill) })
}

/** Latest wins: all payment services are one desk to the HIS, and each knows its own orders. */
function hold({ bill, body, tell }: Call): SandboxReply {
  const parsed = holdSchema.safeParse(body)
  if (!parsed.success) return invalid(parsed.error)
  const closed = notPayable(bill)
  tell('hold', parsed.data.orderId, closed ? 'refused' : 'effect')
  if (closed) return closed
  bill.hold = parsed.data
  return json(200, bill.hold)
}

/** With an `orderId` in the body only that order's hold goes; a hold that is gone is no error. */
function release({ bill, body, tell }: Call): SandboxReply {
  const orderId = body['orderId']
  const ours = orderId === undefined || bill.hold?.orderId === orderId
  tell('release', bill.hold?.orderId ?? '', bill.hold && ours ? 'effect' : 'repeat')
  if (ours) bill.hold = null
  return json(200, { held: bill.hold !== null })
}

function notPayable(bill: HisBill): SandboxReply | null {
  if (bill.status === 'void') return problem(409, 'bill-void', '账单已作废')
  if (bill.status === 'paid') return problem(409, 'bill-settled-elsewhere', '账单已在其他窗口结算')
  return null
}

function settle(call: Call): SandboxReply {
  const { context, bill, body, tell } = call
  const parsed = settlementSchema.safeParse(body)
  if (!parsed.success) return invalid(parsed.error)
  const { settlementNo } = parsed.data
  if (isDown(call, 'F18')) {
    tell('settlement', settlementNo, 'lost-request')
    return downAnswer(call)
  }
  const text = JSON.stringify(parsed.data)
  const known = bill.settlements.get(settlementNo)
  if (known) {
    tell('settlement', settlementNo, known.text === text ? 'repeat' : 'refused')
    if (known.text === text) return json(200, { settlementNo, at: known.at })
    return problem(409, 'number-reused', '结算编号已用于其他内容')
  }
  const { misbehaviour } = scenarioOf(bill.billNo)
  // A desk took the money for this bill while the patient was paying.
  if (misbehaviour === 'F19' && bill.status === 'unpaid') bill.status = 'paid'
  const refusal = notPayable(bill) ?? wrongTotal(bill, parsed.data.amounts.totalFen)
  tell('settlement', settlementNo, refusal ? 'refused' : 'effect')
  if (refusal) return refusal
  const { amounts, paidAt } = parsed.data
  bill.settlements.set(settlementNo, { settlementNo, text, amounts, at: paidAt })
  bill.status = 'paid'
  const lost = misbehaviour === 'F20' && context.world.count(`F20:${settlementNo}`) === 0
  return lost ? LOST : json(200, { settlementNo, at: paidAt })
}

function wrongTotal(bill: HisBill, totalFen: number): SandboxReply | null {
  return bill.totalFen === totalFen ? null : problem(422, 'amounts-mismatch', '金额与账单不符')
}

/** Down from the first such write on; that one always meets it, whatever the time scale. */
function isDown({ context, bill }: Call, code: 'F18' | 'R11'): boolean {
  if (scenarioOf(bill.billNo).misbehaviour !== code) return false
  const now = context.world.now()
  const first = bill.downSince === null
  bill.downSince ??= now
  return first || now < bill.downSince + DOWN_MS * context.world.timeScale
}

function downAnswer({ context, bill }: Call): SandboxReply {
  if (context.world.count(`down:${bill.billNo}`) % 2 === 1) return LOST
  return problem(503, 'maintenance', '系统维护中')
}

function askSettlement(call: Call, settlementNo: string): SandboxReply {
  const { bill, tell } = call
  tell('settlement-query', settlementNo, 'question')
  if (bill.downSince !== null && isDown(call, 'F18')) return downAnswer(call)
  const known = bill.settlements.get(settlementNo)
  if (!known) return problem(404, 'settlement-not-found', '没有这笔结算')
  return json(200, { settlementNo, billNo: bill.billNo, amounts: known.amounts, at: known.at })
}

function checkRefund({ bill, body, tell }: Call): SandboxReply {
  const parsed = refundCheckSchema.safeParse(body)
  if (!parsed.success) return invalid(parsed.error)
  const { refundNo } = parsed.data
  tell('refund-check', refundNo, 'question')
  const reason = notRefundable(bill, refundNo)
  return json(200, { allowed: reason === '', reason })
}

/** In the desk's words, empty when it may be; a refund that is written is no reason against itself. */
function notRefundable(bill: HisBill, refundNo: string): string {
  if (bill.settlements.size === 0) return '账单没有结算'
  if (bill.fulfilment !== 'none') return '项目已执行或药品已发出'
  if (scenarioOf(bill.billNo).misbehaviour === 'R10') return '票据已报销，不能作废'
  return bill.status === 'void' && !bill.refunds.has(refundNo) ? '账单已退费' : ''
}

function refund(call: Call): SandboxReply {
  const { bill, body, tell } = call
  const parsed = refundSchema.safeParse(body)
  if (!parsed.success) return invalid(parsed.error)
  const { refundNo, settlementNo, amounts, refundedAt } = parsed.data
  if (isDown(call, 'R11')) {
    tell('refund-write-back', refundNo, 'lost-request')
    return downAnswer(call)
  }
  const text = JSON.stringify(parsed.data)
  const known = bill.refunds.get(refundNo)
  if (known?.text === text) {
    tell('refund-write-back', refundNo, 'repeat')
    return json(200, { refundNo, at: known.at })
  }
  const settlement = bill.settlements.get(settlementNo)
  const before = [...bill.refunds.values()].filter((row) => row.settlementNo === settlementNo)
  const backOf = (part: keyof HisAmounts): number =>
    before.reduce((sum, row) => sum + row.amounts[part], amounts[part])
  const possible =
    !known && settlement && PARTS.every((part) => backOf(part) <= settlement.amounts[part])
  tell('refund-write-back', refundNo, possible ? 'effect' : 'refused')
  if (known) return problem(409, 'number-reused', '退款编号已用于其他内容')
  if (!settlement) return problem(404, 'settlement-not-found', '没有这笔结算')
  if (!possible) return problem(409, 'refund-exceeds-settlement', '退款超过结算金额')
  bill.refunds.set(refundNo, { refundNo, settlementNo, text, amounts, at: refundedAt })
  if (backOf('totalFen') === settlement.amounts.totalFen) bill.status = 'void'
  return json(200, { refundNo, at: refundedAt })
}

/** NDJSON, receipts and refunds of one business date in Asia/Shanghai. */
function books(context: SandboxContext, date: string): SandboxReply {
  const rows: Record<string, unknown>[] = []
  for (const { billNo } of context.registry.bills.values()) {
    const bill = billOf(context, billNo)
    const operator = '移动支付'
    for (const { settlementNo, amounts, at } of bill?.settlements.values() ?? [])
      rows.push({ kind: 'receipt', billNo, settlementNo, amounts, at, operator })
    for (const { settlementNo, refundNo, amounts, at } of bill?.refunds.values() ?? [])
      rows.push({ kind: 'refund', billNo, settlementNo, refundNo, amounts, at, operator })
  }
  const ofDate = rows.filter((row) => businessDate(String(row['at'])) === date)
  const body = ofDate.map((row) => `${JSON.stringify(row)}\n`).join('')
  return { kind: 'answer', status: 200, contentType: 'application/x-ndjson', body }
}

function businessDate(at: string): string {
  return new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(0, 10)
}
