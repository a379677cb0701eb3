/** What each service of the platform does (upstreams/one-card/README.md 6). Strict: an unknown member is an error. */
import { z } from 'zod'
import { hex } from '../answers.ts'
import type { World } from '../world.ts'
import { type Book, type Payment, shown } from './book.ts'
import type { Refusal } from './gateway.ts'

const text = z.string().min(1).max(200)
const number = z.string().regex(/^[0-9A-Za-z_-]{1,64}$/)
const holder = { name: text, socialSecurityNo: z.string().length(18) }
const order = {
  orderNo: number,
  amount: z.int().positive(),
  title: text,
  expiresAt: z.int(),
  transactionCode: text.optional(),
}

const CHECK_LIFE_MS = 300_000
const PARAMETERS: Refusal = ['95270001', '提取参数出错!']

/** Null is "no such thing". */
export type Data = Readonly<Record<string, unknown>> | null
export type Service = (content: unknown) => Data | Refusal

export function createServices(world: World, book: Book): Readonly<Record<string, Service>> {
  const at = { world, book }
  return { ...identity(at), ...records(at), ...payments(at), ...grants(at) }
}

interface At {
  readonly world: World
  readonly book: Book
}

function service<S extends z.ZodType>(schema: S, run: (asked: z.output<S>) => Data | Refusal) {
  return (content: unknown): Data | Refusal => {
    const parsed = schema.safeParse(content)
    return parsed.success ? run(parsed.data) : PARAMETERS
  }
}

function identity({ world, book }: At): Record<string, Service> {
  const bySsn = (ssn: string) => book.holders.find(({ idNo }) => idNo === ssn)
  const requested = z.strictObject({ requestNo: number })
  return {
    person: service(z.strictObject(holder), ({ name, socialSecurityNo }) => ({
      result: bySsn(socialSecurityNo)?.name === name.replace(/-K.*$/, '') ? '1' : '0',
    })),
    presence: service(
      z.strictObject({ ...holder, requestNo: number, businessType: text }),
      ({ requestNo, socialSecurityNo, businessType }) => {
        const known = bySsn(socialSecurityNo)
        const expiresAt = world.now() + CHECK_LIFE_MS
        const state = businessType.includes('K55') || known === undefined ? 'FAILED' : 'PENDING'
        book.checks.set(requestNo, { requestNo, state, holder: known ?? null, expiresAt })
        return { requestNo, state, page: `https://ykt.example/face/${requestNo}` }
      },
    ),
    'presence-result': service(requested, ({ requestNo }) => checkNow({ world, book }, requestNo)),
    card: service(
      z.strictObject({ idType: text, idNo: text, name: text, cardNo: text }),
      ({ idNo, name, cardNo }) => {
        const known = book.holders.find((each) => each.cardNo === cardNo)
        const isTheirs = known?.idNo === idNo && known.name === name.replace(/-K.*$/, '')
        const state = name.endsWith('-K59') ? 'LOST' : isTheirs ? 'NORMAL' : 'UNKNOWN'
        return { result: state === 'NORMAL' ? '1' : '0', state }
      },
    ),
    'shown-code': service(z.strictObject({ code: text }), ({ code }) => {
      const found = book.codes.get(code)
      if (found === undefined || found.expiresAt <= world.now()) return { state: 'EXPIRED' }
      if (found.used) return { state: 'USED' }
      found.used = true
      return { state: 'VALID', ...shown(found.holder) }
    }),
    'scan-code': service(
      z.strictObject({ requestNo: number, businessType: text }),
      ({ requestNo }) => {
        const expiresAt = world.now() + CHECK_LIFE_MS
        book.checks.set(requestNo, { requestNo, state: 'WAITING', holder: null, expiresAt })
        return { requestNo, qr: `ykt:scan:${requestNo}`, expiresAt }
      },
    ),
    'scan-result': service(requested, ({ requestNo }) => {
      const now = checkNow({ world, book }, requestNo)
      const known = book.checks.get(requestNo)
      if (now === null || known?.state !== 'AUTHORISED' || known.holder === null) return now
      return { ...now, ...shown(known.holder) }
    }),
  }
}

function checkNow({ world, book }: At, requestNo: string): Data {
  const check = book.checks.get(requestNo)
  if (check === undefined) return null
  const isOpen = check.state === 'PENDING' || check.state === 'WAITING'
  if (isOpen && check.expiresAt <= world.now()) check.state = 'EXPIRED'
  return { requestNo, state: check.state }
}

