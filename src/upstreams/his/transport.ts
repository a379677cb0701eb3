/** HIS over HTTP: bearer token, signed-request form both ways, `sm4:` fields (README.md 2). */
import type { Secret } from '../../errors.ts'
import type { Random } from '../../payment/numbers.ts'
import { recorder, type RecordExchange } from '../exchange.ts'
import type { HttpReply, HttpRequest, Send } from '../http-client.ts'
import { type LinkKeys, type SignedLink, signedLink, signedSend } from '../signed-link.ts'
import { openField } from '../signed-request.ts'
import type { OpenField, Said } from './mapping.ts'
import { SENSITIVE } from './messages.ts'

/** `bearer` (no signature, clear fields) is legacy, with a deadline (docs/rulings.md 4). */
export type HisProtection =
  { readonly kind: 'bearer' } | ({ readonly kind: 'sm2-sm4' } & SignedLink)

export const hisProtection = (keys: LinkKeys): HisProtection => ({
  kind: 'sm2-sm4',
  ...signedLink(keys),
})

export interface TransportSettings {
  /** Scheme, host and prefix before `/bills`; no slash at the end. */
  readonly baseUrl: string
  readonly timeoutMs: number
  readonly token: Secret
  readonly protection: HisProtection
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly random: Random
}

export interface HisCall {
  /** For the record. */
  readonly call: string
  readonly number: string
  readonly method: HttpRequest['method']
  /** Below `baseUrl`, already encoded. */
  readonly path: string
  readonly message?: object
  /** Where an answer may be longer than usual. */
  readonly mostAnswerBytes?: number
}

export type HisReply =
  ({ readonly kind: 'said'; readonly body: Buffer } & Said) | Exclude<HttpReply, { kind: 'answer' }>

export function hisSend(settings: TransportSettings): (call: HisCall) => Promise<HisReply> {
  const record = recorder({ ...settings, upstream: 'his', sensitive: SENSITIVE })
  const { protection } = settings
  const send = protection.kind === 'bearer' ? settings.send : signedSend(protection, settings)
  return async (call) => {
    const answered = record(call.call, call.number, call.message ?? {})
    const reply = await send({
      method: call.method,
      url: new URL(settings.baseUrl + call.path).href,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(call.message && { 'content-type': 'application/json; charset=utf-8' }),
        authorization: `Bearer ${settings.token.reveal()}`,
      },
      body: call.message === undefined ? '' : JSON.stringify(call.message),
      timeoutMs: settings.timeoutMs,
      ...(call.mostAnswerBytes !== undefined && { mostAnswerBytes: call.mostAnswerBytes }),
    })
    if (reply.kind !== 'answer') {
      answered(reply.kind, reply)
      return reply
    }
    const value = jsonOf(reply.body)
    answered(String(reply.status), value ?? {})
    return { kind: 'said', status: reply.status, value, body: reply.body }
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

/** A clear field under `sm2-sm4` is an error of HIS that must not go unseen, so it does not open. */
export function fieldOpener(protection: HisProtection): OpenField {
  if (protection.kind === 'bearer') return (text) => text
  return (text) => openField(text, protection.fieldKey.reveal())
}
