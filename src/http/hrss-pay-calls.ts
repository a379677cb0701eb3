/** 人社支付平台 calls us: order notifications, and whose orders are unpaid. */
import type { IncomingMessage } from 'node:http'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { takeCashierPush } from '../flows/hrss-pay/cashier-pushes.ts'
import { answerMerchantOrders } from '../flows/hrss-pay/merchant-orders.ts'
import { takeHrssNotice } from '../flows/hrss-pay/notices.ts'
import { readBody } from './body.ts'
import { JSON_TYPE, type Reply } from './errors.ts'
import { slidingWindows, type Windows } from './limits.ts'
import { addressGroup, type Networks } from './networks.ts'

export const HRSS_PAY_CALLS = [
  { path: '/callbacks/hrss-pay/order', summary: '人社支付平台 5.2 订单通知' },
  { path: '/callbacks/hrss-pay/cashier', summary: '人社支付平台 6.3 推送收银台（展码端）' },
  { path: '/hrss-pay/merchant-orders', summary: '人社支付平台 5.1 获取商户订单信息' },
] as const
export type HrssPayCall = (typeof HRSS_PAY_CALLS)[number]

/** As received. */
type PlatformCall = Parameters<typeof takeHrssNotice>[1]

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
  return {
    status: 200,
    body: await ANSWERS[path](app, call, from),
    contentType: JSON_TYPE,
    headers: {},
  }
}

const ANSWERS: Record<
  HrssPayCall['path'],
  (app: App, call: PlatformCall, from: { questions: Windows; ip: string }) => Promise<string>
> = {
  '/callbacks/hrss-pay/order': takeHrssNotice,
  '/callbacks/hrss-pay/cashier': takeCashierPush,
  '/hrss-pay/merchant-orders': answerQuestion,
}

async function answerQuestion(
  app: App,
  call: PlatformCall,
  { questions, ip }: { questions: Windows; ip: string },
): Promise<string> {
  const limit = app.settings.HRSS_PAY_QUESTIONS_PER_MINUTE
  const from = addressGroup(ip)
  if (questions.bannedForMs(from) === 0 && questions.count(from, limit))
    return answerMerchantOrders(app, call)
  app.log.warn({ audit: 'limit-tripped', key: 'hrss-questions', limit }, 'question refused')
  return JSON.stringify({ isSuccess: '0', returnMsg: '请求过于频繁' })
}
