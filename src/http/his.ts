import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { lockBill, unlockBill } from '../flows/desk-locks.ts'
import { ordersOfBill } from '../flows/read-orders.ts'
import { offsetTime } from '../payment/numbers.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import { answered, InvalidRequest, type Reply } from './errors.ts'
import { HRSS_PAY_ENDPOINTS } from './his-hrss-pay.ts'
import { presentPage } from './present.ts'
import { ONE_CODE_ENDPOINTS } from './his-one-code.ts'
import { OWN_MONEY_ENDPOINTS } from './his-own-money.ts'
import { HIS_REFUNDS } from './refunds.ts'
import { BILL_LOCK, BILL_NO, LOCK, NOTHING, OF_BILL, PAGE, UNLOCK } from './schemas.ts'

/** HIS has one account: the service client with scope `his`. */
export type Hospital = 'his'

const orders = endpoint<Hospital, typeof NOTHING, typeof OF_BILL>({
  method: 'get',
  path: '/his/orders',
  summary: '一张账单的全部订单，新的在前',
  body: NOTHING,
  query: OF_BILL,
  answers: { 200: PAGE },
  errors: [],
  run: async (app, { query }) => ({
    status: 200,
    value: presentPage(await ordersOfBill(app, query.billNo)),
  }),
})

/** A lock ends by itself; one that a desk forgot must not keep a bill from its patient for days. */
const LONGEST_LOCK_MS = 86_400_000

const lock = endpoint<Hospital, typeof LOCK, typeof NOTHING>({
  method: 'post',
  path: '/his/bills/{billNo}/lock',
  summary: '窗口即将自行收取此账单，至 until 为止',
  body: LOCK,
  query: NOTHING,
  answers: { 200: BILL_LOCK },
  errors: ['bill-being-paid', 'bill-already-paid'],
  run: async (app, { params, body }) => {
    const billNo = billOf(params)
    const { desk } = body
    const until = Date.parse(body.until)
    const now = app.clock.now()
    if (until <= now || until > now + LONGEST_LOCK_MS)
      throw new InvalidRequest([{ path: 'until', message: '须在此刻之后 24 小时之内' }])
    await lockBill(app, { billNo, desk, until })
    return { status: 200, value: { billNo, desk, until: offsetTime(until) } }
  },
})

const unlock = endpoint<Hospital, typeof UNLOCK, typeof NOTHING>({
  method: 'post',
  path: '/his/bills/{billNo}/unlock',
  summary: '窗口放弃此账单；另一窗口仍占用时，答复是谁、到何时',
  body: UNLOCK,
  query: NOTHING,
  answers: { 200: BILL_LOCK },
  errors: ['bill-being-paid'],
  run: async (app, { params, body }) => {
    const billNo = billOf(params)
    const other = await unlockBill(app, { billNo, desk: body.desk })
    const until = other && offsetTime(other.until)
    return { status: 200, value: { billNo, desk: other?.desk ?? body.desk, until } }
  },
})

function billOf(params: Readonly<Record<string, string>>): string {
  const billNo = BILL_NO.safeParse(params['billNo'])
  if (!billNo.success) throw new AppError('bill-not-found')
  return billNo.data
}

export const HIS_ENDPOINTS: readonly Endpoint<Hospital>[] = [
  orders,
  lock,
  unlock,
  ...HIS_REFUNDS,
  ...ONE_CODE_ENDPOINTS,
  ...HRSS_PAY_ENDPOINTS,
  ...OWN_MONEY_ENDPOINTS,
]

// ---------------------------------------------------------------- who may call

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compared by their hashes: neither length nor first wrong letter shows in the time it takes. */
export function knowsToken(app: App, authorization: string | undefined): boolean {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(token), digest(app.settings.HIS_CLIENT_TOKEN.reveal()))
}

/** HIS reads no patient's words, and is not told which of its proofs was the wrong one. */
export const notBelieved = (): AppError =>
  new AppError('unauthenticated', '医院信息系统的令牌或签名未通过校验。')

/**
 * Token, then signature over the raw bytes, then the content (SC-S01, SC-S02). Every answer to a
 * request that was believed is signed, refusals included.
 */
export async function answerHis(
  app: App,
  request: IncomingMessage,
  from: { body: Buffer; work: () => Promise<Reply> },
): Promise<Reply> {
  const verdict = await app.hisCalls.check({
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body: from.body,
  })
  if (!verdict.trusted) {
    app.log.warn({ audit: 'his-not-believed', reason: verdict.reason }, 'HIS call refused')
    throw notBelieved()
  }
  const reply = await answered(app, from.work)
  const { status, body } = reply
  const signature = app.hisCalls.sign({ status, requestNonce: verdict.nonce, body })
  return { ...reply, headers: { ...reply.headers, ...signature } }
}
