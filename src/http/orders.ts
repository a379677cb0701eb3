import type { App } from '../app.ts'
import { asAuthCode } from '../payment/authorisation.ts'
import { startAuthorisation } from '../flows/authorise.ts'
import { answerInTime } from '../flows/answer-in-time.ts'
import { cancelOrder } from '../flows/leave-order.ts'
import { openOrder } from '../flows/open-order.ts'
import { pay } from '../flows/pay.ts'
import { preSettle } from '../flows/pre-settle.ts'
import { listOrders, ownOrder, readOrder, waitForChange } from '../flows/read-orders.ts'
import { refresh } from '../flows/refresh.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import { InvalidRequest } from './errors.ts'
import type { Caller } from './patient-token.ts'
import { presentCashier, presentJump, presentOrder, presentPage } from './present.ts'
import { PATIENT_REFUNDS } from './refunds.ts'
import {
  JUMP,
  LIST,
  NOTHING,
  OPEN_ORDER,
  ORDER,
  PAGE,
  PAYMENT,
  PENDING,
  PRE_SETTLE,
  WAIT,
} from './schemas.ts'

/** A patient's front end. */
export interface Patient extends Caller {
  readonly ip: string
  readonly deviceId: string
}

/** After this the answer is 202 and the client waits on the order. */
const ANSWER_WITHIN_MS = 10_000
const REFRESH_WITHIN_MS = 5_000

const idOf = (params: Readonly<Record<string, string>>): string => params['id'] ?? ''

const open = endpoint<Patient, typeof OPEN_ORDER, typeof NOTHING>({
  method: 'post',
  path: '/api/orders',
  summary: '步骤 1-2：为账单开立订单；同一患者以相同选择重复时返回已有订单',
  body: OPEN_ORDER,
  query: NOTHING,
  answers: { 200: ORDER, 201: ORDER },
  errors: [
    'bill-not-found',
    'bill-being-paid',
    'bill-already-paid',
    'payment-in-progress',
    'bill-invalid',
    'upstream-unavailable',
    'entry-closed',
  ],
  run: async (app, { who, body }) => {
    const { subject, userId, patientIds, ip, deviceId } = who
    const opening = { ...body, subject, userId, patientIds, clientIp: ip, deviceId }
    const { order, created } = await openOrder(app, opening)
    return { status: created ? 201 : 200, value: presentOrder(order) }
  },
})

const authorise = endpoint<Patient, typeof NOTHING, typeof NOTHING>({
  method: 'post',
  path: '/api/orders/{id}/authorization',
  summary: '步骤 3：前端打开医保授权页所需的参数，state 只能使用一次',
  paying: true,
  body: NOTHING,
  query: NOTHING,
  answers: { 200: JUMP },
  errors: [
    'order-not-found',
    'forbidden',
    'payment-in-progress',
    'order-expired',
    'entry-closed',
    'upstream-refused',
    'upstream-unavailable',
  ],
  run: async (app, { who, params }) => {
    const order = await ownOrder(app, idOf(params), who)
    return { status: 200, value: presentJump(await startAuthorisation(app, order)) }
  },
})

const preSettlement = endpoint<Patient, typeof PRE_SETTLE, typeof NOTHING>({
  method: 'post',
  path: '/api/orders/{id}/pre-settlement',
  summary: '步骤 4-7：医保授权号、参保人、费用上传、预结算；返回各部分金额',
  paying: true,
  body: PRE_SETTLE,
  query: NOTHING,
  answers: { 200: ORDER, 202: PENDING },
  errors: [
    'order-not-found',
    'forbidden',
    'bill-being-paid',
    'bill-already-paid',
    'bill-invalid',
    'authorisation-state-invalid',
    'authorisation-failed',
    'authorisation-lost',
    'person-mismatch',
    'amounts-mismatch',
    'bill-changed',
    'order-expired',
    'payment-in-progress',
    'upstream-refused',
    'upstream-unavailable',
  ],
  run: async (app, { who, params, body }) => {
    const { id } = await ownOrder(app, idOf(params), who)
    const { state, authCode, location } = body
    if (authCode === undefined) throw new InvalidRequest([{ path: 'authCode', message: '必填' }])
    const request = {
      orderId: id,
      state,
      authCode: asAuthCode(authCode),
      location: location === undefined ? null : positionText(location),
    }
    const limit = { what: 'pre-settlement', withinMs: ANSWER_WITHIN_MS }
    const result = await answerInTime(app, limit, () => preSettle(app, request))
    const order = presentOrder(await readOrder(app, id, who.patientIds))
    const isDone = result.kind === 'answered' && result.value
    return isDone ? { status: 200, value: order } : { status: 202, value: { order } }
  },
})

