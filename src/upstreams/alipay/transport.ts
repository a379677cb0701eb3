/** The open platform's gateway: sign, send, verify over the raw answer, parse (README.md 1). */
import { anyKey, type Verifier } from '../../crypto/any-key.ts'
import { type RsaSigner, rsaSigner, rsaVerifier } from '../../crypto/rsa.ts'
import type { Secret } from '../../errors.ts'
import { plainTime } from '../../payment/numbers.ts'
import { recorder, type RecordExchange } from '../exchange.ts'
import type { HttpReply, Send } from '../http-client.ts'
import { type Outcome, unknown } from '../upstream.ts'
import { verdictOf } from './mapping.ts'
import { type Method, SENSITIVE } from './messages.ts'

export interface TransportSettings {
  /** `https://openapi.alipay.com/gateway.do` */
  readonly gatewayUrl: string
  readonly timeoutMs: number
  /** RSA2 is all that the platform offers: legacy, with a deadline (SC-B02). PKCS#8. */
  readonly privateKey: Secret
  /** Alipay's own key, not the certificate's; two while Alipay changes it. */
  readonly alipayPublicKeys: readonly string[]
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
}

export interface Call {
  readonly method: Method
  readonly number: string
  /** All calls of one step share one end: the order is held for no longer than a call may take. */
  readonly until: number
  /** OAuth calls say what they want beside `biz_content`, the others inside it. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly content?: object
}

export type Gateway = (call: Call) => Promise<Outcome<unknown>>

/** @returns `done` with the content of a verified answer that says yes. */
export function gateway(settings: TransportSettings & { readonly appId: string }): Gateway {
  const { appId } = settings
  const sign = rsaSigner(settings.privateKey.reveal())
  const verify = anyKey(settings.alipayPublicKeys.map((key) => rsaVerifier(key, 'SHA256')))
  const record = recorder({ ...settings, upstream: 'alipay', sensitive: SENSITIVE })
  return async (call) => {
    const timeoutMs = call.until - settings.now()
    if (timeoutMs <= 0) return unknown('no-time-left')
    const answered = record(call.method, call.number, { ...call.parameters, ...call.content })
    const reply = await settings.send({
      method: 'POST',
      url: settings.gatewayUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: signedForm(call, { appId, sign, timestamp: plainTime(settings.now()) }),
      timeoutMs,
    })
    const content = contentOf(reply, call.method, verify)
    answered(
      reply.kind === 'answer' ? String(reply.status) : reply.kind,
      content.kind === 'done' ? content.value : content,
    )
    return content.kind === 'done' ? verdictOf(content.value) : content
  }
}

function signedForm(
  { method, parameters, content }: Call,
  by: { appId: string; sign: RsaSigner; timestamp: string },
): string {
  const form: Record<string, string> = {
    app_id: by.appId,
    method,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: by.timestamp,
    version: '1.0',
    ...parameters,
    ...(content && { biz_content: JSON.stringify(content) }),
  }
  const sign = by.sign(signText(form)).toString('base64')
  return new URLSearchParams({ ...form, sign }).toString()
}

/** `k1=v1&k2=v2…`: ASCII order, without `sign`, without empty values, never URL-encoded. */
export function signText(form: Readonly<Record<string, string>>): string {
  return Object.entries(form)
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

const SIGN_HEAD = ',"sign":"'
const SIGN_TAIL = /^([A-Za-z0-9+/]+={0,2})"\}\s*$/

/**
 * The signature covers the raw text of the answer's one member, named after the method, or
 * `error_response`. Whatever cannot be believed is `unknown`, whatever it says.
 */
function contentOf(reply: HttpReply, method: Method, verify: Verifier): Outcome<unknown> {
  if (reply.kind !== 'answer') return reply
  if (reply.status !== 200) return unknown(`http-${reply.status}`)
  const text = reply.body.toString('utf8')
  const heads = [`{"${method.replaceAll('.', '_')}_response":`, '{"error_response":']
  const head = heads.find((each) => text.startsWith(each))
  const signAt = text.lastIndexOf(SIGN_HEAD)
  const sign = SIGN_TAIL.exec(text.slice(signAt + SIGN_HEAD.length))?.[1]
  if (head === undefined || signAt < head.length || sign === undefined)
    return unknown('answer-not-signed')
  const raw = text.slice(head.length, signAt)
  if (!verify(raw, Buffer.from(sign, 'base64'))) return unknown('answer-not-verified')
  try {
    return { kind: 'done', value: JSON.parse(raw) }
  } catch {
    return unknown('answer-unreadable')
  }
}
