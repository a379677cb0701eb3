/** The pretend acquirer at the counter (upstreams/collection/README.md), with books of its own. */
import { z } from 'zod'
import { digits, header, json, LOST, note, parseObject } from '../answers.ts'
import type { SandboxContext } from '../registry.ts'
import { shanghai } from '../shanghai.ts'
import { createSignedLink, type SignedLink } from '../signed-link.ts'
import type { SandboxReply, SandboxUpstream } from '../world.ts'
import { counterScenarioOf } from './scenario.ts'

export const COLLECTION_PREFIX = '/collection'

const text = (most: number) => z.string().min(1).max(most)
const NUMBER = { merchantNo: text(32), outTradeNo: z.string().regex(/^[0-9A-Za-z]{1,50}$/) }
const CHARGE = z.strictObject({
  ...NUMBER,
  channel: text(32),
  amountFen: z.int().positive(),
  certificate: z.string().startsWith('sm4:'),
  billNo: text(64),
  operatorId: text(40),
  deviceId: text(40),
  callbackUrl: z.url(),
})
const QUESTION = z.strictObject(NUMBER)

interface Charge {
  readonly outTradeNo: string
  readonly chargeNo: string
  readonly billNo: string
  readonly amountFen: number
  readonly content: string
  readonly callbackUrl: string
  readonly payCert: string
  /** When the password will have been typed. */
  readonly paysAt: number
  paidAt: number | null
}

interface Acquirer {
  readonly context: SandboxContext
  readonly link: SignedLink
  readonly charges: Map<string, Charge>
}

interface Answered {
  readonly fields: Record<string, unknown>
  readonly lost?: boolean
}

/** Multiplied by the sandbox's own time scale. */
const PASSWORD_MS = 8_000

export function createCollection(context: SandboxContext): SandboxUpstream {
  const { collection } = context.parameters
  const link = createSignedLink(context, {
    appId: collection.theirAppId,
    keys: collection.collection,
    hospitalAppId: collection.appId,
    hospitalKeys: collection.hospital,
    sm4KeyHex: collection.sm4KeyHex,
  })
  const acquirer: Acquirer = { context, link, charges: new Map() }
  return {
    prefix: COLLECTION_PREFIX,
    handle: async (request): Promise<SandboxReply> => {
      const wrong = link.distrust(request, COLLECTION_PREFIX)
      if (wrong !== null) return link.sign(request, json(401, no('SIGNATURE_INVALID', wrong)))
      const isJson = /^application\/json\b/i.test(header(request, 'content-type'))
      if (request.method !== 'POST' || !isJson)
        return link.sign(request, json(404, no('PARAMETER_INVALID', '没有这个接口')))
      const body = parseObject(request.body.toString('utf8'))
      const { fields, lost } = answer(acquirer, request.path, body)
      return lost === true ? LOST : link.sign(request, json(200, fields))
    },
  }
}

const no = (code: string, message: string): Record<string, unknown> => ({ code, message })
const refuse = (code: string, message: string): Answered => ({ fields: no(code, message) })

function answer(acquirer: Acquirer, path: string, body: unknown): Answered {
  const { merchantNo } = acquirer.context.parameters.collection
  if (path === '/v1/charges') {
    const wish = CHARGE.safeParse(body)
    if (!wish.success) return refuse('PARAMETER_INVALID', '参数不正确')
    if (wish.data.merchantNo !== merchantNo) return refuse('MERCHANT_INVALID', '商户号未登记')
    return charge(acquirer, wish.data)
  }
  const asked = path === '/v1/charges/query' ? QUESTION.safeParse(body) : null
  if (!asked?.success) return refuse('PARAMETER_INVALID', '参数不正确')
  if (asked.data.merchantNo !== merchantNo) return refuse('MERCHANT_INVALID', '商户号未登记')
  return ask(acquirer, asked.data.outTradeNo)
}

function charge(acquirer: Acquirer, wish: z.output<typeof CHARGE>): Answered {
  const { context, charges, link } = acquirer
  const { world } = context
  const { billNo, outTradeNo } = wish
  const misbehaviour = counterScenarioOf(billNo)?.misbehaviour ?? null
  const tell = (result: 'effect' | 'repeat' | 'refused' | 'lost-request'): void =>
    note(world, { billNo, upstream: 'collection', call: 'charge', number: outTradeNo, result })
  const times = world.count(`charge:${outTradeNo}`)
  const neverCame = misbehaviour === 'Y10' || misbehaviour === 'Y26'
  if (times === 0 && neverCame) {
    tell('lost-request')
    if (misbehaviour === 'Y26') context.registry.payCerts.clear()
    return { fields: {}, lost: true }
  }
  // A field sealed anew each time is the same in clear.
  const payCert = link.reveal(wish.certificate) ?? ''
  const content = JSON.stringify({ ...wish, certificate: payCert })
  const known = charges.get(outTradeNo)
  if (known) {
    tell(known.content === content ? 'repeat' : 'refused')
    return known.content === content
      ? { fields: described(acquirer, known) }
      : refuse('PARAMETER_INVALID', '同一单号内容不同')
  }
  const fault = wrongCertificate(acquirer, wish, payCert)
  if (fault !== null || misbehaviour === 'Y12') {
    tell('refused')
    return fault ?? refuse('CHARGE_REFUSED', '余额不足')
  }
  tell('effect')
  const fresh = take(acquirer, { wish, payCert, content })
  const lost = misbehaviour === 'Y09' || misbehaviour === 'Y14'
  return { fields: described(acquirer, fresh), lost }
}

