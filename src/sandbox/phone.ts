/**
 * The patient's phone: authorisation page and mixed cashier (upstreams/wechat/README.md 1, 4). Plain
 * JSON, as no document describes it; what it checks is what the hospital's front end was handed.
 */
import { z } from 'zod'
import { confirmedBefore, confirmOn, isAlipayPage, orderOnPage } from './alipay-phone.ts'
import { digits, json, parseObject } from './answers.ts'
import type { Bank, CallUp } from './bank/book.ts'
import { findCash, findMixed } from './bank/book.ts'
import { payCash, payMixed } from './bank/payment.ts'
import { billOf } from './his-bills.ts'
import type { SandboxReply, SandboxUpstream } from './world.ts'

export const PHONE_PREFIX = '/phone'

const PAGE = 'auth/pages/bindcard/auth/index'
const H5_HOSTS = new Set(['card.wecity.qq.com', 'mitest.wecity.qq.com'])

const AUTHORISE = z.object({
  billNo: z.string().min(1),
  openid: z.string().min(1).max(128),
  jump: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('mini-program'),
      appId: z.string(),
      path: z.string(),
      envVersion: z.enum(['develop', 'trial', 'release']).optional(),
    }),
    z.object({ kind: z.literal('page'), url: z.string() }),
    z.object({ kind: z.literal('authorised') }),
  ]),
})
type Jump = z.infer<typeof AUTHORISE>['jump']

const CALL_UP = ['timeStamp', 'nonceStr', 'package', 'signType', 'paySign'] as const
const PAY = z.object({
  /** Alipay's cashier is a page; nothing else is handed over. */
  url: z.string().optional(),
  mixTradeNo: z.string().min(1).max(256).optional(),
  timeStamp: z.string().optional(),
  nonceStr: z.string().optional(),
  package: z.string().optional(),
  signType: z.string().optional(),
  paySign: z.string().optional(),
})
type PayRequest = z.infer<typeof PAY>

const fail = (status: number, errMsg: string): SandboxReply =>
  json(status, { result: 'fail', errMsg })

export function createPhone(bank: Bank): SandboxUpstream {
  return {
    prefix: PHONE_PREFIX,
    handle: (request) => {
      const body = parseObject(request.body.toString('utf8'))
      if (request.method !== 'POST') return Promise.resolve(fail(405, 'POST only'))
      if (request.path === '/authorise') return Promise.resolve(authorise(bank, body))
      if (request.path === '/pay') return Promise.resolve(pay(bank, body))
      if (request.path === '/show-code') return Promise.resolve(showCode(bank, body))
      return Promise.resolve(fail(404, 'not found'))
    },
  }
}

const SHOW_CODE = z.strictObject({ billNo: z.string().min(1) })

/** The patient shows the medical-insurance code at a counter; what a scanner's decoder gives HIS. */
function showCode(bank: Bank, body: unknown): SandboxReply {
  const parsed = SHOW_CODE.safeParse(body)
  const { registry, world } = bank.context
  const bill = billOf(bank.context, parsed.data?.billNo ?? '')
  if (!bill) return fail(404, 'no such bill')
  const token = `EC${digits(world, 30)}`
  registry.ecTokens.set(token, { billNo: bill.billNo, person: bill.patient })
  return json(200, { token })
}

function authorise(bank: Bank, body: unknown): SandboxReply {
  const parsed = AUTHORISE.safeParse(body)
  if (!parsed.success) return fail(400, `body: ${parsed.error.issues[0]?.path.join('.') ?? ''}`)
  const { billNo, openid, jump } = parsed.data
  const { registry, world } = bank.context
  if (!registry.bills.has(billNo)) return fail(404, 'no such bill')
  const problem = consent(bank, { jump, billNo, userId: openid })
  if (problem !== null) return fail(400, problem)
  const authCode = digits(world, 18)
  registry.authCodes.set(authCode, { authCode, billNo, openid, used: false, payAuthNo: null })
  return json(200, { authCode })
}

/** The page that the jump leads to is confirmed by whoever holds the phone. */
function consent(bank: Bank, from: { jump: Jump; billNo: string; userId: string }): string | null {
  const { jump } = from
  if (jump.kind === 'authorised') return confirmedBefore(bank, from) ? null : 'not authorised'
  const isAlipay = jump.kind === 'page' && isAlipayPage(jump.url)
  return isAlipay ? confirmOn(bank, { ...from, url: jump.url }) : wrongJump(bank, jump)
}

