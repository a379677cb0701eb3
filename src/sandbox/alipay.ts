/** The pretend Alipay: the three calls a hospital may make (upstreams/alipay/README.md 2, 3). */
import { z } from 'zod'
import { alipayOf, createGateway, type Handled, type Method, refusal } from './alipay-gateway.ts'
import { digits, hex, note, parseObject } from './answers.ts'
import { billOf } from './his-bills.ts'
import { payerOf } from './people.ts'
import type { AlipayUser, SandboxContext } from './registry.ts'
import { scenarioOf } from './scenario.ts'
import { shanghai } from './shanghai.ts'
import type { CallRecord, SandboxUpstream } from './world.ts'

export const ALIPAY_PAGES = 'https://render.alipay.com/p/medical'

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** What the page comes back to: the mini-program, or the hospital's own https page. */
const callUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'alipays:') return /^appId=\d{16}&page=/.test(url.search.slice(1))
  return url?.protocol === 'https:' || (url !== null && LOOPBACK.has(url.hostname))
})

const questionSchema = z.strictObject({
  alipay_user_id: z.string().min(1).max(64),
  req_biz_no: z.string().regex(/^[0-9A-Za-z]{1,64}$/),
  call_url: callUrl,
  ol_biz_type_code: z.literal('04107'),
  org_code: z.string(),
  org_chnl_crtf_code: z.string(),
  org_app_id: z.string(),
})
type Question = z.infer<typeof questionSchema>

export function createAlipay(context: SandboxContext): SandboxUpstream {
  const methods: Record<string, Method> = {
    'alipay.system.oauth.token': {
      parameters: ['grant_type', 'code'],
      handle: (form) => token(context, form),
    },
    'alipay.user.info.share': {
      parameters: ['auth_token'],
      handle: (form) => member(context, form.get('auth_token') ?? ''),
    },
    'alipay.commerce.medical.authinfo.auth.query': {
      parameters: ['biz_content'],
      handle: (form) => authorisation(context, form.get('biz_content') ?? ''),
    },
  }
  const gateway = createGateway(context, methods)
  return {
    prefix: '/alipay',
    handle: async (request) =>
      request.path === '/gateway.do'
        ? gateway(request)
        : { kind: 'answer', status: 404, contentType: 'text/plain', body: 'not found' },
  }
}

function token(context: SandboxContext, form: ReadonlyMap<string, string>): Handled {
  const { world, registry } = context
  const authCode = form.get('code') ?? ''
  const code = registry.authCodes.get(authCode)
  const user = code && registry.alipay.users.get(code.openid)
  const tell = (result: CallRecord['result']): void =>
    note(world, {
      billNo: code?.billNo ?? '',
      upstream: 'alipay',
      call: 'oauth.token',
      number: authCode,
      result,
    })
  if (form.get('grant_type') !== 'authorization_code' || !code || !user || code.used) {
    tell('refused')
    return refusal('40002', 'isv.code-invalid', '授权码code无效')
  }
  code.used = true
  tell('effect')
  const accessToken = hex(world, 40)
  registry.alipay.tokens.set(accessToken, user)
  if (scenarioOf(code.billNo).misbehaviour === 'F05' && world.count(`F05:${code.billNo}`) === 0)
    return 'lost'
  return {
    user_id: user.userId,
    access_token: accessToken,
    expires_in: 1_296_000,
    refresh_token: hex(world, 40),
    re_expires_in: 2_592_000,
  }
}

/** Who holds the phone: with family payment not the patient. */
function member(context: SandboxContext, accessToken: string): Handled {
  const user = context.registry.alipay.tokens.get(accessToken)
  const bill = user && user.billNo !== null ? billOf(context, user.billNo) : null
  if (!user || !bill) return refusal('20001', 'aop.invalid-auth-token', '无效的访问令牌')
  const { payer } = payerOf(bill)
  return {
    code: '10000',
    msg: 'Success',
    user_id: user.userId,
    user_name: payer.name,
    cert_type: 'IDENTITY_CARD',
    cert_no: payer.idNo,
  }
}

function authorisation(context: SandboxContext, text: string): Handled {
  const parsed = questionSchema.safeParse(parseObject(text))
  const asked = parsed.success ? parsed.data : null
  const user = asked && context.registry.alipay.users.get(asked.alipay_user_id)
  const fault = asked ? wrongHospital(context, asked) : 'biz_content'
  note(context.world, {
    billNo: user?.billNo ?? '',
    upstream: 'alipay',
    call: 'auth.query',
    number: asked?.req_biz_no ?? '',
    result: fault === null ? 'question' : 'refused',
  })
  if (fault !== null || !asked) return refusal('40002', 'isv.invalid-parameter', `${fault} 不正确`)
  return { code: '10000', msg: 'Success', result_code: 'SUCCESS', data: stateOf(context, asked) }
}

function wrongHospital(context: SandboxContext, asked: Question): string | null {
  const alipay = alipayOf(context)
  if (asked.org_code !== alipay.orgCode) return 'org_code'
  if (asked.org_chnl_crtf_code !== alipay.orgChnlCrtfCode) return 'org_chnl_crtf_code'
  return asked.org_app_id === alipay.orgAppId ? null : 'org_app_id'
}

/** Consent is the user's and stays for a while; each number that asks gets a payAuthNo of its own. */
function stateOf(context: SandboxContext, asked: Question): Record<string, unknown> {
  const { world, registry } = context
  const { users, questions } = registry.alipay
  const userId = asked.alipay_user_id
  const user: AlipayUser = users.get(userId) ?? { userId, billNo: null, confirmed: false }
  users.set(userId, user)
  const known = questions.get(asked.req_biz_no)
  const question = known ?? { userId, authNo: digits(world, 24), payAuthNo: null }
  questions.set(asked.req_biz_no, question)
  const answer = { req_biz_no: asked.req_biz_no, auth_no: question.authNo }
  if (!user.confirmed || user.billNo === null || question.userId !== userId)
    return {
      ...answer,
      auth_stas: '0',
      auth_url: `${ALIPAY_PAGES}/auth?auth_no=${question.authNo}`,
    }
  question.payAuthNo ??= `AUTH${shanghai.compact(world.now())}${digits(world, 14)}`
  const bill = billOf(context, user.billNo)
  if (!bill) return { ...answer, auth_stas: '2' }
  const { payAuthNo } = question
  const { payer, family } = payerOf(bill)
  const { billNo, patient: person } = bill
  registry.payAuthNos.set(payAuthNo, { payAuthNo, billNo, openid: userId, person, payer, family })
  return {
    ...answer,
    auth_stas: '1',
    auth_time: shanghai.rfc3339(world.now()),
    pay_auth_no: payAuthNo,
    medical_card_inst_id: 'NATHSA',
    rels_pay_flag: family ? '1' : '0',
    ...(family && { rels_pay_user_name: person.name }),
  }
}
