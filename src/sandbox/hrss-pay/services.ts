/** The seven services: what each does with a request that was believed. */
import { shanghai } from '../shanghai.ts'
import { giveBack, type Order, pay, platformNumber, type Refund, refundStatusOf } from './book.ts'
import type { Business } from './gateway.ts'
import { notify, stateOf, type Teller } from './notices.ts'
import { type CallLetter, wishOf } from './scenario.ts'
import * as schemas from './schemas.ts'

type Content = Readonly<Record<string, unknown>>

export interface Service {
  readonly letter: CallLetter
  readonly name: string
  /** The bill, by which the service misbehaves; empty when it is not known. */
  readonly billOf: (teller: Teller, content: Content) => string
  /** Null when the content is not as the document has it. */
  readonly run: (teller: Teller, content: Content) => Promise<Business | null> | Business | null
}

const no = (why: string): Business => ({ content: null, no: why })

const orderOf = ({ book }: Teller, content: Content): Order | undefined =>
  book.orders.get(String(content['mchOrderId']))
const knownBill = (teller: Teller, content: Content): string =>
  orderOf(teller, content)?.billNo ?? ''

/** In the pass-through parameters, where this hospital writes it. */
function newBill(_teller: Teller, content: Content): string {
  try {
    const passed: { billNo?: unknown } = JSON.parse(String(content['extraParams']))
    return typeof passed.billNo === 'string' ? passed.billNo : ''
  } catch {
    return ''
  }
}

// ---------------------------------------------------------------- orders

type OrderSchema = typeof schemas.ONLINE | typeof schemas.PRESENTED | typeof schemas.DYNAMIC

const ordering = (service: string, name: string, schema: OrderSchema): Service => ({
  letter: 'O',
  name,
  billOf: newBill,
  run: async (teller, content) => {
    const { context, book } = teller
    const read = schema.safeParse(content)
    if (!read.success) return null
    const request: schemas.OrderRequest = read.data
    const text = JSON.stringify(content)
    const known = book.orders.get(request.mchOrderId)
    if (known && known.text !== text) return no('商户订单号重复')
    const billNo = newBill(teller, content)
    const order: Order = known ?? {
      request,
      text,
      service,
      payOrderId: platformNumber(context.world),
      billNo,
      payStatus: '0',
      paidAt: null,
      refundedFen: 0,
    }
    book.orders.set(request.mchOrderId, order)
    if (wishOf(billNo).misbehaviour === 'S33' && pay(context.world, book, order))
      await notify(teller, order)
    return { content: placed(order) }
  },
})

const PAGE = 'https://cashier.hrss.example/entrance'
/** 1 x 1, for whoever looks at it. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

function placed({ service, request, payOrderId, billNo }: Order): Content {
  const numbers = { mchOrderId: request.mchOrderId, payOrderId }
  const { misbehaviour } = wishOf(billNo)
  if (service === '88800300001') {
    const html = Buffer.from('<html></html>').toString('base64')
    const base64 = misbehaviour === 'S30' ? html : PNG
    return { ...numbers, qrImage: `data:image/png;base64, ${base64}` }
  }
  const payNo = payOrderId
  const cashier = {
    type: 'miniProgram',
    appid: 'wx077f64368494ccef',
    path: '/pages/payment/part/defray/entrance',
    url: misbehaviour === 'S29' ? 'javascript:alert(1)' : `${PAGE}?payNo=${payNo}`,
    extraData: { payNo },
  }
  return { ...numbers, payUrl: JSON.stringify(cashier) }
}

const asking: Service = {
  letter: 'Q',
  name: 'order-query',
  billOf: knownBill,
  run: (teller, content) => {
    const read = schemas.QUESTION.safeParse(content)
    if (!read.success) return null
    const order = orderOf(teller, content)
    const { payOrderId } = read.data
    if (order === undefined || (payOrderId !== '' && payOrderId !== order.payOrderId))
      return no('订单不存在')
    const { world } = teller.context
    const { misbehaviour } = wishOf(order.billNo)
    const abnormal = misbehaviour === 'S26' && world.count(`abnormal:${order.payOrderId}`) < 2
    return { content: { ...stateOf(order, abnormal), refundStatus: refundStatusOf(order) } }
  },
}

const closing: Service = {
  letter: 'C',
  name: 'order-close',
  billOf: knownBill,
  run: async (teller, content) => {
    if (!schemas.CLOSE.safeParse(content).success) return null
    const order = orderOf(teller, content)
    if (order === undefined || order.payOrderId !== content['payOrderId']) return no('订单不存在')
    if (wishOf(order.billNo).misbehaviour === 'S27') pay(teller.context.world, teller.book, order)
    if (order.payStatus === '0') order.payStatus = '4'
    const { payOrderId, payStatus, request } = order
    return { content: { mchOrderId: request.mchOrderId, payOrderId, payStatus } }
  },
}

// ---------------------------------------------------------------- refunds

const refunding: Service = {
  letter: 'R',
  name: 'refund',
  billOf: knownBill,
  run: (teller, content) => {
    const read = schemas.REFUND.safeParse(content)
    if (!read.success) return null
    const { mchRefundId, refundAmount, orderAmount } = read.data
    const order = orderOf(teller, content)
    if (order === undefined || order.payOrderId !== content['payOrderId']) return no('订单不存在')
    const known = teller.book.refunds.get(mchRefundId)
    const text = JSON.stringify(content)
    if (known)
      return known.text === text ? { content: describeRefund(order, known) } : no('退款单号重复')
    if (order.payStatus !== '2' || orderAmount !== order.request.orderAmount)
      return no('订单不可退款')
    if (held(teller, order) + refundAmount > orderAmount) return no('退款金额超过订单金额')
    return {
      content: describeRefund(order, begin(teller, order, { mchRefundId, refundAmount, text })),
    }
  },
}

/** Returned, or on its way: never more than was paid. */
const held = ({ book }: Teller, order: Order): number =>
  [...book.refunds.values()]
    .filter(
      ({ mchOrderId, state }) => mchOrderId === order.request.mchOrderId && state !== 'failed',
    )
    .reduce((sum, { amountFen }) => sum + amountFen, 0)