/** Six decimals are a hand's breadth, and never an exponent. */
const positionText = (at: { longitude: number; latitude: number }): string =>
  `${at.longitude.toFixed(6)},${at.latitude.toFixed(6)}`

const cancellation = endpoint<Patient, typeof NOTHING, typeof NOTHING>({
  method: 'post',
  path: '/api/orders/{id}/cancellation',
  summary: '取消：先查询，再关闭，再查询；银行确认未支付才会关闭',
  paying: true,
  body: NOTHING,
  query: NOTHING,
  answers: { 200: ORDER },
  errors: ['order-not-found', 'forbidden', 'already-paid', 'payment-in-progress'],
  run: async (app, { who, params }) => {
    const { id } = await ownOrder(app, idOf(params), who)
    await cancelOrder(app, id)
    return { status: 200, value: presentOrder(await readOrder(app, id, who.patientIds)) }
  },
})

const payment = endpoint<Patient, typeof NOTHING, typeof NOTHING>({
  method: 'post',
  path: '/api/orders/{id}/payment',
  summary: '步骤 8-10：重读账单、下单、收银台参数；重复请求返回同一收银台',
  paying: true,
  body: NOTHING,
  query: NOTHING,
  answers: { 200: PAYMENT, 202: PENDING },
  errors: [
    'order-not-found',
    'forbidden',
    'not-pre-settled',
    'already-paid',
    'bill-being-paid',
    'bill-already-paid',
    'bill-invalid',
    'bill-changed',
    'order-expired',
    'upstream-refused',
    'upstream-unavailable',
  ],
  run: async (app, { who, params }) => {
    const { id } = await ownOrder(app, idOf(params), who)
    const limit = { what: 'payment', withinMs: ANSWER_WITHIN_MS }
    const result = await answerInTime(app, limit, () => pay(app, id))
    const order = presentOrder(await readOrder(app, id, who.patientIds))
    const cashier = result.kind === 'answered' ? result.value : null
    return cashier === null
      ? { status: 202, value: { order } }
      : { status: 200, value: { order, cashier: presentCashier(cashier) } }
  },
})

const read = endpoint<Patient, typeof NOTHING, typeof WAIT>({
  method: 'get',
  path: '/api/orders/{id}',
  summary: '步骤 13：订单；带 wait 与 version 时等到有变化或超时',
  body: NOTHING,
  query: WAIT,
  answers: { 200: ORDER },
  errors: ['order-not-found'],
  run: async (app, { who, params, query }) => {
    const order = await readOrder(app, idOf(params), who.patientIds)
    const waitMs = Number(query.wait ?? 0) * 1_000
    if (waitMs === 0 || query.version === undefined || Number(query.version) !== order.version)
      return { status: 200, value: presentOrder(order) }
    await waitForChange(app, { orderId: order.id, version: order.version, waitMs })
    return {
      status: 200,
      value: presentOrder(await readOrder(app, order.id, who.patientIds)),
    }
  },
})

const refreshed = endpoint<Patient, typeof NOTHING, typeof NOTHING>({
  method: 'post',
  path: '/api/orders/{id}/refresh',
  summary: '患者从收银台返回：最多向银行查询一次（每单 3 秒内至多一次）',
  body: NOTHING,
  query: NOTHING,
  answers: { 200: ORDER },
  errors: ['order-not-found'],
  run: async (app, { who, params }) => {
    const { id } = await readOrder(app, idOf(params), who.patientIds)
    const limit = { what: 'refresh', withinMs: REFRESH_WITHIN_MS }
    await answerInTime(app, limit, () => refresh(app, id))
    return { status: 200, value: presentOrder(await readOrder(app, id, who.patientIds)) }
  },
})

const list = endpoint<Patient, typeof NOTHING, typeof LIST>({
  method: 'get',
  path: '/api/orders',
  summary: '患者自己的订单，新的在前',
  body: NOTHING,
  query: LIST,
  answers: { 200: PAGE },
  errors: [],
  run: async (app: App, { who, query }) => {
    const page = await listOrders(app, {
      patientIds: who.patientIds,
      status: query.status || null,
      cursor: query.cursor || null,
    })
    return { status: 200, value: presentPage(page) }
  },
})

export const PATIENT_ENDPOINTS: readonly Endpoint<Patient>[] = [
  open,
  list,
  read,
  authorise,
  preSettlement,
  cancellation,
  payment,
  refreshed,
  ...PATIENT_REFUNDS,
]