/** A certificate is for its amount, once, and not for ever. */
function wrongCertificate(
  { context }: Acquirer,
  wish: z.output<typeof CHARGE>,
  payCert: string,
): Answered | null {
  const { channel } = wish
  if (channel !== 'wechat') return refuse('CHANNEL_NOT_OPENED', '该渠道未开通')
  const issued = context.registry.payCerts.get(payCert)
  if (!issued || issued.billNo !== wish.billNo) return refuse('CERTIFICATE_INVALID', '付款凭据无效')
  if (issued.outTradeNo !== null) return refuse('CERTIFICATE_USED', '付款凭据已使用')
  if (context.world.now() >= issued.until) return refuse('CERTIFICATE_EXPIRED', '付款凭据已过期')
  return issued.amountFen === wish.amountFen ? null : refuse('AMOUNT_MISMATCH', '金额不一致')
}

function take(
  acquirer: Acquirer,
  from: { wish: z.output<typeof CHARGE>; payCert: string; content: string },
): Charge {
  const { world, registry } = acquirer.context
  const { outTradeNo, billNo, amountFen, callbackUrl } = from.wish
  const misbehaviour = counterScenarioOf(billNo)?.misbehaviour ?? null
  const issued = registry.payCerts.get(from.payCert)
  if (issued) issued.outTradeNo = outTradeNo
  const fresh: Charge = {
    outTradeNo,
    chargeNo: `42${digits(world, 18)}`,
    billNo,
    amountFen: misbehaviour === 'Y13' ? amountFen + 1 : amountFen,
    content: from.content,
    callbackUrl,
    payCert: from.payCert,
    paysAt: world.now() + (misbehaviour === 'Y11' ? PASSWORD_MS * world.timeScale : 0),
    paidAt: null,
  }
  acquirer.charges.set(outTradeNo, fresh)
  if (misbehaviour === 'Y24') void notify(acquirer, fresh, true)
  settle(acquirer, fresh)
  return fresh
}

/** The money moves when the password was typed, and is told once. */
function settle(acquirer: Acquirer, charge: Charge): void {
  const { world } = acquirer.context
  if (charge.paidAt !== null || world.now() < charge.paysAt) return
  charge.paidAt = world.now()
  const { billNo, amountFen, outTradeNo: number } = charge
  const why = 'one-code-charge'
  world.ledger.move({
    at: charge.paidAt,
    billNo,
    from: 'patient',
    to: 'bank',
    amountFen,
    why,
    number,
  })
  void notify(acquirer, charge, false)
}

function ask(acquirer: Acquirer, outTradeNo: string): Answered {
  const { world } = acquirer.context
  const charge = acquirer.charges.get(outTradeNo)
  const billNo = charge?.billNo ?? ''
  note(world, {
    billNo,
    upstream: 'collection',
    call: 'charge-query',
    number: outTradeNo,
    result: 'question',
  })
  if (!charge) return refuse('CHARGE_NOT_FOUND', '没有这笔扣款')
  const silent = counterScenarioOf(billNo)?.misbehaviour === 'Y14'
  if (silent && world.count(`charge-query:${outTradeNo}`) < 3) return { fields: {}, lost: true }
  settle(acquirer, charge)
  return { fields: described(acquirer, charge) }
}

function described(_: Acquirer, charge: Charge): Record<string, unknown> {
  const { outTradeNo, chargeNo, amountFen, paidAt } = charge
  const paid = paidAt !== null && { paidAt: shanghai.rfc3339(paidAt) }
  const status = paidAt === null ? 'PAYING' : 'PAID'
  return { code: 'OK', message: '成功', outTradeNo, chargeNo, amountFen, status, ...paid }
}

async function notify(acquirer: Acquirer, charge: Charge, forged: boolean): Promise<void> {
  const { world, parameters } = acquirer.context
  const { code: _code, message: _message, ...rest } = described(acquirer, charge)
  const { merchantNo } = parameters.collection
  const status = forged ? { status: 'PAID' } : {}
  const body = JSON.stringify({ noticeId: charge.chargeNo, merchantNo, ...rest, ...status })
  const path = new URL(charge.callbackUrl).pathname
  const signed = acquirer.link.signRequest(forged ? `${path}/forged` : path, body)
  const headers = { 'content-type': 'application/json; charset=utf-8', ...signed }
  await world.post(charge.callbackUrl, { headers, body })
}
