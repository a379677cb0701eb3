/** The gateway's envelope, both ways: encrypt, sign, send; verify, decrypt, parse (README.md 1). */
import { nonce, plainTime, type Random } from '../../payment/numbers.ts'
import { type Content, parseObject, utf8 } from '../content.ts'
import type { Recorder } from '../exchange.ts'
import type { Send } from '../http-client.ts'
import type { IcbcSecurity } from './security.ts'

/**
 * What the gateway's answer is, before anybody asks what it means. `answered` was verified; its
 * code is `'0'` or a positive one as printed, leading zeros included. A negative code is the
 * bank's own word for "suspect, ask" (疑帐) and arrives here as `unknown`.
 */
export type GatewayReply =
  | {
      readonly kind: 'answered'
      readonly code: string
      readonly message: string
      readonly content: Content
    }
  | { readonly kind: 'unknown'; readonly cause: string; readonly heard?: true }
  | { readonly kind: 'unsent'; readonly cause: string }

export interface GatewayOptions {
  /** `https://gw.open.icbc.com.cn`; a path in it belongs to the signed text. */
  readonly baseUrl: string
  readonly appId: string
  readonly security: IcbcSecurity
  readonly send: Send
  readonly record: Recorder
  readonly now: () => number
  readonly random: Random
}

export interface GatewayCall {
  /** `/api/…/V1` */
  readonly api: string
  /** How the record names it. */
  readonly name: string
  readonly number: string
  readonly content: Content
  /** Where the bank's own samples do not encrypt (README.md 3.2). */
  readonly inClear?: boolean
  readonly timeoutMs: number
}

export type Gateway = (call: GatewayCall) => Promise<GatewayReply>

export function gateway(options: GatewayOptions): Gateway {
  return async (call) => {
    const url = options.baseUrl.replace(/\/$/, '') + call.api
    const answered = options.record(call.name, call.number, call.content)
    const reply = await options.send({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
        'apigw-version': 'v2_20190522',
      },
      body: signedForm(options, new URL(url).pathname, call),
      timeoutMs: call.timeoutMs,
    })
    if (reply.kind !== 'answer') {
      answered(`${reply.kind}: ${reply.cause}`, null)
      return reply
    }
    const read: GatewayReply =
      reply.status === 200
        ? readAnswer(reply.body, options.security)
        : { kind: 'unknown', cause: `http-${reply.status}` }
    answered(
      String(reply.status),
      read.kind === 'answered' ? read.content : { ...read, bytes: reply.body.length },
    )
    return read
  }
}

function signedForm(
  options: GatewayOptions,
  path: string,
  { content, inClear = false }: GatewayCall,
): string {
  const { security } = options
  const clear = JSON.stringify(content)
  const parameters: Record<string, string> = {
    app_id: options.appId,
    biz_content: inClear ? clear : security.cipher.encrypt(clear),
    charset: 'UTF-8',
    ...(inClear ? {} : { encrypt_type: security.cipher.type }),
    format: 'json',
    msg_id: nonce(options.random),
    sign_type: security.signType,
    timestamp: plainTime(options.now()),
  }
  const sign = security.sign(signText(path, parameters)).toString('base64')
  return new URLSearchParams({ ...parameters, sign }).toString()
}

/**
 * `<path>?k1=v1&k2=v2…`: ASCII order, without `sign`, without anything whose name or value is
 * empty, never URL-encoded (README.md 1.3). Requests and callbacks alike.
 */
export function signText(path: string, parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters)
    .filter(([name, value]) => name !== 'sign' && name !== '' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
  return `${path}?${pairs.join('&')}`
}

const ANSWER_HEAD = '{"response_biz_content":'
const SIGN_HEAD = ',"sign":"'
const SIGN_TAIL = /^([A-Za-z0-9+/]+={0,2})"\}\s*$/
const CODE = /^-?\d{1,15}$/

/**
 * Verifies over the raw substring as received: to parse and print it again would change numbers
 * and escapes (README.md 1.4). Whatever cannot be believed is `unknown`, whatever it says.
 */
export function readAnswer(body: Buffer, security: IcbcSecurity): GatewayReply {
  const raw = verifiedContent(utf8(body) ?? '', security)
  if (raw === null) return { kind: 'unknown', cause: 'answer-not-verified' }
  const content = openContent(raw, security)
  if (content === null) return { kind: 'unknown', cause: 'answer-unreadable' }
  const code = codeOf(content)
  if (code === null) return { kind: 'unknown', cause: 'answer-without-code', heard: true }
  // -0 and 000 are neither "0" nor positive: nobody has said what they mean.
  if (code.startsWith('-') || (/^0+$/.test(code) && code !== '0'))
    return { kind: 'unknown', cause: `code ${code}`, heard: true }
  const message = content['return_msg']
  return {
    kind: 'answered',
    code,
    message: typeof message === 'string' ? message : '',
    content,
  }
}

function verifiedContent(text: string, security: IcbcSecurity): string | null {
  const signAt = text.lastIndexOf(SIGN_HEAD)
  if (!text.startsWith(ANSWER_HEAD) || signAt < ANSWER_HEAD.length) return null
  const sign = SIGN_TAIL.exec(text.slice(signAt + SIGN_HEAD.length))?.[1]
  if (sign === undefined) return null
  const raw = text.slice(ANSWER_HEAD.length, signAt)
  return security.verifyGateway(raw, Buffer.from(sign, 'base64')) ? raw : null
}

/** The gateway answers an encrypted call in clear when it cannot even read it. */
function openContent(raw: string, security: IcbcSecurity): Content | null {
  if (!raw.startsWith('"')) return parseObject(raw)
  const clear = decrypted(raw.slice(1, -1), security)
  return clear === null ? null : parseObject(clear)
}

/** @returns null when it is not a cipher text under the shared key. */
export function decrypted(base64: string, security: IcbcSecurity): string | null {
  try {
    return security.cipher.decrypt(base64)
  } catch {
    return null
  }
}

/** Some APIs say return_code, some returnCode, some both, as a number or a text; two minds are none. */
export function codeOf(content: Content): string | null {
  const codes = [content['return_code'], content['returnCode']]
    .filter((code) => code !== undefined && code !== '')
    .map((code) => (typeof code === 'number' ? String(code) : code))
  const [code] = codes
  if (codes.some((other) => other !== code)) return null
  return typeof code === 'string' && CODE.test(code) ? code : null
}
