/** The pretend WeChat authorisation: authCode -> payAuthNo (upstreams/wechat/README.md 2). */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { digits, header, json, LOST, note, parseObject } from './answers.ts'
import { billOf } from './his-bills.ts'
import { payerOf } from './people.ts'
import type { AuthCode, PayAuth, SandboxContext } from './registry.ts'
import { scenarioOf } from './scenario.ts'
import { shanghai } from './shanghai.ts'
import type { CallRecord, SandboxReply, SandboxRequest, SandboxUpstream } from './world.ts'

const WINDOW_MS = 15 * 60_000
const PATH = /^\/api\/mipuserquery\/userQuery\/([^/?]+)$/

const bodySchema = z.object({
  qrcode: z.string().min(1).max(128),
  openid: z.string().min(1).max(128),
})

export function createWechat(context: SandboxContext): SandboxUpstream {
  return {
    prefix: '/wechat',
    handle: async (request) => {
      const fault = distrust(context, request)
      if (fault) return fault
      const parsed = bodySchema.safeParse(parseObject(request.body.toString('utf8')))
      return parsed.success ? exchange(context, parsed.data) : no(40001, 'param invalid')
    },
  }
}

/** Codes other than 0 are not public; the service must treat any of them alike. */
const no = (code: number, message: string): SandboxReply => json(200, { code, message })

function distrust(context: SandboxContext, request: SandboxRequest): SandboxReply | null {
  const { partnerId, partnerSecret } = context.parameters.wechat
  const match = PATH.exec(request.path)
  if (!match || request.method !== 'POST') return json(404, { code: 404, message: 'not found' })
  if (match[1] !== partnerId) return no(40101, 'partner not found')
  const timestamp = header(request, 'god-portal-timestamp')
  if (!/^\d{13}$/.test(timestamp)) return no(40102, 'timestamp invalid')
  const age = Math.abs(context.world.now() - Number(timestamp))
  if (age > WINDOW_MS) return no(40102, 'timestamp expired')
  if (!/^[0-9a-f]{32}$/i.test(header(request, 'god-portal-request-id')))
    return no(40103, 'request id invalid')
  const expected = createHmac('sha256', partnerSecret).update(`${partnerId}${timestamp}`)
  if (header(request, 'god-portal-signature') !== expected.digest('hex'))
    return no(40104, 'signature error')
  if (!header(request, 'content-type').startsWith('application/json'))
    return no(40001, 'content type invalid')
  return null
}

function exchange(
  context: SandboxContext,
  asked: { qrcode: string; openid: string },
): SandboxReply {
  const { world, registry } = context
  const code = registry.authCodes.get(asked.qrcode)
  const tell = (result: CallRecord['result']): void =>
    note(world, {
      billNo: code?.billNo ?? '',
      upstream: 'wechat',
      call: 'userQuery',
      number: asked.qrcode,
      result,
    })
  const bill = code ? billOf(context, code.billNo) : null
  const refusal = refusalOf(code, asked.openid)
  if (refusal || !code || !bill) {
    tell('refused')
    return refusal ?? no(50001, 'user not found')
  }
  const payAuthNo = `AUTH${shanghai.compact(world.now())}${digits(world, 14)}`
  const auth: PayAuth = {
    payAuthNo,
    billNo: code.billNo,
    openid: code.openid,
    person: bill.patient,
    ...payerOf(bill),
  }
  registry.payAuthNos.set(payAuthNo, auth)
  code.used = true
  code.payAuthNo = payAuthNo
  tell('effect')
  if (scenarioOf(code.billNo).misbehaviour === 'F05' && world.count(`F05:${code.billNo}`) === 0)
    return LOST
  return json(200, answerOf(context, auth))
}

function refusalOf(code: AuthCode | undefined, openid: string): SandboxReply | null {
  if (!code) return no(50002, 'qrcode invalid')
  if (code.openid !== openid) return no(50003, 'openid not match')
  return code.used ? no(50004, 'qrcode used') : null
}

function answerOf(context: SandboxContext, auth: PayAuth): Record<string, unknown> {
  const holder = auth.payer ?? auth.person
  return {
    code: 0,
    message: 'success',
    pay_auth_no: auth.family ? '' : auth.payAuthNo,
    family_pay_auth_no: auth.family ? auth.payAuthNo : '',
    user_name: holder.name,
    user_card_no: holder.idNo,
    city_id: context.parameters.wechat.cityCode,
    user_longitude_latitude: JSON.stringify({ latitude: '30.657401', longitude: '104.065861' }),
  }
}
