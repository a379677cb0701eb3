/** What the platform says to the hospital by itself: order notifications, and whose orders are unpaid. */
import { parseObject } from '../answers.ts'
import type { SandboxContext } from '../registry.ts'
import { shanghai } from '../shanghai.ts'
import type { Book, Order } from './book.ts'
import type { Gateway } from './gateway.ts'
import { wishOf } from './scenario.ts'

export interface Teller {
  readonly context: SandboxContext
  readonly book: Book
  readonly gateway: Gateway
}

const PATIENCE_MS = 5_000
const TRIES = 4

export interface NoticeChanges {
  readonly forged?: boolean
  /** Members of the content, in place of the true ones. */
  readonly content?: Readonly<Record<string, unknown>>
}

/** Repeated until the hospital says that it has it. The document's 24 hours are four tries here. */
export async function notify(
  teller: Teller,
  order: Order,
  changes: NoticeChanges = {},
): Promise<void> {
  const { world } = teller.context
  const { misbehaviour } = wishOf(order.billNo)
  if (misbehaviour === 'S32') return
  const forged = misbehaviour === 'S36'
  if (misbehaviour === 'S31')
    await Promise.all(Array.from({ length: 10 }, () => sendOnce(teller, order, changes)))
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (await sendOnce(teller, order, { forged, ...changes })) return
    await world.sleep(PATIENCE_MS * world.timeScale)
  }
}

/** @returns whether it was acknowledged as the document wants it. */
export async function sendOnce(
  { context, book, gateway }: Teller,
  order: Order,
  { forged = false, content: changed = {} }: NoticeChanges = {},
): Promise<boolean> {
  const { mchOrderId, notifyUrl } = order.request
  if (notifyUrl === undefined) return true
  const content = { appid: context.parameters.hrssPay.appId, ...stateOf(order), ...changed }
  const data = gateway.encrypt(JSON.stringify(content))
  const body = callBody({ context, gateway }, data, forged)
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  const answer = await context.world.post(notifyUrl, { headers, body })
  book.notices.push({ mchOrderId, answer: answer.body })
  return answer.status === 200 && parseObject(answer.body)?.['isSuccess'] === '1'
}

export function callBody(
  { context, gateway }: Pick<Teller, 'context' | 'gateway'>,
  data: string,
  forged = false,
): string {
  const { merchantAppId: appId, mchId } = context.parameters.hrssPay
  const fields = { appId, mchId, data }
  const sign = gateway.sign(forged ? { ...fields, appId: `${appId}x` } : fields)
  return JSON.stringify({ ...fields, sign })
}

/** 4.5.3 and 5.2.2 tell the same of an order. */
export function stateOf(order: Order, abnormal = false): Record<string, unknown> {
  const more = wishOf(order.billNo).misbehaviour === 'S28' ? 1 : 0
  const { mchOrderId, orderAmount } = order.request
  return {
    mchOrderId,
    payOrderId: order.payOrderId,
    payStatus: abnormal && order.payStatus === '2' ? '5' : order.payStatus,
    ...(order.paidAt !== null && {
      payTime: shanghai.spaced(order.paidAt),
      totalAmount: orderAmount,
      receiptAmount: orderAmount,
      // As the document's sample has it.
      couponAmount: '00',
      channelOrderId: `44${order.payOrderId}`,
    }),
    wayCode: 'SBK',
    orderAmount: orderAmount + more,
  }
}

/** 5.1: a person scans the hospital's static code; the clear answer, or null when it cannot be read. */
export async function merchantOrders(
  { context, gateway }: Teller,
  asked: { url: string; idTypeOrder: string; idNumberOrder: string },
): Promise<Record<string, unknown> | null> {
  const { idTypeOrder, idNumberOrder } = asked
  const data = gateway.encrypt(JSON.stringify({ idTypeOrder, idNumberOrder }))
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  const body = callBody({ context, gateway }, data)
  const answer = parseObject((await context.world.post(asked.url, { headers, body })).body)
  if (answer?.['mchId'] !== context.parameters.hrssPay.mchId) return null
  return parseObject(gateway.decrypt(String(answer['data'])) ?? '')
}
