/** 人社支付平台 calls us: order notifications, and whose orders are unpaid. */
import type { IncomingMessage } from 'node:http'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { answerMerchantOrders } from '../flows/hrss-payment/merchant-orders.ts'
import { takeHrssNotice } from '../flows/hrss-payment/notices.ts'
import { readBody } from './body.ts'
import { JSON_TYPE, type Reply } from './errors.ts'
import { slidingWindows, type Windows } from './limits.ts'
import { addressGroup, type Networks } from './networks.ts'

export const HRSS_PAY_CALLS = [
  { path: '/callbacks/hrss-pay/order', summary: '人社支付平台 5.2 订单通知' },
  { path: '/hrss-pay/merchant-orders', summary: '人社支付平台 5.1 获取商户订单信息' },
] as const
export type HrssPayCall = (typeof HRSS_PAY_CALLS)[number]

const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Who asks for person after person is slowed down, however well it signs (RS-70). */
export const questionLimit = (app: App): Windows => slidingWindows(app.clock.now)

export async function answerHrssPay(
  app: App,
  request: IncomingMessage,
  from: { path: HrssPayCall['path']; ip: string; allowed: Networks; questions: Windows },
): Promise<Reply> {
  const { path, ip, allowed } = from
  if (!allowed.isEmpty && !allowed.has(ip)) {
    app.log.warn({ audit: 'callback-from-elsewhere', ip, kind: 'hrss-pay' }, 'callback refused')
    throw new AppError('forbidden')
  }
  const isForm = (request.headers['content-type'] ?? '').toLowerCase().startsWith(FORM_TYPE)
  const contentType = isForm ? FORM_TYPE : 'application/json'
  const call = { contentType, body: await readBody(request, contentType) }
  const body =
    path === '/callbacks/hrss-pay/order'
      ? await takeHrssNotice(app, call)
      : await answerQuestion(app, call, from)
  return { status: 200, body, contentType: JSON_TYPE, headers: {} }
}

async function answerQuestion(
  app: App,
  call: { contentType: string; body: Buffer },
  { questions, ip }: { questions: Windows; ip: string },
): Promise<string> {
  const limit = app.settings.HRSS_PAY_QUESTIONS_PER_MINUTE
  const from = addressGroup(ip)
  if (questions.bannedForMs(from) === 0 && questions.count(from, limit))
    return answerMerchantOrders(app, call)
  app.log.warn({ audit: 'limit-tripped', key: 'hrss-questions', limit }, 'question refused')
  return JSON.stringify({ isSuccess: '0', returnMsg: '请求过于频繁' })
}
