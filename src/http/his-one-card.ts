import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import {
  checkCard,
  checkName,
  readCheck,
  readShownCode,
  startPresence,
  startScan,
  useCheck,
} from '../flows/one-card/identity.ts'
import { readOneCardPayment, startOneCardPayment } from '../flows/one-card/payment.ts'
import { grant, readGrant, recordUse } from '../flows/one-card/queue.ts'
import { fen } from '../payment/money.ts'
import { masked } from '../payment/masking.ts'
import { offsetTime } from '../payment/numbers.ts'
import * as schemas from './his-one-card-schemas.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import type { Hospital } from './his.ts'
import { NOTHING } from './schemas.ts'

type Payment = Awaited<ReturnType<typeof readOneCardPayment>>
type CardHolder = Parameters<typeof checkCard>[1]

/** Personal fields of HIS's calls are sealed on the way (docs/rulings.md 4). */
function opened(app: App, field: string): string {
  const text = app.hisCalls.openField(field)
  if (text === null) throw new AppError('invalid-request', '个人信息字段未按约定加密。')
  return text
}

const holderIn = (app: App, sent: { name: string; socialSecurityNo: string }) => ({
  name: opened(app, sent.name),
  socialSecurityNo: opened(app, sent.socialSecurityNo),
})

/** What leaves is masked here, on the server, member by member (HN-11). */
function shown(holder: CardHolder, expected: string | null) {
  return {
    idType: holder.idType,
    idNo: masked('idNo', holder.idNo),
    name: masked('name', holder.name),
    cardNo: masked('cardNo', holder.cardNo),
    isExpected: expected === null ? null : expected.toUpperCase() === holder.idNo.toUpperCase(),
  }
}

const expectedIn = (app: App, sent: { expectedIdNo?: string | undefined }): string | null =>
  sent.expectedIdNo === undefined ? null : opened(app, sent.expectedIdNo)

const presentPayment = (payment: Payment) => ({
  orderNo: payment.orderNo,
  kind: payment.kind,
  billNo: payment.billNo,
  amountFen: payment.amountFen,
  status: payment.state,
  qr: payment.qr,
  hisWriteBack: payment.hisWriteBack,
  expiresAt: offsetTime(payment.expiresAt),
  paidAt: payment.paidAt === null ? null : offsetTime(payment.paidAt),
})

const identity: readonly Endpoint<Hospital>[] = [
  endpoint<Hospital, typeof schemas.HOLDER, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/names',
    summary: '一卡通实名认证',
    body: schemas.HOLDER,
    query: NOTHING,
    answers: { 200: schemas.MATCH },
    errors: schemas.PLATFORM_ERRORS,
    run: async (app, { body }) => ({
      status: 200,
      value: { matches: await checkName(app, holderIn(app, body)) },
    }),
  }),
  endpoint<Hospital, typeof schemas.CARD, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/cards',
    summary: '一卡通实体卡认证',
    body: schemas.CARD,
    query: NOTHING,
    answers: { 200: schemas.CARD_STATE },
    errors: schemas.PLATFORM_ERRORS,
    run: async (app, { body }) => {
      const card = {
        idType: body.idType,
        idNo: opened(app, body.idNo),
        name: opened(app, body.name),
        cardNo: opened(app, body.cardNo),
      }
      return { status: 200, value: await checkCard(app, card) }
    },
  }),
  endpoint<Hospital, typeof schemas.SHOWN_CODE, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/shown-codes',
    summary: '一卡通出示电子卡认证',
    body: schemas.SHOWN_CODE,
    query: NOTHING,
    answers: { 200: schemas.SHOWN },
    errors: schemas.PLATFORM_ERRORS,
    run: async (app, { body }) => {
      const read = await readShownCode(app, body.code)
      const holder = read.state === 'valid' ? shown(read.holder, expectedIn(app, body)) : null
      return { status: 200, value: { state: read.state, holder } }
    },
  }),
]