/** Names the first parameter that WeChat's page would refuse; null when all are right. */
function wrongJump(bank: Bank, jump: Exclude<Jump, { kind: 'authorised' }>): string | null {
  const { wechat } = bank.context.parameters
  const fixed: Record<string, string> = {
    openType: 'getAuthCode',
    bizType: '04107',
    cityCode: wechat.cityCode,
    channel: wechat.channel,
    orgChnlCrtfCodg: wechat.orgChnlCrtfCodg,
    orgCodg: wechat.orgCodg,
    orgAppId: wechat.orgAppId,
  }
  if (jump.kind === 'page') return wrongPage(jump.url, fixed)
  if (jump.appId !== wechat.authAppId) return 'appId'
  const [page = '', query = ''] = splitOnce(jump.path, '?')
  if (page.replace(/^\//, '') !== PAGE) return 'path'
  // Raw or encoded: hospitals disagree, so both are right (upstreams/wechat/README.md 1).
  return wrongMember(fixed, (name, expected) => {
    const values = query.split('&').flatMap((pair) => {
      const [key = '', value = ''] = splitOnce(pair, '=')
      return key === name ? [value] : []
    })
    return values.length === 1 && (values[0] === expected || decode(values[0]) === expected)
  })
}

/** H5: everything encoded, plus where to come back to. */
function wrongPage(text: string, fixed: Record<string, string>): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.protocol !== 'https:' || !H5_HOSTS.has(url.hostname)) return 'url'
  if (url.pathname !== '/oauth/code') return 'url'
  const { openType: _, ...members } = fixed
  const expected = { ...members, authType: '2', isDepart: '2' }
  if (!URL.canParse(url.searchParams.get('redirectUrl') ?? '')) return 'redirectUrl'
  return wrongMember(expected, (name, value) => {
    const values = url.searchParams.getAll(name)
    return values.length === 1 && values[0] === value
  })
}

function wrongMember(
  expected: Record<string, string>,
  right: (name: string, value: string) => boolean,
): string | null {
  return Object.entries(expected).find(([name, value]) => !right(name, value))?.[0] ?? null
}

function splitOnce(text: string, mark: string): string[] {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string | undefined): string | null {
  try {
    return decodeURIComponent(text ?? '')
  } catch {
    return null
  }
}

/** Answers before any callback is delivered, and its `ok` is never proof of payment. */
function pay(bank: Bank, body: unknown): SandboxReply {
  const parsed = PAY.safeParse(body)
  if (!parsed.success) return fail(400, `body: ${parsed.error.issues[0]?.path.join('.') ?? ''}`)
  const request = parsed.data
  if (request.url !== undefined) return payOnPage(bank, request.url)
  if (request.mixTradeNo === undefined) return payPrepay(bank, request)
  const mixed = findMixed(bank, request.mixTradeNo)
  if (mixed === null || mixed.payUrl !== null)
    return fail(404, 'requestMedicalInsurancePay:fail no such order')
  const problem = wrongCallUp(request, mixed.cash?.callUp ?? null)
  if (problem !== null) return fail(400, `requestMedicalInsurancePay:fail ${problem}`)
  return paid(payMixed(bank, mixed), 'requestMedicalInsurancePay')
}

function payOnPage(bank: Bank, url: string): SandboxReply {
  const mixed = orderOnPage(bank, url)
  if (mixed === null) return fail(404, 'navigateToAlipayPage:fail no such order')
  return paid(payMixed(bank, mixed), 'navigateToAlipayPage')
}

/** `wx.requestPayment`: whoever holds a living prepay number can pay it, mixed order or not. */
function payPrepay(bank: Bank, request: PayRequest): SandboxReply {
  const cash = findCash(bank, (order) => order.callUp?.package === request.package)
  if (cash === null) return fail(404, 'requestPayment:fail no such order')
  const problem = wrongCallUp(request, cash.callUp)
  if (problem !== null) return fail(400, `requestPayment:fail ${problem}`)
  return paid(payCash(bank, cash), 'requestPayment')
}

function paid(payment: { delivered: Promise<void> } | null, method: string): SandboxReply {
  if (payment === null) return fail(409, `${method}:fail order paid or closed`)
  return json(200, { result: 'ok', errMsg: `${method}:ok` })
}

/** The five are there exactly when there is a cash part, and are the ones the bank handed out. */
function wrongCallUp(request: PayRequest, expected: CallUp | null): string | null {
  const wrong = CALL_UP.find((name) => request[name] !== expected?.[name])
  return wrong ?? null
}
