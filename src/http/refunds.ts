import { ownOrder, waitForChange } from '../flows/read-orders.ts'
import { readRefund, refundAsItIs, refundOfHospital } from '../flows/refunds/read-refunds.ts'
import { refundBill, requestRefund } from '../flows/refunds/request-refund.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import type { Hospital } from './his.ts'
import type { Patient } from './orders.ts'
import { presentRefund } from './present.ts'
import { HIS_REFUND, NOTHING, OF_REFUND, REFUND, REQUEST_REFUND, WAIT } from './schemas.ts'

/** Refunds (退费, table 3 of the standard): asked for by the patient or by HIS, watched by both. */

const request = endpoint<Patient, typeof REQUEST_REFUND, typeof NOTHING>({
  method: 'post',
  path: '/api/orders/{id}/refunds',
  summary: '申请退费；含医保的订单只能全额，纯自费订单可以部分退',
  paying: true,
  body: REQUEST_REFUND,
  query: NOTHING,
  answers: { 202: REFUND },
  errors: [
    'order-not-found',
    'forbidden',
    'not-refundable',
    'refund-in-progress',
    'partial-refund-not-allowed',
  ],
  run: async (app, { who, params, body, key }) => {
    const { id } = await ownOrder(app, params['id'] ?? '', who)
    const requester = app.hash(who.userId)
    const refund = await requestRefund(app, {
      orderId: id,
      refundNo: key === null ? null : numberOf(app.hash(JSON.stringify([id, requester, key]))),
      amountFen: body.amountFen ?? null,
      reason: body.reason,
      requestedBy: 'patient',
      requester,
    })
    return { status: 202, value: presentRefund(await refundAsItIs(app, refund)) }
  },
})

/**
 * A 202 is not stored for the repeat, and by then the refund may be over: only its own number tells
 * the same wish, heard a second time, from a second one (SC-R01).
 */
const numberOf = (wish: string): string => `PR${wish.slice(0, 30).toUpperCase()}`

const read = endpoint<Patient, typeof NOTHING, typeof WAIT>({
  method: 'get',
  path: '/api/refunds/{id}',
  summary: '退费进度；带 wait 与 version 时等到有变化或超时',
  body: NOTHING,
  query: WAIT,
  answers: { 200: REFUND },
  errors: ['refund-not-found'],
  run: async (app, { who, params, query }) => {
    const id = params['id'] ?? ''
    const { refund, order } = await readRefund(app, id, who.patientIds)
    const waitMs = Number(query.wait ?? 0) * 1_000
    const { version } = refund
    if (waitMs > 0 && Number(query.version) === version)
      await waitForChange(app, { orderId: order.id, refundId: id, version, waitMs })
    return { status: 200, value: presentRefund(await readRefund(app, id, who.patientIds)) }
  },
})

export const PATIENT_REFUNDS: readonly Endpoint<Patient>[] = [request, read]

const requestByHis = endpoint<Hospital, typeof HIS_REFUND, typeof NOTHING>({
  method: 'post',
  path: '/his/refunds',
  summary: '医院发起退费；同一退款单号重复时返回同一笔退费',
  body: HIS_REFUND,
  query: NOTHING,
  answers: { 202: REFUND },
  errors: ['not-refundable', 'refund-in-progress', 'partial-refund-not-allowed'],
  run: async (app, { body }) => {
    const { billNo, refundNo, amountFen, reason, operator } = body
    const refund = await refundBill(app, {
      billNo,
      refundNo,
      amountFen: amountFen ?? null,
      reason,
      requester: operator,
    })
    return { status: 202, value: presentRefund(await refundAsItIs(app, refund)) }
  },
})

const readByHis = endpoint<Hospital, typeof NOTHING, typeof OF_REFUND>({
  method: 'get',
  path: '/his/refunds',
  summary: '按退款单号查询退费进度',
  body: NOTHING,
  query: OF_REFUND,
  answers: { 200: REFUND },
  errors: ['refund-not-found'],
  run: async (app, { query }) => ({
    status: 200,
    value: presentRefund(await refundOfHospital(app, query.refundNo)),
  }),
})

export const HIS_REFUNDS: readonly Endpoint<Hospital>[] = [requestByHis, readByHis]