function begin(
  { context, book }: Teller,
  order: Order,
  wish: { mchRefundId: string; refundAmount: number; text: string },
): Refund {
  const { world } = context
  const { misbehaviour } = wishOf(order.billNo)
  const refund: Refund = {
    mchRefundId: wish.mchRefundId,
    mchOrderId: order.request.mchOrderId,
    refundOrderId: platformNumber(world),
    amountFen: wish.refundAmount,
    text: wish.text,
    at: world.now(),
    state: 'under-way',
    asked: 0,
  }
  book.refunds.set(refund.mchRefundId, refund)
  if (misbehaviour === 'S34' && world.count(`failed:${order.payOrderId}`) === 0)
    refund.state = 'failed'
  else if (misbehaviour !== 'S35') giveBack(world, book, { order, refund })
  return refund
}

function describeRefund(order: Order, refund: Refund): Content {
  const whole = refundStatusOf(order) === '7' ? '7' : '8'
  const returned = refund.amountFen === order.request.orderAmount ? '2' : whole
  const status = { returned, 'under-way': '1', failed: '3' }[refund.state]
  const tells = wishOf(order.billNo).misbehaviour !== 'S25'
  return {
    mchRefundId: refund.mchRefundId,
    ...(tells && { refundOrderId: refund.refundOrderId }),
    refundStatus: status,
    ...(refund.state === 'returned' && { refundTime: shanghai.spaced(refund.at) }),
    payAmount: order.request.orderAmount,
    refundAmount: refund.amountFen,
    channelMsg: refund.state === 'failed' ? '渠道退款失败' : 'SUCCESS',
  }
}

const askingRefund: Service = {
  letter: 'T',
  name: 'refund-query',
  billOf: knownBill,
  run: (teller, content) => {
    if (!schemas.REFUND_QUESTION.safeParse(content).success) return null
    const order = orderOf(teller, content)
    const refund = [...teller.book.refunds.values()].find(
      ({ refundOrderId }) => refundOrderId === content['refundOrderId'],
    )
    if (order === undefined || refund?.mchOrderId !== order.request.mchOrderId)
      return no('退款不存在')
    refund.asked += 1
    if (refund.state === 'under-way' && refund.asked > 2)
      giveBack(teller.context.world, teller.book, { order, refund })
    return { content: describeRefund(order, refund) }
  },
}

/** By 交易号: exactly these seven. */
export const SERVICES: Readonly<Record<string, Service>> = {
  '88800200001': ordering('88800200001', 'order-online', schemas.ONLINE),
  '88800400001': ordering('88800400001', 'order-presented', schemas.PRESENTED),
  '88800300001': ordering('88800300001', 'order-dynamic', schemas.DYNAMIC),
  '88800100001': asking,
  '88800100002': refunding,
  '88800100003': closing,
  '88800100004': askingRefund,
}
