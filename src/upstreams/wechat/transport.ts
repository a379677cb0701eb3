/** `userQuery`: god-portal signature, one POST, one JSON answer (README.md 2). */
import { hmacSha256Hex } from '../../crypto/mac.ts'
import type { Secret } from '../../errors.ts'
import { pick, type Random } from '../../payment/numbers.ts'
import { recorder, type RecordExchange } from '../exchange.ts'
import type { HttpReply, Send } from '../http-client.ts'
import type { Outcome } from '../upstream.ts'
import { SENSITIVE, type UserQueryRequest } from './messages.ts'

export interface TransportSettings {
  /** Scheme, host and prefix before `/mipuserquery`; no slash at the end. */
  readonly baseUrl: string
  readonly timeoutMs: number
  readonly partnerId: string
  readonly partnerSecret: Secret
  readonly send: Send
  readonly recordExchange: RecordExchange
  readonly now: () => number
  readonly random: Random
}

/** Below the base address; what follows is the partner's number. */
export const USER_QUERY_PATH = '/mipuserquery/userQuery/'

/** Signs neither the body nor the request id: their design, an exception (docs/rulings.md 4). */
export function portalSignature(partnerId: string, timestamp: string, secret: Secret): string {
  return hmacSha256Hex(secret.reveal(), partnerId + timestamp)
}

/** @returns `done` with the answer's JSON value; whether it says yes is for the mapping. */
export function userQuery(
  settings: TransportSettings,
): (request: UserQueryRequest) => Promise<Outcome<unknown>> {
  const record = recorder({ ...settings, upstream: 'wechat', sensitive: SENSITIVE })
  const { partnerId, partnerSecret } = settings
  return async (request) => {
    const timestamp = String(settings.now())
    const requestId = pick(settings.random, '0123456789abcdef', 32)
    const answered = record('userQuery', requestId, request)
    const reply = await settings.send({
      method: 'POST',
      url: `${settings.baseUrl}${USER_QUERY_PATH}${encodeURIComponent(partnerId)}`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'god-portal-timestamp': timestamp,
        'god-portal-signature': portalSignature(partnerId, timestamp, partnerSecret),
        'god-portal-request-id': requestId,
      },
      body: JSON.stringify(request),
      timeoutMs: settings.timeoutMs,
    })
    const outcome = valueOf(reply)
    answered(
      reply.kind === 'answer' ? String(reply.status) : reply.kind,
      outcome.kind === 'done' ? outcome.value : outcome,
    )
    return outcome
  }
}

function valueOf(reply: HttpReply): Outcome<unknown> {
  if (reply.kind !== 'answer') return reply
  if (reply.status !== 200) return { kind: 'unknown', cause: `http-${reply.status}` }
  try {
    return { kind: 'done', value: JSON.parse(reply.body.toString('utf8')) }
  } catch {
    return { kind: 'unknown', cause: 'unreadable-answer' }
  }
}
