/** HIS over HTTP: bearer token, signed-request form both ways, `sm4:` fields (README.md 2). */
import {
  type Sm2Engine,
  type Sm2PrivateKey,
  type Sm2PublicKey,
  sm2Signer,
  sm2Verifier,
} from '../../crypto/sm2.ts'
import type { Secret } from '../../errors.ts'
import { nonce as newNonce, type Random } from '../../payment/numbers.ts'
import { recorder, type RecordExchange } from '../exchange.ts'
import type { HttpReply, HttpRequest, Send } from '../http-client.ts'
import {
  type Counterpart,
  openField,
  type Signatory,
  signRequest,
  verifyAnswer,
} from '../signed-request.ts'
import type { OpenField, Said } from './mapping.ts'
import { SENSITIVE } from './messages.ts'

/** `bearer` (no signature, clear fields) is legacy, with a deadline (docs/rulings.md 4). */
export type HisProtection =
  | { readonly kind: 'bearer' }
  | {
      readonly kind: 'sm2-sm4'
      readonly us: Signatory
      readonly his: Counterpart
      /** 16 bytes. */
      readonly fieldKey: Secret<Buffer>
    }

export interface HisKeyMaterial {
  /** Ours, as HIS knows us. */
  readonly appId: string
  readonly hisAppId: string
  readonly privateKey: Sm2PrivateKey
  readonly hisKey: Sm2PublicKey
  readonly fieldKey: Secret<Buffer>
  readonly engine?: Sm2Engine
}

export function hisProtection(material: HisKeyMaterial): HisProtection {
  const { engine } = material
  const options = { encoding: 'raw', ...(engine === undefined ? {} : { engine }) } as const
  return {
    kind: 'sm2-sm4',
    us: { appId: material.appId, sign: sm2Signer(material.privateKey, options) },
    his: { appId: material.hisAppId, verify: sm2Verifier(material.hisKey, options) },
    fieldKey: material.fieldKey,
  }
}

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
}

export type HisReply = ({ readonly kind: 'said' } & Said) | Exclude<HttpReply, { kind: 'answer' }>

export function hisSend(settings: TransportSettings): (call: HisCall) => Promise<HisReply> {
  const record = recorder({ ...settings, upstream: 'his', sensitive: SENSITIVE })
  return async (call) => {
    const url = new URL(settings.baseUrl + call.path)
    const body = call.message === undefined ? '' : JSON.stringify(call.message)
    const requestNonce = newNonce(settings.random)
    const path = url.pathname + url.search
    const answered = record(call.call, call.number, call.message ?? {})
    const reply = await settings.send({
      method: call.method,
      url: url.href,
      headers: headersOf({ method: call.method, path, body }, requestNonce, settings),
      body,
      timeoutMs: settings.timeoutMs,
    })
    const believed = believe(reply, requestNonce, settings)
    const status = reply.kind === 'answer' ? String(reply.status) : reply.kind
    answered(status, believed.kind === 'said' ? (believed.value ?? {}) : believed)
    return believed
  }
}

function headersOf(
  request: { method: string; path: string; body: string },
  nonce: string,
  settings: TransportSettings,
): Record<string, string> {
  const { protection, token } = settings
  return {
    accept: 'application/json, application/problem+json',
    ...(request.body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    authorization: `Bearer ${token.reveal()}`,
    ...(protection.kind === 'bearer'
      ? {}
      : signRequest(request, protection.us, { now: settings.now(), nonce })),
  }
}

/** SC-S02: the signature is checked over the bytes before anything is read from them. */
function believe(reply: HttpReply, requestNonce: string, settings: TransportSettings): HisReply {
  if (reply.kind !== 'answer') return reply
  const { protection } = settings
  if (protection.kind === 'sm2-sm4') {
    const answer = { ...reply, requestNonce }
    const verdict = verifyAnswer(answer, { ...protection.his, now: settings.now() })
    if (!verdict.trusted)
      return { kind: 'unknown', cause: `http-${reply.status}-answer-${verdict.reason}` }
  }
  return { kind: 'said', status: reply.status, value: jsonOf(reply.body) }
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
