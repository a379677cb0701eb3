import type { IncomingMessage } from 'node:http'
import type { App } from '../app.ts'
import {
  oneCodeOffer,
  payByOneCode,
  readOneCodePayment,
  resultBy,
  type Shown,
  takeChargeNotice,
} from '../flows/one-code/payment.ts'
import { offsetTime } from '../payment/numbers.ts'
import {
  HANDLING_RULES,
  isOneCodeOver,
  ONE_CODE_RECORDS,
  type OneCodePayment,
  type OneCodeState,
  type Reason,
} from '../payment/one-code.ts'
import { readBody } from './body.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import type { Reply } from './errors.ts'
import type { Hospital } from './his.ts'
import {
  ONE_CODE_OFFER,
  ONE_CODE_PAYMENT,
  ONE_CODE_QUESTION,
  ONE_CODE_WISH,
  type OneCodePaymentView,
} from './his-one-code-schemas.ts'
import { NOTHING, WAIT } from './schemas.ts'

const WAIT_ONLY = WAIT.pick({ wait: true })

interface ShownBody {
  readonly token: string
  readonly operator: { readonly id: string; readonly name: string }
  readonly device: { readonly id: string; readonly ip: string }
}

const shownOf = ({ token, operator, device }: ShownBody): Shown => ({
  token,
  operatorId: operator.id,
  operatorName: operator.name,
  deviceId: device.id,
  deviceIp: device.ip,
})

const REFUSALS = ['forbidden', 'upstream-unavailable', 'entry-closed'] as const

const offer = endpoint<Hospital, typeof ONE_CODE_QUESTION, typeof NOTHING>({
  method: 'post',
  path: '/his/one-code-offers',
  summary: '医保一码付：引导患者使用之前，查询其是否可用、将从哪个账户扣款',
  body: ONE_CODE_QUESTION,
  query: NOTHING,
  answers: { 200: ONE_CODE_OFFER },
  errors: REFUSALS,
  run: async (app, { body }) => {
    const { usable, accountName, channelName, reason } = await oneCodeOffer(app, shownOf(body))
    return {
      status: 200,
      value: { usable, accountName, channelName, reason: reason && presentReason(reason) },
    }
  },
})

const payment = endpoint<Hospital, typeof ONE_CODE_WISH, typeof NOTHING>({
  method: 'post',
  path: '/his/one-code-payments',
  summary: '医保一码付：窗口以患者刚出示的医保码收取账单的自费部分；金额以医院系统的账单为准',
  body: ONE_CODE_WISH,
  query: NOTHING,
  answers: { 200: ONE_CODE_PAYMENT, 202: ONE_CODE_PAYMENT },
  errors: [
    ...REFUSALS,
    'bill-not-found',
    'bill-being-paid',
    'bill-already-paid',
    'bill-invalid',
    'not-pre-settled',
  ],
  run: async (app, { body }) => {
    const { billNo, desk } = body
    return presented(await payByOneCode(app, { billNo, desk, ...shownOf(body) }))
  },
})

const result = endpoint<Hospital, typeof NOTHING, typeof WAIT_ONLY>({
  method: 'get',
  path: '/his/one-code-payments/{id}',
  summary: '医保一码付的结果；带 wait 时等到有结果或超时',
  body: NOTHING,
  query: WAIT_ONLY,
  answers: { 200: ONE_CODE_PAYMENT },
  errors: ['not-found'],
  run: async (app, { params, query }) => {
    const waitMs = Number(query.wait ?? 0) * 1_000
    await readOneCodePayment(app, params['id'] ?? '')
    const found = await resultBy(app, params['id'] ?? '', app.clock.now() + waitMs)
    return { status: 200, value: presented(found).value }
  },
})

export const ONE_CODE_ENDPOINTS: readonly Endpoint<Hospital>[] = [offer, payment, result]

// ---------------------------------------------------------------- what HIS reads

const SHOWS: Record<OneCodeState, OneCodePaymentView['status']> = {
  begun: 'working',
  usable: 'working',
  certifying: 'working',
  certified: 'working',
  charging: 'charging',
  paid: 'paid',
  declined: 'declined',
  'needs-review': 'needs-review',
}

function nextOf({ state, insurance }: OneCodePayment): OneCodePaymentView['next'] {
  if (state === 'paid') return insurance === 'later' ? 'settle-insurance' : 'done'
  if (state === 'declined') return 'ordinary-payment'
  return state === 'needs-review' ? 'review' : 'wait'
}

const presentReason = ({ code, text, handling }: Reason) => ({
  code,
  text,
  handling,
  advice: HANDLING_RULES[handling].text,
})

/** Field by field, so that nothing leaks: no token, no certificate. */
function presented(of: OneCodePayment): { status: number; value: OneCodePaymentView } {
  const value = {
    id: of.id,
    version: of.version,
    billNo: of.billNo,
    desk: of.desk,
    status: SHOWS[of.state],
    statusText: ONE_CODE_RECORDS[of.state].text,
    next: nextOf(of),
    insurance: of.insurance,
    selfPayFen: of.selfPayFen,
    channelName: of.channelName,
    accountName: of.accountName?.reveal() ?? null,
    outTradeNo: of.outTradeNo,
    chargeNo: of.chargeNo,
    reason: of.reason && presentReason(of.reason),
    createdAt: offsetTime(of.createdAt),
    paidAt: of.paidAt === null ? null : offsetTime(of.paidAt),
  }
  return { status: isOneCodeOver(of.state) ? 200 : 202, value }
}

// ---------------------------------------------------------------- the collection's notices

export const CHARGE_NOTICE = {
  path: '/callbacks/collection/charge',
  summary: '一码付扣款结果通知',
} as const

/** A hint to ask: nothing is stored that a repeat would have to bring again. */
export async function answerCollection(app: App, request: IncomingMessage): Promise<Reply> {
  const body = await readBody(request, 'application/json')
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
  const answer = await takeChargeNotice(app, { headers, body })
  return { status: 200, contentType: 'application/json; charset=utf-8', ...answer }
}
