import type { IncomingMessage } from 'node:http'
import type { App } from '../app.ts'
import { AppError } from '../errors.ts'
import { takeNotice } from '../flows/take-notice.ts'
import { takeSettlementNotice } from '../flows/take-insurer-notice.ts'
import { readBody } from './body.ts'
import type { Reply } from './errors.ts'
import type { Networks } from './networks.ts'

type BankProfile = App['bank']['profile']

/** Where this bank calls, and what it tells there. */
export const bankCallbacks = ({ name }: Pick<BankProfile, 'name'>) =>
  [
    { path: `/callbacks/${name}/mixed-order`, kind: 'mixed-order', summary: '混合订单结果通知' },
    { path: `/callbacks/${name}/self-pay`, kind: 'self-pay', summary: '自费订单支付通知' },
  ] as const
export type BankCallback = ReturnType<typeof bankCallbacks>[number]

/** Where the mid-platform pushes 6302. */
export const SETTLEMENT_NOTICE = {
  path: '/callbacks/mid-platform/settlement',
  summary: '医保中台 6302 结算结果通知',
} as const

const JSON_TYPE = 'application/json'

/** 6302: stored before it is acknowledged, then a reason to ask the bank. */
export async function answerMidPlatform(app: App, request: IncomingMessage): Promise<Reply> {
  const body = await takeSettlementNotice(app, await readBody(request, JSON_TYPE))
  return { status: 200, body, contentType: `${JSON_TYPE}; charset=utf-8`, headers: {} }
}

/**
 * SC-S06: no patient limit stands here; the signature does, and the bank's networks when they are
 * configured. What could not be stored is a 500, so that the bank repeats (docs/standard.md 1.5).
 */
export async function answerBank(
  app: App,
  request: IncomingMessage,
  from: { kind: BankCallback['kind']; path: string; ip: string; allowed: Networks },
): Promise<Reply> {
  const { kind, path, ip, allowed } = from
  if (!allowed.isEmpty && !allowed.has(ip)) {
    app.log.warn({ audit: 'callback-from-elsewhere', ip, kind }, 'callback refused')
    throw new AppError('forbidden')
  }
  const body = await readBody(request, app.bank.profile.noticeMediaType)
  const acknowledgement = await takeNotice(app, { kind, path, headers: single(request), body })
  return { status: 200, ...acknowledgement }
}

function single({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}
