/**
 * The holder's telephone and the platform behind it: shows codes, scans ours, asks the hospital for an
 * order, pays, tells the hospital. `serviceUrl` is where the hospital is.
 */
import { hex, json } from '../answers.ts'
import type { SandboxReply, World } from '../world.ts'
import { type Book, shown } from './book.ts'
import type { Gateway } from './gateway.ts'
import { confirm } from './services.ts'

interface At {
  readonly world: World
  readonly book: Book
  readonly gateway: Gateway
}

type Fields = Readonly<Record<string, unknown>>

const CODE_LIFE_MS = 60_000

const PATHS = {
  rights: '/one-card/rights',
  order: '/one-card/orders',
  'payment-notice': '/callbacks/one-card/payment',
} as const

export function createPhone(at: At) {
  return async (what: string, asked: Fields | null): Promise<SandboxReply> => {
    const fields = asked ?? {}
    switch (what) {
      case 'holders':
        return json(200, { holders: at.book.holders.map((each) => shown(each)) })
      case 'join':
        return json(200, { holder: join(at, fields) })
      case 'show':
        return json(200, show(at, fields))
      case 'authorise':
        return json(200, authorise(at, fields))
      case 'pass':
        return json(200, pass(at, fields))
      case 'pay':
        return json(200, await pay(at, fields))
      case 'rights':
        return json(200, await rights(at, fields))
      case 'down':
        at.book.down = fields['down'] === true
        return json(200, {})
      case 'records':
        return json(200, { records: Object.fromEntries(at.book.records) })
      default:
        return json(404, {})
    }
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const holderIn = ({ book }: At, fields: Fields) => book.holders[Number(fields['holder'] ?? 0)]

/** Somebody is given a card. @returns where they stand among the holders */
function join({ book }: At, fields: Fields): number {
  const [name = '', idNo = '', cardNo = ''] = ['name', 'idNo', 'cardNo'].map((member) =>
    textOf(fields[member]),
  )
  return book.holders.push({ name, idType: '01', idNo, phone: '19900000000', cardNo }) - 1
}

/** An electronic card's code, good for a minute and once. */
function show(at: At, fields: Fields): Fields {
  const { world, book } = at
  const holder = holderIn(at, fields)
  if (holder === undefined) return {}
  const code = `EC${hex(world, 24)}`
  book.codes.set(code, { holder, expiresAt: world.now() + CODE_LIFE_MS, used: false })
  return { code }
}

/** Scans a code of the hospital's and agrees, or not. */
function authorise(at: At, fields: Fields): Fields {
  const requestNo = textOf(fields['qr']).replace('ykt:scan:', '')
  const check = at.book.checks.get(requestNo)
  if (check?.state !== 'WAITING') return { state: check?.state ?? 'UNKNOWN' }
  if (check.expiresAt <= at.world.now()) return { state: 'EXPIRED' }
  check.state = fields['refuse'] === true ? 'REFUSED' : 'AUTHORISED'
  check.holder = holderIn(at, fields) ?? null
  return { state: check.state }
}

/** Shows the face. */
function pass(at: At, fields: Fields): Fields {
  const check = at.book.checks.get(textOf(fields['requestNo']))
  if (check?.state === 'PENDING') check.state = 'PASSED'
  return { state: check?.state ?? 'UNKNOWN' }
}

/**
 * Pays an order: one whose code was scanned (the hospital is asked what it is), or one that waits for a yes.
 * `refuse` says no, `forged` and `amount` spoil the notice, `silent` sends none.
 */
async function pay(at: At, fields: Fields): Promise<Fields> {
  const { book, world } = at
  const qr = fields['qr']
  const orderNo = typeof qr === 'string' ? book.payCodes.get(qr) : textOf(fields['orderNo'])
  const payment = book.payments.get(orderNo ?? '')
  if (payment === undefined) return { paid: false, why: 'unknown' }
  if (qr !== undefined) {
    const told = await call(at, 'order', { ...fields, content: { orderNo } })
    if (!isUnpaid(at, told, payment.amount)) return { paid: false, why: 'not-payable', told }
  }
  if (payment.state === 'PAYING' && fields['refuse'] === true) payment.state = 'FAILED'
  if (payment.state === 'PAYING') confirm(world, payment)
  const paid = payment.state === 'PAID'
  if (fields['silent'] === true) return { paid }
  const { payNo, state, paidAt } = payment
  const amount = fields['amount'] ?? payment.amount
  const content = { orderNo, payNo, amount, state, ...(paidAt !== null && { paidAt }) }
  return { paid, notice: await call(at, 'payment-notice', { ...fields, content }) }
}

function isUnpaid(at: At, told: Fields, amount: number): boolean {
  const data = told['IsSuccess'] === true ? opened(at, told['Data']) : null
  return data?.['state'] === 'UNPAID' && data['amount'] === amount
}

/** What the hospital sealed, whole or field by field. */
const opened = ({ gateway }: At, data: unknown): Fields | null =>
  gateway.open(Buffer.from(JSON.stringify(typeof data === 'string' ? { data } : data)))

async function rights(at: At, fields: Fields): Promise<Fields> {
  const told = await call(at, 'rights', fields)
  return { ...told, Data: opened(at, told['Data']) }
}

/** One signed call at the hospital. @returns its answer as it came */
async function call(
  { world, gateway }: At,
  service: keyof typeof PATHS,
  fields: Fields,
): Promise<Fields> {
  const { headers, body } = gateway.call(service, fields['content'], fields['forged'] === true)
  const url = `${textOf(fields['serviceUrl'])}${PATHS[service]}`
  const answer = await world.post(url, { headers, body })
  try {
    const told: unknown = JSON.parse(answer.body)
    return typeof told === 'object' && told !== null ? Object.fromEntries(Object.entries(told)) : {}
  } catch {
    return { status: answer.status }
  }
}