const checks: readonly Endpoint<Hospital>[] = [
  endpoint<Hospital, typeof schemas.CHECK, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/checks',
    summary: '一卡通实人认证或扫描二维码认证，开始',
    body: schemas.CHECK,
    query: NOTHING,
    answers: { 201: schemas.CHECK_BEGUN },
    errors: schemas.PLATFORM_ERRORS,
    run: async (app, { body }) => {
      const { holder } = body
      if (body.kind === 'presence' && holder === undefined)
        throw new AppError('invalid-request', '实人认证须提供姓名和社会保障号码。')
      const begun = holder
        ? await startPresence(app, { ...body, holder: holderIn(app, holder) })
        : await startScan(app, body)
      return { status: 201, value: { ...begun, expiresAt: offsetTime(begun.expiresAt) } }
    },
  }),
  endpoint<Hospital, typeof NOTHING, typeof schemas.SESSION>({
    method: 'get',
    path: '/his/one-card/checks/{id}',
    summary: '一卡通认证进展',
    body: NOTHING,
    query: schemas.SESSION,
    answers: { 200: schemas.CHECK_STATE },
    errors: ['not-found'],
    run: async (app, { params, query }) => {
      const id = params['id'] ?? ''
      return { status: 200, value: { id, state: await readCheck(app, { id, ...query }) } }
    },
  }),
  endpoint<Hospital, typeof schemas.USE_CHECK, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/checks/{id}/use',
    summary: '使用已通过的一卡通认证，仅一次',
    body: schemas.USE_CHECK,
    query: NOTHING,
    answers: { 200: schemas.CHECK_USED },
    errors: ['authorisation-failed', ...schemas.PLATFORM_ERRORS],
    run: async (app, { params, body }) => {
      const id = params['id'] ?? ''
      const holder = await useCheck(app, { id, ...body })
      return { status: 200, value: { holder: holder && shown(holder, expectedIn(app, body)) } }
    },
  }),
]

const records: readonly Endpoint<Hospital>[] = [
  endpoint<Hospital, typeof schemas.USE, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/uses',
    summary: '一卡通用卡记录，离线记录稍后补传亦同',
    body: schemas.USE,
    query: NOTHING,
    answers: { 202: schemas.RECORDED },
    errors: ['idempotency-key-reused'],
    run: async (app, { body }) => {
      const { recordNo, channel, kind, detail } = body
      const usedAt = Date.parse(body.usedAt)
      const use = { ...holderIn(app, body), recordNo, channel, kind, detail, usedAt }
      return { status: 202, value: { recordNo: await recordUse(app, use) } }
    },
  }),
  endpoint<Hospital, typeof schemas.GRANT, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/grants',
    summary: '一卡通系统对接发放',
    body: schemas.GRANT,
    query: NOTHING,
    answers: { 202: schemas.GRANT_STATE },
    errors: ['idempotency-key-reused'],
    run: async (app, { body }) => {
      const rows = body.rows.map((row) => ({
        ...row,
        idNo: opened(app, row.idNo),
        name: opened(app, row.name),
        amountFen: fen(row.amountFen),
      }))
      await grant(app, { ...body, rows })
      return { status: 202, value: await readGrant(app, body.batchNo) }
    },
  }),
  endpoint<Hospital, typeof NOTHING, typeof NOTHING>({
    method: 'get',
    path: '/his/one-card/grants/{batchNo}',
    summary: '一卡通发放结果，逐条',
    body: NOTHING,
    query: NOTHING,
    answers: { 200: schemas.GRANT_STATE },
    errors: ['not-found'],
    run: async (app, { params }) => ({
      status: 200,
      value: await readGrant(app, params['batchNo'] ?? ''),
    }),
  }),
]

const payments: readonly Endpoint<Hospital>[] = [
  endpoint<Hospital, typeof schemas.PAY, typeof NOTHING>({
    method: 'post',
    path: '/his/one-card/payments',
    summary: '一卡通支付：线上、主扫、被扫',
    body: schemas.PAY,
    query: NOTHING,
    answers: { 201: schemas.PAYMENT },
    errors: schemas.PAY_ERRORS,
    run: async (app, { body }) => {
      const { kind, billNo, code = null } = body
      const holder = body.holder === undefined ? null : holderIn(app, body.holder)
      const card = body.card && { transactionCode: body.card.transactionCode ?? null }
      const wish = { kind, billNo, holder, code, card: card ?? null }
      return { status: 201, value: presentPayment(await startOneCardPayment(app, wish)) }
    },
  }),
  endpoint<Hospital, typeof NOTHING, typeof NOTHING>({
    method: 'get',
    path: '/his/one-card/payments/{orderNo}',
    summary: '一卡通支付的现状',
    body: NOTHING,
    query: NOTHING,
    answers: { 200: schemas.PAYMENT },
    errors: ['order-not-found'],
    run: async (app, { params }) => ({
      status: 200,
      value: presentPayment(await readOneCardPayment(app, params['orderNo'] ?? '')),
    }),
  }),
]

/** The desks' half of the one-card, mounted where the hospital has joined the platform. */
export const HIS_ONE_CARD: readonly Endpoint<Hospital>[] = [
  ...identity,
  ...checks,
  ...records,
  ...payments,
]
