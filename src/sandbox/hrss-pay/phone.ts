/** The patient's phone, the desk's static code and the ledger: plain JSON, ours, in no document. */
import { z } from 'zod'
import { json, parseObject } from '../answers.ts'
import type { SandboxReply, SandboxRequest } from '../world.ts'
import { type Order, pay, platformNumber } from './book.ts'
import { merchantOrders, notify, type Teller } from './notices.ts'

const PAY = z.strictObject({ mchOrderId: z.string() })
const TYPED = z.strictObject({ amountFen: z.int().positive(), notifyUrl: z.string() })
const LOOK = z.strictObject({
  url: z.string(),
  idTypeOrder: z.string(),
  idNumberOrder: z.string(),
})
const DOWN = z.strictObject({ down: z.boolean() })
const CHOOSE = LOOK.extend({ mchOrderId: z.string() })

type Route = (teller: Teller, asked: { bill: string; body: unknown }) => unknown

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /phone/pay': async (teller, { body }) => {
    const asked = PAY.safeParse(body)
    const order = asked.success ? teller.book.orders.get(asked.data.mchOrderId) : undefined
    return order === undefined ? null : payAndTell(teller, order)
  },
  'POST /phone/typed': (teller, { body }) => {
    const asked = TYPED.safeParse(body)
    return asked.success ? typed(teller, asked.data) : null
  },
  'POST /phone/merchant-orders': (teller, { body }) => {
    const asked = LOOK.safeParse(body)
    return asked.success ? merchantOrders(teller, asked.data) : null
  },
  'POST /phone/choose': (teller, { body }) => {
    const asked = CHOOSE.safeParse(body)
    return asked.success ? choose(teller, asked.data) : null
  },
  'POST /phone/down': ({ book }, { body }) => {
    const asked = DOWN.safeParse(body)
    if (!asked.success) return null
    book.down = asked.data.down
    return asked.data
  },
  'GET /ledger': ({ book }, { bill }) => ({
    patientFen: book.ledger.balance(bill, 'patient'),
    hospitalFen: book.ledger.balance(bill, 'bank'),
    movements: book.ledger.of(bill),
  }),
}

export async function answerPhone(teller: Teller, request: SandboxRequest): Promise<SandboxReply> {
  const url = new URL(request.path, 'http://sandbox')
  const route = ROUTES[`${request.method} ${url.pathname}`]
  if (route === undefined) return json(404, { error: 'not found' })
  const bill = url.searchParams.get('bill') ?? ''
  const told = await route(teller, { bill, body: parseObject(request.body.toString('utf8')) })
  return told === null ? json(422, { error: 'invalid' }) : json(200, told)
}

async function payAndTell(teller: Teller, order: Order): Promise<{ paid: boolean }> {
  const paid = pay(teller.context.world, teller.book, order)
  if (paid) await notify(teller, order)
  return { paid }
}

function ownOrder(
  teller: Teller,
  wish: { mchOrderId: string; orderAmount: number; notifyUrl: string; billNo: string },
): Order {
  const { billNo, ...request } = wish
  const payOrderId = platformNumber(teller.context.world)
  const order: Order = {
    request,
    text: '',
    service: 'static',
    payOrderId,
    billNo,
    payStatus: '0',
    paidAt: null,
    refundedFen: 0,
  }
  teller.book.orders.set(wish.mchOrderId, order)
  return order
}

/** Static code, way 1: the payer types the amount, the number is the platform's. */
async function typed(teller: Teller, asked: z.output<typeof TYPED>): Promise<unknown> {
  const mchOrderId = `RS${platformNumber(teller.context.world)}`
  const { amountFen: orderAmount, notifyUrl } = asked
  const order = ownOrder(teller, { mchOrderId, orderAmount, notifyUrl, billNo: mchOrderId })
  return { mchOrderId, payOrderId: order.payOrderId, ...(await payAndTell(teller, order)) }
}

const LISTED = z.object({
  orderData: z.array(
    z.object({ mchOrderId: z.string(), orderAmount: z.number(), notifyUrl: z.string() }),
  ),
})

/** Static code, way 2: the payer chooses among the orders that the hospital lists. */
async function choose(teller: Teller, asked: z.output<typeof CHOOSE>): Promise<unknown> {
  const { mchOrderId, ...look } = asked
  const told = LISTED.safeParse(await merchantOrders(teller, look))
  const listed = told.data?.orderData.find((one) => one.mchOrderId === mchOrderId)
  if (listed === undefined) return { paid: false }
  const { orderAmount, notifyUrl } = listed
  const order =
    teller.book.orders.get(mchOrderId) ??
    ownOrder(teller, { mchOrderId, orderAmount, notifyUrl, billNo: mchOrderId })
  return payAndTell(teller, order)
}
