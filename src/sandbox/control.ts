/** `/sandbox/*`: what a demonstration or a test may ask the pretend world. Plain JSON. */
import { z } from 'zod'
import { json, parseObject } from './answers.ts'
import type { Bank } from './bank/book.ts'
import { ageCash, findMixed, returnByChannel } from './bank/book.ts'
import { resend } from './bank/notices.ts'
import { reverseRefund } from './bank/refunds.ts'
import { addBill } from './his-bills.ts'
import type { NewBill } from './his-bills.ts'
import type { Holder } from './ledger.ts'
import { settlementNotice } from './mid-platform.ts'
import { returnAtWindow } from './mid-platform-refunds.ts'
import type { SandboxReply, SandboxRequest, SandboxUpstream } from './world.ts'

export const CONTROL_PREFIX = '/sandbox'

const HOLDERS: readonly Holder[] = [
  'patient',
  'bank',
  'fund',
  'account',
  'other',
  'insurance-payable',
]

const BILL = z.strictObject({
  billNo: z.string().min(1).max(40).optional(),
  businessType: z.enum(['registration', 'consultation', 'pharmacy']),
  patient: z
    .strictObject({
      name: z.string().min(1),
      idType: z.string().min(1),
      idNo: z.string().min(1),
      phone: z.string().min(1),
    })
    .partial()
    .optional(),
  totalFen: z.number().int().positive().max(100_000_000).optional(),
})
const NOTIFY = z.object({ billNo: z.string(), url: z.url() })
const REVERSE = z.object({ refundNo: z.string() })
const BY_HAND = z.object({ billNo: z.string(), part: z.enum(['insurance', 'self-pay']) })
const RESEND = z.object({ mixTradeNo: z.string() })

type Route = (bank: Bank, asked: { bill: string | null; body: unknown }) => unknown

const ROUTES: Record<string, Route> = {
  'GET /ledger': (bank, { bill }) => (bill === null ? invalid('bill') : ledgerOf(bank, bill)),
  'GET /calls': (bank, { bill }) =>
    bank.context.world.calls.filter((call) => bill === null || call.billNo === bill),
  'GET /acks': (bank, { bill }) => bank.acks.filter((ack) => bill === null || ack.billNo === bill),
  'POST /bills': (bank, { body }) => createBill(bank, body),
  'POST /refunds/reverse': (bank, { body }) => reverse(bank, body),
  'POST /refunds/by-hand': (bank, { body }) => byHand(bank, body),
  'POST /callbacks/resend': (bank, { body }) => resendOf(bank, body),
  'POST /settlement-notices': (bank, { body }) => notifySettlement(bank, body),
}

export function createControl(bank: Bank): SandboxUpstream {
  return {
    prefix: CONTROL_PREFIX,
    handle: async (request: SandboxRequest): Promise<SandboxReply> => {
      const url = new URL(request.path, 'http://sandbox')
      const route = ROUTES[`${request.method} ${url.pathname}`]
      if (route === undefined) return json(404, { error: 'not found' })
      const bill = url.searchParams.get('bill')
      const result = await route(bank, { bill, body: parseObject(request.body.toString('utf8')) })
      return result instanceof Invalid
        ? json(result.status, { error: result.message })
        : json(200, result)
    },
  }
}

class Invalid {
  readonly message: string
  readonly status: number

  constructor(message: string, status: number) {
    this.message = message
    this.status = status
  }
}

const invalid = (what: string, status = 400): Invalid => new Invalid(what, status)

/** Balances are fen gained (negative: lost) through this bill; two open cash orders are the danger. */
function ledgerOf(bank: Bank, billNo: string): Record<string, unknown> {
  const { ledger } = bank.context.world
  const cashOrders = [...bank.cashOrders.values()]
    .filter((cash) => cash.billNo === billNo)
    .map((cash) => ageCash(bank, cash))
  return {
    billNo,
    balances: Object.fromEntries(HOLDERS.map((holder) => [holder, ledger.balance(billNo, holder)])),
    movements: ledger.of(billNo),
    cashOrders: cashOrders.map((cash) => ({
      orderId: cash.orderId,
      outTradeNo: cash.outTradeNo,
      amountFen: cash.amountFen,
      status: cash.status,
      refundedFen: cash.refundedFen,
    })),
    refunds: [...bank.refunds.values()]
      .filter(({ cash }) => cash.billNo === billNo)
      .map(({ refundNo, amountFen, status }) => ({ refundNo, amountFen, status })),
  }
}

/** The next day of R08 without waiting for it. */
function reverse(bank: Bank, body: unknown): unknown {
  const parsed = REVERSE.safeParse(body)
  const refund = parsed.success ? reverseRefund(bank, parsed.data.refundNo) : null
  if (refund === null) return invalid('no such refund that was returned', 404)
  return { refundNo: refund.refundNo, status: refund.status }
}

/** What people do past every interface of ours: at the insurance window, on the bank's merchant platform. */
function byHand(bank: Bank, body: unknown): unknown {
  const parsed = BY_HAND.safeParse(body)
  if (!parsed.success) return invalid('billNo, part')
  const { billNo, part } = parsed.data
  const done = part === 'insurance' ? returnAtWindow(bank.context, billNo) : payBack(bank, billNo)
  return done ? parsed.data : invalid('nothing of it is held', 404)
}

function payBack(bank: Bank, billNo: string): boolean {
  const cash = [...bank.cashOrders.values()].find(
    (known) => known.billNo === billNo && known.status === 'paid' && known.reservedFen === 0,
  )
  if (cash) returnByChannel(bank, cash)
  return cash !== undefined
}

function createBill(bank: Bank, body: unknown): unknown {
  const parsed = BILL.safeParse(body)
  if (!parsed.success) return invalid(parsed.error.issues[0]?.path.join('.') ?? 'body')
  const { billNo, businessType, patient, totalFen } = parsed.data
  if (billNo !== undefined && bank.context.registry.bills.has(billNo))
    return invalid('billNo exists', 409)
  const wish: NewBill = {
    businessType,
    ...(billNo === undefined ? {} : { billNo }),
    ...(patient === undefined ? {} : { patient: withoutUndefined(patient) }),
    ...(totalFen === undefined ? {} : { totalFen }),
  }
  const bill = addBill(bank.context, wish)
  return {
    billNo: bill.billNo,
    businessType: bill.businessType,
    totalFen: bill.totalFen,
    patientId: bill.patientId,
    patient: bill.patient,
  }
}

function withoutUndefined(members: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  )
}

async function resendOf(bank: Bank, body: unknown): Promise<unknown> {
  const parsed = RESEND.safeParse(body)
  const mixed = parsed.success ? findMixed(bank, parsed.data.mixTradeNo) : null
  if (mixed === null) return invalid('no such mixed order', 404)
  return (await resend(bank, mixed)) ?? invalid('there is no result to tell', 409)
}

/** 6302 goes to the address that the hospital registered; here whoever asks names it. */
async function notifySettlement({ context }: Bank, body: unknown): Promise<unknown> {
  const parsed = NOTIFY.safeParse(body)
  const notice = parsed.success ? settlementNotice(context, parsed.data.billNo) : null
  if (!parsed.success || notice === null) return invalid('no upload of this bill', 404)
  const { status, body: answered } = await context.world.post(parsed.data.url, {
    headers: { 'content-type': 'application/json;charset=utf-8' },
    body: notice,
  })
  return { status, body: answered }
}