function records({ book }: At): Record<string, Service> {
  const use = z.strictObject({
    ...holder,
    recordNo: number,
    channel: text,
    kind: text,
    detail: z.string().max(1024),
    usedAt: z.int(),
  })
  return {
    'use-record': service(use, (content) => {
      const { recordNo } = content
      const times = (book.records.get(recordNo)?.times ?? 0) + 1
      book.records.set(recordNo, { content, times })
      return { recordNo }
    }),
  }
}

const paymentNow = ({ orderNo, payNo, amount, state, paidAt }: Payment) => ({
  orderNo,
  payNo,
  amount,
  state,
  ...(paidAt !== null && { paidAt }),
})

function payments(at: At): Record<string, Service> {
  const { world, book } = at
  const open = (asked: z.output<z.ZodObject<typeof order>>): Payment => {
    const known = book.payments.get(asked.orderNo)
    if (known) return known
    const { orderNo, amount, title, expiresAt } = asked
    const payNo = `YKT${hex(world, 24)}`
    const base = { orderNo, amount, title, expiresAt }
    const payment: Payment = { ...base, payNo, state: 'PAYING', paidAt: null }
    book.payments.set(orderNo, payment)
    return payment
  }
  return {
    pay: service(z.strictObject({ ...order, ...holder }), (asked) => {
      const isNew = !book.payments.has(asked.orderNo)
      const payment = open(asked)
      if (isNew) decide(at, payment)
      return payment.amount === asked.amount ? paymentNow(payment) : PARAMETERS
    }),
    'pay-code': service(z.strictObject(order), (asked) => {
      open(asked)
      const qr = `ykt:pay:${asked.orderNo}`
      book.payCodes.set(qr, asked.orderNo)
      return { orderNo: asked.orderNo, qr }
    }),
    'code-holder': service(z.strictObject({ code: text }), ({ code }) => {
      const found = book.codes.get(code)
      return found === undefined || found.expiresAt <= world.now() ? null : shown(found.holder)
    }),
    'code-pay': service(z.strictObject({ ...order, code: text }), (asked) => {
      const code = book.codes.get(asked.code)
      const known = book.payments.get(asked.orderNo)
      if (known) return paymentNow(known)
      if (code === undefined || code.used || code.expiresAt <= world.now())
        return paymentNow({ ...open(asked), state: 'FAILED' })
      code.used = true
      return paymentNow(open(asked))
    }),
    'pay-query': service(z.strictObject({ orderNo: number }), ({ orderNo }) => {
      const payment = book.payments.get(orderNo)
      if (payment === undefined) return null
      const isOver = payment.state === 'PAYING' && payment.expiresAt <= world.now()
      return { ...paymentNow(payment), ...(isOver && { state: 'CLOSED' }) }
    }),
  }
}

/** Online the holder is at the page already: yes, no, or still thinking. */
function decide({ world }: At, payment: Payment): void {
  if (payment.title.includes('K55')) payment.state = 'FAILED'
  else if (!payment.title.includes('K60')) confirm(world, payment)
}

export function confirm(world: World, payment: Payment): void {
  payment.state = 'PAID'
  payment.paidAt = world.now()
  // The title names the bill: `医疗费用 MZ2026…`.
  const billNo = payment.title.split(' ').at(-1) ?? ''
  const { amount: amountFen, orderNo: number } = payment
  const at = world.now()
  world.ledger.move({ at, billNo, from: 'patient', to: 'bank', amountFen, why: 'one-card', number })
}

function grants({ book }: At): Record<string, Service> {
  const row = z.strictObject({
    rowNo: z.int().positive(),
    idType: text,
    idNo: text,
    name: text,
    amount: z.int().positive(),
    detail: text,
  })
  const batch = z.strictObject({ batchNo: number, benefitType: text, rows: z.array(row).min(1) })
  return {
    grant: service(batch, ({ batchNo, benefitType, rows }) => {
      const content = JSON.stringify({ benefitType, rows })
      const known = book.grants.get(batchNo)
      if (known) return known.text === content ? { batchNo } : PARAMETERS
      const failing = benefitType.includes('K58')
      const results = rows.map(({ rowNo }) =>
        failing && rowNo % 2 === 0
          ? { rowNo, state: 'FAILED', reason: '银行账户未激活' }
          : { rowNo, state: 'DONE' },
      )
      book.grants.set(batchNo, { text: content, rows: results })
      return { batchNo }
    }),
    'grant-query': service(z.strictObject({ batchNo: number }), ({ batchNo }) => {
      const known = book.grants.get(batchNo)
      return known === undefined ? null : { batchNo, rows: known.rows }
    }),
  }
}
